"""How fast ours samples: beside other libraries' samplers, and cached beside naive where one number follows another."""

from typing import Any

import torch
from torch import Tensor

from playground.bench import peers, subjects, training
from playground.bench.race import Way, gflop, race, rounded
from playground.core.device import use_threads
from playground.core.errors import PlaygroundError
from playground.core.model import GenerativeModel
from playground.core.random import stream

SIDE, COUNT, STEPS = 16, 16, 10
FULL_SIDE = 28
OTHER_LOOP = "diffusers, our network"


def sample(seconds: float, count: int = 4) -> dict[str, Any]:
    """Samples a second of a diffusion model, ours and others in turn, in about so many seconds; then `count` images of
    28 x 28 pixels written number by number, cached and naive."""
    use_threads(1)
    with torch.random.fork_rng(devices=[]):
        return {**training.setting(), "diffusion": _diffusion(seconds), "autoregressive": written(FULL_SIDE, count)}


def _diffusion(seconds: float) -> dict[str, Any]:
    model = subjects.model("diffusion", SIDE, {"width": training.WIDTH})
    ours = _sampling(model, COUNT, steps=STEPS)
    ways: dict[str, Way] = {"playground": ours}
    one, t = torch.zeros(1, 1, SIDE, SIDE), torch.zeros(1, dtype=torch.int64)
    network: Any = model.network
    forward = gflop(lambda: network(one, t, None))
    for name in filter(peers.is_installed, (peers.DIFFUSERS, peers.LUCIDRAINS)):
        peer = peers.unet(name, SIDE, training.levels(SIDE), forward)
        ways[name] = peers.sample_unet(name, peer, COUNT, SIDE, STEPS)
    if peers.DIFFUSERS in ways:
        ways[OTHER_LOOP] = peers.diffusers_loop(lambda x, t: network(x, t.expand(len(x)), None), COUNT, SIDE, STEPS)
    work = {name: gflop(way) for name, way in ways.items()}
    found = race(ways, seconds)
    return {
        "size": SIDE, "count": COUNT, "steps": STEPS,
        **training.compared(found, (peers.DIFFUSERS, peers.LUCIDRAINS, OTHER_LOOP), work),
    }  # fmt: skip


def written(side: int, count: int, **config: Any) -> dict[str, Any]:
    """An autoregressive model's sampler against itself without what it remembers; raises PlaygroundError where the two
    do not give the same bits."""
    model = subjects.model("autoregressive", side, config)
    drawn: dict[str, Tensor] = {}

    def writing(name: str, cached: bool) -> Way:
        def write() -> None:
            settings = _settings(model, cached=cached)
            drawn[name] = model.sample(count, settings=settings, generator=stream(0, "bench"))

        return write

    cached, naive = writing("cached", True), writing("naive", False)
    cached()  # warms both up
    found = race({"cached": cached, "naive": naive}, seconds=0.0, rounds=1, warm_up=False)
    if not torch.equal(drawn["cached"], drawn["naive"]):
        raise PlaygroundError("Cached sampling gave other images than naive sampling, so its speed means nothing.")
    return {
        "size": side, "count": count,
        "cached_samples_per_second": rounded(found["cached"].middle * count),
        "naive_samples_per_second": rounded(found["naive"].middle * count),
        "same_bits": True,
        **found["cached"].against(found["naive"]),
    }  # fmt: skip


def _settings(model: GenerativeModel, **changes: Any) -> Any:
    return type(model).SampleSettings(**changes)


def _sampling(model: GenerativeModel, count: int, **changes: Any) -> Way:
    settings, generator = _settings(model, **changes), stream(0, "bench")

    def draw() -> None:
        model.sample(count, settings=settings, generator=generator)

    return draw
