"""The training points of a data set whose density is known."""

from typing import Any

from torch import Tensor

from playground.core.data import Batch, DataSpec, Factor
from playground.core.random import stream

EXTENT = 3.0  # half the side of the square that all points stand in


def points_dataset(
    name: str, factor: Factor | None, exact: Any, value: Tensor, count: int, modes: object = None
) -> tuple[DataSpec, Batch]:
    """Draws `count` points, the same in every run whatever its seed. `value`: of the label, for each part."""
    x, part = exact.draw(count, stream(0, f"data/{name}/train"))
    factors = (factor,) if factor else ()
    spec = DataSpec(name, tuple(x.shape[1:]), low=-EXTENT, high=EXTENT, factors=factors, extent=EXTENT)
    return spec, Batch.of(x, value[part].unsqueeze(1) if factor else None)
