"""Whether samples are where the data is (precision), and everywhere it is (recall, modes).

Improved precision and recall: Kynkäänniemi et al., 2019.
"""

import torch
from torch import Tensor

_NEIGHBOURS = 3
ENOUGH = 0.2


def precision_recall(samples: Tensor, real: Tensor) -> tuple[float, float]:
    """The share of samples that lie among the real examples, and of real ones that lie among the samples.

    "Among" a cloud means: within one of the balls that reach from each of its members to its third neighbour.
    Takes features (N, D) and (M, D).
    """
    return _share_among(samples, real), _share_among(real, samples)


def _share_among(points: Tensor, cloud: Tensor) -> float:
    neighbours = torch.cdist(cloud, cloud).kthvalue(min(_NEIGHBOURS + 1, len(cloud)), dim=1)  # the first is itself
    return float((torch.cdist(points, cloud) <= neighbours.values).any(dim=1).double().mean())


def modes_hit(samples: Tensor, centres: Tensor, std: float | Tensor) -> int:
    """How many modes the samples reach. Takes points (N, D), centres (M, D) and one sigma, or (M,), each its own.

    A mode is hit when at least 20 % of its share of the samples, one in M of them, lies within 3 sigma of its centre.
    """
    near = torch.cdist(samples, centres) <= 3 * std  # (N, M)
    return int((near.double().mean(dim=0) >= ENOUGH / len(centres)).sum())


def share_within_3_sigma(samples: Tensor, centres: Tensor, std: float | Tensor) -> float:
    """The share of samples within 3 sigma of any centre; of the data itself 0.989 in the plane, 0.997 on the line."""
    return float((torch.cdist(samples, centres) <= 3 * std).any(dim=1).double().mean())
