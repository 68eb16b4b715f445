"""What a data set is: a spec, three splits that live in memory, and where it is known its exact density."""

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

import torch
from torch import Tensor

from playground.core.hyperparams import Empty

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True)
class Factor:
    """One known cause of an example: a label.

    Attributes:
        name: "digit", "colour", ...
        values: the names of a discrete factor's values; empty for a continuous one.
        low, high: the range of a continuous factor.
    """

    name: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0

    @property
    def size(self) -> int | None:
        """How many values a discrete factor has; None for a continuous one."""
        return len(self.values) or None


@dataclass(frozen=True)
class DataSpec:
    """All a model needs to size itself.

    Attributes:
        name: the data set's name.
        shape: of one example: (1,) for numbers on the line, (2,) for points in the plane, (C, H, W) for images.
        low, high: the range of values; images are always in [0, 1].
        levels: how many equally spaced values a pixel can take, both ends included; None for continuous data.
        factors: the known causes; the discrete ones in the order of the columns of `Batch.labels`, the continuous ones
            in that of `Batch.measures`.
        extent: half the side of the square in which points are drawn.
    """

    name: str
    shape: tuple[int, ...]
    low: float = 0.0
    high: float = 1.0
    levels: int | None = None
    factors: tuple[Factor, ...] = ()
    extent: float = 3.0

    @property
    def kind(self) -> Literal["points", "images"]:
        """Points have one axis, images three."""
        return "points" if len(self.shape) == 1 else "images"

    @property
    def dims(self) -> int:
        """Numbers in one example."""
        return int(torch.Size(self.shape).numel())

    @property
    def classes(self) -> tuple[int, ...]:
        """Sizes of the discrete factors, in order: what a conditional model can be asked for."""
        return tuple(factor.size for factor in self.factors if factor.size)

    @property
    def continuous(self) -> tuple[Factor, ...]:
        """The continuous factors, in order."""
        return tuple(factor for factor in self.factors if not factor.size)


@dataclass(frozen=True)
class Batch:
    """Some examples.

    Attributes:
        x: float32 (B, *shape).
        labels: int64 (B, F), a column a discrete factor; F may be 0.
        index: int64 (B,), the rows of the split they came from.
        measures: float32 (B, M), a column a continuous factor, in the factor's own range; M may be 0.
    """

    x: Tensor
    labels: Tensor
    index: Tensor
    measures: Tensor

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Tensor) -> "Batch":
        """The examples at some rows."""
        columns = (self.x, self.labels, self.index, self.measures)
        return Batch(*(column.index_select(0, rows) for column in columns))

    def to(self, device: torch.device | str) -> "Batch":
        """The same on another device."""
        return Batch(self.x.to(device), self.labels.to(device), self.index.to(device), self.measures.to(device))

    @classmethod
    def of(cls, x: Tensor, labels: Tensor | None = None, measures: Tensor | None = None) -> "Batch":
        """All of a split, numbered in order."""
        if labels is None:
            labels = torch.zeros(len(x), 0, dtype=torch.int64)
        if measures is None:
            measures = torch.zeros(len(x), 0)
        return cls(x, labels, torch.arange(len(x)), measures)


@runtime_checkable
class ExactDensity(Protocol):
    """A distribution that is known in closed form: a density of points, or the probability of a discrete image."""

    @property
    def entropy(self) -> float:
        """Entropy in nats (of points: differential): the floor under any model's NLL."""

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x) in nats: (N, *shape), any float type -> (N,)."""

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draws (n, *shape)."""


@runtime_checkable
class NoisedDensity(ExactDensity, Protocol):
    """A density of points (N, D) whose every noised version is known as well.

    `signal` and `noise` describe the variable ``signal * x + noise * ε``, ε ~ N(0, I); the defaults are the data.
    """

    def log_density(self, x: Tensor, signal: float = 1.0, noise: float = 0.0) -> Tensor:
        """log p(x) in nats, (N,)."""

    def score(self, x: Tensor, signal: float = 1.0, noise: float = 0.0) -> Tensor:
        """∇ log p(x), (N, D)."""


@dataclass(frozen=True)
class Dataset:
    """A data set in memory.

    Attributes:
        spec: its shape and meaning.
        train, validation, test: "best" is chosen on validation, reports come from test.
        exact: the density it was drawn from, where that is known.
        modes: centres of well-separated modes (M, D) and their standard deviation, one of all or (M,), where that makes
            sense.
        options: what it was loaded under; its fields declare what there is to choose.
        original: the same before its training split was edited; None where nothing was.
    """

    spec: DataSpec
    train: Batch
    validation: Batch
    test: Batch
    exact: ExactDensity | None = None
    modes: tuple[Tensor, float | Tensor] | None = None
    options: Any = None
    original: "Dataset | None" = None
    _hash: list[str] = field(default_factory=list, repr=False, compare=False)

    def split(self, name: Split) -> Batch:
        """One split by name."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[name]

    def to(self, device: torch.device | str) -> "Dataset":
        """The same with its splits on another device."""
        train, validation, test = (split.to(device) for split in (self.train, self.validation, self.test))
        return replace(self, train=train, validation=validation, test=test)

    @property
    def hash(self) -> str:
        """SHA-256 over the training examples and labels: equal hashes mean the same data."""
        if not self._hash:
            digest = hashlib.sha256()
            for tensor in (self.train.x, self.train.labels):
                digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
            self._hash.append(digest.hexdigest())
        return self._hash[0]


class DataSource(Protocol):
    """What a data file offers: the class ``Source`` beside its CARD."""

    Options: ClassVar[type[Any]] = Empty

    @staticmethod
    def load(options: Any, *path: Path) -> Dataset:
        """The data set under these options. A source whose CARD has ``takes`` ("a file", "a folder") is named
        NAME:PATH by its user and handed that path; any other is handed none."""
