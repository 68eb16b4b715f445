"""What a model that writes images number by number needs of the numbers before: how far it looks, and what it says.

Asks any model that has `costs`, `conditionals` and `receptive_field`, and a setting `context`.
"""

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import SampleStep
from playground.core.random import stream

IMAGES = 32  # held-out ones on which windows are measured
PLACES = 24  # pixels of each
SEARCHED = 128  # held-out images among whose pixels the most doubtful ones are looked for; of large images a share
SEARCHED_NUMBERS, SEARCHED_LEAST = 24_000, 32
AT_A_TIME = 16
KEPT = 12  # doubtful pixels, each of another image


class PixelLab:
    """Answers questions about models of one data set of images.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"windows", "field_of", "doubtful"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    @torch.no_grad()
    def windows(self, model: Any, generator: torch.Generator, whole: bool = False) -> Iterator[SampleStep]:
        """Bits per dim by how much of the image is left to a pixel: it is cut off at a radius around the pixel, as if
        the image ended there. Measured at the same random pixels of the same held-out images for every radius, the
        label left open; weights are as they were trained, with the whole image. `whole`: only with all of it.

        The last step's x is (R,), its views ``radii`` (R,) and ``error`` (R,), the standard error over images.
        """
        x = self._dataset.test.x[:IMAGES].to(model.device)
        _, height, width = self._dataset.spec.shape
        radii = _radii(max(height, width))[-1 if whole else 0 :]
        places = torch.randperm(height * width, generator=generator, device=generator.device)[:PLACES].tolist()
        bits, done, total = torch.zeros(len(radii), len(x)), 0, len(radii) * len(places)
        for place in places:
            row, column = divmod(place, width)
            for r, radius in enumerate(radii):
                left = max(0, column - radius)
                cut = x[:, :, max(0, row - radius) : row + 1, left : column + radius + 1]
                cost = model.costs(cut)[:, :, -1, column - left]  # (B, C)
                bits[r] += cost.mean(dim=1).cpu() / (math.log(2) * len(places))
                yield SampleStep(done, total, torch.empty(0))
                done += 1
        error = bits.std(dim=1) / math.sqrt(len(x))
        yield SampleStep(total, total, bits.mean(dim=1), {"radii": torch.tensor(radii), "error": error})

    def field_of(self, model: Any, x: Tensor, cursor: int, context: str) -> Tensor:
        """The receptive field of another kind of network with the same settings and fresh weights: `shape`. Where it
        is zero, and where not, is decided by the masks, not by training."""
        weights = stream(0, "pixels/field_of")
        other = type(model).fresh(model.spec, replace(model.config, context=context), weights)
        field: Tensor = other.to(model.device).receptive_field(x, cursor)
        return field

    @torch.no_grad()
    def doubtful(self, model: Any) -> Iterator[SampleStep]:
        """Held-out pixels whose distribution has two peaks, with the mean of it in the valley between them.

        The last step's x is (N, *shape), the images, the most doubtful first; its views ``number`` (N,), which number
        of the image, ``p`` (N, K), the distribution of that, and ``near`` (N, K), the probability within ``reach`` ()
        levels of each.
        """
        count = min(SEARCHED, max(SEARCHED_LEAST, SEARCHED_NUMBERS // self._dataset.spec.dims))
        images = self._dataset.test.x[:count].to(model.device)
        found: list[tuple[float, int, int, Tensor]] = []  # score, image, number, distribution
        total = -(-len(images) // AT_A_TIME)
        for piece, rows in enumerate(torch.arange(len(images)).split(AT_A_TIME)):
            p = model.conditionals(images[rows]).exp().flatten(2).transpose(1, 2)  # (B, D, K)
            score, number = two_peaks(p).max(dim=1)
            found += [
                (float(score[i]), int(row), int(number[i]), p[i, number[i]].clone()) for i, row in enumerate(rows)
            ]
            yield SampleStep(piece, total, torch.empty(0))
        best = sorted(found, key=lambda entry: -entry[0])[:KEPT]
        chosen = torch.stack([p for *_, p in best])
        views = {
            "number": torch.tensor([number for _, _, number, _ in best]),
            "p": chosen,
            "near": near(chosen),
            "reach": torch.tensor(reach_of(chosen.shape[1])),
        }
        yield SampleStep(total, total, images[[row for _, row, _, _ in best]], views)


def near(p: Tensor) -> Tensor:
    """The probability within `reach` levels of each, (..., K): among 256 levels a single one says little."""
    reach = reach_of(p.shape[-1])
    window = torch.ones(1, 1, 2 * reach + 1, device=p.device, dtype=p.dtype)
    return F.conv1d(p.reshape(-1, 1, p.shape[-1]), window, padding=reach).view(p.shape)


def reach_of(levels: int) -> int:
    """How many levels to either side count as the same gray: a thirty-second of all."""
    return levels // 32


def two_peaks(p: Tensor) -> Tensor:
    """By how much the lower one of two peaks is likelier than the mean level between them, for distributions (..., K);
    (...). Each with the levels near it, which do not overlap; negative where there are no two peaks."""
    count = p.shape[-1]
    levels, apart = torch.arange(count, device=p.device, dtype=p.dtype), 2 * reach_of(count) + 1
    mean = (p * levels).sum(-1, keepdim=True).round().long().clamp(0, count - 1)
    around = near(p)
    below = around.cummax(-1).values.gather(-1, (mean - apart).clamp(min=0)) * (mean >= apart)
    above = around.flip(-1).cummax(-1).values.flip(-1).gather(-1, (mean + apart).clamp(max=count - 1))
    peak = torch.minimum(below, above * (mean + apart < count))
    return (peak - around.gather(-1, mean)).squeeze(-1)


def _radii(side: int) -> list[int]:
    """0, 1, 2, 3, then ever wider, to the one that takes in everything."""
    radii, radius = [0, 1, 2, 3], 4
    while radius < side - 1:
        radii.append(radius)
        radius = radius * 3 // 2
    return [radius for radius in radii if radius < side - 1] + [side - 1]
