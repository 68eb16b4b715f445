"""The style discriminator's features."""

import pytest
import torch

from playground.models.networks.deep_features import DeepFeatures
from tests.helpers import generator


@pytest.mark.parametrize(("side", "smallest"), [(8, 4), (16, 4), (28, 7), (32, 4)])
def test_features_are_as_many_as_announced_and_those_of_one_image_when_all_are_alike(side, smallest):
    net = DeepFeatures(3, side, 4).requires_grad_(False)
    x = torch.rand(1, 3, side, side, generator=generator()).expand(5, -1, -1, -1)
    found = net(x)
    assert found.shape == (5, net.out_features)
    assert net.out_features == net.last.out_channels * smallest**2
    torch.testing.assert_close(found, net(x[:1]).expand(5, -1), rtol=1e-4, atol=1e-5)


def test_images_that_differ_are_seen_to():
    net = DeepFeatures(1, 8, 4).requires_grad_(False)
    x = torch.rand(5, 1, 8, 8, generator=generator())
    beside_others, alone = net(x)[0], net(x[:1])[0]
    assert not torch.allclose(beside_others, alone)
