"""What can be done to the training examples of any data set, after it was loaded and before anything learns from them.

Only the training split is edited. Validation, test and the exact density stay what they are, so the floor under the
loss and every number of `evaluate` keep their meaning. Each edit draws from a stream of its own that no run's seed
touches: equal options give equal data, and raising an option only adds to what a smaller value did.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from playground.core.data import Batch, Dataset, DataSpec
from playground.core.errors import UsageError
from playground.core.hyperparams import Value, from_dict, param, to_dict
from playground.core.random import stream

FEWEST = 10  # examples that must be left to train on


@dataclass(frozen=True)
class Edits:
    """Options that every data set has beside its own; the defaults change nothing."""

    samples: int = param(0, low=0, high=1_000_000, step=100, label="sample size",
                         help="Trains on so many of the examples; 0 takes all. Few are learnt by heart. "
                              "Validation and test stay.")  # fmt: skip
    outliers: float = param(0.0, low=0.0, high=0.9, step=0.05, label="outliers",
                            help="This share of the training examples becomes even noise over the range of the data, "
                                 "labels kept. Validation and test stay clean.")  # fmt: skip
    imbalance: float = param(0.0, low=0.0, high=1.0, step=0.1, label="imbalance",
                             help="Class k keeps the share (1 - imbalance)^k of its training examples. Without labels: "
                                  "the right half of the points, or the brighter half of the images, counts as "
                                  "class 1.")  # fmt: skip


def described(options: Any) -> dict[str, Value]:
    """Options as an Experiment holds them: the source's own spelled out, edits only where something is edited."""
    untouched = to_dict(Edits())
    return {key: value for key, value in to_dict(options).items() if untouched.get(key) != value}


def edits_of(options: Any) -> Edits:
    """The edits among some options, given as a dataclass or by name."""
    known = options if isinstance(options, Mapping) else to_dict(options)
    return from_dict(Edits, {field.name: known[field.name] for field in fields(Edits) if field.name in known})


def edited(dataset: Dataset, edits: Edits) -> Dataset:
    """The data set with its training split edited, and itself as `original`; itself where nothing is to be done.

    Raises UsageError where too few training examples would be left.
    """
    if edits == Edits():
        return dataset
    train = dataset.train
    rows = torch.arange(len(train))
    if edits.imbalance:
        rows = _imbalanced(train, dataset.spec, edits.imbalance)
    if edits.samples:
        rows = _some(rows, edits.samples, "samples")
    if len(rows) < FEWEST:
        raise UsageError(
            f"{len(rows)} training examples would be left, and at least {FEWEST} are needed: "
            "raise data.samples or lower data.imbalance."
        )
    x, labels, measures = train.x[rows], train.labels[rows], train.measures[rows]  # copies
    if edits.outliers:
        x = _with_noise(x, dataset.spec, edits.outliers)
    return replace(dataset, train=Batch.of(x, labels, measures), original=dataset, _hash=[])


def _some(rows: Tensor, count: int, purpose: str) -> Tensor:
    """At most `count` rows, in their order; fewer are a part of more."""
    order = torch.randperm(len(rows), generator=stream(0, f"data/edits/{purpose}"))
    return rows[order[:count].sort().values]


def _imbalanced(train: Batch, spec: DataSpec, strength: float) -> Tensor:
    """The rows (n,) that are left of classes ever rarer; classes count in the order of their numbers."""
    part = train.labels[:, 0] if train.labels.shape[1] else _half(train.x, spec)
    left = []
    for k, value in enumerate(part.unique().tolist()):  # sorted
        rows = (part == value).nonzero().squeeze(1)
        left.append(_some(rows, round(len(rows) * (1 - strength) ** k), f"imbalance/{k}"))
    return torch.cat(left).sort().values


def _half(x: Tensor, spec: DataSpec) -> Tensor:
    """0 or 1 (N,): left or right of the median point, darker or brighter than the median image."""
    value = x[:, 0] if spec.kind == "points" else x.flatten(1).mean(1)
    return (value > value.median()).long()


def _with_noise(x: Tensor, spec: DataSpec, share: float) -> Tensor:
    """Examples of which round(share * N) become even noise, on the levels of the data where it has levels."""
    generator = stream(0, "data/edits/outliers")
    rows = torch.randperm(len(x), generator=generator)[: round(share * len(x))]
    noise = torch.rand(len(rows), *x.shape[1:], generator=generator)
    if spec.levels:
        noise = (noise * spec.levels).floor().clamp(max=spec.levels - 1) / (spec.levels - 1)
    x[rows] = spec.low + (spec.high - spec.low) * noise
    return x
