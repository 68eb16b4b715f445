"""The generator and the discriminator of images: sizes, the conditional norm by hand, and what reaches what."""

import pytest
import torch
import torch.nn.functional as F

from playground.models.networks.conv_pair import ConditionalNorm, ConvFeatures, ConvGenerator, sides
from tests.helpers import generator

SIZES = [(1, 8), (3, 16), (3, 32), (1, 28), (2, 9), (1, 4)]


def _scattered(module: torch.nn.Module, scale: float = 0.3) -> torch.nn.Module:
    """Every parameter drawn anew, and no gradients."""
    draws = generator()
    for parameter in module.requires_grad_(False).parameters():
        parameter.copy_(scale * torch.randn(parameter.shape, generator=draws))
    return module


def test_maps_are_halved_upwards_until_they_are_small():
    assert sides(28) == [28, 14, 7]
    assert sides(32) == [32, 16, 8, 4]
    assert sides(9) == [9, 5]
    assert sides(4) == [4]


def test_the_conditional_norm_is_a_group_norm_whose_gain_and_bias_depend_on_the_condition():
    norm = _scattered(ConditionalNorm(16, 3))
    x, condition = torch.randn(4, 16, 5, 5, generator=generator(1)), torch.randn(4, 3, generator=generator(2))
    modulation = condition @ norm.modulation.weight.T + norm.modulation.bias  # (4, 32)
    for i in range(4):
        groups = x[i].view(8, -1)  # two channels each
        h = (groups - groups.mean(dim=1, keepdim=True)) / (groups.var(dim=1, correction=0, keepdim=True) + 1e-5).sqrt()
        h = h.view(16, 5, 5) * norm.norm.weight[:, None, None] + norm.norm.bias[:, None, None]
        gain, bias = modulation[i, :16, None, None], modulation[i, 16:, None, None]
        torch.testing.assert_close(norm(x, condition)[i], h * (1 + gain) + bias, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("channels", "side"), SIZES)
def test_generated_images_have_the_size_and_range_of_the_data(channels, side):
    net = _scattered(ConvGenerator(channels, side, 8, 5))
    image = net(torch.randn(3, 5, generator=generator(1)))
    assert image.shape == (3, channels, side, side)
    assert 0 <= image.min() < image.max() <= 1
    assert not torch.equal(image[0], image[1])


def test_every_layer_of_the_generator_sees_the_condition():
    net = _scattered(ConvGenerator(3, 32, 8, 5), scale=0.1)
    inlet, norms = net.inlet.weight, [norm.modulation.weight for norm in net.norms]
    assert len(norms) == 4
    kept = [weight.clone() for weight in (inlet, *norms)]
    for listening in range(len(kept)):
        for i, weight in enumerate((inlet, *norms)):
            weight.copy_(kept[i] if i == listening else torch.zeros_like(weight))
        image = net(torch.eye(5)[:2])
        assert not torch.equal(image[0], image[1]), f"place {listening}"


@pytest.mark.parametrize(("channels", "side"), SIZES)
def test_features_are_as_many_as_promised(channels, side):
    net = ConvFeatures(channels, side, 8).requires_grad_(False)
    x = torch.rand(3, channels, side, side, generator=generator())
    assert net(x).shape == (3, net.out_features)


def test_the_last_layer_sees_how_much_the_images_of_a_batch_differ():
    net = _scattered(ConvFeatures(1, 8, 8))
    net.last.weight[:, :-1] = 0.0  # deaf to all but the spread
    net.last.bias.zero_()
    net.last.weight[:, -1] = 0.0
    net.last.weight[:, -1, 1, 1] = 1.0  # and that is handed on as it is
    x = torch.rand(6, 1, 8, 8, generator=generator(1))
    h = F.leaky_relu(net.inlet(2 * x - 1), 0.2)
    h = F.leaky_relu(F.avg_pool2d(net.convolutions[0](h), 2), 0.2)
    expected = (h - h.mean(dim=0)).square().mean(dim=0).sqrt().mean()
    torch.testing.assert_close(net(x), expected.expand(6, net.out_features))
    assert net(x[:1].expand(6, -1, -1, -1)).max() < 2e-4  # all alike


def test_slopes_stay_finite_where_all_images_are_alike():
    net = ConvFeatures(1, 8, 8)
    x = torch.zeros(5, 1, 8, 8, requires_grad=True)
    (slope,) = torch.autograd.grad(net(x).sum(), x, create_graph=True)
    slope.square().sum().backward()
    assert bool(slope.isfinite().all())
    gradients = [parameter.grad for parameter in net.parameters() if parameter.grad is not None]
    assert gradients
    assert all(bool(gradient.isfinite().all()) for gradient in gradients)
