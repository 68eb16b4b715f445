"""A model so small that each of its numbers is known: two numbers, pulled to the mean of the data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from playground.core.data import Batch, Dataset, DataSpec
from playground.core.experiment import Budget, Experiment, TrainSettings
from playground.core.hyperparams import param
from playground.core.model import GenerativeModel, SampleStep
from playground.core.trainer import Trainer

SPEC = DataSpec("two", (2,))
FAR = Budget("steps", 1e6)


class Pulled(GenerativeModel):
    """Each part is one number, with an optimizer of its own; remembers what it was trained on."""

    @dataclass(frozen=True)
    class Config:
        pull: float = param(1.0, low=0.0, high=1e9, live=True, help="Weight of the loss.")
        width: int = param(1, low=1, high=8, help="Shapes the network.")

    parts = ("first", "second")
    answers = GenerativeModel.answers | {"breaks", "mean_of", "flag"}
    stops_at = 10**9
    breaks_at = 10**9

    def __init__(self, spec: DataSpec, config: Any) -> None:
        super().__init__(spec, config)
        self.first, self.second = nn.Parameter(torch.randn(1)), nn.Parameter(torch.randn(1))
        self.register_buffer("steps", torch.tensor(0))
        self.seen: list[list[int]] = []
        self.rates: list[float] = []

    @classmethod
    def supports(cls, spec: DataSpec) -> str | None:
        return None if spec.kind == "points" else "This model only knows points in the plane."

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "sample_steps"})

    def configure_optimizers(self) -> dict[str, Optimizer]:
        second = [{"params": [self.second], "lr_scale": 0.5}]
        return {"first": torch.optim.SGD([self.first]), "second": torch.optim.SGD(second)}

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        if len(self.seen) == self.breaks_at:
            raise RuntimeError("the update broke")
        self.seen.append(batch.index.tolist())
        self.rates.append(optimizers["first"].param_groups[0]["lr"])
        noise = torch.randn(2, generator=generator)
        loss = self.config.pull * (self._distance(batch) + 0.01 * (self._both() * noise).sum())
        with self.stage("update"):
            for part in parts:
                optimizers[part].zero_grad()
            loss.backward()
            for part in parts:
                optimizers[part].step()
        self.steps += 1
        self.finished = len(self.seen) >= self.stops_at
        return {"loss": loss.detach(), "distance": self._distance(batch).detach()}

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": self._distance(batch) + 0.01 * torch.randn((), generator=generator)}

    def sample_steps(
        self, n: int, *, label: Any = None, settings: Any = None, generator: torch.Generator, start: Any = None,
        given: Any = None,
    ) -> Iterator[SampleStep]:  # fmt: skip
        x = torch.randn(n, 2, generator=generator) if start is None else start.x
        for i in range(0 if start is None else start.index, 4):
            yield SampleStep(i, 4, x, {"pull": self._both() - x}, generator.get_state())
            x = x + (self._both() - x) / 2
            if given is not None:
                x = torch.where(given[1] > 0, given[0], x)
        yield SampleStep(4, 4, x)

    def mean_of(self, x: Tensor) -> Tensor:
        return x.mean(dim=0)

    def flag(self) -> Tensor:
        return self.steps.clone()

    def breaks(self) -> Tensor:
        raise RuntimeError("no answer")

    def hidden(self) -> Tensor:
        return torch.zeros(1)

    def _both(self) -> Tensor:
        return torch.cat([self.first, self.second])

    def _distance(self, batch: Batch) -> Tensor:
        return ((batch.x - self._both()) ** 2).sum(dim=1).mean()


def dataset(n: int = 10, exact: Any = None) -> Dataset:
    """n points, the same every time."""
    x = torch.randn(n, 2, generator=torch.Generator().manual_seed(3)) + torch.tensor([2.0, -1.0])
    return Dataset(SPEC, Batch.of(x), Batch.of(x[:5] + 0.1), Batch.of(x[:5]), exact)


def experiment(seed: int = 0, config: Mapping[str, Any] | None = None, **train: Any) -> Experiment:
    """Learning rate 0.1, batches of four, a short average."""
    return Experiment("pulled", "two", config or {}, train=TrainSettings(**{"lr": 0.1, "batch": 4, "ema": 0.5} | train),
                      seed=seed)  # fmt: skip


def trainer(cls: type[Pulled] = Pulled, n: int = 10, **settings: Any) -> Trainer:
    """A fresh run."""
    return Trainer(cls, dataset(n), experiment(**settings))
