"""What families can be compared in: numbers that mean the same for every one of them. A loss does not."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

Kind = Literal["points", "images"]


@dataclass(frozen=True)
class Metric:
    """One curve a run.

    Attributes:
        name: in the answers of the examiner; its floor is ``<name>_floor``.
        title: to choose it by.
        axis: the same, short.
        kinds: of data on which it is measured.
        says: what it is and which way is better, in one line.
        exact: only a model with an exact density has it.
        floor: what the dotted line is called.
        best: where that line stands if nothing was measured for it.
    """

    name: str
    title: str
    axis: str
    kinds: tuple[Kind, ...]
    says: str
    exact: bool = False
    floor: str = "real data in their place"
    best: float | None = None


METRICS = (
    Metric("sliced_wasserstein", "Sliced Wasserstein distance", "Sliced Wasserstein", ("points",),
           "how far samples must move to become test data; lower is better"),
    Metric("share_within_3_sigma", "Share near a mode", "Share", ("points",),
           "share of samples within 3 sigma of one of the known modes; higher is better"),
    Metric("modes_hit", "Modes hit", "Modes", ("points",), "known modes that get at least a fifth of their share"),
    Metric("feature_distance", "Feature distance", "Distance", ("images",),
           "in the features of the playground's own classifier of this data; lower is better"),
    Metric("precision", "Precision", "Precision", ("points", "images"),
           "share of samples that lie among test data; higher is better"),
    Metric("recall", "Recall", "Recall", ("points", "images"),
           "share of test data that lies among the samples; higher is better"),
    Metric("kl", "KL to the data", "KL", ("points", "images"),
           "mean of log p(data) - log p(model), exact densities only; zero is perfect",
           exact=True, floor="the data itself", best=0.0),
    Metric("nll", "Negative log-likelihood", "NLL", ("points", "images"),
           "of test examples, exact densities only; lower is better",
           exact=True, floor="entropy of the data"),
)  # fmt: skip


def metrics_of(kind: Kind) -> list[Metric]:
    """Those that are measured on such data, the usual one first."""
    return [metric for metric in METRICS if kind in metric.kinds]


class Track:
    """How one run's numbers went: (training seconds, steps, numbers) of each measurement."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._steps: list[int] = []
        self._numbers: list[dict[str, float]] = []

    def add(self, step: int, seconds: float, numbers: Mapping[str, float]) -> None:
        """One measurement; one at a step that was measured before takes its place."""
        if self._steps and self._steps[-1] == step:
            self._seconds.pop(), self._steps.pop(), self._numbers.pop()
        self._seconds.append(seconds)
        self._steps.append(step)
        self._numbers.append(dict(numbers))

    @property
    def newest(self) -> Mapping[str, float]:
        """The last measurement's numbers."""
        return self._numbers[-1] if self._numbers else {}

    def curve(self, name: str, over: str) -> tuple[np.ndarray, np.ndarray]:
        """One number over "seconds" or "steps", each (P,); empty where it was not measured."""
        along = self._seconds if over == "seconds" else self._steps
        pairs = [(x, numbers[name]) for x, numbers in zip(along, self._numbers, strict=True) if name in numbers]
        table = np.array(pairs, dtype=float).reshape(-1, 2)
        return table[:, 0], table[:, 1]
