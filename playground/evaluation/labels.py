"""Which labels to ask a conditional model for: each class in turn, or what a person typed."""

import torch
from torch import Tensor

from playground.core.data import DataSpec, Factor
from playground.core.errors import UsageError, unknown

ANY = -1
NONE = "none"


def sample_labels(spec: DataSpec, n: int) -> Tensor | None:
    """Labels for n samples, int64 (n, F): each class in turn, and each combination where there are several factors.

    None where nothing discrete is known about the data.
    """
    if not spec.classes:
        return None
    number, columns = torch.arange(n), []
    for size in spec.classes:
        columns.append(number % size)
        number = number // size
    return torch.stack(columns, dim=1)


def parse_label(spec: DataSpec, text: str) -> list[int]:
    """The label that a person means by ``7``, ``red`` or ``shape=square,colour=red``; -1 for factors not named,
    and for all of them where it says ``none``.

    Raises UsageError with the known names for anything else.
    """
    factors = [factor for factor in spec.factors if factor.size]
    if not factors:
        raise UsageError(f"The data set '{spec.name}' has no labels to ask for.")
    label = [ANY] * len(factors)
    if text.strip() == NONE and not any(NONE in factor.values for factor in factors):
        return label
    for part in text.split(","):
        name, sign, value = (word.strip() for word in part.partition("="))
        column = _named(factors, name) if sign else _holding(factors, name)
        if label[column] != ANY:
            raise UsageError(f"'{text}' says the {factors[column].name} twice; a sample has one.")
        label[column] = _value(factors[column], value if sign else name)
    return label


def _named(factors: list[Factor], name: str) -> int:
    names = [factor.name for factor in factors]
    if name not in names:
        raise unknown("label", name, names)
    return names.index(name)


def _holding(factors: list[Factor], value: str) -> int:
    """The factor that has such a value; the only factor there is answers for every value."""
    holding = [column for column, factor in enumerate(factors) if value in factor.values or len(factors) == 1]
    if len(holding) != 1:
        known = "; ".join(f"{factor.name}: {', '.join(factor.values)}" for factor in factors)
        raise UsageError(f"It is not clear which label '{value}' is. Write NAME=VALUE; known: {known}.")
    return holding[0]


def _value(factor: Factor, value: str) -> int:
    if value not in factor.values:
        raise unknown(factor.name, value, list(factor.values))
    return factor.values.index(value)
