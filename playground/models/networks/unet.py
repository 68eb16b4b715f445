"""A small U-Net: looks at an image coarsely and finely at once and returns one of the same size.

Ronneberger et al. 2015, with the residual blocks, condition vector and one attention layer of Ho et al. 2020.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground.models.networks.norm import group_norm


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut; the condition shifts and scales in between."""

    def __init__(self, channels_in: int, channels_out: int, condition_dim: int) -> None:
        super().__init__()
        self.norm1 = group_norm(channels_in)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.modulation = nn.Linear(condition_dim, 2 * channels_out)
        self.norm2 = group_norm(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1)
        self.shortcut = nn.Conv2d(channels_in, channels_out, 1) if channels_in != channels_out else nn.Identity()
        nn.init.zeros_(self.conv2.weight)  # a block starts as its shortcut: deep stacks train at once

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # (B, C_in, H, W), (B, C) -> (B, C_out, H, W)
        h = self.conv1(F.silu(self.norm1(x)))
        scale, shift = self.modulation(F.silu(condition))[:, :, None, None].chunk(2, dim=1)
        h = self.conv2(F.silu(self.norm2(h) * (1 + scale) + shift))
        return self.shortcut(x) + h


class Attention(nn.Module):
    """Lets every pixel look at every other: one head of self-attention beside a shortcut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = group_norm(channels)
        self.query_key_value = nn.Conv2d(channels, 3 * channels, 1)
        self.out = nn.Conv2d(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:  # (B, C, H, W)
        b, c, h, w = x.shape
        q, k, v = self.query_key_value(self.norm(x)).view(b, 3, c, h * w).transpose(2, 3).unbind(1)  # (B, HW, C) each
        seen = F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, c, h, w)
        return x + self.out(seen)


class UNet(nn.Module):
    """Down by halves while the side is even and above 4, through the middle, and up again with skips.

    Args:
        channels: of the image.
        width: channels at full size; each lower level has twice as many, at most four times.
        side: the image's height and width.
        condition_dim: length of the condition vector.
    """

    def __init__(self, channels: int, width: int, side: int, condition_dim: int) -> None:
        super().__init__()
        widths = [width]
        while side % 2 == 0 and side > 4:
            side //= 2
            widths.append(min(2 * widths[-1], 4 * width))
        self.inlet = nn.Conv2d(channels, width, 3, padding=1)
        self.down = nn.ModuleList(
            ResidualBlock(widths[max(i - 1, 0)], w, condition_dim) for i, w in enumerate(widths)
        )  # fmt: skip
        self.middle = nn.ModuleList([
            ResidualBlock(widths[-1], widths[-1], condition_dim),
            ResidualBlock(widths[-1], widths[-1], condition_dim),
        ])  # fmt: skip
        self.attention = Attention(widths[-1])
        self.up = nn.ModuleList(
            ResidualBlock(2 * w, widths[max(i - 1, 0)], condition_dim) for i, w in reversed(list(enumerate(widths)))
        )
        self.norm = group_norm(width)
        self.outlet = nn.Conv2d(width, channels, 3, padding=1)
        nn.init.zeros_(self.outlet.weight)

    def layers(self) -> dict[str, nn.Module]:
        """What maps are made by, in the order in which they are made."""
        found: dict[str, nn.Module] = {"inlet": self.inlet}
        found |= {f"down {i + 1}": block for i, block in enumerate(self.down)}
        found |= {"middle 1": self.middle[0], "attention": self.attention, "middle 2": self.middle[1]}
        found |= {f"up {i + 1}": block for i, block in enumerate(self.up)}
        return found

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # (B, C, H, W), (B, D) -> (B, C, H, W)
        h = self.inlet(x)
        skips = []
        for i, block in enumerate(self.down):
            h = block(F.avg_pool2d(h, 2) if i else h, condition)
            skips.append(h)
        h = self.middle[0](h, condition)
        h = self.middle[1](self.attention(h), condition)
        for i, block in enumerate(self.up):
            h = block(torch.cat([h, skips.pop()], dim=1), condition)
            if i + 1 < len(self.up):
                h = F.interpolate(h, scale_factor=2.0, mode="nearest")
        return self.outlet(F.silu(self.norm(h)))
