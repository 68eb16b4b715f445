"""Streams: one seed, many independent generators, and none of them the global one."""

import threading

import torch
from torch import nn

from playground.core.random import drawing_from, stream


def _numbers(generator: torch.Generator) -> list[float]:
    return torch.rand(4, generator=generator).tolist()


def test_a_stream_is_its_seed_and_purpose():
    assert _numbers(stream(3, "init")) == _numbers(stream(3, "init"))
    others = [stream(4, "init"), stream(3, "order"), stream(31, "nit"), stream(0, "3/init")]
    assert all(_numbers(other) != _numbers(stream(3, "init")) for other in others)


def test_any_seed_makes_a_stream():
    seeds = (0, 1, 2**63 - 1)
    assert len({tuple(_numbers(stream(seed, "init"))) for seed in seeds}) == len(seeds)


def test_layers_are_initialised_from_the_given_generator_alone():
    before = torch.get_rng_state()
    layers = []
    for seed in (0, 0, 1):
        with drawing_from(stream(seed, "init")):
            layers.append(nn.Sequential(nn.Linear(4, 4), nn.Conv2d(1, 2, 3), nn.Embedding(3, 2)).state_dict())
    assert torch.equal(torch.get_rng_state(), before)
    assert all(torch.equal(layers[0][name], layers[1][name]) for name in layers[0])
    assert not any(torch.equal(layers[0][name], layers[2][name]) for name in layers[0])


def test_plain_draws_are_caught_and_named_ones_left_alone():
    before = torch.get_rng_state()
    own, expected = stream(1, "own"), _numbers(stream(1, "own"))
    with drawing_from(stream(0, "init")):
        first = [torch.rand(2), torch.randn(2), torch.randperm(5), torch.randint(9, (3,)), torch.empty(2).uniform_(),
                 torch.bernoulli(torch.tensor(0.5)), torch.multinomial(torch.ones(3), 1), torch.normal(0.0, 1.0, (2,)),
                 nn.init.normal_(torch.empty(2)),
                 nn.init.kaiming_normal_(torch.empty(2, 2)), nn.init.orthogonal_(torch.empty(2, 2))]  # fmt: skip
        assert _numbers(own) == expected
    assert torch.equal(torch.get_rng_state(), before)
    assert len(first) == 11


def test_threads_draw_from_their_own():
    found: dict[int, torch.Tensor] = {}
    ready = threading.Barrier(2, timeout=30)

    def build(seed: int) -> None:
        with drawing_from(stream(seed, "init")):
            ready.wait()
            found[seed] = torch.cat([nn.Linear(3, 3).weight for _ in range(20)]).detach()

    threads = [threading.Thread(target=build, args=(seed,)) for seed in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    for seed in (0, 1):
        with drawing_from(stream(seed, "init")):
            alone = torch.cat([nn.Linear(3, 3).weight for _ in range(20)])
        assert torch.equal(found[seed], alone)
