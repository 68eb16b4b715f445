"""Randomness with an owner: every purpose draws from a generator of its own, and nobody from the global one.

Then a preview cannot change a loss curve, two sessions at once cannot disturb each other, and one seed gives the same
numbers in the window and on the command line.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode


def stream(seed: int, purpose: str, device: torch.device | str = "cpu") -> torch.Generator:
    """A generator for one purpose ("init", "order", "training", "sampling", ...), independent of all others."""
    digest = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()
    generator = torch.Generator(device=device)
    generator.manual_seed(int.from_bytes(digest[:8], "little") >> 1)
    return generator


_IN_PLACE = {
    *(getattr(Tensor, name) for name in (
        "uniform_", "normal_", "bernoulli_", "random_", "exponential_", "log_normal_", "cauchy_", "geometric_")),
    *(getattr(torch.nn.init, name) for name in (
        "uniform_", "normal_", "trunc_normal_", "xavier_uniform_", "xavier_normal_", "kaiming_uniform_",
        "kaiming_normal_", "orthogonal_")),
}  # fmt: skip
_DRAWS = _IN_PLACE | {getattr(torch, name) for name in (
    "rand", "randn", "randint", "randperm", "bernoulli", "multinomial", "normal")}  # fmt: skip


class drawing_from(TorchFunctionMode):
    """Inside, every random draw without a generator of its own takes `generator`.

    Layers initialise themselves by calls that take no generator; this hands them one without touching the global
    state, which other threads share.
    """

    def __init__(self, generator: torch.Generator) -> None:
        super().__init__()
        self.generator = generator

    def __torch_function__(self, func: Any, types: Iterable[Any], args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in _DRAWS and kwargs.get("generator") is None:
            kwargs["generator"] = self.generator
        return func(*args, **kwargs)


class undrawn(TorchFunctionMode):
    """Inside, nothing is drawn into a tensor: for models on `meta`, whose numbers come from elsewhere. The first draw
    there would load torch's compiler, which takes longer than all else that opens a run."""

    def __torch_function__(self, func: Any, types: Iterable[Any], args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in _IN_PLACE:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)
