"""Handwriting-like digits drawn with a pen: endless, and every cause of an image is known.

A digit is one of a few skeletons: short lists of points that a hand passes through. Each image moves the points a
little (wobble), draws smooth curves through them, shears and stretches the whole (slant, width, scale) and inks it with
a round pen of some thickness.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec, Factor, Split
from playground.core.hyperparams import param
from playground.core.random import stream
from playground.data._pen import ink, smooth

CARD = {
    "name": "strokes",
    "title": "Strokes 28x28",
    "group": "images",
    "order": 28,
    "slides": "",
    "about": "Digits drawn by a wobbling pen, 28x28 pixels; slant, width, size and thickness are known.",
}

SIDE = 28
_VALIDATION, _TEST = 1000, 2000
_PLACES = 96  # curve points an image; neighbours lie about half a pixel apart, and rarely more than one
_CHUNK = 500

FACTORS = (
    Factor("digit", tuple(str(value) for value in range(10))),
    Factor("slant", low=-0.25, high=0.45),  # sideways for each unit of height
    Factor("width", low=0.45, high=0.85),  # of the height
    Factor("scale", low=17.0, high=21.0),  # height in pixels
    Factor("wobble", low=0.0, high=0.05),  # standard deviation of the points, of the height
    Factor("thickness", low=1.6, high=3.4),  # of the pen, in pixels
)

# Each digit's ways to be written: strokes, parted by "/", and of each the points x,y that it passes, in hundredths of
# the digit's box, x to the right and y down.
SKELETONS = {
    0: (
        "55,0 20,12 3,50 18,88 50,100 83,86 97,48 80,12 50,0",
        "70,6 35,3 5,40 12,82 45,100 85,80 96,40 75,8 45,4",
    ),
    1: (
        "50,0 50,50 49,100",
        "22,24 38,13 52,0 / 52,0 52,50 52,100",
        "25,20 40,10 50,0 / 50,0 50,50 50,100 / 20,100 50,100 82,99",
    ),
    2: (
        "8,25 28,3 68,2 88,25 70,52 36,78 5,100 / 5,100 50,97 97,99",
        "10,20 40,0 80,10 82,40 50,75 15,98 8,82 35,82 65,100 98,93",
    ),
    3: (
        "10,12 42,0 80,13 74,37 38,47 / 38,47 78,53 92,77 55,100 5,88",
        "8,3 50,2 88,3 / 88,3 62,22 45,40 / 45,40 85,52 85,85 45,100 5,90",
    ),
    4: (
        "18,2 12,30 8,58 / 8,58 50,57 95,52 / 74,8 70,50 66,100",
        "64,0 36,30 3,66 / 3,66 50,66 98,64 / 66,0 66,50 66,100",
    ),
    5: (
        "86,0 55,2 22,2 / 22,2 18,20 14,42 / 14,42 45,35 86,50 86,83 45,100 4,90",
        "90,5 60,3 30,3 20,20 16,40 45,40 86,60 78,90 40,100 5,93",
    ),
    6: (
        "74,0 35,24 9,60 20,92 55,100 88,80 75,56 42,53 14,75",
        "55,0 25,30 10,68 30,98 70,96 85,72 58,56 25,68",
    ),
    7: (
        "5,5 50,3 95,2 / 95,2 62,45 40,100",
        "5,5 50,3 93,2 / 93,2 65,45 42,100 / 28,50 55,49 85,47",
        "7,20 10,4 50,6 92,2 / 92,2 60,40 45,100",
    ),
    8: (
        "78,13 47,0 15,18 42,45 86,74 52,100 12,78 50,47 86,22 70,5",
        "50,47 16,25 50,0 84,24 50,47 10,74 50,100 90,74 50,47",
    ),
    9: (
        "85,20 50,0 12,24 34,52 72,44 86,16 / 86,16 83,55 72,100",
        "83,25 55,0 13,22 30,50 70,42 84,20 / 84,20 90,60 70,93 30,98",
    ),
}


class Source:
    """Ten equally likely digits, each in one of its ways; all other causes uniform over their ranges."""

    @dataclass(frozen=True)
    class Options:
        count: int = param(10000, low=100, high=200000, step=1000, unit="images", label="training images",
                           help="Fewer images make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits; the same in every run whatever its seed."""

        def split(name: Split, n: int) -> Batch:
            return Batch.of(*draw(n, stream(0, f"data/strokes/{name}")))

        spec = DataSpec("strokes", (1, SIDE, SIDE), levels=256, factors=FACTORS)
        train, validation, test = split("train", options.count), split("validation", _VALIDATION), split("test", _TEST)
        return Dataset(spec, train, validation, test)


def draw(n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """n images (n, 1, 28, 28) on the levels k / 255, their digits (n, 1) and the other causes (n, 5)."""
    digit = torch.randint(10, (n,), generator=generator)
    low, high = torch.tensor([(factor.low, factor.high) for factor in FACTORS[1:]]).unbind(1)
    measures = low + (high - low) * torch.rand(n, len(low), generator=generator)
    way = torch.rand(n, generator=generator)
    images = torch.zeros(n, SIDE, SIDE)
    for value, ways in SKELETONS.items():
        number = (way * len(ways)).long().clamp(max=len(ways) - 1)
        for i, skeleton in enumerate(ways):
            for rows in ((digit == value) & (number == i)).nonzero()[:, 0].split(_CHUNK):
                images[rows] = _written(skeleton, measures[rows], generator)
    return images.mul_(255).round_().div_(255)[:, None], digit[:, None], measures


def _written(skeleton: str, measures: Tensor, generator: torch.Generator) -> Tensor:
    """One way of a digit, written once for each row of causes (B, 5): images (B, 28, 28)."""
    slant, width, scale, wobble, thickness = measures.T[..., None]  # (B, 1) each
    strokes = [[_place(point) for point in stroke.split()] for stroke in skeleton.split("/")]
    lengths = [sum(math.dist(p, q) for p, q in pairwise(points)) for points in strokes]
    curves = []
    for points, length in zip(strokes, lengths, strict=True):
        places = torch.tensor(points).expand(len(measures), -1, -1)
        moved = places + wobble[..., None] * torch.randn(places.shape, generator=generator)
        curves.append(smooth(moved, max(8, round(_PLACES * length / sum(lengths)))))
    curve = torch.cat(curves, dim=1)  # (B, places, 2)
    x, y = width * (curve[..., 0] - 0.5), curve[..., 1] - 0.5
    x = x - slant * y
    x = x - (x.amax(1, keepdim=True) + x.amin(1, keepdim=True)) / 2  # each in the middle of its image
    y = y - (y.amax(1, keepdim=True) + y.amin(1, keepdim=True)) / 2
    curve = SIDE / 2 + scale[..., None] * torch.stack([x, y], dim=-1)
    # The hand presses now more, now less.
    phase, along = torch.rand(len(measures), 1, generator=generator), torch.linspace(0, 1, curve.shape[1])
    pressure = 1 + 0.15 * torch.sin(2 * math.pi * (phase + along))
    return ink(curve, thickness / 2 * pressure, SIDE)


def _place(point: str) -> tuple[float, float]:
    x, y = point.split(",")
    return int(x) / 100, int(y) / 100
