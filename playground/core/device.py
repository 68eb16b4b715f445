"""Choosing where to compute, and saying in one sentence why it cannot be there."""

import functools
import threading

import torch

from playground.core.errors import UsageError

_WARMING = threading.Lock()
KINDS = ("auto", "cpu", "cuda", "mps")


def choose(name: str) -> str:
    """The device for "auto", "cpu", "cuda" or "mps". Raises UsageError where it is not to be had."""
    if name not in KINDS:
        raise UsageError(f"There is no device '{name}'. Known: {', '.join(KINDS)}.")
    has_cuda = torch.cuda.is_available()
    has_mps = torch.backends.mps.is_available()
    if name == "auto":
        return "cuda" if has_cuda else "mps" if has_mps else "cpu"
    if name == "cuda" and not has_cuda:
        reason = "this torch was built without CUDA" if torch.version.cuda is None else "no NVIDIA GPU was found"
        raise UsageError(f"CUDA cannot be used here: {reason}. Use --device cpu.")
    if name == "mps" and not has_mps:
        raise UsageError("MPS cannot be used here: it needs a Mac with Apple's GPU. Use --device cpu.")
    return name


def use_threads(count: int) -> None:
    """Intra-op threads of this process; one is fastest beside a live window."""
    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


def free_memory() -> None:
    """Gives back to a GPU what torch holds ready for the next tensors; for after memory ran out."""
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def is_warm() -> bool:
    """Whether a step of an optimizer has been taken, so that the next one loads nothing."""
    return bool(_first_step.cache_info().currsize)


def warm_up() -> None:
    """Takes one step of a dummy optimizer: the first one of a process loads a second's worth of modules, which nobody
    should have to wait for after pressing Train. Several workers may ask at once; one loads, the others wait for it."""
    with _WARMING:
        _first_step()


@functools.cache
def _first_step() -> None:
    weight = torch.nn.Parameter(torch.zeros(1))
    weight.grad = torch.zeros(1)
    torch.optim.Adam([weight], fused=True).step()
