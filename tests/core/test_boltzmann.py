"""exp(−E)/Z on a grid against Gaussians in closed form and against the model's own Z."""

import math

import numpy as np
import pytest
import torch

from playground.core.boltzmann import Boltzmann, Cells, kl, total_variation
from tests.helpers import trained

TALL = np.array([0.5, 0.8])  # standard deviations along x and y


def _gaussian(cells: Cells) -> Boltzmann:
    scale = TALL[: cells.dims]
    return Boltzmann(cells, 3 + 0.5 * (cells.points / scale) ** 2 @ np.ones(cells.dims))


@pytest.mark.parametrize("dims", [1, 2])
def test_z_mean_energy_and_draws_are_those_of_the_gaussian(dims):
    table = _gaussian(Cells(6.0, 120, dims))
    scale = TALL[:dims]
    assert table.log_z == pytest.approx(-3 + np.log(math.sqrt(2 * math.pi) * scale).sum(), abs=1e-6)
    assert table.mean_energy == pytest.approx(3 + dims / 2, abs=1e-5)
    assert table.mass.sum() == pytest.approx(1, abs=1e-9)
    x = table.draw(20_000, seed=1)
    assert x.std(axis=0) == pytest.approx(scale, rel=0.03)  # x and y are not mixed up
    assert x.mean(axis=0) == pytest.approx(np.zeros(dims), abs=0.03)


def test_z_is_the_model_s_own():
    model = trained("energy", "moons")[0].sampler
    cells, generator = Cells(6.0, 200, 2), torch.Generator().manual_seed(0)
    with torch.no_grad():
        energy = model.energy(torch.from_numpy(cells.points))
        own = (-energy[:1] - model.log_density(torch.from_numpy(cells.points[:1]), generator)).item()
    assert Boltzmann(cells, energy.numpy()).log_z == pytest.approx(own, abs=2e-3)


@pytest.mark.parametrize("dims", [1, 2])
def test_between_the_middles_of_cells_the_energy_is_linear(dims):
    cells = Cells(2.0, 8, dims)
    slope = np.array([3.0, -1.0])[:dims]
    table = Boltzmann(cells, cells.points @ slope)
    x = np.array([[0.3, -1.1], [1.7, 0.2]])[:, :dims]
    assert table.at(x) == pytest.approx(x @ slope)
    assert table.at(np.full((1, dims), 9.0)) == pytest.approx(np.full(dims, 1.75) @ slope)


def test_shares_of_its_own_draws_are_its_own_and_those_of_others_are_not():
    cells, by = Cells(6.0, 120, 2), 5
    table = _gaussian(cells)
    coarse, expected = table.coarse(by)
    assert expected.sum() == pytest.approx(1)
    found = coarse.shares(table.draw(50_000, seed=2))
    assert total_variation(found, expected) < 0.03
    assert 0 < kl(found, expected) < 0.01
    swapped = coarse.shares(table.draw(50_000, seed=2)[:, ::-1])
    assert total_variation(swapped, expected) > 0.2
    assert kl(swapped, expected) > 0.1


def test_distances_of_two_coins():
    p, q = np.array([0.5, 0.5]), np.array([0.9, 0.1])
    assert total_variation(p, q) == pytest.approx(0.4)
    assert kl(p, q) == pytest.approx(0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1))
    assert total_variation(np.array([0.5, 0.0]), q) == pytest.approx(0.5)  # half lies outside: 0.5 (0.4 + 0.1 + 0.5)
    assert kl(p, np.array([1.0, 0.0])) == math.inf
