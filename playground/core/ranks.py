"""Several processes that train one model together, as torchrun starts them: on one machine or on many.

Each has the same weights, a share of every batch and noise of its own; their gradients are averaged as soon as a
backward pass is done, so that whatever a family does with a gradient, it does with that of all. The first process
decides when a turn or the training ends, and only it writes. `Ranks` is one process alone: nothing to agree on.

Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training".
"""

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from playground.core.errors import PlaygroundError, UsageError
from playground.core.model import GenerativeModel

T = TypeVar("T")

BEAT = 1.0  # seconds between two signs of life
SILENCE = 12.0  # seconds without any after which a process is given up; it may pass twice until the last one knows
LOST = (
    "Another of the processes that train together has ended or is out of reach, so all of them ended. The last save "
    "is whole: go on with the same command and --resume."
)


class Lost(PlaygroundError):
    """Another process is gone."""


class Ranks:
    """One process alone.

    Attributes:
        index: of this process among all.
        size: how many there are.
    """

    index = 0
    size = 1

    @property
    def first(self) -> bool:
        """Whether this one decides and writes."""
        return self.index == 0

    def check(self, device: str, batch: int) -> None:
        """Raises UsageError where so many processes cannot train there, or share such a batch."""

    def lead(self, word: bool) -> bool:
        """What the first process says, whatever the others do."""
        return word

    def noise(self, purpose: str) -> str:
        """The name of this process's own stream of random numbers."""
        return purpose

    def part(self, rows: Tensor) -> Tensor:
        """This process's share of a batch; all have as many, what is left over is left out."""
        return rows

    def average_gradients(self, model: nn.Module) -> None:
        """From now on each backward pass leaves the mean gradient over all processes."""

    def step(self, model: GenerativeModel, train: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        """Takes a step of training. One that needs all data leaves nothing to share: the first process takes it, and
        all have what it found."""
        return train()

    def mean(self, x: Tensor) -> Tensor:
        """The mean over all processes."""
        return x

    def share(self, tensors: Iterable[Tensor]) -> None:
        """Writes the first process's numbers into everybody's tensors."""

    def from_first(self, make: Callable[[], T]) -> T:
        """What the first process makes; the others are given a copy. Tensors in it must be on the CPU."""
        return make()

    def gathered(self, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """For the first process: its own tensors, and as "rank1/NAME" ... those of the others."""
        return dict(own)

    def own(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """A state in which what `gathered` keeps of this process has its plain name."""
        return state

    @contextmanager
    def one_by_one(self) -> Iterator[None]:
        """One process of each machine first: what it stores, a download for example, the others find."""
        yield

    def fail(self, code: int) -> bool:
        """Something broke, and all of them end: whether this one is the first, which says why. It leaves by `code`."""
        return True

    def close(self) -> None:
        """Waits for the others at the end."""


ALONE = Ranks()


def joined() -> Ranks:
    """The processes that torchrun started beside this one; alone without torchrun. Raises UsageError, Lost."""
    if int(os.environ.get("WORLD_SIZE", "1")) < 2 or not {"RANK", "MASTER_ADDR", "MASTER_PORT"} <= os.environ.keys():
        return ALONE
    return _Together()


class _Together(Ranks):
    """Gloo carries what is on the CPU, NCCL what is on GPUs; where several processes share a GPU, gloo does."""

    def __init__(self) -> None:
        import torch.distributed as dist

        self._dist = dist
        local, beside = int(os.environ.get("LOCAL_RANK", "0")), int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        backend, gpus = "gloo", torch.cuda.device_count()
        if gpus:
            torch.cuda.set_device(local % gpus)  # from now on "cuda" means this one
            backend = "cpu:gloo,cuda:nccl" if gpus >= beside and dist.is_nccl_available() else "cpu:gloo,cuda:gloo"
        with _or_lost():
            self._store, self.index, self.size = next(iter(dist.rendezvous("env://")))
            store = dist.PrefixStore("training", self._store)
            dist.init_process_group(backend, store=store, rank=self.index, world_size=self.size)
        self._pulse = _Pulse(dist.PrefixStore("pulse", self._store), self.index, self.size)
        self._local = local
        self._word = torch.zeros(1, dtype=torch.uint8)
        self._fresh: list[nn.Parameter] = []  # those that the backward pass under way has given a gradient

    def check(self, device: str, batch: int) -> None:
        if device == "mps":
            raise UsageError("Several processes train together on CPUs or with CUDA: add --device cpu.")
        if batch < self.size:
            raise UsageError(f"A batch of {batch} cannot be shared by {self.size} processes; raise train.batch.")

    def lead(self, word: bool) -> bool:
        self._word.fill_(word)
        with _or_lost():
            self._dist.broadcast(self._word, 0)
        return bool(self._word.item())

    def noise(self, purpose: str) -> str:
        return f"{purpose} of rank {self.index}" if self.index else purpose

    def part(self, rows: Tensor) -> Tensor:
        each = len(rows) // self.size
        return rows[self.index * each : (self.index + 1) * each]

    def average_gradients(self, model: nn.Module) -> None:
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.register_post_accumulate_grad_hook(self._has_gradient)

    def _has_gradient(self, parameter: nn.Parameter) -> None:
        if not self._fresh:  # no public call tells when a backward pass is done; torch's own wrappers use this one
            torch.autograd.Variable._execution_engine.queue_callback(self._average_fresh)  # type: ignore[attr-defined]
        self._fresh.append(parameter)

    @torch.no_grad()
    def _average_fresh(self) -> None:
        """One message for all gradients of a backward pass; they come in the order of the graph, alike everywhere."""
        gradients = [parameter.grad for parameter in self._fresh if parameter.grad is not None]
        self._fresh = []
        flat = self.mean(torch.cat([gradient.flatten() for gradient in gradients]))
        parts = flat.split([gradient.numel() for gradient in gradients])
        torch._foreach_copy_(gradients, [part.view_as(g) for part, g in zip(parts, gradients, strict=True)])

    def step(self, model: GenerativeModel, train: Callable[[], dict[str, Tensor]]) -> dict[str, Tensor]:
        if not model.full_batch:
            return train()

        def found() -> tuple[dict[str, Tensor], dict[str, Tensor], bool]:
            return _on_cpu(train()), _on_cpu(model.training_state()), model.finished

        values, kept, model.finished = self.from_first(found)
        self.share(model.state_dict().values())
        model.load_training_state({name: tensor.to(model.device) for name, tensor in kept.items()})
        return values

    def mean(self, x: Tensor) -> Tensor:
        x = x.contiguous() / self.size
        with _or_lost():
            self._dist.all_reduce(x)
        return x

    @torch.no_grad()
    def share(self, tensors: Iterable[Tensor]) -> None:
        for tensor in tensors:
            if tensor.numel():
                whole = tensor.detach().contiguous()
                with _or_lost():
                    self._dist.broadcast(whole, 0)
                if whole.data_ptr() != tensor.data_ptr():
                    tensor.copy_(whole)

    def from_first(self, make: Callable[[], T]) -> T:
        box = [make() if self.first else None]
        with _or_lost():
            self._dist.broadcast_object_list(box, 0, device=torch.device("cpu"))
        return box[0]  # type: ignore[return-value]

    def gathered(self, own: Mapping[str, Tensor]) -> dict[str, Tensor]:
        boxes: list[Any] | None = [None] * self.size if self.first else None
        with _or_lost():
            self._dist.gather_object(_on_cpu(own), boxes, 0)
        others = {f"rank{i}/{name}": t for i, box in enumerate(boxes or ()) if i for name, t in box.items()}
        return dict(own) | others

    def own(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        prefix = f"rank{self.index}/"
        mine = {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
        return {**state, **mine}

    @contextmanager
    def one_by_one(self) -> Iterator[None]:
        if self._local:
            self._wait()
        yield
        if not self._local:
            self._wait()

    def fail(self, code: int) -> bool:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # torchrun sends it to all that are still there
        atexit.register(os._exit, code)  # what waits for others would keep the interpreter from ending
        try:
            return bool(self._store.add("spoken", 1) == 1)
        except RuntimeError:  # the store went with the process that kept it
            return True

    def close(self) -> None:
        self._wait()
        self._pulse.stop()
        self._dist.destroy_process_group()

    def _wait(self) -> None:
        self.mean(torch.zeros(1))


def _on_cpu(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu() for name, tensor in tensors.items()}


@contextmanager
def _or_lost() -> Iterator[None]:
    """Says what a broken connection means."""
    try:
        yield
    except RuntimeError as error:
        raise Lost(LOST) from error


class _Pulse:
    """Signs of life. A connection that breaks is noticed at once; a machine that stands still, or a GPU that waits for
    another that is gone, only by silence. The first process listens to all, the others to the first."""

    def __init__(self, store: Any, index: int, size: int) -> None:
        self._store, self._own = store, f"beat/{index}"
        others = range(1, size) if index == 0 else range(1)
        self._beats = dict.fromkeys(others, 0)
        self._silent = dict.fromkeys(others, 0.0)  # seconds, by own looks: whoever slept himself has not listened
        self._ended = threading.Event()
        for work in (self._beat, self._listen):
            threading.Thread(target=work, name="playground-pulse", daemon=True).start()

    def stop(self) -> None:
        """Silence no longer means anything."""
        self._ended.set()

    def _beat(self) -> None:
        try:
            while not self._ended.wait(BEAT):
                self._store.add(self._own, 1)
                for other, before in self._beats.items():
                    self._beats[other] = self._store.add(f"beat/{other}", 0)
                    if self._beats[other] != before:
                        self._silent[other] = 0.0
        except RuntimeError:  # no store, no signs: the other thread will see to it
            return

    def _listen(self) -> None:
        """Touches no connection, which might never answer."""
        while not self._ended.wait(BEAT):
            for other in self._silent:
                self._silent[other] += BEAT
            if max(self._silent.values()) > SILENCE:
                sys.stderr.write(LOST + "\n")
                sys.stderr.flush()
                os._exit(1)  # the main thread may wait for ever for what will not come
