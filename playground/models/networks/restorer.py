"""Masking restorer: sees the pixels that are left, wherever they are, and says what each of the others may be."""

import math

import torch
from torch import Tensor, nn

from playground.models.networks.mlp import mlp
from playground.models.networks.unet import UNet


class Restorer(nn.Module):
    """A U-Net over what is left of an image and where it is.

    Args:
        shape: (C, H, W) of the image.
        features: input channels, all colours together.
        outputs: output channels, all colours together.
        width: channels of the U-Net at full size.
        condition_dim: length of the condition vector; 0 for none.
    """

    def __init__(self, shape: tuple[int, ...], features: int, outputs: int, width: int, condition_dim: int) -> None:
        super().__init__()
        colours, height, width_of_image = shape
        self.inlet = nn.Conv2d(features + colours, width, 1)
        self.condition = mlp(1 + condition_dim, 4 * width, 4 * width)
        self.body = UNet(width, width, math.gcd(height, width_of_image), condition_dim=4 * width)
        self.outlet = nn.Conv2d(width, outputs, 1)

    def forward(self, x: Tensor, known: Tensor, condition: Tensor | None) -> Tensor:
        """`x` (B, features, H, W), zero where pixels are erased; `known` (B, C, H, W), 1 where not."""
        share = known.flatten(1).mean(dim=1, keepdim=True)  # (B, 1)
        told = self.condition(share if condition is None else torch.cat([share, condition], dim=1))
        h = self.inlet(torch.cat([x, known], dim=1))
        return self.outlet(h + self.body(h, told))
