"""The layers of a network, watched while it works."""

import pytest
import torch

from playground import registry, runs
from playground.core.errors import PlaygroundError
from playground.evaluation.layers import Layers, activations
from playground.models.networks.unet import UNet
from tests.helpers import tiny


def test_each_layer_is_seen_in_its_order_and_no_longer_than_wanted():
    network = UNet(1, 8, 8, condition_dim=4)
    x, condition = torch.randn(2, 1, 8, 8), torch.randn(2, 4)
    with activations(network.layers()) as seen:
        out = network(x, condition)
    assert list(seen) == ["inlet", "down 1", "down 2", "middle 1", "attention", "middle 2", "up 1", "up 2"]
    torch.testing.assert_close(seen["inlet"], network.inlet(x))
    torch.testing.assert_close(network.outlet(torch.nn.functional.silu(network.norm(seen["up 2"]))), out)
    assert [maps.shape[-1] for maps in seen.values()] == [8, 8, 4, 4, 4, 4, 4, 8]

    first = seen["inlet"]
    network(x + 1, condition)
    assert seen["inlet"] is first


def test_an_answer_comes_with_its_layers_and_is_the_same():
    model = runs.start(tiny("diffusion", "digits")).model
    x = torch.rand(1, 1, 8, 8)
    watched = Layers().watch(model, "score", x=x, t=40)
    plain = model.score(x, 40)
    for name, value in plain.items():
        torch.testing.assert_close(watched.pop(name), value)
    assert list(watched) == list(model.visible_layers())
    assert all(maps.dim() == 4 and maps.shape[1] == 1 for maps in watched.values())


def test_only_answers_can_be_asked_for():
    with pytest.raises(PlaygroundError, match="does not answer"):
        Layers().watch(registry.open_run("diffusion-digits").model, "zero_grad")
