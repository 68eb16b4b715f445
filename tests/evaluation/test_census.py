"""Counts of samples against generators whose distribution is known in closed form."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import torch

from playground import registry
from playground.core.best_judge import FINE, best_judge, cell_means, centres, density_of_counts, disagreement
from playground.core.data import Batch
from playground.core.model import GenerativeModel
from playground.evaluation.census import POINTS_AT_ONCE, Census, cell_counts
from tests.helpers import generator, trained

SIDE, EXTENT, DRAWN = 64, 3.0, 100_000
MATRIX, SHIFT = np.array([[1.1, 0.0], [0.5, 0.7]]), np.array([0.3, -0.2])


class Affine(GenerativeModel):
    """x = A z + b with normal z: its density is N(b, A Aᵀ)."""

    @classmethod
    def capabilities(cls, spec):
        return frozenset({"sample"})

    def sample(self, n, *, label=None, settings=None, generator):
        z = torch.randn(n, 2, generator=generator)
        return z @ torch.tensor(MATRIX, dtype=torch.float32).T + torch.tensor(SHIFT, dtype=torch.float32)


@pytest.fixture(scope="module")
def ring():
    return registry.load_data("eight-gaussians")


def _last(steps):
    *pieces, last = steps
    assert all(piece.index < piece.total for piece in pieces)
    assert last.index == last.total
    return last, len(pieces)


def test_the_best_discriminator_is_that_of_a_generator_known_in_closed_form(ring):
    """p is the data's exact density, q comes from counts alone; against both in closed form."""
    last, pieces = _last(Census(ring).counts(Affine(ring.spec, None), DRAWN, SIDE, EXTENT, generator(0)))
    assert pieces == DRAWN // POINTS_AT_ONCE
    assert int(last.views["drawn"]) == DRAWN
    q = density_of_counts(last.x.numpy(), DRAWN, EXTENT)
    fine = centres(EXTENT, SIDE * FINE, 2)
    p = cell_means(ring.exact.log_density(torch.from_numpy(fine)).exp().numpy(), SIDE, 2)
    truth = scipy.stats.multivariate_normal(SHIFT, MATRIX @ MATRIX.T)
    q_known = cell_means(truth.pdf(fine), SIDE, 2)

    cell = (2 * EXTENT / SIDE) ** 2
    assert p.sum() * cell == pytest.approx(1, abs=1e-3)
    # A count of n has a spread of √n: its cells stay within a few of them.
    expected = q_known * cell * DRAWN
    assert (np.abs(last.x.numpy() - expected) < 6 * np.sqrt(expected) + 4).all()
    known = best_judge(p, q_known)
    assert disagreement(np.nan_to_num(known), p, q) < 0.02
    assert disagreement(np.full_like(p, 0.5), p, q) > 0.2  # the measure does tell judges apart
    likely = p + q_known > 0.05
    assert np.abs(best_judge(p, q) - known)[likely].max() < 0.15


def test_points_are_counted_in_their_cells_and_not_outside():
    x = torch.tensor([[-2.9, 2.9], [0.1, -0.1], [0.1, -0.2], [3.1, 0.0], [math.nan, 0.0], [0.0, -3.01]])
    counts = cell_counts(x, 2, 3.0)
    assert counts.tolist() == [[0, 2], [1, 0]]  # row 0 is low, column 0 left
    assert cell_counts(torch.tensor([[-0.5], [0.4], [9.0]]), 3, 1.5).tolist() == [0, 2, 0]


def test_modes_are_counted_and_hit_by_a_fifth_of_their_share(ring):
    class Some(Affine):
        """Draws real points, of three modes in full, of one too few."""

        def sample(self, n, *, label=None, settings=None, generator):
            centres, std = ring.modes
            which = torch.tensor([0, 1, 2] * 33 + [5])[torch.arange(n) % 100]
            return centres[which] + 0.1 * std * torch.randn(n, 2, generator=generator)

    last, _ = _last(Census(ring).modes(Some(ring.spec, None), 1000, generator(0)))
    assert last.x.tolist() == [330, 330, 330, 0, 0, 10, 0, 0]
    assert int(last.views["hit"]) == 3
    assert float(last.views["share"]) == 1.0
    assert last.views["samples"].shape == (500, 2)
    assert last.views["mode"][:4].tolist() == [0, 1, 2, 0]


def test_images_are_counted_by_class_as_the_classifier_sees_them():
    digits = registry.load_data("digits")

    class Sevens(Affine):
        """Shows real sevens only."""

        def sample(self, n, *, label=None, settings=None, generator):
            sevens = digits.test.x[digits.test.labels[:, 0] == 7]
            return sevens[torch.arange(n) % len(sevens)]

    last, _ = _last(Census(digits).modes(Sevens(digits.spec, None), 120, generator(0)))
    assert last.x.sum() == 120
    assert last.x[7] > 110
    assert int(last.views["hit"]) == 1
    assert math.isnan(last.views["share"])


def test_where_neither_modes_nor_classes_are_known_nothing_is_counted():
    spec = replace(registry.load_data("digits").spec, name="nobody's")
    some = Batch.of(torch.rand(20, 1, 8, 8, generator=generator()), torch.zeros(20, 1, dtype=torch.int64))
    data = replace(registry.load_data("digits"), spec=spec, train=some, test=some)

    class Real(Affine):
        def sample(self, n, *, label=None, settings=None, generator):
            return some.x[:n]

    last, _ = _last(Census(data).modes(Real(spec, None), 20, generator(0)))
    assert last.x.shape == (0,)
    assert int(last.views["hit"]) == 0


@pytest.mark.parametrize(("model", "data"), [("diffusion", "moons"), ("gan", "bumps"), ("gaussian", "eight-gaussians")])
def test_every_family_can_be_counted(model, data):
    run, _ = trained(model, data, 5)
    last, _ = _last(Census(run.dataset).counts(run.sampler, 300, 16, 40.0, generator(1)))
    assert last.x.shape == (16,) * run.dataset.spec.dims
    assert int(last.x.sum()) == 300
