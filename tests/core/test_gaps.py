"""The unit of chance and the share of pairs, against simulation and pairs counted one by one."""

import numpy as np
import pytest

from playground.core.gaps import chance, rms, told_apart, z_scores

DRAW = np.random.default_rng(3)


def test_another_batch_of_data_is_one_batch_deviation_off():
    spread = np.array([0.5, 2.0, 7.0])
    batches = 4.0 + spread * DRAW.standard_normal((400, 64, 3))
    found = [rms(z_scores(batch.mean(axis=0), np.full(3, 4.0), spread, 64)) for batch in batches]
    assert np.sqrt(np.mean(np.square(found))) == pytest.approx(_expected(spread), rel=0.05)


def _expected(spread: np.ndarray) -> float:
    """1, but for what moves less than a fifth of the typical spread."""
    least = 0.2 * np.sqrt(np.mean(spread**2))
    return float(np.sqrt(np.mean(np.minimum(1, spread / least) ** 2)))


def test_the_share_of_pairs_is_that_counted_one_by_one():
    real, fake = DRAW.integers(0, 6, 40), DRAW.integers(-2, 4, 30)
    pairs = [(r > f) + 0.5 * (r == f) for r in real for f in fake]
    assert told_apart(real, fake) == pytest.approx(np.mean(pairs))
    assert told_apart(real, real) == pytest.approx(0.5)
    assert told_apart(real + 10, fake) == 1.0


def test_chance_is_what_a_simulation_gives():
    shares = [told_apart(DRAW.standard_normal(50), DRAW.standard_normal(80)) for _ in range(2000)]
    assert np.mean(shares) == pytest.approx(0.5, abs=0.005)
    assert np.std(shares) == pytest.approx(chance(50, 80), rel=0.07)
