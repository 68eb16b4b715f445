"""Tiny runs: real families on real data, trained in fractions of a second."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from playground import registry
from playground.core.data import Dataset
from playground.core.experiment import Budget, Experiment
from playground.core.hyperparams import changed, params
from playground.core.model import GenerativeModel
from playground.core.trainer import Trainer

FEW = Budget("steps", 1e6)  # more than any test trains


def tiny(model: str, data: str, seed: int = 0, **settings: object) -> Experiment:
    """A small experiment: the preset ``tiny`` where there is one, and `settings` on top (`train__lr` for train.lr)."""
    preset = "tiny" if "tiny" in registry.presets(model, data) else ""
    assignments = {key.replace("__", "."): value for key, value in settings.items()}
    return registry.experiment(model, data, preset, assignments, seed=seed)


def dataset_of(experiment: Experiment) -> Dataset:
    """The experiment's data."""
    return registry.load_data(experiment.data, dict(experiment.data_options))


def trainer_of(experiment: Experiment) -> Trainer:
    """A fresh trainer."""
    return Trainer(registry.model_class(experiment.model), dataset_of(experiment), experiment)


@lru_cache(maxsize=64)
def trained(model: str, data: str, steps: int = 60) -> tuple[Trainer, tuple[float, ...]]:
    """A tiny run after some steps, and its losses. Shared by tests: look, do not train on."""
    trainer = trainer_of(tiny(model, data))
    return trainer, losses_of(trainer, steps)


def losses_of(trainer: Trainer, steps: int, budget: Budget = FEW) -> tuple[float, ...]:
    """Trains some steps and gives the loss at each."""
    losses: list[float] = []
    goal = trainer.step + steps
    while trainer.step < goal and not trainer.over(budget):
        record = trainer.turn(steps=goal - trainer.step)
        losses += next(iter(record.values.values()))
    return tuple(losses)


def quick(model_class: type[GenerativeModel], **settings: object) -> Any:
    """Sampling settings with few steps, where the sampler has steps."""
    few: dict[str, object] = {"steps": 5} if "steps" in params(model_class.SampleSettings) else {}
    return changed(model_class.SampleSettings(), few | settings)


def labels_for(model: GenerativeModel, n: int) -> Tensor | None:
    """Some labels for a conditional model, None for another."""
    if not model.conditional:
        return None
    return torch.stack([torch.arange(n) % size for size in model.spec.classes], dim=1)


def generator(seed: int = 0) -> torch.Generator:
    """A generator of the test's own."""
    return torch.Generator().manual_seed(seed)


def differing(a: Mapping[str, Tensor], b: Mapping[str, Tensor]) -> list[str]:
    """Names of tensors that are not equal bit for bit."""
    return sorted(name for name in {**a, **b} if name not in a or name not in b or not torch.equal(a[name], b[name]))


def through_json(experiment: Experiment) -> Experiment:
    """As it comes back from its file."""
    return Experiment.from_json(json.loads(json.dumps(experiment.to_json())))


def fulfils(value: float, promise: str) -> bool:
    """Whether a number is as promised: "<= 0.25", ">= 8"."""
    sign, limit = promise.split()
    return {"<=": value <= float(limit), ">=": value >= float(limit)}[sign]
