"""What a window is told of a data set."""

import numpy as np
import pytest

from playground import registry
from playground.core.data_facts import GRID, data_facts

EXACT = ("bumps", "moons", "eight-gaussians", "rings", "spiral", "checkerboard")


@pytest.mark.parametrize("name", EXACT)
def test_the_exact_density_is_drawn_where_the_data_are(name):
    dataset = registry.load_data(name)
    density = data_facts(dataset)["density"]
    spec, test = dataset.spec, dataset.test.x.numpy()
    assert density.shape == (GRID,) * spec.dims
    cell = (2 * spec.extent / (GRID - 1)) ** spec.dims
    assert density.sum() * cell == pytest.approx(1, abs=0.05)
    place = np.rint((test + spec.extent) / (2 * spec.extent) * (GRID - 1)).astype(int).clip(0, GRID - 1)
    at_data = density[tuple(place.T[::-1])]  # row 0 is the lowest y: (y, x)
    assert (at_data > 0.02 * density.max()).mean() > 0.95


def test_data_whose_density_nobody_knows_has_none():
    assert data_facts(registry.load_data("digits"))["density"] is None
