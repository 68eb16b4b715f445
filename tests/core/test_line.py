"""A Gaussian against an exact density on the line."""

import math

import numpy as np
import pytest
import torch

from playground import registry
from playground.core.line import Tabulated

GRID = np.linspace(-12.0, 12.0, 4801)
GAUSSIANS = [(0.0, 1.0), (0.04, 1.42), (-2.0, 0.4), (1.5, 2.5)]


@pytest.fixture(scope="module")
def exact():
    return registry.load_data("bumps").exact


@pytest.fixture(scope="module")
def bumps(exact):
    return Tabulated(GRID, exact.log_density(torch.from_numpy(GRID)[:, None]).numpy())


def test_a_standard_gaussian_has_its_known_entropy_and_moments():
    table = Tabulated(GRID, -0.5 * GRID**2 - 0.5 * math.log(2 * math.pi))
    assert table.entropy == pytest.approx(0.5 * math.log(2 * math.pi * math.e), abs=1e-9)
    assert (table.mean, table.std) == pytest.approx((0.0, 1.0), abs=1e-9)


def test_entropy_and_moments_are_those_of_the_mixture(bumps, exact):
    centres = exact.centres[:, 0]
    mean = float(exact.weights @ centres)
    variance = float(exact.weights @ (exact.std**2 + centres**2)) - mean**2
    assert bumps.entropy == pytest.approx(exact.entropy, abs=1e-7)
    assert (bumps.mean, bumps.std) == pytest.approx((mean, math.sqrt(variance)), abs=1e-9)


@pytest.mark.parametrize(("mean", "std"), GAUSSIANS)
def test_likelihood_less_entropy_is_kl(bumps, exact, mean, std):
    """The likelihood from two moments, the entropy from the data set, the KL from the grid: one identity."""
    kl = bumps.kl(bumps.log_gaussian(mean, std))
    assert abs(float(bumps.gaussian_nll(mean, std)) - exact.entropy - kl) < 1e-6
    assert abs(bumps.nll(bumps.log_gaussian(mean, std)) - bumps.entropy - kl) < 1e-6
    assert kl > 0


def test_the_moments_are_the_maximum_of_the_likelihood_and_the_minimum_of_kl(bumps):
    best = bumps.kl(bumps.log_gaussian(bumps.mean, bumps.std))
    for mean, std in ((0.01, 1.0), (-0.01, 1.0), (0.0, 1.01), (0.0, 0.99)):
        log_q = bumps.log_gaussian(bumps.mean + mean, bumps.std * std)
        assert bumps.kl(log_q) > best
        assert bumps.nll(log_q) > bumps.nll(bumps.log_gaussian(bumps.mean, bumps.std))


def test_reverse_kl_of_two_gaussians_is_the_closed_form():
    table = Tabulated(GRID, -0.5 * GRID**2 - 0.5 * math.log(2 * math.pi))
    closed = -math.log(0.5) + (0.5**2 + 0.7**2 - 1) / 2  # KL(N(0.7, 0.5) || N(0, 1))
    assert table.reverse_kl(table.log_gaussian(0.7, 0.5)) == pytest.approx(closed, abs=1e-9)


def test_the_integrand_sums_to_kl_and_is_negative_somewhere(bumps):
    log_q = bumps.log_gaussian(0.5, 1.0)
    integrand = bumps.kl_integrand(log_q)
    assert np.trapezoid(integrand, GRID) == pytest.approx(bumps.kl(log_q), abs=1e-12)
    assert integrand.min() < -0.01 < 0.01 < integrand.max()
    assert bumps.area(np.exp(log_q)) == pytest.approx(1.0, abs=1e-9)
    assert bumps.area(3.0 * np.exp(log_q)) == pytest.approx(3.0, abs=1e-9)


def test_the_surface_of_reverse_kl_is_that_of_each_gaussian(bumps):
    means, stds = np.array([-1.9, 0.0, 2.0]), np.array([0.3, 1.1])
    surface = bumps.reverse_kl_surface(means, stds)
    each = [[bumps.reverse_kl(bumps.log_gaussian(mean, std)) for mean in means] for std in stds]
    np.testing.assert_allclose(surface, each, atol=1e-4)


def test_reverse_kl_prefers_one_bump_where_forward_covers_all(bumps):
    means, stds = np.linspace(-3, 3, 61), np.linspace(0.3, 3.0, 55)
    surface = bumps.reverse_kl_surface(means, stds)
    row = int(surface.argmin()) // len(means)
    assert surface.min() < bumps.reverse_kl(bumps.log_gaussian(bumps.mean, bumps.std)) - 0.2
    assert stds[row] < 0.5 * bumps.std
    table = Tabulated(GRID, -0.5 * GRID**2 - 0.5 * math.log(2 * math.pi))
    known = -np.log(stds)[:, None] + (stds[:, None] ** 2 + means**2 - 1) / 2  # KL(N(mean, std) || N(0, 1))
    np.testing.assert_allclose(table.reverse_kl_surface(means, stds)[:20], known[:20], atol=1e-6)


def test_js_is_symmetric_bounded_and_the_mean_of_two_divergences(bumps):
    means, stds = np.array([-1.9, 0.0, 2.0]), np.array([0.3, 1.1])
    surface = bumps.js_surface(means, stds)
    for i, std in enumerate(stds):
        for j, mean in enumerate(means):
            log_q = bumps.log_gaussian(mean, std)
            log_m = np.log((bumps.p + np.exp(log_q)) / 2)
            known = (bumps.kl(log_m) + Tabulated(GRID, log_q).kl(log_m)) / 2
            assert bumps.js(log_q) == pytest.approx(known, abs=1e-9)
            assert Tabulated(GRID, log_q).js(bumps.log_p) == pytest.approx(known, abs=1e-9)
            assert surface[i, j] == pytest.approx(known, abs=1e-5)
            assert 0 < known < math.log(2)
