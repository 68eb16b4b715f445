"""A replay buffer: chains that go on from update to update. Tieleman 2008; Du, Mordatch 2019 (1903.08689)."""

import torch
from torch import Tensor


class ReplayBuffer:
    """Some chains (N, *shape) and the label of each (N, F), -1 for any.

    It is no module: all of it is needed to train on, but a few of its chains are enough to sample.
    """

    def __init__(self, x: Tensor, labels: Tensor) -> None:
        self.x, self.labels = x, labels

    def __len__(self) -> int:
        return len(self.x)

    def take(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """The rows of at most n different chains, in random order, where they are (n, *shape), and their labels. The
        whole buffer moves to the generator's device."""
        self.x, self.labels = self.x.to(generator.device), self.labels.to(generator.device)
        rows = torch.randperm(len(self), generator=generator, device=generator.device)[:n]
        return rows, self.x[rows], self.labels[rows]

    def put(self, rows: Tensor, x: Tensor, labels: Tensor) -> None:
        """Where those chains are now."""
        self.x[rows], self.labels[rows] = x, labels

    def pick(self, n: int, label: Tensor | None, generator: torch.Generator) -> Tensor:
        """Copies of n chains (n, *shape); of the labels (n, F) asked for where there are such, and none twice while
        there are others."""
        order = torch.randperm(len(self), generator=generator, device=self.x.device)
        rows = order.repeat(-(-n // len(order)))[:n]
        for asked in label.unique(dim=0) if label is not None else ():
            fits = order[((self.labels[order] == asked) | (asked < 0)).all(dim=1)]
            places = (label == asked).all(dim=1).nonzero().squeeze(1)
            if len(fits):
                rows[places] = fits.repeat(-(-len(places) // len(fits)))[: len(places)]
        return self.x[rows]
