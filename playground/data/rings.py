"""Rings around one middle: every one has the same mean, so that only the distance from it tells them apart.

They are *defined* as a fine mixture of equal Gaussians along the circles, which makes the density, the score and every
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
    "name": "rings",
    "title": "Rings",
    "group": "plane",
    "order": 12,
    "slides": "",
    "about": "Points along circles around one middle; the exact density is known.",
}

_OUTERMOST = 2.2
_NAMES = ("inner", "second", "third", "fourth")


class Source:
    """Equally likely rings at equal distances, numbered from the middle; on the inner one points are denser."""

    @dataclass(frozen=True)
    class Options:
        rings: int = param(3, low=1, high=4, help="How many circles there are, one inside the other.")
        std: float = param(0.1, low=0.05, high=0.25, step=0.02, label="ring width",
                           help="Standard deviation of the points around their ring.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="points", label="training points",
                           help="Fewer points make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits."""
        rings = options.rings
        circles = [_circle(_OUTERMOST * (ring + 1) / rings, options.std) for ring in range(rings)]
        weights = torch.cat([torch.full((len(c),), 1 / (rings * len(c)), dtype=torch.float64) for c in circles])
        value = torch.cat([torch.full((len(c),), ring) for ring, c in enumerate(circles)])
        exact = Mixture(weights, torch.cat(circles), options.std)
        factor = Factor("ring", _NAMES[:rings]) if rings > 1 else None
        return points_dataset("rings", factor, exact, value, options.count)


def _circle(radius: float, spacing: float) -> Tensor:
    """Points (K, 2) at equal distances below `spacing` around the middle."""
    count = math.ceil(2 * math.pi * radius / spacing)
    angle = 2 * math.pi * torch.arange(count, dtype=torch.float64) / count
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)
