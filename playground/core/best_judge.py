"""The best discriminator that there is, from the densities of the data and of the generator.

At a place that the data reach with density p and the generator with density q, nobody can do better than to say
"real" with probability p / (p + q): Goodfellow et al. 2014 (arXiv 1406.2661), proposition 1. Lecture slide 38.

Densities are held on even cells, `side` along each axis from -extent to extent: (side,) on the line, (side, side) in
the plane, the first axis y, the last one x.
"""

import numpy as np

FINE = 3  # points along each axis of a cell over which a density is averaged


def centres(extent: float, side: int, dims: int) -> np.ndarray:
    """The middle of each cell, (side ** dims, dims), x first."""
    axis = (np.arange(side) + 0.5) * (2 * extent / side) - extent
    return np.stack(np.meshgrid(*[axis] * dims, indexing="ij")[::-1], axis=-1).reshape(-1, dims)


def cell_means(values: np.ndarray, side: int, dims: int) -> np.ndarray:
    """Means over cells of values at the centres of cells `FINE` times as fine, (side,) * dims."""
    shape = [length for _ in range(dims) for length in (side, FINE)]
    return np.asarray(values, float).reshape(shape).mean(axis=tuple(range(1, 2 * dims, 2)))


def density_of_counts(counts: np.ndarray, drawn: int, extent: float) -> np.ndarray:
    """The density that counts of `drawn` samples estimate; those that fell outside count as drawn."""
    return np.asarray(counts, float) / drawn / (2 * extent / counts.shape[0]) ** counts.ndim


def best_judge(p: np.ndarray, q: np.ndarray, least: float = 0.0) -> np.ndarray:
    """p / (p + q); NaN where neither ever comes, or both together have no more than `least`."""
    total = p + q
    return np.divide(p, total, out=np.full_like(total, np.nan), where=total > least)


def disagreement(d: np.ndarray, p: np.ndarray, q: np.ndarray) -> float:
    """The mean of |d − p / (p + q)| over places drawn from p as often as from q."""
    total = p + q
    return float((np.abs(d * total - p)).sum() / total.sum())
