"""Gaussians of any ellipse against an exact density in the plane."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from playground import registry
from playground.core.plane import TabulatedPlane, axes_of, cells, covariance_of, responsibilities

AXIS = np.linspace(-7.0, 7.0, 281)
MEAN, COVARIANCE = np.array([0.4, -0.3]), covariance_of(1.2, 0.5, 0.7)


@pytest.fixture(scope="module")
def exact():
    return registry.load_data("eight-gaussians").exact


@pytest.fixture(scope="module")
def ring(exact):
    axis = np.linspace(-4.5, 4.5, 361)
    points = torch.from_numpy(np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2))
    return TabulatedPlane(axis, exact.log_density(points).numpy().reshape(361, 361))


def table_of(mean, covariance):
    blank = TabulatedPlane(AXIS, np.zeros((len(AXIS), len(AXIS))))
    return TabulatedPlane(AXIS, blank.log_gaussian(mean, covariance))


def test_a_gaussian_has_its_known_density_entropy_and_moments():
    table = table_of(MEAN, COVARIANCE)
    known = stats.multivariate_normal(MEAN, COVARIANCE)
    np.testing.assert_allclose(table.log_p, known.logpdf(table.points), atol=1e-9)
    assert table.integral(table.p) == pytest.approx(1.0, abs=1e-9)
    assert table.entropy == pytest.approx(float(known.entropy()), abs=1e-8)
    np.testing.assert_allclose(table.mean, MEAN, atol=1e-9)
    np.testing.assert_allclose(table.covariance, COVARIANCE, atol=1e-8)


def test_kl_of_two_gaussians_is_the_closed_form_both_ways():
    other_mean, other = np.array([-0.2, 0.1]), covariance_of(0.9, 0.7, -0.4)

    def closed(m, s, n, t):
        inverse, off = np.linalg.inv(t), n - m
        return 0.5 * (np.trace(inverse @ s) + off @ inverse @ off - 2 + math.log(np.linalg.det(t) / np.linalg.det(s)))

    table = table_of(MEAN, COVARIANCE)
    log_q = table.log_gaussian(other_mean, other)
    assert table.kl(log_q) == pytest.approx(closed(MEAN, COVARIANCE, other_mean, other), abs=1e-7)
    assert table.reverse_kl(log_q) == pytest.approx(closed(other_mean, other, MEAN, COVARIANCE), abs=1e-7)


@pytest.mark.parametrize("gaussian", [(MEAN, COVARIANCE), (np.zeros(2), covariance_of(2.0, 2.0, 0.0))])
def test_likelihood_less_entropy_is_kl(ring, exact, gaussian):
    """The likelihood from moments, the entropy from the data set, the KL from the grid: one identity."""
    kl = ring.kl(ring.log_gaussian(*gaussian))
    assert abs(ring.gaussian_nll(*gaussian) - exact.entropy - kl) < 1e-4
    assert abs(ring.nll(ring.log_gaussian(*gaussian)) - ring.entropy - kl) < 1e-9


def test_the_moments_are_where_kl_is_least(ring):
    best = ring.kl(ring.log_gaussian(ring.mean, ring.covariance))
    long, short, angle = axes_of(ring.covariance)
    for mean, covariance in (
        (ring.mean + np.array([0.05, 0]), ring.covariance), (ring.mean - np.array([0, 0.05]), ring.covariance),
        (ring.mean, covariance_of(1.03 * long, short, angle)), (ring.mean, covariance_of(long, 0.97 * short, angle)),
    ):  # fmt: skip
        assert ring.kl(ring.log_gaussian(mean, covariance)) > best


@pytest.mark.parametrize(("long", "short", "angle"), [(1.5, 0.4, 0.6), (1.0, 0.9, -1.2), (2.0, 0.1, 0.0)])
def test_axes_and_covariance_are_each_others_way_back(long, short, angle):
    assert axes_of(covariance_of(long, short, angle)) == pytest.approx((long, short, angle), abs=1e-9)


def test_responsibilities_are_bayes_rule():
    x = np.random.default_rng(0).normal(size=(50, 2))
    weights, means = np.array([0.2, 0.5, 0.3]), np.array([[0.0, 0.0], [1.0, -1.0], [-1.0, 0.5]])
    covariances = np.array([covariance_of(1.0, 0.3, 0.2), covariance_of(0.5, 0.5, 0.0), covariance_of(0.8, 0.2, 1.0)])
    each = [w * stats.multivariate_normal(m, c).pdf(x) for w, m, c in zip(weights, means, covariances, strict=True)]
    joint = np.stack(each, axis=1)
    share, log_p = responsibilities(x, weights, means, covariances)
    np.testing.assert_allclose(share, joint / joint.sum(axis=1, keepdims=True), atol=1e-12)
    np.testing.assert_allclose(log_p, np.log(joint.sum(axis=1)), atol=1e-12)


def test_the_grid_has_its_cells_within_the_extent_and_half_as_many_beyond():
    axis = cells(3.0)
    assert (np.abs(axis) <= 3.0).sum() == 180
    assert len(axis) == 270
    np.testing.assert_allclose(np.diff(axis), 6 / 180)
    assert axis[0] == -axis[-1]


def test_a_density_that_vanishes_has_finite_numbers():
    square = np.where(np.abs(AXIS) < 1, 0.0, -np.inf)
    table = TabulatedPlane(AXIS, square[:, None] + square - math.log(4.0))
    assert table.entropy == pytest.approx(math.log(4.0), abs=0.1)
    assert math.isfinite(table.kl(table.log_gaussian(np.zeros(2), np.eye(2))))
