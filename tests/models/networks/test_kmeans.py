"""Where a mixture starts."""

import pytest
import torch

from playground import registry
from playground.models.networks.kmeans import kmeans_start
from tests.helpers import generator


@pytest.mark.parametrize("seed", range(10))
def test_every_mode_gets_a_centre(seed):
    dataset = registry.load_data("eight-gaussians", {})
    modes, _ = dataset.modes
    centres, _ = kmeans_start(dataset.train.x[:2000], 8, generator(seed))
    assert sorted(torch.cdist(centres, modes).argmin(dim=1).tolist()) == list(range(8))


def test_distances_are_those_to_the_nearest_centre():
    y = torch.randn(50, 3, generator=generator())
    centres, distance = kmeans_start(y, 4, generator(1))
    expected = (y[:, None] - centres).square().sum(dim=2).min(dim=1).values
    torch.testing.assert_close(distance, expected, rtol=1e-4, atol=1e-5)
    assert all(bool((y == centre).all(dim=1).any()) for centre in centres)


def test_equal_examples_are_no_obstacle():
    centres, distance = kmeans_start(torch.ones(5, 2), 3, generator())
    assert torch.equal(centres, torch.ones(3, 2))
    assert not distance.any()
