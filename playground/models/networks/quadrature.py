"""Integrals over the line and the plane, against a standard Gaussian: ∫ g(z) N(z; 0, I) dz ≈ Σ weight · g(z)."""

import math

import torch
from torch import Tensor

REACH = 5.0  # the box, in standard deviations


def gaussian_grid(
    dims: int, per_axis: int, generator: torch.Generator | None, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Points (N, D), N = per_axis ** dims, and the logs of their weights (N,).

    Without a generator they are evenly spaced in a box of ±REACH: of a smooth function that falls off towards the
    sides the error shrinks exponentially with the spacing. With a generator they are even in the Gaussian's quantiles,
    each jittered in its cell: all of space is covered, by cells of equal mass that lie closest in the middle; the
    weights sum to one, the sum is right on average, and nothing hides between the points for long.
    """
    cells = torch.cartesian_prod(*[torch.arange(per_axis, device=device)] * dims).view(-1, dims)  # (N, D)
    if generator is None:
        z = REACH * (2 * (cells + 0.5) / per_axis - 1)
        cell = dims * math.log(2 * REACH / per_axis)
        return z, cell - 0.5 * (z.square() + math.log(2 * math.pi)).sum(dim=1)
    place = torch.rand(cells.shape, generator=generator, device=device)
    z = torch.special.ndtri((cells + place) / per_axis).clamp(-REACH, REACH)  # a place may be 0
    return z, torch.full((len(z),), -dims * math.log(per_axis), device=device)
