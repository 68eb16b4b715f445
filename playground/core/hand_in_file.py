"""A hand-in as one file, safe to open whoever sent it.

It is a safetensors file, opened by the one reader of those: no members to unpack, no names of files that could lead
elsewhere, nothing compressed that could swell, no code. JSON, pictures and tables are tensors of bytes in it.

    record                  the JSON below
    runs/0/weights/NAME     the weights that sample; in half precision where they are large
    runs/0/training         float64 (rows, columns): the step, and each term of the loss on the batch at that step
    runs/0/held_out         the same on validation data, as it was logged
    runs/0/sheet            samples as a PNG; absent where the model cannot sample
    runs/0/points           the file of points that were drawn or brought (CSV or NPY); absent for all other data
    check                   SHA-256 of all of the above: it finds damage, it is no signature

    {"kind": "hand-in", "format_version": 1, "student": "Ada Lovelace", "written": "2026-11-25 18:30",
     "versions": {"playground": "...", ...}, "done": ["lecture/maximum-likelihood"],
     "answers": {"lecture/maximum-likelihood": {"question": "...", "choice": "...", "right": true}},
     "runs": [{"name": "...", "experiment": {...},              events and all; drawn data are "drawn:points.csv"
               "preset": "", "changed": {"train.lr": [0.01, 0.001]},       settings that are not the preset's: is, was
               "step": 500, "seconds": 12.5, "data_hash": "...", "versions": {...},
               "training": ["step", "loss"], "held_out": ["step", "loss"]}]}     the columns of the two tables
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from torch import Tensor

from playground.core import durable
from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import Experiment
from playground.core.hand_in import COLUMNS, NAME, ROWS, RUNS, Curve, HandedRun, HandIn, Prediction, plain_line
from playground.core.untrusted import read_bytes, read_json, read_tensors
from playground.core.whole_file import whole_file

FORMAT_VERSION = 1
KIND = "hand-in"
FILE_BYTES = 256 * 2**20
WEIGHT_BYTES = 64 * 2**20  # of one run
SHEET_BYTES = 4 * 2**20
POINT_BYTES = 16 * 2**20
POINT_FILES = (".csv", ".tsv", ".txt", ".npy")
_LINE = 400  # letters of any word but a student's name
_VALUE = 20_000  # letters of a setting: a mixture is one of many numbers
_ITEMS = 1000  # in a list or an object of the record
_PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
_HASH = re.compile(r"[0-9a-f]{64}|")
_SIDE = 20_000  # pixels of a sheet
_STEPS = 10**9


def write(content: HandIn, path: Path) -> None:
    """Writes the file whole or not at all. Raises PlaygroundError where it is too large or cannot be written."""
    tensors: dict[str, Tensor] = {}
    for number, run in enumerate(content.runs):
        for part, data, limit in (("sheet", run.sheet, SHEET_BYTES), ("points", run.points, POINT_BYTES)):
            if len(data) > limit:
                raise PlaygroundError(f"{run.name} is too large to be handed in: its {part} has {len(data):,} bytes, "
                                      f"over the limit of {limit:,}; leave it out.")  # fmt: skip
            if data:
                tensors[f"runs/{number}/{part}"] = _as_tensor(data)
        size = sum(tensor.nbytes for tensor in run.weights.values())
        if size > WEIGHT_BYTES:
            raise PlaygroundError(f"{run.name} is too large to be handed in: its weights have {size:,} bytes, over the "
                                  f"limit of {WEIGHT_BYTES:,}; leave it out or train a smaller model.")  # fmt: skip
        tensors |= {f"runs/{number}/weights/{name}": tensor.contiguous() for name, tensor in run.weights.items()}
        for part, curve in (("training", run.training), ("held_out", run.held_out)):
            tensors[f"runs/{number}/{part}"] = torch.from_numpy(np.ascontiguousarray(curve.rows, np.float64))
    tensors["record"] = _as_tensor(json.dumps(_record(content), allow_nan=False).encode())
    tensors["check"] = _as_tensor(digest(tensors))
    try:
        _hand_in(_checked_record(tensors, path), tensors)  # what could not be opened is not written
    except _Misfit as error:
        raise PlaygroundError(f"This cannot be handed in: {error}.") from error
    data = safetensors.torch.save(tensors)
    if len(data) > FILE_BYTES or len(content.runs) > RUNS:
        raise PlaygroundError(f"{len(content.runs)} runs of {len(data):,} bytes are too much for one hand-in, which "
                              f"holds {RUNS} and {FILE_BYTES:,}; leave some out.")  # fmt: skip
    with whole_file(path, "hand-in") as part_file:
        durable.write(part_file, data)


def digest(tensors: Mapping[str, Tensor]) -> bytes:
    """SHA-256 of names, types, shapes and bytes of all tensors but "check"."""
    total = hashlib.sha256()
    for name in sorted(tensors.keys() - {"check"}):
        tensor = tensors[name]
        total.update(f"{name}\0{tensor.dtype}\0{tuple(tensor.shape)}\0".encode("utf-8", "surrogatepass"))
        total.update(_as_bytes(tensor))
    return total.digest()


def _record(content: HandIn) -> dict[str, Any]:
    return {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "student": content.student,
        "written": content.written,
        "versions": dict(content.versions),
        "done": list(content.done),
        "answers": {scene: asdict(answer) for scene, answer in content.answers.items()},
        "runs": [
            {
                "name": run.name,
                "experiment": run.experiment.to_json(),
                "preset": run.preset,
                "changed": {key: list(values) for key, values in run.changed.items()},
                "step": run.step,
                "seconds": run.seconds,
                "data_hash": run.data_hash,
                "versions": dict(run.versions),
                "training": list(run.training.columns),
                "held_out": list(run.held_out.columns),
            }
            for run in content.runs
        ],
    }


def _as_tensor(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def _as_bytes(tensor: Tensor) -> bytes:
    return tensor.contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() if tensor.numel() else b""


# -- reading ----------------------------------------------------------------------------------------------------------


class _Misfit(Exception):
    """What is wrong and what to do, in words that go on a sentence."""

    def __init__(self, cause: str, cure: str = "ask for it to be handed in again") -> None:
        super().__init__(cause)
        self.cure = cure


def read(path: Path) -> HandIn:
    """A hand-in, every part of it checked. Raises PlaygroundError: one sentence with file, cause and cure."""
    if not os.path.lexists(path):
        raise UsageError(f"There is no file {path}.")
    try:
        tensors = read_tensors(read_bytes(path, FILE_BYTES), str(path))
        return _hand_in(_checked_record(tensors, path), tensors)
    except _Misfit as error:
        misfit = error
    except PlaygroundError as error:
        misfit = _Misfit(str(error).rstrip("."))
    cause = str(misfit) if str(path) in str(misfit) else f"{path} was not opened: {misfit}"
    raise PlaygroundError(f"{plain_line(cause)}; {misfit.cure}.")


def _checked_record(tensors: dict[str, Tensor], path: Path) -> Any:
    check = tensors.get("check")
    if "record" not in tensors or check is None:
        raise _Misfit("it is a safetensors file, but no hand-in")
    if _as_bytes(check) != digest(tensors):
        raise _Misfit("it was damaged on its way, its check does not fit")
    record = read_json(_as_bytes(tensors["record"]), f"The record of {path}")
    if not isinstance(record, dict) or record.get("kind") != KIND:
        raise _Misfit("its record is not that of a hand-in")
    version = record.get("format_version")
    if type(version) is not int or not 1 <= version <= FORMAT_VERSION:
        raise _Misfit(f"it has format {version}, and this version of the playground reads up to {FORMAT_VERSION}",
                      "install a newer one")  # fmt: skip
    return record


def _hand_in(record: dict[str, Any], tensors: dict[str, Tensor]) -> HandIn:
    runs, answers = record.get("runs"), record.get("answers")
    if not isinstance(runs, list) or len(runs) > RUNS:
        raise _Misfit(f"its 'runs' are no list of at most {RUNS}")
    if not isinstance(answers, dict) or len(answers) > _ITEMS:
        raise _Misfit(f"its 'answers' are no object of at most {_ITEMS:,} predictions")
    own: list[dict[str, Tensor]] = [{} for _ in runs]
    for name in tensors.keys() - {"record", "check"}:
        where = re.fullmatch(r"runs/([0-9]{1,3})/((?:weights/)?[^/]+)", name)
        if where is None or int(where[1]) >= len(runs):
            raise _Misfit(f"it holds something that belongs to no run, '{name}'")
        own[int(where[1])][where[2]] = tensors[name]
    return HandIn(
        student=line(record.get("student"), "student", NAME),
        written=line(record.get("written"), "written"),
        versions=_words(record.get("versions"), "versions"),
        done=_list(record.get("done"), "done"),
        answers={line(scene, "answers"): _prediction(answer) for scene, answer in answers.items()},
        runs=tuple(_run(entry, parts, f"run {i + 1}") for i, (entry, parts) in enumerate(zip(runs, own, strict=True))),
    )


def _prediction(answer: Any) -> Prediction:
    if not isinstance(answer, dict) or answer.keys() != {"question", "choice", "right"}:
        raise _Misfit("one of its 'answers' is no object of 'question', 'choice' and 'right'")
    if not isinstance(answer["right"], bool):
        raise _Misfit("whether an answer is 'right' is neither true nor false")
    return Prediction(line(answer["question"], "question"), line(answer["choice"], "choice"), answer["right"])


def _run(entry: Any, parts: dict[str, Tensor], which: str) -> HandedRun:
    if not isinstance(entry, dict):
        raise _Misfit(f"{which} is no object")
    try:
        experiment = Experiment.from_json(entry.get("experiment"))
    except PlaygroundError as error:
        raise _Misfit(f"{which}: {str(error).rstrip('.')}") from error
    weights = {name.removeprefix("weights/"): t for name, t in parts.items() if name.startswith("weights/")}
    if sum(tensor.nbytes for tensor in weights.values()) > WEIGHT_BYTES:
        raise _Misfit(f"the weights of {which} are over the limit of {WEIGHT_BYTES:,} bytes")
    if extra := parts.keys() - {f"weights/{name}" for name in weights} - {"training", "held_out", "sheet", "points"}:
        raise _Misfit(f"{which} holds something unknown, '{min(extra)}'")
    sheet, points = (_blob(parts, "sheet", SHEET_BYTES, which), _blob(parts, "points", POINT_BYTES, which))
    sides = (int.from_bytes(sheet[16:20]), int.from_bytes(sheet[20:24]))
    if sheet and not (sheet.startswith(_PNG) and all(0 < side <= _SIDE for side in sides)):
        raise _Misfit(f"the samples of {which} are no PNG of at most {_SIDE:,} pixels a side")
    _check_data(experiment, points, which)
    data_hash = entry.get("data_hash")
    if not isinstance(data_hash, str) or not _HASH.fullmatch(data_hash):
        raise _Misfit(f"the data of {which} have no hash of 64 hexadecimal digits")
    changes = entry.get("changed")
    if not isinstance(changes, dict) or not all(isinstance(v, list) and len(v) == 2 for v in changes.values()):
        raise _Misfit(f"'changed' of {which} is no object of two values each")
    return HandedRun(
        name=line(entry.get("name"), f"name of {which}"),
        experiment=experiment,
        step=int(_number(entry.get("step"), f"step of {which}", whole=True)),
        seconds=_number(entry.get("seconds"), f"seconds of {which}"),
        data_hash=data_hash,
        versions=_words(entry.get("versions"), f"versions of {which}"),
        preset=line(entry.get("preset"), f"preset of {which}", empty=True),
        changed={line(key, "changed"): (_value(was), _value(now)) for key, (was, now) in changes.items()},
        training=_curve(entry.get("training"), parts.get("training"), f"training curve of {which}"),
        held_out=_curve(entry.get("held_out"), parts.get("held_out"), f"held-out curve of {which}"),
        weights=weights,
        sheet=sheet,
        points=points,
    )


def _check_data(experiment: Experiment, points: bytes, which: str) -> None:
    """A path of the sender's must never be opened here: points come with the file, and pictures cannot."""
    name, colon, path = experiment.data.partition(":")
    if (name == "drawn") != bool(points) or (points and path not in [f"points{kind}" for kind in POINT_FILES]):
        raise _Misfit(f"{which} learned points that do not go with the file")
    if colon and name not in ("drawn", "folder"):
        raise _Misfit(f"{which} learned data with a path, which '{name}' cannot have")


def _blob(parts: Mapping[str, Tensor], name: str, limit: int, which: str) -> bytes:
    tensor = parts.get(name)
    if tensor is None:
        return b""
    if tensor.dtype != torch.uint8 or tensor.ndim != 1 or not 0 < len(tensor) <= limit:
        raise _Misfit(f"the {name} of {which} are not from 1 to {limit:,} bytes")
    return _as_bytes(tensor)


def _curve(names: Any, table: Tensor | None, what: str) -> Curve:
    columns = _list(names, what)
    if table is None or table.dtype != torch.float64 or table.ndim != 2:
        raise _Misfit(f"the {what} is no table of numbers")
    rows = table.numpy()
    if columns[:1] != ("step",) or rows.shape[1] != len(columns) or len(columns) > COLUMNS or len(rows) > ROWS:
        raise _Misfit(f"the {what} is no table of 'step' and up to {COLUMNS - 1} columns more, {ROWS:,} rows at most")
    steps = rows[:, 0]
    if not (np.isfinite(steps) & (steps >= 0) & (steps <= _STEPS) & (steps == steps.round())).all():
        raise _Misfit(f"the steps of the {what} are no whole numbers")
    return Curve(columns, rows)


# -- small words and numbers ------------------------------------------------------------------------------------------


def line(value: object, what: str, most: int = _LINE, empty: bool = False) -> str:
    """A word or a name: one line, printable, not too long, as no terminal or table can be upset by."""
    if not isinstance(value, str) or len(value) > most or not value.isprintable() or not (empty or value.strip()):
        raise _Misfit(f"its '{what}' is no line of at most {most} printable letters")
    return value


def _words(value: object, what: str) -> dict[str, str]:
    if not isinstance(value, dict) or len(value) > _ITEMS:
        raise _Misfit(f"its '{what}' is no object of words")
    return {line(key, what): line(word, what) for key, word in value.items()}


def _list(value: object, what: str) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > _ITEMS:
        raise _Misfit(f"its '{what}' is no list of at most {_ITEMS:,} words")
    return tuple(line(word, what) for word in value)


def _number(value: object, what: str, whole: bool = False) -> float:
    fits = type(value) is int if whole else isinstance(value, int | float) and not isinstance(value, bool)
    if not fits or not 0 <= value <= _STEPS:  # type: ignore[operator]
        raise _Misfit(f"the '{what}' is no {'whole ' * whole}number from 0 to {_STEPS:,}")
    return value  # type: ignore[return-value]


def _value(value: object) -> Any:
    """A setting: a number, a switch, a printable word, or null."""
    if isinstance(value, str):
        return line(value, "changed", _VALUE, empty=True)
    if value is not None and not isinstance(value, int | float | bool):
        raise _Misfit("a setting is neither a number nor a word")
    if isinstance(value, int) and abs(value) > 2**63:
        raise _Misfit("a setting is beyond all numbers")
    return value
