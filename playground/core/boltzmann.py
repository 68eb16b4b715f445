"""exp(−E)/Z from an energy that is known on a grid: Z by quadrature, exact draws, and how far a histogram is from it.

Exact up to the grid: the midpoint rule errs less than the numbers can show where the energy is smooth against its cells
and exp(−E) vanishes at the sides. Lecture slides 15-16.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np


@dataclass(frozen=True)
class Cells:
    """A cube of even cells around the origin, of the line or the plane.

    Attributes:
        reach: half the cube's side, in the data's unit.
        side: cells along an axis.
        dims: 1 or 2.
    """

    reach: float
    side: int
    dims: int

    @property
    def width(self) -> float:
        """Of a cell."""
        return 2 * self.reach / self.side

    @cached_property
    def axis(self) -> np.ndarray:
        """The middles of the cells along an axis, (side,)."""
        return (np.arange(self.side) + 0.5) * self.width - self.reach

    @cached_property
    def points(self) -> np.ndarray:
        """The middles of all cells, float32 (side ** dims, dims): x runs fastest, as in a picture with row 0 at the
        lowest y."""
        axes = np.meshgrid(*[self.axis] * self.dims)
        return np.stack([axis.ravel() for axis in axes], axis=1).astype(np.float32)

    def shares(self, x: np.ndarray) -> np.ndarray:
        """How many of the points (N, dims) lie in each cell, as a share of N, (side ** dims,); those outside count for
        N alone."""
        edges = [np.linspace(-self.reach, self.reach, self.side + 1)] * self.dims
        counts, _ = np.histogramdd(x[:, ::-1], edges)  # first y, then x
        return counts.ravel() / max(len(x), 1)


@dataclass(frozen=True, eq=False)
class Boltzmann:
    """The density exp(−E)/Z.

    Attributes:
        cells: where E is known.
        energy: E in nats at the middle of each cell, (side ** dims,).
    """

    cells: Cells
    energy: np.ndarray

    @cached_property
    def log_z(self) -> float:
        """ln ∫ exp(−E)."""
        energy = self.energy.astype(float)
        lowest = energy.min()
        return float(np.log(np.exp(lowest - energy).sum()) - lowest + self.cells.dims * np.log(self.cells.width))

    @cached_property
    def log_p(self) -> np.ndarray:
        """ln exp(−E)/Z, (side ** dims,)."""
        return -self.energy.astype(float) - self.log_z

    @cached_property
    def mass(self) -> np.ndarray:
        """The share of each cell, (side ** dims,), with sum 1."""
        return np.exp(self.log_p + self.cells.dims * np.log(self.cells.width))

    @cached_property
    def mean_energy(self) -> float:
        """E averaged over the density itself: where the negative phase pushes."""
        return float(self.mass @ self.energy)

    def at(self, x: np.ndarray) -> np.ndarray:
        """E at points (N, dims), (N,): linear between the middles of cells, level beyond the outermost."""
        cells, dims = self.cells, self.cells.dims
        place = ((x.astype(float) + cells.reach) / cells.width - 0.5).clip(0, cells.side - 1)
        low = np.floor(place).astype(int).clip(max=cells.side - 2)  # (N, dims), x first
        share = place - low
        values = self.energy.reshape([cells.side] * dims)
        total = np.zeros(len(x))
        for corner in np.ndindex(*[2] * dims):
            weight = np.where(corner, share, 1 - share).prod(axis=1)
            total += weight * values[tuple((low + corner).T[::-1])]
        return total

    def draw(self, n: int, seed: int) -> np.ndarray:
        """n draws (n, dims), float32: a cell by its share, then anywhere in it."""
        generator = np.random.default_rng(seed)
        total = np.cumsum(self.mass)
        cell = np.searchsorted(total / total[-1], generator.random(n), side="right")
        place = (generator.random((n, self.cells.dims)) - 0.5) * self.cells.width
        return (self.cells.points[cell] + place).astype(np.float32)

    def coarse(self, by: int) -> tuple[Cells, np.ndarray]:
        """The shares of cells that are `by` times as wide, as many as fit: (cells, (side' ** dims,))."""
        cells = self.cells
        side = cells.side // by
        wide = self.mass.reshape([side, by] * cells.dims)
        return Cells(cells.reach, side, cells.dims), wide.sum(axis=tuple(range(1, 2 * cells.dims, 2))).ravel()


def total_variation(p: np.ndarray, q: np.ndarray) -> float:
    """½ Σ |p − q|: the largest difference in probability that any event has; mass in no cell counts as well."""
    return float(0.5 * (np.abs(p - q).sum() + abs(p.sum() - q.sum())))


def kl(p: np.ndarray, q: np.ndarray) -> float:
    """Σ p ln p/q in nats, over the cells in which p is; infinite where q has none of it."""
    there = p > 0
    with np.errstate(divide="ignore"):
        return float((p[there] * np.log(p[there] / q[there])).sum())
