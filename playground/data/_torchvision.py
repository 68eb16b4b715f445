"""Well-known image sets: torchvision knows where they are, their hashes and their formats."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec
from playground.core.errors import PlaygroundError
from playground.core.random import stream

VALIDATION = 5000

# Opens the official training images (True) or test images (False): uint8 (N, C, H, W) and labels (N,).
Reader = Callable[[bool], tuple[Tensor, Tensor]]


def datasets(data: str) -> Any:
    """The module ``torchvision.datasets``, imported only here, which takes seconds.

    Raises PlaygroundError where it is missing or does not match torch, which it says in a RuntimeError.
    """
    try:
        import torchvision.datasets
    except (ImportError, RuntimeError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".")
        raise PlaygroundError(
            f"{data} needs torchvision, which cannot be loaded ({reason}); nothing was changed; "
            "install a pair that matches with: pip install --upgrade torch torchvision"
        ) from error
    return torchvision.datasets


def in_memory(spec: DataSpec, read: Reader, count: int) -> Dataset:
    """The official test images as test; of the official training images in a fixed shuffle the last 5000 as
    validation and the first `count` of the others as training. Only what is used becomes float32."""
    x, labels = read(True)
    order = torch.randperm(len(x), generator=stream(0, f"data/{spec.name}/split"))
    train = _batch(x, labels, order[:-VALIDATION][:count])
    validation = _batch(x, labels, order[-VALIDATION:])
    x, labels = read(False)
    return Dataset(spec, train, validation, _batch(x, labels, torch.arange(len(x))))


def _batch(x: Tensor, labels: Tensor, rows: Tensor) -> Batch:
    return Batch.of(x[rows].contiguous().float().div_(255), labels[rows].long()[:, None])
