"""Building blocks: shapes, and that each input reaches the output."""

import math

import pytest
import torch
from torch import nn

from playground.models.networks.embedding import FourierPoints, LabelEmbedding, sinusoids
from playground.models.networks.mlp import ModulatedMLP, mlp
from playground.models.networks.unet import UNet
from tests.helpers import generator


def _random(module: nn.Module) -> nn.Module:
    """Weights that are zero at the start would hide what does not reach the output."""
    draws = generator()
    for parameter in module.parameters():
        parameter.data = 0.2 * torch.randn(parameter.shape, generator=draws)
    return module


def test_an_mlp_has_a_bend_between_its_layers_and_none_at_the_end():
    kinds = [type(layer) for layer in mlp(2, 8, 8, 3)]
    assert kinds == [nn.Linear, nn.SiLU, nn.Linear, nn.SiLU, nn.Linear]
    assert mlp(2, 8, 3)(torch.zeros(5, 2)).shape == (5, 3)


def test_sinusoids_tell_all_times_apart():
    waves = sinusoids(torch.arange(1000), 32)
    assert waves.shape == (1000, 32)
    torch.testing.assert_close(waves[7, 0].item(), math.cos(7), rtol=0, atol=1e-6)
    torch.testing.assert_close(waves[7, 16].item(), math.sin(7), rtol=0, atol=1e-6)
    distance = torch.cdist(waves, waves) + torch.eye(1000) * 9
    assert distance.min() > 0.1


def test_points_keep_themselves_beside_their_waves():
    points = FourierPoints(2, octaves=3)
    x = torch.randn(4, 2, generator=generator())
    assert points(x).shape == (4, points.out_features)
    assert torch.equal(points(x)[:, :2], x)


def test_a_label_is_the_sum_over_its_factors_and_any_has_a_vector_of_its_own():
    embedding = _random(LabelEmbedding((3, 2), 8))
    labels = torch.tensor([[0, 0], [2, 0], [0, 1], [2, 1], [-1, -1]])
    vectors = embedding(labels)
    assert vectors.shape == (5, 8)
    torch.testing.assert_close(vectors[0] + vectors[3], vectors[1] + vectors[2])
    assert torch.cdist(vectors, vectors).add(torch.eye(5) * 9).min() > 0.01


def test_a_condition_reaches_every_point():
    network = _random(ModulatedMLP(2, 16, depth=2, condition_dim=4))
    x, condition = torch.randn(3, 2, generator=generator()), torch.zeros(3, 4)
    out = network(x, condition)
    assert out.shape == (3, 2)
    changed = network(x, condition + torch.tensor([[0.0], [1.0], [0.0]]))
    assert (changed - out).abs().amax(dim=1).gt(1e-4).tolist() == [False, True, False]


@pytest.mark.parametrize("side", [4, 5, 8, 12, 28])
@pytest.mark.parametrize("channels", [1, 3])
def test_a_unet_returns_an_image_of_the_same_size(side, channels):
    network = UNet(channels, 8, side, condition_dim=16)
    x = torch.randn(2, channels, side, side, generator=generator())
    out = network(x, torch.zeros(2, 16))
    assert out.shape == x.shape
    assert torch.equal(out.amin(dim=(2, 3)), out.amax(dim=(2, 3)))  # untrained it says the same everywhere


def test_every_pixel_and_the_condition_reach_a_unets_whole_output():
    network = _random(UNet(1, 8, 8, condition_dim=4))
    x, condition = torch.zeros(1, 1, 8, 8), torch.zeros(1, 4)
    out = network(x, condition)
    poked = x.clone()
    poked[0, 0, 0, 0] = 1.0
    assert (network(poked, condition) - out).abs().min() > 0
    assert (network(x, condition + 1) - out).abs().min() > 0


def test_images_of_a_batch_do_not_see_each_other():
    network = _random(UNet(1, 8, 8, condition_dim=4))
    x, condition = torch.randn(3, 1, 8, 8, generator=generator()), torch.randn(3, 4, generator=generator())
    together = network(x, condition)
    alone = torch.cat([network(x[i : i + 1], condition[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone, rtol=1e-3, atol=1e-4)
