"""The features of a style GAN's discriminator: more convolutions than a plain one, at smaller maps.

Karras et al. 2020 (StyleGAN2, arXiv 1912.04958), without its skip connections: few layers need none.
"""

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground.models.networks.conv_pair import sides, spread_map


class DeepFeatures(nn.Module):
    """An image -> the features by which a discriminator judges it, (B, `out_features`). One convolution at full size,
    two at each coarser one: the map is halved first, which costs a quarter of halving it last.

    Args:
        channels, side: of the image.
        width: channels at full size; each coarser map has twice as many, at most four times.
    """

    def __init__(self, channels: int, side: int, width: int) -> None:
        super().__init__()
        all_sides = sides(side)
        widths = [width * min(2**level, 4) for level in range(len(all_sides))]
        self.inlet = nn.Conv2d(channels, width, 3, padding=1)
        self.first = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairwise(widths))
        self.second = nn.ModuleList(nn.Conv2d(b, b, 3, padding=1) for b in widths[1:])
        self.last = nn.Conv2d(widths[-1] + 1, widths[-1], 3, padding=1)
        self.out_features = widths[-1] * all_sides[-1] ** 2

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W) -> (B, out_features)
        h = F.leaky_relu(self.inlet(2 * x - 1), 0.2)
        for first, second in zip(self.first, self.second, strict=True):
            h = F.leaky_relu(first(F.avg_pool2d(h, 2, ceil_mode=True)), 0.2)
            h = F.leaky_relu(second(h), 0.2)
        return F.leaky_relu(self.last(torch.cat([h, spread_map(h)], dim=1)), 0.2).flatten(1)
