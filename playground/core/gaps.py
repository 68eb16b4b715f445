"""How far apart two sets of examples are: in the unit of chance, and by how well one number tells them apart."""

import numpy as np

STILLEST = 0.2  # of the typical spread: by less no gap is divided, as in the statistic matcher's own loss


def z_scores(achieved: np.ndarray, target: np.ndarray, spread: np.ndarray, count: float) -> np.ndarray:
    """Gaps of means (K,) in batch deviations: 1 is as far off as another batch of `count` real examples is by chance.

    spread: of one example, (K,); what hardly moves is measured by a fifth of the typical spread.
    """
    typical = float(np.sqrt(np.mean(np.square(spread))))
    unit = np.maximum(spread, max(STILLEST * typical, 1e-9)) / np.sqrt(count)
    return np.asarray((achieved - target) / unit)


def rms(z: np.ndarray) -> float:
    """The root of the mean square."""
    return float(np.sqrt(np.mean(np.square(z))))


def told_apart(real: np.ndarray, fake: np.ndarray) -> float:
    """The share of pairs of a real example and a fake in which the real one has the higher score; ties count half. At
    0.5 the score cannot tell them apart."""
    order = np.sort(real)
    below = np.searchsorted(order, fake, side="left")  # of the real ones, those below each fake
    upto = np.searchsorted(order, fake, side="right")
    higher = len(real) - upto + 0.5 * (upto - below)
    return float(higher.mean() / len(real))


def chance(real: int, fake: int) -> float:
    """The standard deviation of `told_apart` where both are drawn from one distribution."""
    return float(np.sqrt((real + fake + 1) / (12 * real * fake)))
