"""What a stored state must be like to be taken back. It may come from a stranger, and one that does not fit its model
would break the first step instead of being refused by a sentence. All here raise ValueError."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

_MEMORY = {
    torch.optim.Adam: {"step", "exp_avg", "exp_avg_sq"},
    torch.optim.AdamW: {"step", "exp_avg", "exp_avg_sq"},
}


def not_finite(tensors: Mapping[str, Tensor]) -> str | None:
    """The name of the first tensor that holds NaN or infinity, or None."""
    broken = (name for name, t in tensors.items() if t.is_floating_point() and not bool(t.isfinite().all()))
    return next(broken, None)


def check_finite(tensors: Mapping[str, Tensor]) -> None:
    """That all numbers are some."""
    if name := not_finite(tensors):
        raise ValueError(f"{name} holds NaN or infinity")


def optimizer_state(optimizer: Optimizer, state: Mapping[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    """What an optimizer remembers of each parameter, from names such as "3/exp_avg"."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    slots: dict[int, dict[str, Tensor]] = {}
    for name, tensor in state.items():
        i, key = name.split("/", 1)
        if not 0 <= int(i) < len(parameters):
            raise ValueError(f"its optimizer knows no parameter {i}")
        shape = torch.Size() if key == "step" else parameters[int(i)].shape
        if tensor.shape != shape or tensor.dtype != torch.float32:
            raise ValueError(f"the optimizer's {name} has another shape or type")
        slots.setdefault(int(i), {})[key] = tensor
    for number, found in slots.items():
        if found.keys() != _MEMORY.get(type(optimizer), found.keys()):
            raise ValueError(f"the optimizer's memory of parameter {number} is not whole")
    return slots


def average(parameters: Sequence[Tensor], state: Mapping[str, Tensor]) -> list[Tensor] | None:
    """The average of each parameter, from names such as "3"; None where none is kept."""
    if not state:
        return None
    if state.keys() != {str(i) for i in range(len(parameters))}:
        raise ValueError("it has not one average for each parameter")
    found = [state[str(i)] for i in range(len(parameters))]
    for i, (mean, parameter) in enumerate(zip(found, parameters, strict=True)):
        if (mean.shape, mean.dtype) != (parameter.shape, parameter.dtype):
            raise ValueError(f"the average of parameter {i} has another shape or type")
    return found


def training_state(own: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """That these are the tensors which the model keeps; only how many rows they have may have changed."""
    if own.keys() != state.keys():
        raise ValueError("it has not what the model keeps beside its weights")
    for name, tensor in state.items():
        mine = own[name]
        if (mine.dtype, mine.ndim, mine.shape[1:]) != (tensor.dtype, tensor.ndim, tensor.shape[1:]):
            raise ValueError(f"its {name} has another shape or type")


def place(position: Mapping[str, Any], rows: int) -> tuple[int, float | None]:
    """How far the epoch is, of so many rows, and the newest held-out loss."""
    cursor, score = position["cursor"], position.get("score")
    if type(cursor) is not int or not 0 <= cursor <= rows:
        raise ValueError(f"its place in the data is none of {rows}")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        raise ValueError("its held-out loss is no number")
    return cursor, score
