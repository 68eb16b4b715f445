"""A generator and a discriminator of images: one doubles a small map up to the image, the other halves it down again.

Radford et al. 2016 (DCGAN), with the conditional norm of Brock et al. 2019 (BigGAN) and the minibatch standard
deviation of Karras et al. 2018.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground.models.networks.norm import group_norm

SMALLEST = 7  # a side that is no larger is not halved


def sides(side: int) -> list[int]:
    """The sides of the maps, from the image's own down: 28, 14, 7."""
    found = [side]
    while found[-1] > SMALLEST:
        found.append(-(-found[-1] // 2))
    return found


class ConditionalNorm(nn.Module):
    """Group normalisation whose gain and bias the condition decides."""

    def __init__(self, channels: int, condition_dim: int) -> None:
        super().__init__()
        self.norm = group_norm(channels)
        self.modulation = nn.Linear(condition_dim, 2 * channels)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # (B, C, H, W), (B, D) -> (B, C, H, W)
        gain, bias = self.modulation(condition)[:, :, None, None].chunk(2, dim=1)
        return self.norm(x) * (1 + gain) + bias


class ConvGenerator(nn.Module):
    """A condition vector (z and what stands for the label) -> an image in [0, 1].

    Args:
        channels, side: of the image.
        width: channels at full size; each coarser map has twice as many, at most four times.
        condition_dim: length of the condition vector, which every layer sees.
    """

    def __init__(self, channels: int, side: int, width: int, condition_dim: int) -> None:
        super().__init__()
        self.sides = sides(side)[::-1]  # from coarse to fine
        widths = [width * min(2**level, 4) for level in range(len(self.sides))][::-1]
        self.widths = widths
        self.inlet = nn.Linear(condition_dim, widths[0] * self.sides[0] ** 2)
        self.norms = nn.ModuleList(ConditionalNorm(w, condition_dim) for w in widths)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.outlet = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, condition: Tensor) -> Tensor:  # (B, D) -> (B, C, H, W)
        h = self.inlet(condition).view(len(condition), self.widths[0], self.sides[0], self.sides[0])
        for norm, convolution, side in zip(self.norms, self.convolutions, self.sides[1:], strict=False):
            h = F.interpolate(F.relu(norm(h, condition)), size=(side, side), mode="nearest")
            h = convolution(h)
        return torch.sigmoid(self.outlet(F.relu(self.norms[-1](h, condition))))


class ConvFeatures(nn.Module):
    """An image -> the features by which a discriminator judges it, (B, `out_features`)."""

    def __init__(self, channels: int, side: int, width: int) -> None:
        super().__init__()
        all_sides = sides(side)
        widths = [width * min(2**level, 4) for level in range(len(all_sides))]
        self.inlet = nn.Conv2d(channels, width, 3, padding=1)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.last = nn.Conv2d(widths[-1] + 1, widths[-1], 3, padding=1)
        self.out_features = widths[-1] * all_sides[-1] ** 2

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, out_features)
        h = F.leaky_relu(self.inlet(2 * x - 1), 0.2)
        for convolution in self.convolutions:
            h = F.leaky_relu(F.avg_pool2d(convolution(h), 2, ceil_mode=True), 0.2)
        return F.leaky_relu(self.last(torch.cat([h, spread_map(h)], dim=1)), 0.2).flatten(1)


def spread_map(h: Tensor) -> Tensor:
    """The mean standard deviation over the batch as one more map: fakes that are all alike show. (B, C, H, W) ->
    (B, 1, H, W). The root is kept off zero, where its slope, which R1 follows, has no end."""
    return (h.var(dim=0, correction=0) + 1e-8).sqrt().mean().expand(len(h), 1, *h.shape[2:])
