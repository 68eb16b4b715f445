"""Handwriting-like digits drawn with a pen: endless, and every cause of an image is known.

A digit is one of a few skeletons: short lists of points that a hand passes through. Each image moves the points a
little (wobble), draws smooth curves through them, shears and stretches the whole (slant, width, scale) and inks it with
a round pen of some thickness.
"""

import math
from dataclasses import dataclass

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
_PLACES = 96  # curve points an image; neighbours lie closer together than half a pixel
_CHUNK = 500

FACTORS = (
    Factor("digit", tuple(str(value) for value in range(10))),
    Factor("slant", low=-0.25, high=0.45),  # sideways for each unit of height
    Factor("width", low=0.45, high=0.85),  # of the height
    Factor("scale", low=17.0, high=21.0),  # height in pixels
    Factor("wobble", low=0.0, high=0.05),  # standard deviation of the points, of the height
    Factor("thickness", low=1.6, high=3.4),  # of the pen, in pixels
)

# Each digit's ways to be written; each way its strokes; each stroke the points that it passes, x to the right and y
# down, in the unit square.
SKELETONS: tuple[tuple[tuple[tuple[tuple[float, float], ...], ...], ...], ...] = (
    (
        (((0.55, 0.0), (0.2, 0.12), (0.03, 0.5), (0.18, 0.88), (0.5, 1.0), (0.83, 0.86), (0.97, 0.48), (0.8, 0.12), (0.5, 0.0)),),
        (((0.7, 0.06), (0.35, 0.03), (0.05, 0.4), (0.12, 0.82), (0.45, 1.0), (0.85, 0.8), (0.96, 0.4), (0.75, 0.08), (0.45, 0.04)),),
    ),
    (
        (((0.5, 0.0), (0.5, 0.5), (0.49, 1.0)),),
        (((0.22, 0.24), (0.38, 0.13), (0.52, 0.0)), ((0.52, 0.0), (0.52, 0.5), (0.52, 1.0))),
        (((0.25, 0.2), (0.4, 0.1), (0.5, 0.0)), ((0.5, 0.0), (0.5, 0.5), (0.5, 1.0)), ((0.2, 1.0), (0.5, 1.0), (0.82, 0.99))),
    ),
    (
        (((0.08, 0.25), (0.28, 0.03), (0.68, 0.02), (0.88, 0.25), (0.7, 0.52), (0.36, 0.78), (0.05, 1.0)), ((0.05, 1.0), (0.5, 0.97), (0.97, 0.99))),
        (((0.1, 0.2), (0.4, 0.0), (0.8, 0.1), (0.82, 0.4), (0.5, 0.75), (0.15, 0.98), (0.08, 0.82), (0.35, 0.82), (0.65, 1.0), (0.98, 0.93)),),
    ),
    (
        (((0.1, 0.12), (0.42, 0.0), (0.8, 0.13), (0.74, 0.37), (0.38, 0.47)), ((0.38, 0.47), (0.78, 0.53), (0.92, 0.77), (0.55, 1.0), (0.05, 0.88))),
        (((0.08, 0.03), (0.5, 0.02), (0.88, 0.03)), ((0.88, 0.03), (0.62, 0.22), (0.45, 0.4)), ((0.45, 0.4), (0.85, 0.52), (0.85, 0.85), (0.45, 1.0), (0.05, 0.9))),
    ),
    (
        (((0.18, 0.02), (0.12, 0.3), (0.08, 0.58)), ((0.08, 0.58), (0.5, 0.57), (0.95, 0.52)), ((0.74, 0.08), (0.7, 0.5), (0.66, 1.0))),
        (((0.64, 0.0), (0.36, 0.3), (0.03, 0.66)), ((0.03, 0.66), (0.5, 0.66), (0.98, 0.64)), ((0.66, 0.0), (0.66, 0.5), (0.66, 1.0))),
    ),
    (
        (((0.86, 0.0), (0.55, 0.02), (0.22, 0.02)), ((0.22, 0.02), (0.18, 0.2), (0.14, 0.42)), ((0.14, 0.42), (0.45, 0.35), (0.86, 0.5), (0.86, 0.83), (0.45, 1.0), (0.04, 0.9))),
        (((0.9, 0.05), (0.6, 0.03), (0.3, 0.03), (0.2, 0.2), (0.16, 0.4), (0.45, 0.4), (0.86, 0.6), (0.78, 0.9), (0.4, 1.0), (0.05, 0.93)),),
    ),
    (
        (((0.74, 0.0), (0.35, 0.24), (0.09, 0.6), (0.2, 0.92), (0.55, 1.0), (0.88, 0.8), (0.75, 0.56), (0.42, 0.53), (0.14, 0.75)),),
        (((0.55, 0.0), (0.25, 0.3), (0.1, 0.68), (0.3, 0.98), (0.7, 0.96), (0.85, 0.72), (0.58, 0.56), (0.25, 0.68)),),
    ),
    (
        (((0.05, 0.05), (0.5, 0.03), (0.95, 0.02)), ((0.95, 0.02), (0.62, 0.45), (0.4, 1.0))),
        (((0.05, 0.05), (0.5, 0.03), (0.93, 0.02)), ((0.93, 0.02), (0.65, 0.45), (0.42, 1.0)), ((0.28, 0.5), (0.55, 0.49), (0.85, 0.47))),
        (((0.07, 0.2), (0.1, 0.04), (0.5, 0.06), (0.92, 0.02)), ((0.92, 0.02), (0.6, 0.4), (0.45, 1.0))),
    ),
    (
        (((0.78, 0.13), (0.47, 0.0), (0.15, 0.18), (0.42, 0.45), (0.86, 0.74), (0.52, 1.0), (0.12, 0.78), (0.5, 0.47), (0.86, 0.22), (0.7, 0.05)),),
        (((0.5, 0.47), (0.16, 0.25), (0.5, 0.0), (0.84, 0.24), (0.5, 0.47), (0.1, 0.74), (0.5, 1.0), (0.9, 0.74), (0.5, 0.47)),),
    ),
    (
        (((0.85, 0.2), (0.5, 0.0), (0.12, 0.24), (0.34, 0.52), (0.72, 0.44), (0.86, 0.16)), ((0.86, 0.16), (0.83, 0.55), (0.72, 1.0))),
        (((0.83, 0.25), (0.55, 0.0), (0.13, 0.22), (0.3, 0.5), (0.7, 0.42), (0.84, 0.2)), ((0.84, 0.2), (0.9, 0.6), (0.7, 0.93), (0.3, 0.98))),
    ),
)  # fmt: skip


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
    for value, ways in enumerate(SKELETONS):
        number = (way * len(ways)).long().clamp(max=len(ways) - 1)
        for i, skeleton in enumerate(ways):
            for rows in ((digit == value) & (number == i)).nonzero()[:, 0].split(_CHUNK):
                images[rows] = _written(skeleton, measures[rows], generator)
    return (images * 255).round()[:, None] / 255, digit[:, None], measures


def _written(
    skeleton: tuple[tuple[tuple[float, float], ...], ...], measures: Tensor, generator: torch.Generator
) -> Tensor:
    """One way of a digit, written once for each row of causes (B, 5): images (B, 28, 28)."""
    slant, width, scale, wobble, thickness = measures.T[..., None]  # (B, 1) each
    lengths = [sum(math.dist(p, q) for p, q in zip(points, points[1:], strict=False)) for points in skeleton]
    curves = []
    for points, length in zip(skeleton, lengths, strict=True):
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
