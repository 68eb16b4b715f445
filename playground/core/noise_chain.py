"""The forward process as a chain: to time t by many small steps, each with noise of its own, instead of in one jump.

Both give x_t the same distribution; Ho et al. 2020, eq. 4.
"""

import numpy as np

MOST_STEPS = 100  # of a chain; longer ones take several times at once
DIRECTIONS = 16  # along which two clouds are compared


def chain(
    x: np.ndarray, signal: np.ndarray, sigma: np.ndarray, generator: np.random.Generator
) -> tuple[np.ndarray, int]:
    """Examples (N, *shape), centred and in the model's units, noised one step at a time, and how many steps it took.

    Args:
        signal, sigma: α and σ of the times 0 .. t, (t + 1,) each; a step from s to t keeps α_t / α_s of what is there
            and adds the noise that is missing to σ_t.
    """
    stops = np.unique(np.linspace(0, len(signal) - 1, min(MOST_STEPS, len(signal))).round().astype(int))
    kept, noise = 1.0, 0.0
    for stop in stops:
        share = signal[stop] / kept
        missing = max(0.0, float(sigma[stop] ** 2 - (share * noise) ** 2)) ** 0.5
        x = share * x + missing * generator.standard_normal(x.shape)
        kept, noise = float(signal[stop]), float(sigma[stop])
    return x.astype(np.float32), len(stops)


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """How far two clouds of as many points (N, D) are from each other: the mean distance between their sorted shadows,
    along directions that are always the same (sliced Wasserstein)."""
    ways = np.random.default_rng(0).standard_normal((a.shape[1], DIRECTIONS))
    ways /= np.linalg.norm(ways, axis=0)
    return float(np.abs(np.sort(a @ ways, axis=0) - np.sort(b @ ways, axis=0)).mean())
