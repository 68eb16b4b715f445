"""Points on the line or in the plane drawn from a density that is known: what such data sets share."""

from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec, Factor, Split
from playground.core.random import stream
from playground.data._mixture import Mixture
from playground.data._squares import Squares

EXTENT = 3.0  # half the side of the square that all points stand in
_VALIDATION, _TEST = 4000, 10000


def points_dataset(
    name: str,
    factor: Factor | None,
    exact: Mixture | Squares,
    value: Tensor,
    count: int,
    modes: tuple[Tensor, float | Tensor] | None = None,
) -> Dataset:
    """The data set drawn from a density of parts, the same in every run whatever its seed.

    Args:
        name: the data set's name.
        factor: the label of a point; None where all points are of a kind.
        exact: the density.
        value: (K,), the factor's value for each part.
        count: of training points.
        modes: see `Dataset`.
    """

    def draw(split: Split, n: int) -> Batch:
        x, part = exact.draw(n, stream(0, f"data/{name}/{split}"))
        return Batch.of(x, value[part].unsqueeze(1) if factor else None)

    train, validation, test = draw("train", count), draw("validation", _VALIDATION), draw("test", _TEST)
    factors = (factor,) if factor else ()
    spec = DataSpec(name, tuple(train.x.shape[1:]), low=-EXTENT, high=EXTENT, factors=factors, extent=EXTENT)
    return Dataset(spec, train, validation, test, exact, modes)
