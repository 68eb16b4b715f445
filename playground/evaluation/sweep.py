"""What one setting of a sampler does: fidelity, diversity, distance and cost at one of its values.

A window asks value by value with the same seed, so that the noise is the same and the setting alone differs.
"""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from playground.core.data import Batch, Dataset
from playground.core.model import GenerativeModel, SampleStep
from playground.evaluation import coverage, distance
from playground.evaluation.calls import CallCounter
from playground.evaluation.features import Yardstick
from playground.evaluation.labels import ANY, sample_labels
from playground.evaluation.pieces import Numbers, Work, draw, in_pieces, some

LEAST = 10  # samples below which nothing is compared


class Sweep:
    """Measures samples drawn with any settings. What does not depend on the model is computed once."""

    answers = frozenset({"point", "features"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._real: dict[tuple[int, ...], tuple[Tensor, Numbers]] = {}  # by the number of samples and the label
        self._judges: list[Yardstick | None] = []  # opened when it is first needed

    def point(
        self, model: GenerativeModel, n: int, generator: torch.Generator, settings: Any = None,
        label: Tensor | None = None, shown: int = 9,
    ) -> Iterator[SampleStep]:  # fmt: skip
        """Draws n samples with these settings and compares them with as many test examples.

        Args:
            label: int64 (1, F): what is asked for, and what the test examples then show as well, -1 for any; without
                it a conditional model is asked for each class in turn.
            shown: how many of the samples are given back.

        The last state's `x` holds some of the samples, its `views` one number each:

        - ``count``: of samples, and of test examples that they are compared with;
        - ``network_calls``: what one sample costs, see `CallCounter`;
        - ``precision`` and ``recall``, see `coverage.precision_recall`; ``learned``: 1 where images are compared by
          what the data's own classifier sees in them, 0 where by their numbers as they are;
        - ``sliced_wasserstein`` of points or ``feature_distance`` of images that have a classifier, beside
          ``..._floor``: what as many training examples reach;
        - ``modes_hit`` and ``share_within_3_sigma`` where the data has known modes and no label is asked for.
        """
        return in_pieces(self._point(model, n, generator, settings, label, shown))

    def features(self, model: GenerativeModel, x: Tensor) -> Tensor:
        """What the data's own classifier sees in images (N, C, H, W), (N, D); D is 0 where there is none."""
        judge = self._judge()
        return judge.features(x) if judge is not None else x.new_zeros(len(x), 0)

    def _point(
        self,
        model: GenerativeModel,
        n: int,
        generator: torch.Generator,
        settings: Any,
        label: Tensor | None,
        shown: int,
    ) -> Work[tuple[Tensor, Numbers]]:
        spec, labels = self._dataset.spec, None
        if model.conditional:
            labels = sample_labels(spec, n) if label is None else label.expand(n, -1)
        counter = CallCounter(model)
        samples = yield from draw(model, spec, n, labels, generator, settings, counter)
        found: Numbers = {"network_calls": counter.calls}
        test = _like(self._dataset.test, label)
        size = min(n, len(test))
        if size < LEAST or not samples.isfinite().all():
            return samples[:shown], found
        key = (size, *(() if label is None else label[0].tolist()))
        if key not in self._real:
            real = self._seen(some(test, size))
            yield
            train = some(_like(self._dataset.train, label), size)
            self._real[key] = real, {f"{name}_floor": value for name, value in self._distance(self._seen(train), real)}
        yield
        real, floors = self._real[key]
        seen = self._seen(samples[:size])
        yield
        precision, recall = coverage.precision_recall(seen, real)
        yield
        found |= {"count": size, "precision": precision, "recall": recall, "learned": float(self._judge() is not None)}
        found |= dict(self._distance(seen, real)) | floors
        if self._dataset.modes is not None and label is None:
            centres, std = self._dataset.modes
            found["modes_hit"] = coverage.modes_hit(samples, centres, std)
            found["share_within_3_sigma"] = coverage.share_within_3_sigma(samples, centres, std)
        return samples[:shown], found

    def _distance(self, a: Tensor, b: Tensor) -> Iterator[tuple[str, float]]:
        """Of two clouds as `_seen`; nothing for images without a classifier, whose numbers are too many."""
        if self._dataset.spec.kind == "points":
            size = min(len(a), len(b))
            yield "sliced_wasserstein", distance.sliced_wasserstein(a[:size], b[:size])
        elif self._judge() is not None:
            yield "feature_distance", distance.frechet_distance(a, b)

    def _seen(self, x: Tensor) -> Tensor:
        """What is compared, (N, D): points, what the classifier sees in images, or without one their numbers."""
        judge = self._judge()
        return judge.features(x) if judge is not None else x.flatten(1)

    def _judge(self) -> Yardstick | None:
        if not self._judges:
            self._judges = [Yardstick.bundled(self._dataset.spec, "cpu")]
        return self._judges[0]


def _like(split: Batch, label: Tensor | None) -> Batch:
    """The examples of that label (1, F); all where none is given or its numbers are left open."""
    if label is None:
        return split
    fits = ((split.labels.cpu() == label.cpu()) | (label.cpu() == ANY)).all(dim=1)
    return split.take(fits.nonzero()[:, 0].to(split.x.device))
