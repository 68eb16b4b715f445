"""Arithmetic of codes: ways between two, grids through the prior, and how long a code is."""

from statistics import NormalDist

import numpy as np

_NORMAL = NormalDist()


def straight(start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """`count` codes at even distances on the line between two codes (Z,), both included, (count, Z)."""
    share = np.linspace(0, 1, count, dtype=np.float32)[:, None]
    return start + share * (end - start)


def spherical(start: np.ndarray, end: np.ndarray, count: int) -> np.ndarray:
    """The same at even angles on the arc between them: the codes between keep a length that the prior draws, where the
    line cuts across the middle. Where there is no such arc (a code at 0, or opposite codes) it is the line."""
    lengths = np.linalg.norm(start), np.linalg.norm(end)
    if min(lengths) < 1e-6:
        return straight(start, end, count)
    angle = float(np.arccos(np.clip(start @ end / (lengths[0] * lengths[1]), -1, 1)))
    if np.sin(angle) < 1e-3:
        return straight(start, end, count)
    share = np.linspace(0, 1, count)[:, None]
    between = (np.sin((1 - share) * angle) * start + np.sin(share * angle) * end) / np.sin(angle)
    return between.astype(np.float32)


WAYS = {"straight": straight, "on the sphere": spherical}


def quantiles(count: int) -> np.ndarray:
    """Numbers that cut a standard normal into parts of the same probability, each in the middle of its part."""
    return np.array([_NORMAL.inv_cdf((i + 0.5) / count) for i in range(count)], dtype=np.float32)


def grid(z: np.ndarray, plane: np.ndarray, count: int) -> np.ndarray:
    """The code (Z,) moved through the prior's quantiles along two orthonormal directions, the columns of `plane`
    (Z, 2), the rest of it kept: (count * count, Z), rows from the top down."""
    steps, (across, up) = quantiles(count), plane.T
    rest = z - (z @ across) * across - (z @ up) * up
    codes = rest + steps[None, :, None] * across + steps[::-1, None, None] * up  # (count, count, Z)
    return codes.reshape(-1, len(z)).astype(np.float32)


def usual_length(numbers: int, probability: float) -> float:
    """The length that so many numbers of a standard normal stay below with this probability (after Wilson, Hilferty;
    about a hundredth off)."""
    spread = 2 / (9 * numbers)
    return float(max(numbers * (1 - spread + _NORMAL.inv_cdf(probability) * spread**0.5) ** 3, 0.0) ** 0.5)


def along(axes: int, count: int) -> np.ndarray:
    """Amounts on each of some directions from -3 to 3 sigma, the others at 0: (count * axes, axes)."""
    amounts = np.zeros((count, axes, axes), dtype=np.float32)
    amounts[:, np.arange(axes), np.arange(axes)] = np.linspace(-3, 3, count)[:, None]
    return amounts.reshape(-1, axes)
