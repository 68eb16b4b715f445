"""Convolutions that see earlier pixels only. Raster order: row by row from the top, in a row from left to right.

Within a pixel the colours follow each other too. Channels come in as many groups as there are colours, and a group
looks at the pixel itself through groups of earlier colours only (mask A, for a stack's first layer, whose input are the
pixels), or also through its own (mask B, for all later layers). Van den Oord et al. 2016 (arXiv 1601.06759).
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def colours_of(channels: int, colours: int, halves: int = 1) -> Tensor:
    """The colour that each channel belongs to, (channels,): equal groups in order, in each half of the channels."""
    part = channels // halves
    return (torch.arange(part, device="cpu") * colours // part).repeat(halves)


def mask(kind: str, colour_in: Tensor, colour_out: Tensor, up: int, left: int, right: int) -> Tensor:
    """Which weights may look: bool (out, in, up + 1, left + 1 + right). The last row is the pixel's own.

    Kind "A": rows above, pixels to the left, and of the pixel itself the colours before the own. "B": the own colour,
    too. "rows": rows above and all of this one, for a stack whose finds are used a row further down.
    """
    seen = torch.ones(len(colour_out), len(colour_in), up + 1, left + 1 + right, dtype=torch.bool, device="cpu")
    if kind != "rows":
        seen[:, :, -1, left + 1 :] = False
        before, own = colour_in < colour_out[:, None], colour_in == colour_out[:, None]
        seen[:, :, -1, left] = before if kind == "A" else before | own
    return seen


class MaskedConv(nn.Conv2d):
    """A convolution whose weights outside its mask count as zero. Outside the picture everything is zero.

    Args:
        channels_in, channels_out: all colours together.
        kind: of `mask`.
        colours: how many colours a pixel has.
        up, left, right: how many pixels the kernel takes in beyond the own one.
        halves: 2 where the output is cut in halves, each of which has all the colours.
        gap: from one pixel that is taken in to the next; more than 1 reaches further for the same work.
    """

    mask: Tensor

    def __init__(
        self, channels_in: int, channels_out: int, kind: str, colours: int,
        up: int = 0, left: int = 0, right: int = 0, halves: int = 1, gap: int = 1,
    ) -> None:  # fmt: skip
        super().__init__(channels_in, channels_out, (up + 1, left + 1 + right), dilation=gap)
        self.gap, self.margins = gap, (gap * left, gap * right, gap * up, 0)
        colour_in, colour_out = colours_of(channels_in, colours), colours_of(channels_out, colours, halves)
        self.register_buffer("mask", mask(kind, colour_in, colour_out, up, left, right))

    def masked_weight(self) -> Tensor:
        """The weights that count, (out, in, height, width)."""
        return self.weight * self.mask

    def forward(self, x: Tensor, spot: Tensor | None = None) -> Tensor:  # (B, C_in, H, W) -> (B, C_out, H, W)
        """`spot` (C_out, C_in): the masked weight of a 1 x 1 kernel, for one pixel alone: (B, C_in) -> (B, C_out)."""
        if spot is not None:
            return F.linear(x, spot, self.bias)
        return F.conv2d(F.pad(x, self.margins), self.masked_weight(), self.bias, dilation=self.gap)


class Strip:
    """A convolution worked out one pixel at a time: keeps just those rows of its input that it still sees.

    Args:
        conv: the convolution.
        n: pictures.
        width: pixels in a row.
    """

    def __init__(self, conv: MaskedConv, n: int, width: int) -> None:
        self.left, right, up, _ = conv.margins
        self.gap, self.span, self.width = conv.gap, self.left + right + 1, width
        self.weight, self.bias = conv.masked_weight(), conv.bias
        self.flat_weight = self.weight.flatten(1)
        self.rows = self.weight.new_zeros(n, conv.in_channels, up + 1, self.left + width + right)

    def next_row(self) -> None:
        """Goes down one row, which is empty as yet."""
        self.rows = torch.cat([self.rows[:, :, 1:], torch.zeros_like(self.rows[:, :, :1])], dim=2)

    def put(self, j: int, x: Tensor) -> None:
        """Sets the input at column j of this row to x (B, C_in)."""
        self.rows[:, :, -1, self.left + j] = x

    def put_row(self, x: Tensor) -> None:
        """Sets all of this row to x (B, C_in, W)."""
        self.rows[:, :, -1, self.left : self.left + self.width] = x

    def at(self, j: int) -> Tensor:
        """The output at column j of this row, (B, C_out)."""
        patch = self.rows[:, :, :: self.gap, j : j + self.span : self.gap]
        return F.linear(patch.flatten(1), self.flat_weight, self.bias)

    def row(self) -> Tensor:
        """The output along this row, (B, C_out, W)."""
        return F.conv2d(self.rows, self.weight, self.bias, dilation=self.gap)[:, :, 0]


class Line:
    """A convolution that sees its own row only, worked out one pixel at a time: its window at each column is a piece of
    memory that lies in one line, so that nothing is copied.

    Args:
        conv: the convolution, without rows above and pixels to the right.
        n: pictures.
        width: pixels in a row.
    """

    def __init__(self, conv: MaskedConv, n: int, width: int) -> None:
        left, gap, taps = conv.margins[0], conv.gap, conv.kernel_size[1]
        weight = conv.masked_weight()[:, :, 0]  # (C_out, C_in, taps)
        self.weight, self.bias = weight.transpose(1, 2).flatten(1).T, conv.bias  # (taps * C_in, C_out)
        # Columns that one window sees are `gap` apart; those are kept side by side.
        kept = weight.new_zeros(gap, n, -(-(left + width) // gap), conv.in_channels)
        self.windows = [kept[j % gap, :, j // gap : j // gap + taps].flatten(1) for j in range(width)]
        self.cells = [kept[j % gap, :, j // gap] for j in range(left, left + width)]  # (n, C_in) each
        self.found = weight.new_empty(n, conv.out_channels)  # of one column after the other
        self.value, self.gate = self.found.chunk(2, dim=1)

    def put(self, j: int, x: Tensor) -> None:
        """Sets the input at column j to x (B, C_in). What an earlier row left to the right of it stays, unseen."""
        self.cells[j].copy_(x)

    def whole(self) -> Tensor:
        """The row's input, (B, C_in, W)."""
        return torch.stack(self.cells, dim=2)

    def gated_on(self, already: Tensor, j: int) -> Tensor:
        """What is there `already` (B, C_out), the bias with it, and the output at column j: added up, tanh of one half
        of the channels as far as the sigmoid of the other lets it through, (B, C_out / 2)."""
        torch.addmm(already, self.windows[j], self.weight, out=self.found)
        return self.value.tanh_() * self.gate.sigmoid_()


class Spot:
    """A masked 1 x 1 convolution at one pixel, (B, C_in) -> (B, C_out)."""

    def __init__(self, conv: MaskedConv) -> None:
        self.conv, self.weight = conv, conv.masked_weight()[:, :, 0, 0]

    def __call__(self, x: Tensor) -> Tensor:
        return self.conv(x, self.weight)  # a call of the layer, to be watched and counted as one
