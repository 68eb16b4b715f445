"""What is measured of ours: runs on images of noise, which cost what real ones cost, in any size and number."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from playground import registry
from playground.bench.race import Way
from playground.core.data import Batch, Dataset, DataSpec
from playground.core.experiment import Experiment, TrainSettings
from playground.core.model import GenerativeModel
from playground.core.random import stream
from playground.core.trainer import Trainer

LEVELS = 17  # of gray, as the bundled digits
AVERAGE = 0.995


def images(count: int, side: int) -> Tensor:
    """Gray images of noise on the levels, (count, 1, side, side)."""
    return torch.randint(LEVELS, (count, 1, side, side), generator=stream(0, "bench")) / (LEVELS - 1)


def points(count: int) -> Tensor:
    """Points in the plane, (count, 2)."""
    return torch.randn(count, 2, generator=stream(0, "bench"))


def trainer(family: str, x: Tensor, config: Mapping[str, Any], batch: int) -> Trainer:
    """A run of ours at step 0. Validation data are a single example: no peer looks at any."""
    levels = LEVELS if x.dim() == 4 else None
    spec = DataSpec("noise", tuple(x.shape[1:]), levels=levels)
    every, one = Batch.of(x), Batch.of(x[:1])
    experiment = Experiment(family, "noise", dict(config), train=TrainSettings(batch=batch, ema=AVERAGE))
    return Trainer(registry.model_class(family), Dataset(spec, every, one, one), experiment)


def training(run: Trainer) -> Way:
    """A turn of a run, as window and command line take it."""

    def turn() -> int:
        record = run.turn()
        return record.step - record.first

    return turn


def model(family: str, side: int, config: Mapping[str, Any]) -> GenerativeModel:
    """A model of ours with its first weights, ready to sample."""
    run = trainer(family, images(8, side), config, batch=8)
    return run.sampler
