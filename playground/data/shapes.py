"""Simple shapes in colour, whose every cause is known: what latent sliders and style mixing are best tried on.

A circle, square or triangle of one of six colours lies somewhere on a gray background, turned by some angle (a circle
has no turn that could be seen). Its edge is a signed distance, which mixes the two colours in a border pixel by as much
as it is covered.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec, Factor, Split
from playground.core.errors import UsageError
from playground.core.hyperparams import param
from playground.core.random import stream

CARD = {
    "name": "shapes",
    "title": "Shapes",
    "group": "images",
    "order": 34,
    "slides": "",
    "about": "Coloured circles, squares and triangles, 32x32 or 16x16 pixels; place, size and turn are known.",
}

_SIDES = (16, 32)  # powers of two, which every network can halve
_VALIDATION, _TEST = 1000, 2000
_CHUNK = 1000

COLOURS = {
    "red": (0.84, 0.15, 0.10),
    "orange": (0.95, 0.62, 0.00),
    "yellow": (0.97, 0.93, 0.30),
    "green": (0.00, 0.62, 0.35),
    "blue": (0.05, 0.40, 0.85),
    "purple": (0.65, 0.25, 0.75),
}
FACTORS = (
    Factor("shape", ("circle", "square", "triangle")),
    Factor("colour", tuple(COLOURS)),
    Factor("size", low=0.2, high=0.34),  # radius of a circle of the same area, of the image's side
    Factor("x", low=0.36, high=0.64),  # of the middle, from the left, of the image's side
    Factor("y", low=0.36, high=0.64),  # from the top
    Factor("rotation", low=-0.5, high=0.5),  # radians; without effect on a circle
    Factor("background", low=0.0, high=0.35),  # gray
)


class Source:
    """Every shape, colour and place as likely as any other."""

    @dataclass(frozen=True)
    class Options:
        size: int = param(32, low=16, high=32, step=16, unit="pixels", label="image side",
                          help="16 trains several times faster, 32 looks better.")  # fmt: skip
        count: int = param(8000, low=100, high=200000, step=1000, unit="images", label="training images",
                           help="Fewer images make it easier to learn them by heart.")  # fmt: skip

    @staticmethod
    def load(options: Options) -> Dataset:
        """Draws the three splits; the same in every run whatever its seed. UsageError: another size than 16 or 32."""
        side = options.size
        if side not in _SIDES:
            raise UsageError(f"size = {side}: shapes are drawn on 16 or 32 pixels.")

        def split(name: Split, n: int) -> Batch:
            return Batch.of(*draw(n, side, stream(0, f"data/shapes/{name}")))

        spec = DataSpec("shapes", (3, side, side), levels=256, factors=FACTORS)
        train, validation, test = split("train", options.count), split("validation", _VALIDATION), split("test", _TEST)
        return Dataset(spec, train, validation, test)


def draw(n: int, side: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """n images (n, 3, side, side) on the levels k / 255, their shape and colour (n, 2) and the other causes (n, 5)."""
    shape, colour = (torch.randint(size, (n,), generator=generator) for size in (3, len(COLOURS)))
    low, high = torch.tensor([(factor.low, factor.high) for factor in FACTORS[2:]]).unbind(1)
    measures = low + (high - low) * torch.rand(n, len(low), generator=generator)
    ink = torch.tensor(list(COLOURS.values()))[colour]  # (n, 3)
    images = torch.empty(n, 3, side, side)
    for rows in torch.arange(n).split(_CHUNK):
        images[rows] = _painted(shape[rows], ink[rows], measures[rows], side)
    return images.mul_(255).round_().div_(255), torch.stack([shape, colour], dim=1), measures


def _painted(shape: Tensor, ink: Tensor, measures: Tensor, side: int) -> Tensor:
    """Images (B, 3, side, side) of shapes (B,) in colours (B, 3)."""
    size, x, y, rotation, background = measures.T[:, :, None, None]  # (B, 1, 1) each
    middles = (torch.arange(side) + 0.5) / side
    right, down = middles[None, None, :] - x, middles[None, :, None] - y  # (B, side, side)
    cos, sin = rotation.cos(), rotation.sin()
    along, across = cos * right + sin * down, cos * down - sin * right
    kind = shape[:, None, None]
    distance = _triangle(along, across, size)
    distance = torch.where(kind == 1, _square(along, across, size), distance)
    distance = torch.where(kind == 0, _circle(along, across, size), distance)
    cover = (0.5 - distance * side).clamp(0, 1)[:, None]  # (B, 1, side, side)
    return cover * ink[:, :, None, None] + (1 - cover) * background[:, None]


# Signed distances to the edge, of the image's side, negative inside; all three have the area of a circle of radius r.


def _circle(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return (x.square() + y.square()).sqrt() - r


def _square(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    return torch.maximum(x.abs(), y.abs()) - r * math.sqrt(math.pi) / 2


def _triangle(x: Tensor, y: Tensor, r: Tensor) -> Tensor:
    inner = r * math.sqrt(math.pi / (3 * math.sqrt(3)))  # of the circle that touches its three sides from within
    left, right = -0.5 * y - math.sqrt(0.75) * x, -0.5 * y + math.sqrt(0.75) * x
    return torch.maximum(y, torch.maximum(left, right)) - inner
