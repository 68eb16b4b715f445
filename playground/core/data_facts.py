"""What a window shows of a data set: how many examples, a few of them, how often each class, what is known exactly."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground.core.data import Batch, Dataset
from playground.core.data_edits import edited
from playground.core.data_edits import edits_of as edits_from
from playground.core.hyperparams import params, to_dict

SHOWN_POINTS, SHOWN_IMAGES = 1500, 24
GRID = 96  # places along one side of the plane, or along the line, at which an exact density is drawn


def data_facts(dataset: Dataset) -> dict[str, Any]:
    """Plain values and numpy arrays.

    Returns:
        sizes: examples to train on, for validation, for test; original_size: to train on, before edits.
        entropy: in nats, exact; None where the density is not known.
        density: the exact one at even places from -extent to extent, (GRID,) on the line, (GRID, GRID) in the plane,
            row 0 at the lowest y; None where it is not known, or of images.
        examples: some training examples (N, *shape); labels: their first label (N,), -1 where there is none.
        counts: training examples a class of the first factor, (K,); empty without labels.
        modes: the centres of its well-separated modes (M, D); None where that makes no sense.
        fields, options: what can be chosen of this data set, and what is.
    """
    arrays = {name: tensor.cpu().numpy() for name, tensor in _shown(dataset).items()}
    return {
        "sizes": (len(dataset.train), len(dataset.validation), len(dataset.test)),
        "original_size": len((dataset.original or dataset).train),
        "entropy": dataset.exact.entropy if dataset.exact else None,
        "density": _exact_density(dataset),
        "modes": None if dataset.modes is None else dataset.modes[0].cpu().numpy(),
        "fields": tuple(params(dataset.options).values()) if dataset.options else (),
        "options": to_dict(dataset.options) if dataset.options else {},
        **{name: arrays[name] for name in ("examples", "labels", "counts")},
    }


def _exact_density(dataset: Dataset) -> np.ndarray | None:
    spec = dataset.spec
    if dataset.exact is None or spec.kind != "points":
        return None
    axis = torch.linspace(-spec.extent, spec.extent, GRID)
    places = torch.cartesian_prod(*[axis] * spec.dims).reshape(-1, spec.dims).flip(1)  # x runs fastest
    density = dataset.exact.log_density(places.to(dataset.train.x.device)).exp()
    return density.reshape([GRID] * spec.dims).cpu().numpy()


class DataAnswers:
    """Answers questions about a job's data, see `core.job.Helper`."""

    answers = frozenset({"edited"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset

    def edited(self, model: object, **edits: object) -> dict[str, Tensor]:
        """`examples`, `labels` and `counts` as they would be under other edits, and the number of examples to train on
        as `size` ().

        Raises UsageError where too few would be left.
        """
        return _shown(edited(self._dataset.original or self._dataset, edits_from(edits)))


def _shown(dataset: Dataset) -> dict[str, Tensor]:
    train: Batch = dataset.train
    most = SHOWN_POINTS if dataset.spec.kind == "points" else SHOWN_IMAGES
    some = train.take(torch.arange(min(most, len(train)), device=train.x.device))
    labelled = train.labels.shape[1] > 0
    none = torch.full((len(some),), -1)
    counts = train.labels[:, 0].bincount(minlength=dataset.spec.classes[0]) if labelled else torch.zeros(0).long()
    return {
        "examples": some.x,
        "labels": some.labels[:, 0] if labelled else none,
        "counts": counts,
        "size": torch.tensor(len(train)),
    }
