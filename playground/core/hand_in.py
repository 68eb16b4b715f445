"""A hand-in: what a student gives to a teacher. `hand_in_file` says what the file is, and reads and writes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from playground.core.experiment import Experiment

SUFFIX = ".handin"
NAME = 80  # letters of a student's name
RUNS = 24
ROWS = 2000  # of a curve; longer ones are thinned
COLUMNS = 64


@dataclass(frozen=True)
class Curve:
    """A table of numbers: the first column is the step, the others are terms of a loss; NaN where nothing was measured.

    Attributes:
        columns: their names.
        rows: float64 (rows, columns).
    """

    columns: tuple[str, ...] = ("step",)
    rows: np.ndarray = field(default_factory=lambda: np.zeros((0, 1)))

    def thinned(self) -> "Curve":
        """At most `ROWS` rows, evenly spread, the first and the last among them."""
        if len(self.rows) <= ROWS:
            return self
        return Curve(self.columns, self.rows[np.linspace(0, len(self.rows) - 1, ROWS).round().astype(int)])

    def end(self) -> tuple[int, float] | None:
        """The last step and the loss there, the first term; None where there is none."""
        if not len(self.rows) or len(self.columns) < 2:
            return None
        return int(self.rows[-1, 0]), float(self.rows[-1, 1])


@dataclass(frozen=True)
class HandedRun:
    """One run of a hand-in.

    Attributes:
        name: of the folder that it was.
        experiment: what it is; the points of ``drawn:points.csv`` are in `points`.
        step, seconds: how far it was trained.
        data_hash: of the data that it was trained on; "" for an old run.
        versions: that it was trained with.
        preset: whose settings it began with, "" for the usual ones; what was `changed` from them: (is, was) by key.
        training, held_out: its log.
        weights: those that sample.
        sheet: samples as a PNG, or b"".
        points: the bytes of the file of its data, or b"".
    """

    name: str
    experiment: Experiment
    step: int
    seconds: float
    data_hash: str
    versions: Mapping[str, str]
    preset: str
    changed: Mapping[str, tuple[Any, Any]]
    training: Curve
    held_out: Curve
    weights: Mapping[str, Tensor]
    sheet: bytes = b""
    points: bytes = b""


@dataclass(frozen=True)
class Prediction:
    """What a scene asked, what was said, and whether it came so."""

    question: str
    choice: str
    right: bool


@dataclass(frozen=True)
class HandIn:
    """What a student hands in.

    Attributes:
        student: a name.
        written: when, as words.
        versions: of the program that wrote it.
        done: the scenes that were finished, such as "lecture/maximum-likelihood".
        answers: what was predicted, by scene.
    """

    student: str
    written: str
    versions: Mapping[str, str]
    done: tuple[str, ...] = ()
    answers: Mapping[str, Prediction] = field(default_factory=dict)
    runs: tuple[HandedRun, ...] = ()


def plain_line(text: str, most: int = 1000) -> str:
    """One printable line of what a stranger wrote or an error quotes."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)[:most]
