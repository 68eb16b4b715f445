"""Points in the plane drawn from a mixture: what such data sets share."""

from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec, Factor, Split
from playground.core.random import stream
from playground.data._mixture import Mixture

_VALIDATION, _TEST = 4000, 10000


def plane_dataset(
    name: str, factor: Factor, exact: Mixture, value: Tensor, count: int, modes: tuple[Tensor, float] | None = None
) -> Dataset:
    """The data set drawn from a mixture, the same in every run whatever its seed.

    Args:
        name: the data set's name.
        factor: the label of a point.
        exact: the mixture.
        value: (K,), the factor's value for each component.
        count: of training points.
        modes: see `Dataset`.
    """

    def draw(split: Split, n: int) -> Batch:
        x, component = exact.draw(n, stream(0, f"data/{name}/{split}"))
        return Batch.of(x, value[component].unsqueeze(1))

    spec = DataSpec(name, (2,), low=-3.0, high=3.0, factors=(factor,), extent=3.0)
    return Dataset(spec, draw("train", count), draw("validation", _VALIDATION), draw("test", _TEST), exact, modes)
