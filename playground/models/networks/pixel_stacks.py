"""Stacks of masked convolutions: from all pixels at once, what is said of each pixel from those before it.

A stack works in two ways that agree. `forward` takes whole pictures, for training. `walk`, for sampling, goes through
the picture pixel by pixel and computes at each only what that pixel adds.

Van den Oord et al. 2016: PixelCNN (arXiv 1601.06759); gated, without a blind spot (1606.05328).
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from playground.models.networks.masked_conv import Line, MaskedConv, Spot, Strip

Drop = Callable[[Tensor], Tensor]
"""Hides some of the numbers of a hidden map, against learning by heart."""


def keep_all(h: Tensor) -> Tensor:
    """Hides none."""
    return h


def dropping(share: float, generator: torch.Generator) -> Drop:
    """Hides this share, and makes the others as much larger (Srivastava et al. 2014)."""

    def drop(h: Tensor) -> Tensor:
        kept = torch.rand(h.shape, generator=generator, device=h.device) >= share
        return h * kept / (1 - share)

    return drop if share > 0 else keep_all


class Walk(Protocol):
    """A stack on its way through the picture. Call `next_row` before each row, the first too."""

    def next_row(self) -> None:
        """Goes to the start of the next row; the one before is complete."""

    def at(self, j: int) -> Tensor:
        """The stack's output at column j, (B, outputs), from what was put before."""

    def put(self, j: int, features: Tensor) -> None:
        """Tells the pixel at column j, (B, features), as far as its colours are known."""


def walk(
    stack: "PlainStack | GatedStack",
    x: Tensor,
    features_of: Callable[[Tensor], Tensor],
    condition: Tensor | None,
) -> Iterator[Tensor]:
    """The stack's output for each colour of each pixel of x (B, C, H, W) in raster order, (B, outputs / C) each.

    It is what `forward` gives there. x may be filled in meanwhile: a number is read after its own output was taken.
    `features_of` makes the stack's input out of pixels.
    """
    b, colours, height, width = x.shape
    steps, pixels = stack.begin(b, width, condition), x.flatten(2).unbind(2)
    for i in range(height):
        steps.next_row()
        for j in range(width):
            for colour in range(colours):
                yield steps.at(j).chunk(colours, dim=1)[colour]
                steps.put(j, features_of(pixels[i * width + j]))


class PlainStack(nn.Module):
    """Masked convolutions one after the other, the first with mask A.

    With sizes (k, 1, 1) it is an MLP on the k x k patch around each pixel, of which it sees the part before the pixel;
    (7, 3, 3, ...) is a deep stack, whose masks leave a blind spot to the upper right.

    Args:
        features: input channels, all colours together.
        outputs: output channels, all colours together.
        width: hidden channels.
        sizes: sides of the convolutions' windows, odd.
        colours: how many colours a pixel has.
        condition_dim: length of the condition vector; 0 for none.
    """

    def __init__(
        self, features: int, outputs: int, width: int, sizes: tuple[int, ...], colours: int, condition_dim: int
    ) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            MaskedConv(width if n else features, width, "B" if n else "A", colours, k // 2, k // 2, k // 2)
            for n, k in enumerate(sizes)
        )
        self.shifts = nn.ModuleList(Shift(condition_dim, width) for _ in sizes)
        self.outlet = MaskedConv(width, outputs, "B", colours)

    def forward(self, x: Tensor, condition: Tensor | None, drop: Drop = keep_all) -> Tensor:
        """(B, features, H, W), (B, condition_dim) -> (B, outputs, H, W)."""
        h = self.shifts[0](self.layers[0](x), condition)
        for layer, shift in zip(self.layers[1:], self.shifts[1:], strict=True):
            h = shift(h + layer(drop(F.relu(h))), condition)
        return self.outlet(F.relu(h))

    def begin(self, n: int, width: int, condition: Tensor | None) -> Walk:
        """A walk through n pictures with rows of `width` pixels."""
        return _PlainWalk(self, n, width, condition)


class _PlainWalk:
    def __init__(self, stack: PlainStack, n: int, width: int, condition: Tensor | None) -> None:
        self.strips = [Strip(layer, n, width) for layer in stack.layers if isinstance(layer, MaskedConv)]
        self.shifts, self.outlet, self.condition = stack.shifts, Spot(stack.outlet), condition

    def next_row(self) -> None:
        for strip in self.strips:
            strip.next_row()

    def put(self, j: int, features: Tensor) -> None:
        self.strips[0].put(j, features)

    def at(self, j: int) -> Tensor:
        h = self.shifts[0](self.strips[0].at(j), self.condition)
        for strip, shift in zip(self.strips[1:], self.shifts[1:], strict=True):
            strip.put(j, F.relu(h))
            h = shift(h + strip.at(j), self.condition)
        return self.outlet(F.relu(h))


class GatedStack(nn.Module):
    """Gated layers, the first with mask A, and a head.

    Args as in `PlainStack`, and:
        gaps: of the layers after the first, in turn; with more than 1 a few layers reach far.
    """

    def __init__(
        self, features: int, outputs: int, width: int, sizes: tuple[int, ...], colours: int, condition_dim: int,
        gaps: tuple[int, ...] = (1,),
    ) -> None:  # fmt: skip
        super().__init__()
        self.layers = nn.ModuleList(
            GatedLayer(width if n else features, width, "B" if n else "A", k // 2, colours, condition_dim,
                       gaps[(n - 1) % len(gaps)] if n else 1)
            for n, k in enumerate(sizes)
        )  # fmt: skip
        self.head = MaskedConv(width, 2 * width, "B", colours)
        self.outlet = MaskedConv(2 * width, outputs, "B", colours)

    def forward(self, x: Tensor, condition: Tensor | None, drop: Drop = keep_all) -> Tensor:
        """(B, features, H, W), (B, condition_dim) -> (B, outputs, H, W)."""
        v = h = x
        layers = self.in_order()
        for n, layer in enumerate(layers):
            found = layer.vertical(v)
            above = F.pad(found, (0, 0, 1, 0))[:, :, :-1]  # a row further down
            step = layer.out(drop(gated(layer.across(layer.horizontal(h) + layer.link(above), condition))))
            h = h + step if n else step
            if layer is not layers[-1]:  # nobody is left to look at it
                v = drop(gated(layer.down(found, condition)))
        return self.outlet(F.relu(self.head(F.relu(h))))

    def in_order(self) -> list["GatedLayer"]:
        """The layers."""
        return [layer for layer in self.layers if isinstance(layer, GatedLayer)]

    def begin(self, n: int, width: int, condition: Tensor | None) -> Walk:
        """A walk through n pictures with rows of `width` pixels."""
        return _GatedWalk(self, n, width, condition)


class GatedLayer(nn.Module):
    """One layer of two stacks: the vertical one sees the rows above, the horizontal one the pixels to the left and what
    the vertical found one row above. Together they see every earlier pixel within reach."""

    def __init__(
        self, channels_in: int, width: int, kind: str, reach: int, colours: int, condition_dim: int, gap: int
    ) -> None:
        super().__init__()
        self.vertical = MaskedConv(channels_in, 2 * width, "rows", colours, up=reach, left=reach, right=reach, gap=gap)
        self.horizontal = MaskedConv(channels_in, 2 * width, kind, colours, left=reach, halves=2, gap=gap)
        self.link = nn.Conv2d(2 * width, 2 * width, 1)  # from rows above to any colour: nothing to mask
        self.out = MaskedConv(width, width, "B", colours)
        self.down, self.across = Shift(condition_dim, 2 * width), Shift(condition_dim, 2 * width)


class _GatedWalk:
    def __init__(self, stack: GatedStack, n: int, width: int, condition: Tensor | None) -> None:
        self.layers, self.condition = stack.in_order(), condition
        self.head, self.outlet = Spot(stack.head), Spot(stack.outlet)
        self.vertical = [Strip(layer.vertical, n, width) for layer in self.layers]
        self.horizontal = [Line(layer.horizontal, n, width) for layer in self.layers]
        self.out = [Spot(layer.out) for layer in self.layers]
        # Of each layer and column (B, 2 width): what this row hears of those above it, and the bias.
        self.above: list[tuple[Tensor, ...]] = []

    def next_row(self) -> None:
        first, self.above = not self.above, []
        if not first:
            self.vertical[0].put_row(self.horizontal[0].whole())
        for n, (layer, strip) in enumerate(zip(self.layers, self.vertical, strict=True)):
            found = torch.zeros_like(strip.row()) if first else strip.row()  # in the row above, which is complete now
            if n + 1 < len(self.layers) and not first:
                self.vertical[n + 1].put_row(gated(layer.down(found, self.condition)))
            heard = layer.across(layer.link(found[:, :, None])[:, :, 0], self.condition)
            self.above.append((heard.permute(2, 0, 1).contiguous() + self.horizontal[n].bias).unbind())
        if not first:
            for strip in self.vertical:
                strip.next_row()

    def put(self, j: int, features: Tensor) -> None:
        self.horizontal[0].put(j, features)

    def at(self, j: int) -> Tensor:
        h = None
        for line, out, above in zip(self.horizontal, self.out, self.above, strict=True):
            if h is not None:
                line.put(j, h)
            step = out(line.gated_on(above[j], j))
            h = step if h is None else h + step
        assert h is not None
        return self.outlet(F.relu(self.head(F.relu(h))))


class Shift(nn.Module):
    """Adds what a condition vector (B, D) says to each channel of a map; nothing where there is no condition."""

    def __init__(self, condition_dim: int, channels: int) -> None:
        super().__init__()
        self.linear = nn.Linear(condition_dim, channels, bias=False) if condition_dim else None

    def forward(self, h: Tensor, condition: Tensor | None) -> Tensor:  # (B, C, ...) -> (B, C, ...)
        if self.linear is None:
            return h
        return h + self.linear(condition).view(*h.shape[:2], *[1] * (h.dim() - 2))


def gated(h: Tensor) -> Tensor:
    """tanh of one half of the channels, as far as the other half lets it through."""
    value, gate = h.chunk(2, dim=1)
    return torch.tanh(value) * torch.sigmoid(gate)
