"""The dark squares of a checkerboard: hard edges and corners, which smooth models can only round off."""

from dataclasses import dataclass

import torch

from playground.core.data import Dataset, Factor
from playground.core.hyperparams import param
from playground.data._points import points_dataset
from playground.data._squares import Squares

CARD = {
    "name": "checkerboard",
    "title": "Checkerboard",
    "group": "plane",
    "order": 14,
    "slides": "",
    "about": "Points spread evenly over the dark squares of a board; the exact density is known.",
}

_HALF = 2.0  # half the side of the board


class Source:
    """A board with a dark square in its lower left corner; squares are named as in chess, a1 first, row by row."""

    @dataclass(frozen=True)
    class Options:
        squares: int = param(4, low=2, high=8, label="squares a side",
                             help="Rows and columns of the board; more of them are harder to learn.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="points", label="training points",
                           help="Fewer points make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits."""
        n = options.squares
        side = 2 * _HALF / n
        dark = [(column, row) for row in range(n) for column in range(n) if (column + row) % 2 == 0]
        corners = side * torch.tensor(dark, dtype=torch.float64) - _HALF  # (K, 2)
        factor = Factor("square", tuple(f"{'abcdefgh'[column]}{row + 1}" for column, row in dark))
        return points_dataset("checkerboard", factor, Squares(corners, side), torch.arange(len(dark)), options.count)
