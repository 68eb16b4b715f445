"""Images whose pixels stand on levels."""

import torch
from torch import Tensor

_SLACK = 1e-3  # of a level: float32 rounds k / (levels − 1)


def on_levels(x: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """Which level each pixel of x (N, D) in [0, 1] stands on, int64 (N, D), and whether all of them do, (N,).

    Pixels off the levels, NaN among them, are given as level 0.
    """
    scaled = x.double() * (levels - 1)
    nearest = scaled.round()
    fits = ((scaled - nearest).abs() < _SLACK) & (nearest >= 0) & (nearest < levels)
    return torch.where(fits, nearest, 0).long(), fits.all(dim=1)
