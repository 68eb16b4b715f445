"""How the cost of a training step grows with the size of images, the batch, the number of examples, and the number of
sessions that train at once.

Nothing should grow faster than its work, and neither examples nor sessions should cost a step anything.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from playground.bench import subjects
from playground.bench.race import exponent, gflop, race, rounded
from playground.core.backend import ThreadBackend
from playground.core.errors import PlaygroundError
from playground.core.experiment import Budget
from playground.core.job import Job
from playground.core.messages import Train
from playground.core.trainer import Trainer
from playground.core.turns import FairShare

SIDES = (8, 16, 32, 64)
BATCHES = (4, 8, 16, 32, 64)
EXAMPLES = (1_000, 10_000, 100_000, 1_000_000)
SESSIONS = (1, 2, 4)
_ROUNDS = 3
_WARM_UP = 20  # steps of each session before it is measured
_ENDLESS = Train(Budget("steps", 10_000_000))
_NARROW = {"width": 8}


def training(seconds: float) -> dict[str, Any]:
    """Four curves of a diffusion model in about so many seconds: over the side of its images, over the batch, and on
    points over the number of examples and of sessions. Raises PlaygroundError where a session breaks off."""
    return {
        "image_size": _curve(SIDES, lambda side: _images(side, 8), seconds / 4),
        "batch": _curve(BATCHES, lambda batch: _images(16, batch), seconds / 4),
        "examples": _curve(EXAMPLES, _points, seconds / 4),
        "sessions": _sessions(seconds / 4),
    }


def _images(side: int, batch: int) -> Trainer:
    return subjects.trainer("diffusion", subjects.images(64, side), _NARROW, batch)


def _points(count: int) -> Trainer:
    return subjects.trainer("diffusion", subjects.points(count), _NARROW, 64)


def _curve(sizes: Sequence[int], run_of: Callable[[int], Trainer], seconds: float) -> dict[str, Any]:
    """Steps a second, work and memory at each size, and the exponent with which a step's seconds, work and memory
    grow. Examples lie in memory beside what a step needs."""
    runs = {str(size): run_of(size) for size in sizes}
    work = [gflop(subjects.training(run)) / max(run.step, 1) for run in runs.values()]
    memory = [memory_of_a_step(run) for run in runs.values()]
    data = [_bytes([run.dataset.train.x]) for run in runs.values()]
    found = race({size: subjects.training(run) for size, run in runs.items()}, seconds, _ROUNDS)
    rates = [found[size].middle for size in runs]
    return {
        "sizes": list(sizes),
        "steps_per_second": [rounded(rate) for rate in rates],
        "gflop_per_step": [rounded(each) for each in work],
        "step_memory_mb": [rounded(each / 2**20) for each in memory],
        "data_memory_mb": [rounded(each / 2**20) for each in data],
        "exponents": {
            "seconds": rounded(exponent(sizes, [1 / rate for rate in rates])),
            "work": rounded(exponent(sizes, work)),
            "step_memory": rounded(exponent(sizes, memory)),
        },
    }


def _sessions(seconds: float) -> dict[str, Any]:
    """Steps a second of all sessions together, which take turns as in a race, and what they hold in memory; the
    exponents are of a step's seconds and of memory."""
    rates, memory = [], []
    for count in SESSIONS:
        runs = [_points(EXAMPLES[0]) for _ in range(count)]
        memory.append(sum(memory_of_a_step(run) for run in runs))
        rates.append(_together(runs, seconds / len(SESSIONS)))
    return {
        "sizes": list(SESSIONS),
        "steps_per_second": [rounded(rate) for rate in rates],
        "step_memory_mb": [rounded(each / 2**20) for each in memory],
        "exponents": {
            "seconds": rounded(exponent(SESSIONS, [1 / rate for rate in rates])),
            "step_memory": rounded(exponent(SESSIONS, memory)),
        },
    }


def _together(runs: Sequence[Trainer], seconds: float) -> float:
    """Steps a second of some runs, each in a worker of its own."""
    share = FairShare()
    workers = [ThreadBackend(partial(Job, run.experiment, run.dataset, run.sampler, run), share.seat()) for run in runs]
    try:
        for worker in workers:
            worker.send(_ENDLESS)
        while any(run.step < _WARM_UP for run in runs):
            _pass_time(workers)
        began, first = time.perf_counter(), sum(run.step for run in runs)
        while (steps := sum(run.step for run in runs) - first) == 0 or time.perf_counter() - began < seconds:
            _pass_time(workers)
        return steps / (time.perf_counter() - began)
    finally:
        for worker in workers:
            worker.ask_to_close()
        for worker in workers:
            worker.has_ended(60.0)


def _pass_time(workers: Sequence[ThreadBackend]) -> None:
    if workers[0].has_ended(0.01) or any(worker.has_ended() for worker in workers):
        raise PlaygroundError("A session that was measured beside others broke off, so nothing was measured.")


def memory_of_a_step(run: Trainer) -> int:
    """Bytes that training holds at once: weights and their gradients, what the optimizer and the average keep, and all
    that one step keeps for its backward pass, each piece of memory once."""
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        run.turn(steps=1)
    weights = _bytes(list(run.model.parameters()))
    states = [slot for optimizer in run.optimizers.values() for slots in optimizer.state.values() for slot in
              slots.values()]  # fmt: skip
    average = _bytes(list(run.sampler.parameters()))
    return sum(kept.values()) + 2 * weights + average + _bytes(states)


def _bytes(tensors: Sequence[Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
