"""Turning a time, a label or a point into a vector that a network can use."""

import math

import torch
from torch import Tensor, nn


def sinusoids(t: Tensor, dim: int, longest: float = 10_000.0) -> Tensor:
    """Waves of `dim` / 2 frequencies at the times t (B,) -> (B, dim). Vaswani et al. 2017, section 3.5."""
    rates = torch.exp(-math.log(longest) * torch.arange(dim // 2, device=t.device) / (dim // 2))  # (dim/2,)
    angles = t.float()[:, None] * rates  # (B, dim/2)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


class FourierPoints(nn.Module):
    """A point and waves over it, so that an MLP can draw fine shapes in the plane. Tancik et al. 2020."""

    def __init__(self, dims: int, octaves: int = 4) -> None:
        super().__init__()
        self.octaves = octaves
        self.out_features = dims * (1 + 2 * octaves)

    def forward(self, x: Tensor) -> Tensor:  # (B, D) -> (B, D (1 + 2 octaves))
        waves = [x]
        for octave in range(self.octaves):
            angle = x * (math.pi / 4 * 2**octave)
            waves += [angle.sin(), angle.cos()]
        return torch.cat(waves, dim=1)


class LabelEmbedding(nn.Module):
    """One learned vector for each value of each discrete factor, and one for "any"; a label is their sum. What has been
    embedded already, a mixture of labels, stays as it is."""

    def __init__(self, classes: tuple[int, ...], dim: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(size + 1, dim) for size in classes)

    def forward(self, label: Tensor) -> Tensor:  # (B, F), -1 for any -> (B, dim)
        if label.is_floating_point():
            return label
        columns = [table(label[:, i] + 1) for i, table in enumerate(self.tables)]
        return torch.stack(columns).sum(dim=0)

    def between(self, label: Tensor, other: Tensor, share: Tensor) -> Tensor:  # (B, F) twice, (B,) -> (B, dim)
        """A share of the way from one label's vector to another's."""
        return torch.lerp(self(label), self(other), share[:, None])


def hide_labels(labels: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Labels (B, F) with -1, "any", in a share of the rows; where there are several factors, in as many entries more,
    so that each can be left open alone."""
    hidden = torch.rand(len(labels), 1, generator=generator, device=labels.device) < share
    if labels.shape[1] > 1:
        hidden = hidden | (torch.rand(labels.shape, generator=generator, device=labels.device) < share)
    return labels.masked_fill(hidden, -1)
