"""A density on the line, tabulated: its entropy, its moments, and how far a Gaussian is from it.

Exact mathematics up to the trapezoid rule, which errs less than the numbers can show for smooth densities that vanish
at both ends.

Maximum likelihood is minimum KL: −E_p ln q = H(p) + KL(p‖q), and H(p) does not depend on q. Lecture slides 18-25.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

COARSER = 8  # of the surface of JS: the table's points to one of its own


@dataclass(frozen=True, eq=False)
class Tabulated:
    """A density p on an even grid that reaches beyond its mass.

    Attributes:
        x: the grid, (G,), ascending and even.
        log_p: ln p there, (G,), in nats.
    """

    x: np.ndarray
    log_p: np.ndarray

    @cached_property
    def p(self) -> np.ndarray:
        """The density itself, (G,)."""
        return np.exp(self.log_p)

    @cached_property
    def entropy(self) -> float:
        """H(p) = −∫ p ln p."""
        return -self._integral(self.p * self.log_p)

    @cached_property
    def mean(self) -> float:
        """∫ p x: where the likelihood of a Gaussian is greatest."""
        return self._integral(self.p * self.x)

    @cached_property
    def std(self) -> float:
        """The square root of ∫ p (x − mean)²: likewise for its spread."""
        return float(np.sqrt(self._integral(self.p * (self.x - self.mean) ** 2)))

    def nll(self, log_q: np.ndarray) -> float:
        """−∫ p ln q: the mean negative log-likelihood of endless data from p under q, which is given on the grid."""
        return -self._integral(self.p * log_q)

    def kl(self, log_q: np.ndarray) -> float:
        """KL(p‖q) = ∫ p (ln p − ln q), not negative."""
        return self._integral(self.p * (self.log_p - log_q))

    def reverse_kl(self, log_q: np.ndarray) -> float:
        """KL(q‖p) = ∫ q (ln q − ln p): great where q puts mass that p lacks."""
        return self._integral(np.exp(log_q) * (log_q - self.log_p))

    def js(self, log_q: np.ndarray) -> float:
        """JS(p, q) = ½ KL(p‖m) + ½ KL(q‖m) with m = (p + q)/2: the same both ways, at most ln 2."""
        return self._integral(js_integrand(self.log_p, log_q))

    def area(self, q: np.ndarray) -> float:
        """∫ q: 1 for a density whose mass lies within the grid."""
        return self._integral(q)

    def kl_integrand(self, log_q: np.ndarray) -> np.ndarray:
        """p (ln p − ln q) on the grid, (G,): its integral is KL(p‖q), to which some places add and others subtract."""
        return self.p * (self.log_p - log_q)

    def gaussian_nll(self, mean: float | np.ndarray, std: float | np.ndarray) -> np.ndarray:
        """−∫ p ln N(mean, std) from p's two moments alone; numpy arrays give one number each."""
        spread = np.asarray(std, float)
        return np.asarray(
            0.5 * np.log(2 * np.pi * spread**2) + (self.std**2 + (self.mean - mean) ** 2) / (2 * spread**2)
        )

    def log_gaussian(self, mean: float, std: float) -> np.ndarray:
        """ln N(x; mean, std) on the grid, (G,)."""
        return -0.5 * np.log(2 * np.pi * std**2) - (self.x - mean) ** 2 / (2 * std**2)

    def reverse_kl_surface(self, means: np.ndarray, stds: np.ndarray) -> np.ndarray:
        """KL(q‖p) = −H(q) − E_q ln p of a Gaussian for each spread and mean, (S, M).

        E_q ln p is ln p smoothed by a bell: one product a spread in the frequencies, for all means at once.
        """
        size = 1 << (2 * len(self.x) - 1).bit_length()  # room for bells beyond the grid, where ln p counts as 0
        frequency = np.fft.rfftfreq(size, float(self.x[1] - self.x[0]))
        spectrum = np.fft.rfft(self.log_p, size) * np.exp(-2 * (np.pi * frequency * stds[:, None]) ** 2)
        smooth = np.fft.irfft(spectrum, size, axis=1)[:, : len(self.x)]
        entropy = 0.5 * np.log(2 * np.pi * np.e * stds**2)
        return -entropy[:, None] - np.stack([np.interp(means, self.x, row) for row in smooth])

    def js_surface(self, means: np.ndarray, stds: np.ndarray) -> np.ndarray:
        """JS(p, q) of a Gaussian for each spread and mean, (S, M), on every eighth point of the grid."""
        x, log_p = self.x[::COARSER, None], self.log_p[::COARSER, None]
        rows = []
        for std in stds:
            log_q = -0.5 * ((x - means) / std) ** 2 - np.log(std * np.sqrt(2 * np.pi))  # (G, M)
            rows.append(np.trapezoid(js_integrand(log_p, log_q), x, axis=0))
        return np.stack(rows)

    def _integral(self, values: np.ndarray) -> float:
        return float(np.trapezoid(values, self.x))


def js_integrand(log_p: np.ndarray, log_q: np.ndarray) -> np.ndarray:
    """½ p ln(p/m) + ½ q ln(q/m) with m = (p + q)/2, nowhere negative."""
    log_m = np.logaddexp(log_p, log_q) - np.log(2)
    return 0.5 * (np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m))
