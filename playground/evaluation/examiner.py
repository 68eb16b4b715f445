"""Measures a model while it learns, in pieces that leave time to train: what its samples show, and what they cost."""

import math
import statistics
import time
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import GenerativeModel, SampleStep
from playground.evaluation import coverage, distance
from playground.evaluation.calls import CallCounter
from playground.evaluation.features import Yardstick
from playground.evaluation.labels import sample_labels
from playground.evaluation.pieces import Numbers, Work, draw, in_pieces, some

LIKELIHOODS_AT_ONCE = 64
LEAST = 10  # samples below which nothing is compared
MOST_REAL = 1000  # test images that samples are compared with
LOOKS = 5  # at real examples against real ones: the floor is their mean
TIMED = 3  # batches, of which the median counts
LONG = 0.5  # seconds: a batch that takes longer is timed once


class Examiner:
    """Asks the same of every family on one data set. What does not depend on the model is computed once."""

    answers = frozenset({"measure", "cost"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._real: dict[int, Numbers] = {}  # by the number of samples
        self._seen: tuple[Yardstick, Tensor] | None = None
        self._has_looked = False

    def measure(
        self, model: GenerativeModel, n: int, generator: torch.Generator, settings: Any = None
    ) -> Iterator[SampleStep]:
        """Draws n samples, each class in turn where there are labels to ask for, and compares them with the test split.

        The last state's `x` holds the samples, (n, *shape), its `views` one number each:

        - ``count``: of samples that were compared with the test split;
        - ``sliced_wasserstein`` of points, ``feature_distance`` of images that have a classifier of their own, each
          beside ``..._floor``: what as many real training examples reach, the mean of a few looks;
        - ``precision`` and ``recall`` of the same, see `coverage.precision_recall`, beside the same;
        - ``modes_hit`` and ``share_within_3_sigma`` where the data has known modes, beside the test split's own;
        - ``nll`` where the model's density is exact and unconditional, in nats or bits a dimension; where that of the
          data is exact too, ``nll_floor``, its entropy, and ``kl``, in the same unit.
        """
        return in_pieces(self._measure(model, n, generator, settings))

    def cost(
        self, model: GenerativeModel, n: int, generator: torch.Generator, settings: Any = None
    ) -> Iterator[SampleStep]:
        """What a batch of n samples costs: ``network_calls``, see `CallCounter`, and ``milliseconds`` of computing a
        sample, the median of some batches. On a CPU its own time counts, so that what else goes on does not."""
        return in_pieces(self._cost(model, n, generator, settings))

    # -- work, piece by piece -------------------------------------------------------------------------------------

    def _measure(
        self, model: GenerativeModel, n: int, generator: torch.Generator, settings: Any
    ) -> Work[tuple[Tensor, Numbers]]:
        labels = sample_labels(self._dataset.spec, n) if model.conditional else None
        samples = yield from draw(model, self._dataset.spec, n, labels, generator, settings)
        size = min(n, len(self._dataset.test), len(self._dataset.train))
        if size < LEAST or not samples.isfinite().all():
            return samples, {}
        found = {"count": size} | self._compared(samples[:size])
        yield
        if size not in self._real:
            self._real[size] = self._floors(size)
        found |= self._real[size]
        yield
        if model.density == "exact" and not model.conditional:
            found |= yield from self._likelihood(model, some(self._dataset.test, size), generator)
        return samples, found

    def _likelihood(self, model: GenerativeModel, x: Tensor, generator: torch.Generator) -> Work[Numbers]:
        spec, exact = self._dataset.spec, self._dataset.exact
        unit = 1.0 if spec.kind == "points" else spec.dims * math.log(2)  # nats in a nat, or in a bit/dimension
        log_model, log_true = [], []
        for chunk in x.split(LIKELIHOODS_AT_ONCE):
            log_model.append(model.log_density(chunk.to(model.device), generator).cpu().double())
            if exact is not None:
                log_true.append(exact.log_density(chunk).cpu().double())
            yield
        found = {"nll": -float(torch.cat(log_model).mean()) / unit}
        if exact is not None:
            found["nll_floor"] = exact.entropy / unit
            found["kl"] = float((torch.cat(log_true) - torch.cat(log_model)).mean()) / unit
        return found

    def _cost(
        self, model: GenerativeModel, n: int, generator: torch.Generator, settings: Any
    ) -> Work[tuple[Tensor, Numbers]]:
        labels = sample_labels(self._dataset.spec, n) if model.conditional else None
        label = None if labels is None else labels.to(model.device)
        clock = time.thread_time if model.device.type == "cpu" else time.perf_counter
        spent, calls, x = [], 0, torch.empty(0)
        for _ in range(TIMED):
            with CallCounter(model) as counter:
                began = clock()
                x = model.sample(n, label=label, settings=settings, generator=generator).cpu()
                spent.append(clock() - began)
            calls = counter.calls
            yield
            if spent[-1] > LONG:
                break
        return x, {"network_calls": calls, "milliseconds": 1000 * statistics.median(spent) / n}

    # -- numbers ----------------------------------------------------------------------------------------------------

    def _compared(self, samples: Tensor) -> Numbers:
        """Of samples, or of real examples in their place."""
        found: Numbers = {}
        if self._dataset.spec.kind == "points":
            test = some(self._dataset.test, len(samples))
            found["sliced_wasserstein"] = distance.sliced_wasserstein(samples, test)
            found["precision"], found["recall"] = coverage.precision_recall(samples, test)
        elif features := self._features():
            yardstick, of_test = features
            seen = yardstick.features(samples)
            found["feature_distance"] = distance.frechet_distance(seen, of_test)
            found["precision"], found["recall"] = coverage.precision_recall(seen, of_test[: len(seen)])
        if self._dataset.modes is not None:
            centres, std = self._dataset.modes
            found["modes_hit"] = coverage.modes_hit(samples, centres, std)
            found["share_within_3_sigma"] = coverage.share_within_3_sigma(samples, centres, std)
        return found

    def _floors(self, size: int) -> Numbers:
        """What real training examples reach in the samples' place, under the names with ``_floor``."""
        looks = [self._compared(some(self._dataset.train, size, look)) for look in range(LOOKS)]
        return {f"{name}_floor": statistics.fmean(look[name] for look in looks) for name in looks[0]}

    def _features(self) -> tuple[Yardstick, Tensor] | None:
        """The data's own classifier and what it sees in test images, (N, D); None where there is none."""
        if not self._has_looked:
            self._has_looked = True
            if yardstick := Yardstick.bundled(self._dataset.spec, "cpu"):
                self._seen = yardstick, yardstick.features(some(self._dataset.test, MOST_REAL))
        return self._seen
