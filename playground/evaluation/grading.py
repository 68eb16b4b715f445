"""Measures what was handed in again, from its weights alone, and holds its log against what they give.

A hand-in proves nothing by itself: whoever can write one can write any number into it. So no number is taken from it.
Its weights are loaded into the model that its experiment describes, sampled with a fixed seed and measured as
``playground evaluate`` does; its log must then fit its experiment, its data and its weights.
"""

import csv
import io
import math
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from playground import registry
from playground.core import hand_in, hand_in_file
from playground.core.errors import PlaygroundError, UsageError
from playground.core.hand_in import HandedRun, HandIn, plain_line
from playground.core.trainer import check_parts, held_out_terms, with_changes
from playground.evaluation.report import KEYS, evaluate
from playground.registry import OpenRun

COLUMNS = (
    "file", "student", "written", "scenes_done", "answers", "answers_right", "run", "preset", "changed", "events",
    "consistent", "remarks", "logged_loss", "measured_loss", *KEYS, "error",
)  # fmt: skip
TAIL = 10  # looks at validation data that tell how much the loss moves from one to the next
CLOSE = 0.01  # of the loss, and of its way since the start: what rounding may make of it
_FORMULAS = ("=", "+", "-", "@")  # a table that begins so would be computed by the program that opens it


@dataclass(frozen=True)
class Check:
    """One thing that must fit.

    Attributes:
        name: "data", "events", "log" or "loss".
        holds: None where it cannot be told.
        words: what was found.
    """

    name: str
    holds: bool | None
    words: str


@dataclass(frozen=True)
class Measured:
    """What came of one run.

    Attributes:
        numbers: by the keys of `evaluate`; empty where they could not be measured.
        checks: see `Check`.
        logged, measured: the last held-out loss of the log, and that of the weights; None where there is none.
        error: why something could not be measured, or "".
    """

    numbers: Mapping[str, object]
    checks: tuple[Check, ...] = ()
    logged: float | None = None
    measured: float | None = None
    error: str = ""

    @property
    def consistent(self) -> bool | None:
        """Whether all that can be told fits; None where nothing could be opened."""
        return all(check.holds is not False for check in self.checks) if self.checks else None


def measure(run: HandedRun, count: int | None = None, seed: int = 0) -> Measured:
    """Opens and measures one run of a hand-in; whatever is wrong with it becomes a sentence."""
    try:
        with opened(run) as again:
            return measure_opened(run, again, count, seed)
    except PlaygroundError as error:
        return Measured({}, error=plain_line(str(error)))
    except Exception as error:  # noqa: BLE001  (weights of a stranger: one bad run must not end the class)
        words = f"Its weights give nothing that can be measured ({type(error).__name__}: {str(error).rstrip('.')})."
        return Measured({}, error=plain_line(words))


def measure_opened(run: HandedRun, again: OpenRun, count: int | None = None, seed: int = 0) -> Measured:
    """The same with its model already there."""
    error, numbers = "", {}
    try:
        numbers = evaluate(again, count, seed) | {"data": run.experiment.data}
    except UsageError:
        raise  # what was asked for makes no sense for any run
    except PlaygroundError as failure:  # samples that are no numbers; the rest can still be told
        error = str(failure)
    found, logged, measured = checks(run, again)
    return Measured(numbers, found, logged, measured, error)


@contextmanager
def opened(run: HandedRun) -> Iterator[OpenRun]:
    """A handed-in run with its model, on the CPU. Its points stand in a temporary folder meanwhile. Raises
    PlaygroundError where its settings are unknown or its weights do not fit them."""
    if run.experiment.data.startswith("folder:"):
        raise PlaygroundError("It learned a folder of pictures, which a hand-in does not hold: ask for the folder, and "
                              "measure the run itself with playground evaluate.")  # fmt: skip
    with tempfile.TemporaryDirectory(prefix="playground-") as folder:
        data = run.experiment.data
        if run.points:
            file = Path(folder) / f"points{Path(data).suffix}"
            file.write_bytes(run.points)
            data = f"drawn:{file}"
        try:
            experiment = registry.checked(replace(run.experiment, data=data, device="cpu"))
            dataset = registry.load_data(experiment.data, dict(experiment.data_options))
            model = registry.empty_model(experiment, dataset)
            registry.fill(model, dict(run.weights), run.name)
        except PlaygroundError as error:
            raise PlaygroundError(str(error).replace(f"{folder}{os.sep}", "")) from error
        yield OpenRun(Path(run.name), experiment, model.eval(), dataset, {"step": run.step, "seconds": run.seconds})


# -- what must fit ----------------------------------------------------------------------------------------------------


def checks(run: HandedRun, again: OpenRun) -> tuple[tuple[Check, ...], float | None, float | None]:
    """What must fit; the last held-out loss as logged, and as measured."""
    logged, measured, loss = _loss(run, again)
    return (_data(run, again), _events(run, again), _log(run), loss), logged, measured


def _data(run: HandedRun, again: OpenRun) -> Check:
    if not run.data_hash:
        return Check("data", None, "the run is older than the hash of its data")
    if run.data_hash != again.dataset.hash:
        return Check("data", False, f"it was trained on other data: their hash was {run.data_hash[:8]}, and that of "
                                    f"'{run.experiment.data}' is {again.dataset.hash[:8]}")  # fmt: skip
    return Check("data", True, f"the data are those that it was trained on ({run.data_hash[:8]})")


def _events(run: HandedRun, again: OpenRun) -> Check:
    events = run.experiment.events
    try:
        for event in events:
            check_parts(again.model, event.parts)
            with_changes(again.model, again.experiment.train, event.set)
    except PlaygroundError as error:
        return Check("events", False, f"what was changed by hand cannot be: {plain_line(str(error)).rstrip('.')}")
    if late := [event.step for event in events if event.step > run.step]:
        return Check("events", False, f"something was changed at step {late[0]:,}, and it has {run.step:,} steps")
    changes = f"{len(events)} changes by hand" if len(events) != 1 else "1 change by hand"
    return Check("events", True, f"{changes}, in order and possible" if events else "nothing was changed by hand")


def _log(run: HandedRun) -> Check:
    steps = run.training.rows[:, 0]
    if not run.step and not len(steps):
        return Check("log", True, "it was not trained yet")
    looks = run.held_out.rows[:, 0]
    whole = len(steps) > 0 and steps[0] == 0 and steps[-1] == run.step - 1 and (np.diff(steps) > 0).all()
    if not whole or (np.diff(looks) <= 0).any() or (looks > run.step).any():
        last = f"ends at step {int(steps[-1]) + 1:,}" if len(steps) else "is empty"
        return Check("log", False, f"its log has gaps or {last}, and it was trained for {run.step:,} steps")
    return Check("log", True, f"the log covers all {run.step:,} steps")


def _loss(run: HandedRun, again: OpenRun) -> tuple[float | None, float | None, Check]:
    """The last held-out loss as logged, as measured from the weights, and whether they agree.

    A look at validation data is taken at every fiftieth step, of the weights that sample. Where the run ended at such
    a step both are the same number but for rounding; else the loss may have moved as it did between the last looks.
    """
    end = run.held_out.end()
    if end is None:
        return None, None, Check("loss", None, f"the family {run.experiment.model}, trained so, has no held-out loss")
    step, logged = end
    try:
        measured = _held_out(again, step)
    except PlaygroundError as error:
        return logged, None, Check("loss", None, f"its loss cannot be measured: {plain_line(str(error)).rstrip('.')}")
    if measured is None:
        return logged, None, Check("loss", False, f"the log has a held-out loss, and a {run.experiment.model} has none")
    looks = run.held_out.rows[:, 1]
    looks = looks[np.isfinite(looks)]
    way = float(np.ptp(looks)) if len(looks) else 0.0
    allowed = CLOSE * (max(abs(logged), abs(measured)) + way) + 1e-4
    if step != run.step:
        if len(looks) < 2:
            return logged, measured, Check("loss", None, "trained too shortly after its only look at validation data")
        allowed += 1.5 * float(np.ptp(looks[-TAIL:]))
    both_broken = not math.isfinite(logged) and not math.isfinite(measured)
    holds = both_broken or abs(logged - measured) <= allowed
    words = (
        f"held out, the log says {logged:.4g} at step {step:,}, the weights of step {run.step:,} give {measured:.4g}"
    )
    return logged, measured, Check("loss", holds, words)


@torch.no_grad()
def _held_out(again: OpenRun, step: int) -> float | None:
    """The first term of the loss as a look after `step` saw it: under the settings changed by hand before."""
    model, before = again.model, again.model.config
    settings = again.experiment.train
    try:
        for event in again.experiment.events:
            if event.step < max(step, 1):
                model.config, settings = with_changes(model, settings, event.set)
        return next(iter(held_out_terms(model, again.dataset.validation, again.experiment.seed).values()), None)
    finally:
        model.config = before


# -- a class ----------------------------------------------------------------------------------------------------------


def hand_ins(folder: Path) -> list[Path]:
    """The hand-ins in a folder and those below it, by name; links to folders are not followed. Raises UsageError where
    there is no such folder or none in it."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}: name the one that holds the hand-ins.")
    found = [Path(place) / name for place, folders, files in os.walk(folder) for name in (*folders, *files)
             if name.lower().endswith(hand_in.SUFFIX)]  # fmt: skip
    if not found:
        raise UsageError(f"There is no hand-in in {folder}: they are files whose names end in {hand_in.SUFFIX}.")
    return sorted(found)


def grade(
    files: Sequence[Path], folder: Path, count: int | None, seed: int, say: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """A row by `COLUMNS` for each run of each hand-in; one for a hand-in without runs or one that cannot be opened."""
    for number, file in enumerate(files, start=1):
        name = plain_line(str(file.relative_to(folder)))
        say(f"{number} of {len(files)}: {name} ...")
        try:
            handed = hand_in_file.read(file)
        except PlaygroundError as error:
            yield _row({"file": name, "error": str(error)})
            continue
        except Exception as error:  # noqa: BLE001  (one bad file must not end the class)
            yield _row({"file": name, "error": plain_line(f"It could not be read: {type(error).__name__}: {error}.")})
            continue
        about = {"file": name, "student": handed.student, "written": handed.written, **progress(handed)}
        if not handed.runs:
            yield _row(about)
        for run in handed.runs:
            yield _row(about | _of_run(run) | _of_measured(measure(run, count, seed)))


def progress(handed: HandIn) -> dict[str, Any]:
    """Scenes finished, questions answered, and how many of them rightly."""
    right = sum(answer.right for answer in handed.answers.values())
    return {"scenes_done": len(handed.done), "answers": len(handed.answers), "answers_right": right}


def _of_run(run: HandedRun) -> dict[str, Any]:
    changes = "; ".join(f"{key}={is_now}" for key, (is_now, _) in run.changed.items())
    return {"run": run.name, "model": run.experiment.model, "data": run.experiment.data, "step": run.step,
            "seed": run.experiment.seed, "seconds_training": run.seconds, "preset": run.preset, "changed": changes,
            "events": len(run.experiment.events)}  # fmt: skip


def _of_measured(found: Measured) -> dict[str, Any]:
    remarks = "; ".join(check.words for check in found.checks if check.holds is False)
    consistent = {True: "yes", False: "no", None: None}[found.consistent]
    return {**found.numbers, "consistent": consistent, "remarks": remarks, "logged_loss": found.logged,
            "measured_loss": found.measured, "error": found.error}  # fmt: skip


def _row(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: values.get(name) for name in COLUMNS}


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows as CSV, numbers in full; words that a spreadsheet would compute begin with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(row[name]) for name in COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    if isinstance(value, Mapping):
        value = " ".join(f"{key}={number:.6g}" for key, number in value.items())
    if isinstance(value, float):
        return repr(value)
    text = "" if value is None else plain_line(str(value))
    return f"'{text}" if isinstance(value, str) and text.startswith(_FORMULAS) else text
