"""The best discriminator on cells: where they lie, what is averaged over them, and that nobody judges better."""

import numpy as np
import pytest

from playground.core.best_judge import FINE, best_judge, cell_means, centres, density_of_counts, disagreement


def test_cells_go_from_low_to_high_with_x_along_the_last_axis():
    line = centres(2.0, 4, 1)
    np.testing.assert_allclose(line[:, 0], [-1.5, -0.5, 0.5, 1.5])
    plane = centres(2.0, 4, 2)
    np.testing.assert_allclose(plane[:4, 0], line[:, 0])
    np.testing.assert_allclose(plane[:4, 1], -1.5)
    np.testing.assert_allclose(plane[-1], [1.5, 1.5])


def test_means_over_cells_are_those_of_the_cell_and_not_of_its_neighbours():
    fine = centres(1.0, 2 * FINE, 2)
    low = cell_means((fine[:, 0] < 0) & (fine[:, 1] > 0), 2, 2)
    np.testing.assert_array_equal(low, [[0, 0], [1, 0]])
    slope = cell_means(centres(1.0, 4 * FINE, 1)[:, 0], 4, 1)
    np.testing.assert_allclose(slope, centres(1.0, 4, 1)[:, 0])


def test_counts_of_all_samples_are_a_density():
    counts = np.array([[1, 2], [3, 4]])
    q = density_of_counts(counts, 20, 3.0)
    assert q.sum() * 3.0**2 == pytest.approx(0.5)  # half fell outside
    assert q[1, 1] == pytest.approx(4 / 20 / 9)


def test_nobody_judges_better():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(20)), rng.dirichlet(np.ones(20))
    best = best_judge(p, q)

    def value(d):
        return (p * np.log(d) + q * np.log(1 - d)).sum()

    for _ in range(50):
        other = np.clip(best + 0.05 * rng.normal(size=20), 1e-3, 1 - 1e-3)
        assert value(other) < value(best)
        assert disagreement(other, p, q) == pytest.approx((np.abs(other - best) * (p + q) / 2).sum())
    assert disagreement(best, p, q) == pytest.approx(0)


def test_where_nothing_comes_nothing_is_said():
    p, q = np.array([0.0, 1.0, 0.0]), np.array([0.0, 0.0, 2.0])
    np.testing.assert_array_equal(best_judge(p, q), [np.nan, 1.0, 0.0])
    np.testing.assert_array_equal(best_judge(p, q, least=1.0), [np.nan, np.nan, 0.0])
