"""How fine a map is: its Fourier magnitudes, and the share of its power in short waves."""

import numpy as np


def power(maps: np.ndarray) -> np.ndarray:
    """|F|² of maps (N, h, w) without their means, the coarsest wave in the middle, (N, h, w)."""
    centred = maps - maps.mean(axis=(1, 2), keepdims=True)
    return np.abs(np.fft.fftshift(np.fft.fft2(centred), axes=(1, 2))) ** 2


def log_spectrum(maps: np.ndarray, decades: float = 4.0) -> np.ndarray:
    """The logarithm of the magnitudes of maps (N, h, w), 1 for the greatest of all, 0 for `decades` of power below."""
    powers = power(maps)
    greatest = max(float(powers.max()), 1e-30)
    return (1 + np.log10(np.maximum(powers / greatest, 10.0**-decades)) / decades).clip(0, 1)


def fine_share(maps: np.ndarray) -> np.ndarray:
    """The share of each map's power in waves of more than a quarter turn a pixel along either axis, (N,): half of the
    finest that there is. 0 for a constant map."""
    powers = power(maps)
    rows, columns = (np.abs(np.fft.fftshift(np.fft.fftfreq(side))) for side in maps.shape[1:])
    fine = np.maximum(rows[:, None], columns[None, :]) > 0.25
    whole = powers.sum(axis=(1, 2))
    return np.where(whole > 1e-20, (powers * fine).sum(axis=(1, 2)) / np.maximum(whole, 1e-30), 0.0)
