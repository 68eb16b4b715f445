"""Eight round Gaussians on a ring: the plainest data with separate modes, so that a dropped one is seen at once."""

import math
from dataclasses import dataclass

import torch

from playground.core.data import Dataset, Factor
from playground.core.hyperparams import param
from playground.data._mixture import Mixture
from playground.data._points import points_dataset

CARD = {
    "name": "eight-gaussians",
    "title": "Eight Gaussians",
    "group": "plane",
    "order": 11,
    "slides": "",
    "about": "Points from eight equal Gaussians on a ring; the exact density is known.",
}

_MODES = 8


class Source:
    """Eight equally likely modes, numbered anticlockwise from the right."""

    @dataclass(frozen=True)
    class Options:
        std: float = param(0.15, low=0.03, high=0.5, step=0.05, label="mode width",
                           help="Standard deviation of each mode. Above 0.4 neighbours melt together.")  # fmt: skip
        radius: float = param(1.6, low=0.5, high=2.2, step=0.1, label="ring radius",
                              help="Distance of the modes from the middle.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="points", label="training points",
                           help="Fewer points make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits."""
        angle = 2 * math.pi * torch.arange(_MODES, dtype=torch.float64) / _MODES
        centres = options.radius * torch.stack([angle.cos(), angle.sin()], dim=1)  # (8, 2)
        exact = Mixture(torch.full((_MODES,), 1 / _MODES), centres, options.std)
        factor = Factor("mode", tuple(str(mode) for mode in range(_MODES)))
        modes = (centres.float(), options.std)
        return points_dataset("eight-gaussians", factor, exact, torch.arange(_MODES), options.count, modes)
