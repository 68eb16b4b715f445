"""Calls of the network that makes a sample are counted, whichever way a family makes it."""

import pytest

from playground.core.hyperparams import changed
from playground.evaluation.calls import CallCounter
from tests.helpers import generator, tiny, trainer_of


def calls(model: str, data: str, n: int = 3, settings: dict[str, object] | None = None, **config: object) -> int:
    made = trainer_of(tiny(model, data, **config)).sampler
    with CallCounter(made) as counter:
        made.sample(n, settings=changed(made.SampleSettings(), settings or {}), generator=generator())
    return counter.calls


@pytest.mark.parametrize(
    ("model", "data", "settings", "expected"),
    [
        ("diffusion", "eight-gaussians", {"steps": 25}, 25),
        ("diffusion", "eight-gaussians", {"steps": 4}, 4),
        ("autoregressive", "eight-gaussians", {}, 2),  # two coordinates
        ("autoregressive", "digits", {"cached": True}, 64),  # pixels, though no network is called as such
        ("autoregressive", "digits", {"cached": False}, 64),
        ("energy", "eight-gaussians", {"steps": 7}, 7),
        ("vae", "eight-gaussians", {}, 1),
        ("gan", "eight-gaussians", {}, 1),
        ("gan", "digits", {}, 1),
        ("stylegan", "digits", {}, 1),
        ("statistics", "eight-gaussians", {}, 1),
        ("gaussian", "eight-gaussians", {}, 0),  # no network
    ],
)
def test_a_sampler_s_calls(model, data, settings, expected):
    assert calls(model, data, settings=settings) == expected


def test_the_size_of_the_batch_does_not_count():
    assert calls("vae", "eight-gaussians", n=50) == 1


def test_nothing_is_counted_outside_the_block():
    model = trainer_of(tiny("gan", "eight-gaussians")).sampler
    with CallCounter(model) as counter:
        pass
    model.sample(2, generator=generator())
    assert counter.calls == 0
