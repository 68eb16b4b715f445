"""A spiral of one or two arms: long thin data that a model must follow around every turn.

It is *defined* as a fine mixture of equal Gaussians along the arms, which makes the density, the score and every
noised density exact. The centres lie closer together than `std`, and no ripple is seen.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from playground.core.data import Dataset, Factor
from playground.core.hyperparams import param
from playground.data._mixture import Mixture
from playground.data._points import points_dataset

CARD = {
    "name": "spiral",
    "title": "Spiral",
    "group": "plane",
    "order": 13,
    "slides": "",
    "about": "Points along the arms of a spiral; the exact density is known.",
}

_START, _END = 0.35, 2.3  # radius at both ends of an arm
_FINE = 20000  # pieces in which the length of an arm is measured


class Source:
    """Equally likely Archimedean arms, the second one the first turned half round; even along their length."""

    @dataclass(frozen=True)
    class Options:
        arms: int = param(2, low=1, high=2, help="One arm, or two that wind into one another.")
        turns: float = param(1.25, low=0.5, high=3.0, step=0.25,
                             help="How often an arm goes round. More turns lie closer together.")  # fmt: skip
        std: float = param(0.1, low=0.05, high=0.25, step=0.02, label="arm width",
                           help="Standard deviation of the points around their arm.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="points", label="training points",
                           help="Fewer points make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits."""
        arm = _arm(options.turns, options.std)  # (K, 2)
        centres = torch.cat([arm, -arm][: options.arms])
        exact = Mixture(torch.full((len(centres),), 1 / len(centres)), centres, options.std)
        value = torch.arange(options.arms).repeat_interleave(len(arm))
        factor = Factor("arm", ("first", "second")) if options.arms > 1 else None
        return points_dataset("spiral", factor, exact, value, options.count)


def _arm(turns: float, spacing: float) -> Tensor:
    """Points (K, 2) at equal distances below `spacing` along an arm, whose radius grows evenly with its angle."""
    share = torch.linspace(0, 1, _FINE + 1, dtype=torch.float64)
    radius, angle = _START + (_END - _START) * share, 2 * math.pi * turns * share
    line = radius.unsqueeze(1) * torch.stack([angle.cos(), angle.sin()], dim=1)  # (pieces + 1, 2)
    length = line.diff(dim=0).norm(dim=1).cumsum(0)  # up to the end of each piece
    count = math.ceil(float(length[-1]) / spacing)
    middles = length[-1] * (torch.arange(count, dtype=torch.float64) + 0.5) / count
    return line[1:][torch.searchsorted(length, middles)]
