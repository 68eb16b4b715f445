"""All combinations of the labels as one list, so that a label with gaps can be summed over exactly."""

import math

import torch
from torch import Tensor, nn


class JointLabels(nn.Module):
    """Several discrete factors as one, whose J values are their combinations in order, the last factor fastest.

    Attributes:
        share: p(y), how often each combination occurs, (J,); J = 1 without factors.
    """

    share: Tensor

    def __init__(self, classes: tuple[int, ...]) -> None:
        super().__init__()
        self.classes = classes
        self.size = math.prod(classes)
        self.register_buffer("share", torch.full((self.size,), 1 / self.size))

    def learn(self, labels: Tensor, least: float) -> None:
        """Takes p(y) from labels (N, F); a combination that never occurs counts as `least` of an example."""
        counts = torch.stack([self(part, len(part)).sum(dim=0) for part in labels.split(4096)]).sum(dim=0)
        self.share.copy_(counts.clamp(min=least) / counts.clamp(min=least).sum())

    def forward(self, label: Tensor | None, n: int) -> Tensor:
        """p(y | what is known of y), (n, J): 1 at the combination of a full label; over all that a label with gaps
        leaves open, p(y) renormalised. `label`: (n, F) with -1 for "any", or None for all open."""
        if label is None or not self.classes:
            return self.share.expand(n, -1)
        values = [torch.arange(size, device=label.device) for size in self.classes]
        combinations = torch.cartesian_prod(*values).view(self.size, -1)  # (J, F)
        fits = ((label[:, None] == combinations) | (label[:, None] < 0)).all(dim=2)  # (n, J)
        share = fits * self.share
        return share / share.sum(dim=1, keepdim=True)
