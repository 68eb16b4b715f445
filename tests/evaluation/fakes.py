"""Models whose numbers are known beforehand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec
from playground.core.experiment import Experiment
from playground.core.hyperparams import param
from playground.core.model import DensityKind, GenerativeModel
from playground.data._mixture import Mixture
from playground.registry import OpenRun


class Known(GenerativeModel):
    """Is exactly a mixture."""

    kind: DensityKind = "exact"

    def __init__(self, spec: DataSpec, mixture: Mixture) -> None:
        super().__init__(spec, None)
        self.mixture = mixture

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "log_density"})

    @classmethod
    def density_kind(cls, spec: DataSpec) -> DensityKind:
        return cls.kind

    def sample(
        self, n: int, *, label: Tensor | None = None, settings: Any = None, generator: torch.Generator
    ) -> Tensor:
        return self.mixture.sample(n, generator)

    def log_density(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> Tensor:
        return self.mixture.log_density(x)


class Bounded(Known):
    """The same, but it only claims a bound."""

    kind = "lower bound"


class Copier(GenerativeModel):
    """Knows training images by heart; its code is the image itself."""

    @dataclass(frozen=True)
    class Config:
        conditional: bool = param(False, help="Copies an image of the class asked for.")
        offset: int = param(0, help="Copies the class so many further on instead.")

    def __init__(self, spec: DataSpec, config: Config, train: Batch) -> None:
        super().__init__(spec, config)
        self.train_data = train
        self.asked: list[int] = []

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "encode", "decode"})

    def sample(
        self, n: int, *, label: Tensor | None = None, settings: Any = None, generator: torch.Generator
    ) -> Tensor:
        assert (label is not None) == self.conditional
        self.asked.append(n)
        rows = torch.randint(len(self.train_data), (n,), generator=generator)
        if label is not None:
            wanted = (label[:, 0] + self.config.offset) % self.spec.classes[0]
            rows = torch.stack([(self.train_data.labels[:, 0] == k).nonzero()[i, 0] for i, k in enumerate(wanted)])
        return self.train_data.x[rows]

    def encode(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        return x.flatten(1)

    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        return z.unflatten(1, self.spec.shape)


def open_fake(model: GenerativeModel, dataset: Dataset, name: str = "fake") -> OpenRun:
    """A run that was never on disk."""
    experiment = Experiment(name, dataset.spec.name, seed=4)
    return OpenRun(Path("fake"), experiment, model.eval(), dataset, {"step": 7, "seconds": 1.5})
