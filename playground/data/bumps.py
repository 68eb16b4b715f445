"""Four bumps on the line, unequal in height and width: data so plain that the whole density fits into one curve."""

from dataclasses import dataclass

import torch

from playground.core.data import Dataset, Factor
from playground.core.hyperparams import param
from playground.data._mixture import Mixture
from playground.data._points import points_dataset

CARD = {
    "name": "bumps",
    "title": "Bumps on the line",
    "group": "line",
    "order": 8,
    "slides": "19-25",
    "about": "Numbers from four unequal Gaussians on the line; the exact density is known.",
}

_WEIGHTS = (0.30, 0.15, 0.35, 0.20)
_CENTRES = (-1.9, -0.6, 0.7, 2.0)
_STDS = (0.20, 0.12, 0.35, 0.15)


class Source:
    """Four modes, numbered from the left."""

    @dataclass(frozen=True)
    class Options:
        width: float = param(1.0, low=0.3, high=2.0, step=0.1, label="bump width",
                             help="Times the deviation of every bump. Above 1.5 they melt together.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="points", label="training points",
                           help="Fewer points make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits."""
        centres = torch.tensor(_CENTRES, dtype=torch.float64).unsqueeze(1)  # (4, 1)
        std = options.width * torch.tensor(_STDS, dtype=torch.float64)
        exact = Mixture(torch.tensor(_WEIGHTS, dtype=torch.float64), centres, std)
        factor = Factor("bump", ("first", "second", "third", "fourth"))
        modes = (centres.float(), std.float())
        return points_dataset("bumps", factor, exact, torch.arange(len(_CENTRES)), options.count, modes)
