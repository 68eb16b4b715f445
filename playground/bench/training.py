"""How fast ours trains: steps a second beside those of other libraries and of plain loops, and how its cost grows."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from playground import __version__
from playground.bench import growth, peers, plain, subjects
from playground.bench.race import MATMUL_GFLOP, Pace, Way, gflop, matmul, race, rounded
from playground.core.device import use_threads
from playground.core.trainer import Trainer

SIDE, BATCH, WIDTH = 16, 16, 32
LATENT, HIDDEN, PENALTY = 10, 384, 0.25
IMAGES = 1000


def train(seconds: float) -> dict[str, Any]:
    """Steps a second of four families, ours and others in turn, in about so many seconds; one thread of the CPU."""
    use_threads(1)
    with torch.random.fork_rng(devices=[]):
        return {
            **setting(),
            "unet": _unet(0.4 * seconds),
            "vae": _vae(0.1 * seconds),
            "gan": _gan(0.15 * seconds),
            "autoregressive": _autoregressive(0.15 * seconds),
            "growth": growth.training(0.2 * seconds),
        }


def setting() -> dict[str, Any]:
    """Where and how it was measured."""
    return {
        "device": "cpu",
        "threads": 1,
        "clock": "seconds of the processor",
        "playground": __version__,
        "torch": torch.__version__,
    }


def _unet(seconds: float) -> dict[str, Any]:
    """At nearly equal work; what is left of a difference in work is counted in the ratio."""
    x = subjects.images(IMAGES, SIDE)
    run = subjects.trainer("diffusion", x, {"width": WIDTH}, BATCH)
    network, one, t = run.model.get_submodule("network"), x[:1], torch.zeros(1, dtype=torch.int64)
    forward = gflop(lambda: network(one, t, None))
    ways = {"playground": subjects.training(run), "matmul": matmul()}
    for name in filter(peers.is_installed, (peers.DIFFUSERS, peers.LUCIDRAINS)):
        ways[name] = peers.train_unet(name, peers.unet(name, SIDE, levels(SIDE), forward), plain.batches_of(x, BATCH))
    work = {name: gflop(way) for name, way in ways.items()}
    found = race(ways, seconds)
    best = found.pop("matmul").middle * MATMUL_GFLOP
    return {
        "size": SIDE, "batch": BATCH, "matmul_gflop_per_second": rounded(best),
        "matmul_share": rounded(found["playground"].middle * work["playground"] / best),
        **compared(found, (peers.DIFFUSERS, peers.LUCIDRAINS), work),
    }  # fmt: skip


def levels(side: int) -> tuple[int, ...]:
    """Channels at each level of our U-Net, as multiples of those of the first."""
    found = [1]
    while side % 2 == 0 and side > 4:
        side //= 2
        found.append(min(2 * found[-1], 4))
    return tuple(found)


def _vae(seconds: float) -> dict[str, Any]:
    config = {"latent_dim": LATENT, "hidden": HIDDEN, "pixels": "binomial"}
    x, run, part = _small("vae", config, 64)
    batches = plain.batches_of(x, 64)
    ways = {
        "playground": subjects.training(run),
        "plain loop": plain.train_vae(part("encoder"), part("decoder"), subjects.LEVELS, batches),
    }
    if peers.is_installed(peers.PYTHAE):
        ways[peers.PYTHAE] = peers.train_pythae(64, HIDDEN, LATENT, batches)
    return {"size": 8, "batch": 64, **compared(race(ways, seconds), ("plain loop", peers.PYTHAE))}


def _gan(seconds: float) -> dict[str, Any]:
    x, run, part = _small("gan", {"width": 32, "latent_dim": LATENT, "penalty": PENALTY}, 64)
    loop = plain.train_gan(part("generator"), part("discriminator"), LATENT, PENALTY, plain.batches_of(x, 64))
    return {"size": 8, "batch": 64, **_against_a_loop(run, loop, seconds)}


def _autoregressive(seconds: float) -> dict[str, Any]:
    x, run, part = _small("autoregressive", {}, 48)
    loop = plain.train_autoregressive(part("network"), subjects.LEVELS, plain.batches_of(x, 48))
    return {"size": 8, "batch": 48, **_against_a_loop(run, loop, seconds)}


def _small(family: str, config: Mapping[str, Any], batch: int) -> tuple[Tensor, Trainer, Callable[[str], nn.Module]]:
    """Images of 8 x 8, a run on them, and the parts of a second model, just as built, for a loop of another's."""
    x = subjects.images(IMAGES, 8)
    run, other = (subjects.trainer(family, x, config, batch) for _ in range(2))
    return x, run, other.model.get_submodule


def _against_a_loop(run: Trainer, loop: Way, seconds: float) -> dict[str, Any]:
    ways = {"playground": subjects.training(run), "plain loop": loop}
    return compared(race(ways, seconds), ("plain loop",))


def compared(
    found: Mapping[str, Pace], others: tuple[str, ...], work: Mapping[str, float] | None = None
) -> dict[str, Any]:
    """Our pace, and beside that of each other how many times as fast ours is; a peer that is not there says so.
    `work`: GFLOP a step, where it is not the same."""
    ours = found["playground"]
    content: dict[str, Any] = {"playground": ours.to_json() | _work("playground", work)}
    for name in others:
        if name in found:
            share = work["playground"] / work[name] if work else 1.0
            content[name] = found[name].to_json() | _work(name, work) | ours.against(found[name], share)
        else:
            content[name] = peers.NOT_INSTALLED
    return content


def _work(name: str, work: Mapping[str, float] | None) -> dict[str, float]:
    return {"gflop_per_step": rounded(work[name])} if work else {}
