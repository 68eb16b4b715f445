"""Two moons: half circles that reach into one another, so that no straight line parts them.

They are *defined* as a fine mixture of equal Gaussians along the arcs, which makes the density, the score and every
noised density exact. With 64 centres an arc they lie closer together than the narrowest `std`, and no ripple is seen.
"""

import math
from dataclasses import dataclass

import torch

from playground.core.data import Dataset, Factor
from playground.core.hyperparams import param
from playground.data._mixture import Mixture
from playground.data._points import points_dataset

CARD = {
    "name": "moons",
    "title": "Two moons",
    "group": "plane",
    "order": 10,
    "slides": "",
    "about": "Points along two interlocking half circles; the exact density is known.",
}

_SCALE = 1.5  # radius of the arcs: both fit the drawn square with room for their width
_ALONG = 64


class Source:
    """Two equally likely half circles, centred together on the origin."""

    @dataclass(frozen=True)
    class Options:
        std: float = param(0.12, low=0.05, high=0.5, step=0.02, label="arc width",
                           help="Standard deviation of the points around their arc.")  # fmt: skip
        count: int = param(20000, low=100, high=200000, step=1000, unit="points", label="training points",
                           help="Fewer points make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits."""
        angle = math.pi * (torch.arange(_ALONG, dtype=torch.float64) + 0.5) / _ALONG
        upper = torch.stack([angle.cos() - 0.5, angle.sin() - 0.25], dim=1)  # (64, 2)
        centres = _SCALE * torch.cat([upper, -upper])  # the lower moon is the upper one, turned half round
        exact = Mixture(torch.full((2 * _ALONG,), 1 / (2 * _ALONG)), centres, options.std)
        value = torch.arange(2).repeat_interleave(_ALONG)
        return points_dataset("moons", Factor("moon", ("upper", "lower")), exact, value, options.count)
