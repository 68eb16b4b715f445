"""Points of one's own, on the line or in the plane, from a CSV or NPY file.

A file has one column (the line) or two (the plane), and after them maybe one of labels, which are whole numbers: see
`read_table` for the rule. Points that fit the square from -3 to 3 are kept as they are; others are moved to its middle
and scaled to fit, all by one factor, so that shapes stay what they are.
"""

import logging
from pathlib import Path

import numpy as np
import torch

from playground.core.data import Batch, Dataset, DataSpec, Factor
from playground.core.errors import UsageError
from playground.core.hyperparams import Empty
from playground.core.random import stream
from playground.data._points import EXTENT
from playground.data._table import read_table

CARD = {
    "name": "drawn",
    "title": "Your own points",
    "group": "plane",
    "order": 19,
    "slides": "",
    "tuned_as": "moons",
    "takes": "a file",
    "about": "Points from a CSV or NPY file; moved and scaled to fit where they lie beyond -3 to 3.",
}

_FILLED = 0.9  # of the square, by points that had to be scaled

_log = logging.getLogger("playground")


class Source:
    """The points in a file: four fifths to train on, a tenth each for validation and test, by a fixed shuffle."""

    Options = Empty

    @staticmethod
    def load(options: Empty, path: Path) -> Dataset:
        """Reads the points. Raises UsageError where there are fewer than 20, or where they are not points."""
        points, labels = read_table(path)
        x = torch.from_numpy(_fitted(points, path)).float()  # (N, 1) or (N, 2)
        factors: tuple[Factor, ...] = ()
        columns = torch.zeros(len(x), 0, dtype=torch.int64)
        if labels is not None:
            kinds, rank = np.unique(labels, return_inverse=True)
            factors = (Factor("label", tuple(str(kind) for kind in kinds.tolist())),)
            columns = torch.from_numpy(rank.reshape(-1, 1).astype(np.int64))
        n, tenth = len(x), len(x) // 10
        order = torch.randperm(n, generator=stream(0, "data/drawn/split"))
        train, validation, test = (
            Batch.of(x[rows], columns[rows]) for rows in order.tensor_split([n - 2 * tenth, n - tenth])
        )
        spec = DataSpec("drawn", tuple(x.shape[1:]), low=-EXTENT, high=EXTENT, factors=factors, extent=EXTENT)
        return Dataset(spec, train, validation, test)


def _fitted(points: np.ndarray, path: Path) -> np.ndarray:
    """The points (N, D) within the square."""
    low, high = points.min(axis=0), points.max(axis=0)
    half = float((high / 2 - low / 2).max())  # halved first: large numbers could overflow
    if half == 0:
        raise UsageError(f"All points in {path} are the same; there is nothing to learn from them.")
    if max(float(-low.min()), float(high.max())) <= EXTENT:
        return points
    middle, factor = low / 2 + high / 2, _FILLED * EXTENT / half
    at = ", ".join(f"{value:.4g}" for value in middle)
    _log.warning("%s reaches beyond -3 to 3: (%s) became the middle, and all is scaled by %.4g.", path, at, factor)
    return (points - middle) * factor
