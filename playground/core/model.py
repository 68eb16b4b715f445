"""What every family is: a module that trains itself a step at a time and samples a step at a time."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.hyperparams import Empty, Param, params_on
from playground.core.random import drawing_from, undrawn

DensityKind = Literal["exact", "lower bound", "none"]


@dataclass(frozen=True)
class SampleStep:
    """One state of a sampler that works in steps, and all that is needed to go on from it.

    Attributes:
        index, total: this state's place; 0 is the start, `total` the finished sample.
        x: the state (B, *shape), in the data's own range.
        views: what the model computed at this state (predicted noise, predicted x_0, mean ...); empty at the end.
        generator_state: of the sampler's generator just before this state's own noise is drawn, so that going on from
            an edited state draws the same noise.
    """

    index: int
    total: int
    x: Tensor
    views: Mapping[str, Tensor] = field(default_factory=dict)
    generator_state: Tensor | None = None


Given = tuple[Tensor, Tensor]
"""(x, mask), both (B, *shape): where the mask is 1 the sample must equal x."""

COUNT = "updates"  # the name of the buffer in which a family counts its updates


class GenerativeModel(nn.Module):
    """The base of all families.

    A family's class side says what it can do on which data; an instance holds the weights. Subclasses define `Config`,
    `SampleSettings`, `supports`, `build`, `train_step` and whatever `capabilities` promises.

    Attributes:
        Config: settings that shape the model and its training.
        SampleSettings: settings of its sampler.
        parts: what can be trained alone, in the order of the update.
        answers: methods that a `Query` may name; they take tensors and plain values by keyword and return a tensor, a
            dict of tensors, or an iterator of `SampleStep`.
        config: this model's settings; the trainer replaces it when a live one changes.
        spec: the data it was built for.
        finished: set by a model that has nothing left to learn; ends training early.
    """

    Config: ClassVar[type[Any]] = Empty
    SampleSettings: ClassVar[type[Any]] = Empty
    parts: ClassVar[tuple[str, ...]] = ("model",)
    fitted: ClassVar[tuple[str, ...]] = ()  # buffers with numbers that training sets, though not by gradients
    answers: ClassVar[frozenset[str]] = frozenset(
        {"sample", "sample_steps", "encode", "posterior", "decode", "log_density"}
    )

    def __init__(self, spec: DataSpec, config: Any) -> None:
        super().__init__()
        self.spec = spec
        self.config = config
        self.finished = False
        self.watcher: Callable[[str], None] | None = None

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """What `to` does to each tensor. COUNT stays on the CPU, where to read it waits for no GPU."""
        kept = {name: tensor for name, tensor in self._buffers.items() if name == COUNT}
        super()._apply(fn, recurse)
        self._buffers.update(kept)
        return self

    # -- class side -----------------------------------------------------------------------------------------------

    @classmethod
    def supports(cls, spec: DataSpec) -> str | None:
        """None where this family can learn such data, else the sentence why not."""
        return None

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        """Which of sample, sample_steps, complete, encode, decode and log_density it offers on such data."""
        raise NotImplementedError

    @classmethod
    def density_kind(cls, spec: DataSpec) -> DensityKind:
        """What `log_density` is: exact, a lower bound, or not there at all."""
        return "none"

    @classmethod
    def build(cls, spec: DataSpec, config: Any) -> Self:
        """A fresh model for this data; the one place where points and images part ways."""
        return cls(spec, config)

    @classmethod
    def fresh(cls, spec: DataSpec, config: Any, generator: torch.Generator) -> Self:
        """`build`, with every initial weight drawn from `generator`."""
        with drawing_from(generator):
            return cls.build(spec, config)

    def may_become(self, config: Any) -> str | None:
        """None where training can go on under these settings, which differ in live ones, else the sentence why not."""
        return None

    # -- training -------------------------------------------------------------------------------------------------

    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """Once before step 0, never on resume: what is learned from the data without gradients, kept in buffers."""

    def configure_optimizers(self) -> dict[str, Optimizer]:
        """An optimizer a part. The trainer sets each group's learning rate: the run's own, times the group's
        ``lr_scale`` if it has one."""
        return {"model": torch.optim.Adam(self.parameters(), fused=True)}

    def train_step(
        self,
        batch: Batch,
        optimizers: Mapping[str, Optimizer],
        generator: torch.Generator,
        parts: tuple[str, ...],
    ) -> dict[str, Tensor]:
        """One update of the named parts. Returns detached scalars, the loss first."""
        raise NotImplementedError

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The terms of `train_step` on data that is not trained on; empty where that means nothing."""
        return {}

    def training_state(self) -> dict[str, Tensor]:
        """Tensors needed to resume but not to sample: replay buffers, EM statistics."""
        return {}

    def load_training_state(self, state: Mapping[str, Tensor]) -> None:
        """Takes back what `training_state` gave."""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Names a sub-step ("D on fakes"); costs nothing unless somebody watches."""
        if self.watcher is not None:
            self.watcher(name)
        yield

    # -- sampling -------------------------------------------------------------------------------------------------

    def sample(
        self, n: int, *, label: Tensor | None = None, settings: Any = None, generator: torch.Generator
    ) -> Tensor:
        """`n` samples (n, *shape) in the data's range. `label`: int64 (n, F), -1 for "any".

        Nothing is noted that only training needs: a sampler that follows a slope leaves inference mode for that.
        """
        with torch.inference_mode():
            last = deque(self.sample_steps(n, label=label, settings=settings, generator=generator), maxlen=1).pop()
        return last.x.clone()  # an everyday tensor

    def sample_steps(
        self,
        n: int,
        *,
        label: Tensor | None = None,
        settings: Any = None,
        generator: torch.Generator,
        start: SampleStep | None = None,
        given: Given | None = None,
    ) -> Iterator[SampleStep]:
        """The sampler's states one by one, from noise to sample, or onwards from `start`."""
        raise NotImplementedError

    # -- the rest of the bargain ----------------------------------------------------------------------------------

    def log_density(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> Tensor:
        """log p(x), or a bound of it as `density_kind` says, in nats, (B,)."""
        raise NotImplementedError

    def encode(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """The code (B, latent_dim) of an example."""
        raise NotImplementedError

    def posterior(self, x: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """What an encoder says of an example's code: its ``mean``, and where it has one its ``std``, (B, latent_dim)
        each."""
        return {"mean": self.encode(x, label)}

    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """The example (B, *shape) that a code stands for."""
        raise NotImplementedError

    @property
    def density(self) -> DensityKind:
        """What this model's own `log_density` is: `density_kind`, unless a setting decides otherwise."""
        return type(self).density_kind(self.spec)

    @property
    def bounds_nll(self) -> bool:
        """Whether the loss is -log p(x) in nats or lies above it: then the data's entropy is its floor."""
        return False

    @property
    def full_batch(self) -> bool:
        """Whether a step wants all training data in order (EM, closed forms) instead of a batch."""
        return False

    def visible_layers(self) -> Mapping[str, nn.Module]:
        """What makes maps of an image inside, by the name that a person reads, in the order in which they are made."""
        return {}

    def sampling_fields(self) -> tuple[Param, ...]:
        """The settings of the sampler that do something here, in the range that this model has a use for."""
        return params_on(self.spec.kind, self.SampleSettings)

    @property
    def learned_numbers(self) -> int:
        """How many numbers training sets."""
        buffers = [buffer for name, buffer in self.named_buffers() if name in self.fitted]
        return sum(tensor.numel() for tensor in (*self.parameters(), *buffers))

    @property
    def latent_dim(self) -> int:
        """How many numbers z has; 0 for a family without z."""
        return 0

    @property
    def conditional(self) -> bool:
        """Whether samples can be asked for by label."""
        return bool(self.spec.classes) and bool(getattr(self.config, "conditional", False))

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        for tensor in (*self.parameters(), *self.buffers()):
            return tensor.device
        return torch.device("cpu")


def empty_copy(model: GenerativeModel, weights: Mapping[str, Tensor]) -> GenerativeModel:
    """An eval-mode twin whose tensors *are* `weights`: built on `meta`, so it costs no memory and no random draw."""
    with torch.device("meta"), undrawn():
        twin = type(model).build(model.spec, model.config)
    twin.load_state_dict(weights, assign=True)
    return twin.requires_grad_(False).eval()
