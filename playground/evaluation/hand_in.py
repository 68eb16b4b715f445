"""Packs runs into a hand-in: what a window writes, and what `report` and `grade` read back."""

import io
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from torch import Tensor

from playground import registry
from playground.core import hand_in
from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import Experiment
from playground.core.hand_in import Curve, HandedRun, HandIn, Prediction
from playground.core.hand_in_file import POINT_BYTES
from playground.core.hyperparams import Value, to_dict
from playground.core.manifest import versions
from playground.core.records import TrainRecord
from playground.core.run_folder import RunFolder
from playground.core.untrusted import read_bytes
from playground.evaluation.pictures import sheet
from playground.evaluation.sampling import draw
from playground.registry import OpenRun

WHOLE_BYTES = 8 * 2**20  # of a run's weights; of more, what a network learned is rounded to half precision
SHEET_SAMPLES = 64
_ATTEMPTS = 3  # at reading a run that is being saved


def packed(
    student: str, runs: Iterable[str], done: Sequence[str] = (), answers: Mapping[str, Prediction] | None = None
) -> HandIn:
    """A hand-in of stored runs, by folder or name. Raises PlaygroundError where one cannot be opened, UsageError where
    there is no name."""
    name = hand_in.plain_line(" ".join(student.split()), hand_in.NAME)
    if not name:
        raise UsageError("A hand-in needs the name of its student.")
    written = time.strftime("%Y-%m-%d %H:%M")
    collected = tuple(handed(run, with_sheet=True) for run in runs)
    return HandIn(name, written, versions(), tuple(done), answers or {}, collected)


def handed(run: str, with_sheet: bool = False) -> HandedRun:
    """A stored run as a hand-in holds it. Raises PlaygroundError where it cannot be opened."""
    path = registry.find_run(run)
    folder, weights, records = _read(path)
    experiment, facts = folder.experiment, folder.manifest
    dataset = registry.load_data(experiment.data, dict(experiment.data_options))
    model = registry.empty_model(experiment, dataset)
    registry.fill(model, dict(weights), str(path))
    preset, changes = changed(experiment)
    training, held_out = curves(records)
    data = _without_folder(experiment.data)
    return HandedRun(
        name=hand_in.plain_line(path.resolve().name.replace(_in_a_name(experiment.data), _in_a_name(data))),
        experiment=replace(experiment, data=data),
        step=folder.step,
        seconds=float(facts["seconds"]),
        data_hash=str(facts.get("data_hash", "")),
        versions={name: str(version) for name, version in facts["versions"].items()},
        preset=preset,
        changed=changes,
        training=training.thinned(),
        held_out=held_out.thinned(),
        weights=_slim(weights, {name for name, _ in model.named_parameters()}),
        sheet=drawn_sheet(OpenRun(path, experiment, model.eval(), dataset, facts)) if with_sheet else b"",
        points=_points(experiment),
    )


def _read(path: Path) -> tuple[RunFolder, dict[str, Tensor], list[TrainRecord]]:
    """A run, its weights and its log, all of one save: it may be training, and saved, meanwhile."""
    for attempt in range(_ATTEMPTS):
        try:
            folder = RunFolder.open(path)
            return folder, folder.load_weights(), list(folder.records())
        except PlaygroundError:
            if attempt == _ATTEMPTS - 1:
                raise
    raise AssertionError


def changed(experiment: Experiment) -> tuple[str, dict[str, tuple[Value | None, Value | None]]]:
    """The preset that a run's settings are nearest to, and those that are not the preset's: (is, was) by their keys on
    the command line. What was changed by hand later is an event, and not among them."""
    own = _settings(registry.checked(experiment))
    found = []
    for name in registry.presets(experiment.model, experiment.data) or [""]:
        theirs = _settings(registry.experiment(experiment.model, experiment.data, name))
        keys = [key for key in {**theirs, **own} if own.get(key) != theirs.get(key)]
        found.append((name, {key: (own.get(key), theirs.get(key)) for key in keys}))
    return min(found, key=lambda each: (len(each[1]), each[0]))  # the fewest; of several the usual one


def _settings(experiment: Experiment) -> dict[str, Value]:
    data = {f"data.{key}": value for key, value in experiment.data_options.items()}
    return {**experiment.config, **data, **{f"train.{key}": value for key, value in to_dict(experiment.train).items()}}


def curves(records: Iterable[TrainRecord]) -> tuple[Curve, Curve]:
    """The log as two tables: on the batches of each step, and on validation data. A step's loss is that of the weights
    after so many steps."""
    training: list[tuple[int, dict[str, float]]] = []
    held_out: list[tuple[int, Mapping[str, float]]] = []
    for record in records:
        names = list(record.values)
        columns = zip(*record.values.values(), strict=False)
        training += [(record.first + i, dict(zip(names, row, strict=True))) for i, row in enumerate(columns)]
        held_out += [(step, terms) for step, terms in sorted(record.held_out.items()) if terms]
    return _curve(training), _curve(held_out)


def _curve(rows: Sequence[tuple[int, Mapping[str, float]]]) -> Curve:
    names = list(dict.fromkeys(name for _, terms in rows for name in terms))[: hand_in.COLUMNS - 1]
    table = [[step, *(terms.get(name, np.nan) for name in names)] for step, terms in rows]
    return Curve(("step", *names), np.array(table, np.float64).reshape(-1, 1 + len(names)))


def _without_folder(data: str) -> str:
    """A data set's name without the place of its file on this machine: that is nobody's business, and would not be
    opened elsewhere."""
    name, colon, path = data.partition(":")
    if not colon:
        return data
    return f"{name}:points{Path(path).suffix.lower()}" if name == "drawn" else f"{name}:{Path(path).name}"


def _in_a_name(data: str) -> str:
    """As the window's folders are called after it."""
    return data.replace(":", "_").replace("/", "_")


def _points(experiment: Experiment) -> bytes:
    name, _, path = experiment.data.partition(":")
    return read_bytes(Path(path), POINT_BYTES) if name == "drawn" else b""


def _slim(weights: Mapping[str, Tensor], learned: Collection[str]) -> dict[str, Tensor]:
    """Whole, so that they measure the same to the last digit; large ones as bundled runs keep them."""
    if sum(tensor.nbytes for tensor in weights.values()) <= WHOLE_BYTES:
        return dict(weights)
    return {name: tensor.half() if name in learned else tensor for name, tensor in weights.items()}


def drawn_sheet(run: OpenRun, seed: int = 0) -> bytes:
    """Samples as a PNG; b"" where the model draws none, or nothing that is a number."""
    if "sample" not in run.model.capabilities(run.dataset.spec):
        return b""
    x = draw(run, SHEET_SAMPLES if run.dataset.spec.kind == "images" else 1000, seed)
    if not np.isfinite(x.frames[-1]).all():
        return b""
    picture = io.BytesIO()
    sheet(x.frames[-1], x.extent).save(picture, format="PNG", optimize=True)
    return picture.getvalue()
