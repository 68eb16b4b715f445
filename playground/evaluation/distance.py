"""How far one cloud of examples is from another, as distributions.

Fréchet distance: Dowson and Landau, 1982; in the features of a classifier: Heusel et al., 2017.
Sliced Wasserstein distance: Rabin et al., 2011.
"""

import torch
from torch import Tensor

from playground.core.random import stream

_DIRECTIONS = 256


def frechet_distance(a: Tensor, b: Tensor) -> float:
    """Squared Fréchet distance of the Gaussians fitted to two clouds (N, D) and (M, D).

    |μ₁ − μ₂|² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½). The product inside is symmetric, unlike C₁C₂, so that its root needs
    no complex numbers and stays sound where a covariance is singular.
    """
    a, b = a.double().cpu(), b.double().cpu()
    first, second = a.T.cov(), b.T.cov()  # (D, D)
    root = _root(first)
    cross = torch.linalg.eigvalsh(root @ second @ root).clamp(min=0).sqrt().sum()
    return float((a.mean(0) - b.mean(0)).square().sum() + first.trace() + second.trace() - 2 * cross)


def _root(matrix: Tensor) -> Tensor:
    """The symmetric square root of a positive semidefinite matrix."""
    values, vectors = torch.linalg.eigh(matrix)
    return (vectors * values.clamp(min=0).sqrt()) @ vectors.T


def sliced_wasserstein(a: Tensor, b: Tensor) -> float:
    """Mean distance by which sorted shadows differ, over fixed random directions.

    On a line the best transport pairs the points in order. Takes two clouds (N, D) of one size.
    """
    if len(a) != len(b):
        raise ValueError(f"Sorted shadows pair up only for equal sizes, not {len(a)} and {len(b)}.")
    generator = stream(0, "evaluate/directions")
    directions = torch.randn(a.shape[1], _DIRECTIONS, generator=generator, dtype=torch.float64)
    directions = directions / directions.norm(dim=0)
    first, second = ((x.double().cpu() @ directions).sort(dim=0).values for x in (a, b))  # (N, directions)
    return float((first - second).abs().mean())


def gaussian_samples(x: Tensor, n: int, generator: torch.Generator) -> Tensor:
    """Draws from one Gaussian with the mean and the full covariance of the images x (N, ...), clipped to [0, 1].

    Random combinations of the centred examples have that covariance, so that it need not be formed or factorised.
    """
    mean = x.mean(0)
    centred = (x - mean).flatten(1)  # (N, D)
    draws = []
    for rows in torch.arange(n).split(256):
        weights = torch.randn(len(rows), len(x), generator=generator) / (len(x) - 1) ** 0.5
        draws.append(weights @ centred)
    return (mean + torch.cat(draws).unflatten(1, x.shape[1:])).clamp(0, 1)
