"""The Ising model on a strip: black and white pixels that like to equal their neighbours, in closed form.

    p(x) = exp(coupling · Σ over neighbours s_i s_j) / Z,   s = ±1 for white and black, no neighbours beyond the edge

Summing over all images is hopeless, summing over the images of one row is not: a message from the bottom row upwards
tells each state of a row how much weight lies below it. The messages give Z, and the rows as a Markov chain, from which
independent images are drawn one row after another and whose entropy is a sum of small ones.
"""

from functools import cached_property

import torch
from torch import Tensor

from playground.data._grid import on_levels

_CHUNK = 4096  # images drawn at once


class Ising:
    """The model as an `ExactDensity` of images (1, height, width). Work grows as 4^width."""

    levels = 2

    def __init__(self, height: int = 8, width: int = 8, coupling: float = 0.35) -> None:
        self.shape, self.coupling = (1, height, width), coupling
        state = torch.arange(2**width)
        self._pixels = (state[:, None] >> torch.arange(width)) & 1  # (S, width), of each state of a row
        spin = 2.0 * self._pixels.double() - 1
        self._within = coupling * (spin[:, 1:] * spin[:, :-1]).sum(1)  # (S,)
        self._between = coupling * spin @ spin.T  # (S, S), of a row and the next

    @cached_property
    def log_z(self) -> float:
        """log Z."""
        return float((self._within + self._messages[0]).logsumexp(dim=0))

    @cached_property
    def entropy(self) -> float:
        """In nats, exact: of the first row, and of each row given the one above."""
        first, steps = self._chain
        total, share = torch.special.entr(first).sum(), first
        for step in steps:
            total = total + (share * torch.special.entr(step).sum(1)).sum()
            share = share @ step
        return float(total)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats, (N,); −inf for images that are not black and white."""
        level, valid = on_levels(x.cpu().flatten(1), self.levels)
        spin = (2.0 * level.double() - 1).view(-1, *self.shape[1:])  # (N, height, width)
        down, right = spin[:, 1:] * spin[:, :-1], spin[:, :, 1:] * spin[:, :, :-1]
        agreement = down.sum(dim=(1, 2)) + right.sum(dim=(1, 2))
        return (self.coupling * agreement - self.log_z).masked_fill(~valid, -torch.inf).to(x)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draws (n, 1, height, width), float32: each image independent of all others."""
        parts = [self._draw(min(_CHUNK, n - done), generator) for done in range(0, n, _CHUNK)]
        return torch.cat(parts) if parts else torch.zeros(0, *self.shape, device=generator.device)

    def _draw(self, n: int, generator: torch.Generator) -> Tensor:
        device = generator.device
        first, steps = self._chain
        row = torch.multinomial(first.float().to(device), n, replacement=True, generator=generator)
        rows = [row]
        for step in steps:
            row = torch.multinomial(step.float().to(device)[row], 1, generator=generator)[:, 0]
            rows.append(row)
        return self._pixels.float().to(device)[torch.stack(rows, dim=1)][:, None]

    @cached_property
    def _messages(self) -> list[Tensor]:
        """For each row, log of the weight of all that may lie below, by the row's state: height tensors (S,)."""
        below = torch.zeros_like(self._within)
        messages = [below]
        for _ in range(self.shape[1] - 1):
            below = (self._between + self._within + below).logsumexp(dim=1)
            messages.append(below)
        return messages[::-1]

    @cached_property
    def _chain(self) -> tuple[Tensor, list[Tensor]]:
        """p(first row), (S,), and for each further row p(row | row above), (S, S) with sum 1 along the last axis."""
        inner = [self._within + message for message in self._messages]
        return inner[0].softmax(dim=0), [(self._between + below).softmax(dim=1) for below in inner[1:]]
