"""Whether samples are copies of training examples."""

import torch
from torch import Tensor


def nearest_train_ratio(samples: Tensor, test: Tensor, train: Tensor) -> float | None:
    """Median distance from a sample to the nearest training example, over that from a test example.

    About 1 for new examples from the same distribution, near 0 for copies. None where more than half of the test
    examples are themselves in the training split, which leaves nothing to compare with.
    """
    real = _median_distance(test, train)
    return _median_distance(samples, train) / real if real > 0 else None


def _median_distance(points: Tensor, train: Tensor) -> float:
    train = train.flatten(1)
    # Exact differences: the quick formula |a|² − 2ab + |b|² leaves a copy at a distance above zero.
    nearest = [torch.cdist(chunk, train, compute_mode="donot_use_mm_for_euclid_dist").amin(dim=1)
               for chunk in points.flatten(1).split(256)]  # fmt: skip
    return float(torch.cat(nearest).median())
