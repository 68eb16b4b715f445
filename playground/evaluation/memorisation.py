"""Whether samples are copies of training examples."""

from collections.abc import Iterator

import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import GenerativeModel, SampleStep

AT_A_TIME = 8  # examples looked up in one piece of work
HELD_OUT = 96  # whose nearest training examples say what is usual


def nearest_train_ratio(samples: Tensor, test: Tensor, train: Tensor) -> float | None:
    """Median distance from a sample to the nearest training example, over that from a test example.

    About 1 for new examples from the same distribution, near 0 for copies. None where more than half of the test
    examples are themselves in the training split, which leaves nothing to compare with.
    """
    real = _median_distance(test, train)
    return _median_distance(samples, train) / real if real > 0 else None


class Neighbours:
    """Finds the training examples nearest to any example, see `core.job.Helper`."""

    answers = frozenset({"nearest"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._usual: Tensor | None = None

    @torch.no_grad()
    def nearest(self, model: GenerativeModel, x: Tensor, k: int = 1) -> Iterator[SampleStep]:
        """Of each of x (N, *shape) the `k` nearest training examples by Euclidean distance.

        The last step's x is (N, k, *shape); its views ``distance`` (N, k), nearest first, and ``usual`` (), the median
        distance from a held-out example to its nearest training example.
        """
        train = self._dataset.train.x.flatten(1)
        held_out = self._dataset.test.x[:HELD_OUT] if self._usual is None else self._dataset.test.x[:0]
        pieces = [*x.to(train.device).split(AT_A_TIME), *held_out.split(AT_A_TIME)]
        found, own = [], -(-len(x) // AT_A_TIME)
        for index, piece in enumerate(pieces):
            found.append(_distances(piece.flatten(1), train).topk(k, dim=1, largest=False))
            yield SampleStep(index, len(pieces), torch.empty(0))
        if self._usual is None:
            self._usual = torch.cat([look.values[:, 0] for look in found[own:]]).median()
        rows = torch.cat([look.indices for look in found[:own]])  # (N, k)
        distance = torch.cat([look.values for look in found[:own]])
        views = {"distance": distance, "usual": self._usual}
        yield SampleStep(len(pieces), len(pieces), self._dataset.train.x[rows], views)


def _distances(points: Tensor, train: Tensor) -> Tensor:
    """Exact differences: the quick formula |a|² − 2ab + |b|² leaves a copy at a distance above zero."""
    return torch.cdist(points, train, compute_mode="donot_use_mm_for_euclid_dist")


def _median_distance(points: Tensor, train: Tensor) -> float:
    train = train.flatten(1)
    nearest = [_distances(chunk, train).amin(dim=1) for chunk in points.flatten(1).split(256)]
    return float(torch.cat(nearest).median())
