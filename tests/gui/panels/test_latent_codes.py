"""Arithmetic of codes against closed forms."""

import numpy as np
import pytest
from scipy import stats

from playground.gui.panels.base.latent.codes import along, grid, quantiles, spherical, straight, usual_length

X, Y = np.array([3.0, 0.0, 0.0], np.float32), np.array([0.0, 3.0, 0.0], np.float32)


def test_the_straight_way_has_even_steps():
    np.testing.assert_allclose(straight(X, Y, 4), [[3, 0, 0], [2, 1, 0], [1, 2, 0], [0, 3, 0]])


def test_the_way_on_the_sphere_has_even_angles_and_keeps_the_length():
    way = spherical(X, Y, 7)
    np.testing.assert_allclose(np.degrees(np.arctan2(way[:, 1], way[:, 0])), np.arange(7) * 15, atol=1e-4)
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), 3, rtol=1e-6)
    assert way.dtype == np.float32


def test_between_codes_of_different_length_it_ends_at_both():
    start, end = np.random.default_rng(0).standard_normal((2, 9)).astype(np.float32)
    way = spherical(start, 3 * end, 5)
    np.testing.assert_allclose(way[[0, -1]], [start, 3 * end], atol=1e-5)


@pytest.mark.parametrize("end", [0 * X, -X, 2 * X])
def test_where_there_is_no_arc_it_is_the_line(end):
    np.testing.assert_allclose(spherical(X, end, 5), straight(X, end, 5), atol=1e-5)


def test_the_grid_steps_through_the_quantiles_and_keeps_the_rest():
    z = np.array([9.0, 9.0, 0.7, -0.3], np.float32)
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0].astype(np.float32)
    codes = grid(turn @ z, turn[:, :2], 3) @ turn
    low, middle, high = stats.norm.ppf([1 / 6, 1 / 2, 5 / 6])
    np.testing.assert_allclose(codes[0], [low, high, 0.7, -0.3], atol=1e-5)  # top left
    np.testing.assert_allclose(codes[5], [high, middle, 0.7, -0.3], atol=1e-5)  # the end of the middle row
    np.testing.assert_allclose(codes[7], [middle, low, 0.7, -0.3], atol=1e-5)


def test_quantiles_cut_the_prior_into_equal_parts():
    np.testing.assert_allclose(stats.norm.cdf(quantiles(11)), (np.arange(11) + 0.5) / 11, rtol=1e-5)


@pytest.mark.parametrize("numbers", [1, 2, 10, 32, 128])
@pytest.mark.parametrize("probability", [0.05, 0.95, 0.999])
def test_the_usual_length_is_that_of_a_chi_distribution(numbers, probability):
    exact = stats.chi.ppf(probability, numbers)
    assert usual_length(numbers, probability) == pytest.approx(exact, abs=0.07)


def test_along_moves_one_direction_at_a_time():
    amounts = along(2, 3)
    np.testing.assert_array_equal(amounts, [[-3, 0], [0, -3], [0, 0], [0, 0], [3, 0], [0, 3]])
