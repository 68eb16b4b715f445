"""A density in the plane, tabulated, and Gaussians of any ellipse: entropy, moments, likelihood, KL, responsibilities.

Exact mathematics up to the trapezoid rule on a square grid. As on the line, −E_p ln q = H(p) + KL(p‖q), and the
likelihood of a Gaussian depends on p by its mean and covariance alone. Lecture slides 19-26.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

CELLS, BEYOND = 180, 1.5


@dataclass(frozen=True, eq=False)
class TabulatedPlane:
    """A density p on a square grid that reaches beyond its mass.

    Attributes:
        axis: the grid along both axes, (G,), ascending and even.
        log_p: ln p, (G, G) in nats; rows are y, columns are x.
    """

    axis: np.ndarray
    log_p: np.ndarray

    @cached_property
    def p(self) -> np.ndarray:
        """The density itself, (G, G)."""
        return np.exp(self.log_p)

    @cached_property
    def points(self) -> np.ndarray:
        """The places of the grid, (G, G, 2), as (x, y)."""
        return np.stack(np.meshgrid(self.axis, self.axis), axis=-1)

    @cached_property
    def entropy(self) -> float:
        """H(p) = −∫ p ln p."""
        return -self.integral(_times(self.p, self.log_p))

    @cached_property
    def mean(self) -> np.ndarray:
        """∫ p x, (2,): where the likelihood of a Gaussian is greatest."""
        return np.array([self.integral(self.p * self.points[..., i]) for i in (0, 1)])

    @cached_property
    def covariance(self) -> np.ndarray:
        """∫ p (x − mean)(x − mean)ᵀ, (2, 2): likewise for its ellipse."""
        off = self.points - self.mean
        return np.array([[self.integral(self.p * off[..., i] * off[..., j]) for j in (0, 1)] for i in (0, 1)])

    def nll(self, log_q: np.ndarray) -> float:
        """−∫ p ln q."""
        return -self.integral(_times(self.p, log_q))

    def kl(self, log_q: np.ndarray) -> float:
        """KL(p‖q) = ∫ p (ln p − ln q)."""
        return self.integral(_times(self.p, self.log_p - log_q))

    def reverse_kl(self, log_q: np.ndarray) -> float:
        """KL(q‖p) = ∫ q (ln q − ln p)."""
        return self.integral(_times(np.exp(log_q), log_q - self.log_p))

    def gaussian_nll(self, mean: np.ndarray, covariance: np.ndarray) -> float:
        """−∫ p ln N(mean, covariance), from p's moments alone."""
        off = self.mean - mean
        square = np.trace(np.linalg.solve(covariance, self.covariance + np.outer(off, off)))
        return float(np.log(2 * np.pi) + 0.5 * np.log(np.linalg.det(covariance)) + 0.5 * square)

    def log_gaussian(self, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
        """ln N(x; mean, covariance) on the grid, (G, G)."""
        return log_normal(self.points.reshape(-1, 2), mean, covariance).reshape(self.log_p.shape)

    def integral(self, values: np.ndarray) -> float:
        """∫ of a function that is given on the grid, (G, G)."""
        return float(np.trapezoid(np.trapezoid(values, self.axis, axis=1), self.axis))

    def coarse(self, every: int) -> "TabulatedPlane":
        """The same density on every so manieth point."""
        return TabulatedPlane(self.axis[::every], self.log_p[::every, ::every])


def cells(extent: float) -> np.ndarray:
    """The middles of the cells of a grid along one side: `CELLS` within the extent, and half as many more beyond it."""
    count = round(BEYOND * CELLS)
    return (np.arange(count) - (count - 1) / 2) * (2 * extent / CELLS)


def log_normal(x: np.ndarray, mean: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """ln N(x; mean, covariance) of points (N, D), in nats, (N,)."""
    factor = np.linalg.cholesky(covariance)
    z = np.linalg.solve(factor, (x - mean).T)  # (D, N)
    return -0.5 * (z**2).sum(axis=0) - np.log(np.diag(factor)).sum() - 0.5 * x.shape[1] * np.log(2 * np.pi)


def responsibilities(
    x: np.ndarray, weights: np.ndarray, means: np.ndarray, covariances: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Of a mixture with K components: p(component | x), (N, K), and ln p(x), (N,)."""
    parts = [log_normal(x, mean, covariance) for mean, covariance in zip(means, covariances, strict=True)]
    joint = np.stack(parts, axis=1) + np.log(np.maximum(weights, 1e-300))
    top = joint.max(axis=1, keepdims=True)
    log_p = top + np.log(np.exp(joint - top).sum(axis=1, keepdims=True))
    return np.exp(joint - log_p), log_p[:, 0]


def covariance_of(long: float, short: float, angle: float) -> np.ndarray:
    """The covariance (2, 2) with these deviations along its two axes; `angle`: of the first, in radians from x."""
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return turn @ np.diag([long**2, short**2]) @ turn.T


def axes_of(covariance: np.ndarray) -> tuple[float, float, float]:
    """The deviations along the two axes, the longer first, and the angle of that one, in [−π/2, π/2]."""
    values, vectors = np.linalg.eigh(covariance)
    x, y = vectors[:, 1] * (1 if vectors[0, 1] >= 0 else -1)
    return float(np.sqrt(values[1])), float(np.sqrt(max(values[0], 0.0))), float(np.arctan2(y, x))


def _times(p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """p · ln q, with 0 where p is 0: a density may vanish, and then its logarithm is −∞."""
    return np.where(p > 0, p * np.where(p > 0, log_q, 0.0), 0.0)
