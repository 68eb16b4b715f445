"""The same numbers for every family; what does not apply is None."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from playground.core.data import Batch, DataSpec
from playground.core.errors import PlaygroundError, UsageError
from playground.core.hyperparams import changed
from playground.core.model import GenerativeModel
from playground.core.random import stream
from playground.evaluation import coverage, distance
from playground.evaluation.features import RECOGNITION, Yardstick
from playground.evaluation.labels import sample_labels
from playground.evaluation.likelihood import likelihood
from playground.evaluation.memorisation import nearest_train_ratio
from playground.registry import OpenRun

KEYS = (
    "model", "data", "step", "seed", "device", "parameters", "seconds_training",
    "nll", "nll_unit", "nll_kind", "entropy_floor", "kl", "kl_kind", "kl_stderr",
    "feature_distance", "feature_distance_floor", "feature_distance_share", "precision", "recall",
    "label_accuracy", "reconstruction_label_accuracy", "nearest_train_ratio",
    "modes_hit", "share_within_3_sigma", "sliced_wasserstein", "sliced_wasserstein_floor",
)  # fmt: skip

_CHUNK = 256
_LEAST = 10  # samples below which a spread means nothing
_MOST = 2000  # samples taken by default from data with a larger test split


def evaluate(
    run: OpenRun, count: int | None = None, seed: int = 0, options: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Measures a run on its test split.

    Args:
        run: an opened run; nothing in it changes.
        count: of samples; by default as many as there are test examples, at most 2000.
        seed: of the samples. The key "seed" of the report is that of the run's training.
        options: settings of the sampler that differ from its defaults.

    Returns:
        The numbers by `KEYS`, in that order, None for what does not apply or is not finite.

    Raises UsageError for fewer than ten samples or an unknown setting, PlaygroundError where the model draws something
    else than numbers.
    """
    check_count(count)
    model, dataset = run.model, run.dataset
    capabilities = type(model).capabilities(dataset.spec)
    with torch.no_grad():  # not inference mode: samplers that follow a gradient switch it on again for x
        found = _facts(run) | likelihood(model, dataset, stream(seed, "evaluate/likelihood", model.device))
        yardstick = Yardstick.bundled(dataset.spec, model.device)
        if run.experiment.model == RECOGNITION:
            found["label_accuracy"] = _own_accuracy(run)
        if yardstick is not None and {"encode", "decode"} <= capabilities:
            found["reconstruction_label_accuracy"] = _labels_kept(run, yardstick)
        if "sample" in capabilities:
            found |= _sampling(run, yardstick, count, seed, changed(model.SampleSettings(), dict(options or {})))
    return {key: _finite(found.get(key)) for key in KEYS}


def check_count(count: int | None) -> None:
    """Raises UsageError for fewer samples than a spread can be told from."""
    if count is not None and count < _LEAST:
        raise UsageError(f"An evaluation needs at least {_LEAST} samples, not {count}.")


def draw(
    model: GenerativeModel, n: int, labels: Tensor | None, generator: torch.Generator, settings: Any = None
) -> Tensor:
    """n samples on the CPU, drawn in chunks; images are cut to [0, 1]. `settings`: the sampler's, or its defaults."""
    chunks = []
    for rows in torch.arange(n).split(_CHUNK):
        label = None if labels is None else labels[rows].to(model.device)
        chunks.append(model.sample(len(rows), label=label, settings=settings, generator=generator).cpu())
    samples = torch.cat(chunks)
    if not samples.isfinite().all():
        raise PlaygroundError("Some samples are not finite numbers: the model has diverged. Train it anew with a "
                              "smaller learning rate, or sample from an earlier step.")  # fmt: skip
    return samples.clamp(0, 1) if model.spec.kind == "images" else samples


def _facts(run: OpenRun) -> dict[str, object]:
    return {
        "model": run.experiment.model,
        "data": run.experiment.data,
        "step": run.step,
        "seed": run.experiment.seed,
        "device": run.model.device.type,
        "parameters": run.model.learned_numbers,
        "seconds_training": run.manifest.get("seconds"),
    }


def _sampling(
    run: OpenRun, yardstick: Yardstick | None, count: int | None, seed: int, settings: Any
) -> dict[str, object]:
    """What samples show."""
    model, dataset = run.model, run.dataset
    n = count or min(len(dataset.test), _MOST)
    labels = sample_labels(dataset.spec, n) if model.conditional else None
    samples = draw(model, n, labels, stream(seed, "evaluate", model.device), settings)
    clean = (dataset.original or dataset).train  # floors stay where they are when examples are edited
    test, train = _some(dataset.test, n, seed), _some(clean, n, seed)
    found: dict[str, object] = {"nearest_train_ratio": nearest_train_ratio(samples, test, dataset.train.x.cpu())}
    if dataset.spec.kind == "points":
        size = min(len(samples), len(test), len(train))
        found["sliced_wasserstein"] = distance.sliced_wasserstein(samples[:size], test[:size])
        found["sliced_wasserstein_floor"] = distance.sliced_wasserstein(train[:size], test[:size])
    if dataset.modes is not None:
        centres, std = dataset.modes
        found["modes_hit"] = coverage.modes_hit(samples, centres, std)
        found["share_within_3_sigma"] = coverage.share_within_3_sigma(samples, centres, std)
    if yardstick is not None:
        gaussian = distance.gaussian_samples(clean.x.cpu(), n, stream(seed, "evaluate/gaussian"))
        found |= _in_features(*(yardstick.features(x) for x in (samples, test, train, gaussian)))
        if labels is not None:
            found["label_accuracy"] = _accuracy(dataset.spec, yardstick.labels(samples), labels)
    return found


def _in_features(samples: Tensor, test: Tensor, train: Tensor, gaussian: Tensor) -> dict[str, object]:
    """Distances to the test split: of the samples, of as many training images, of a single fitted Gaussian."""
    reached, floor, naive = (distance.frechet_distance(x, test) for x in (samples, train, gaussian))
    precision, recall = coverage.precision_recall(samples, test)
    return {
        "feature_distance": reached,
        "feature_distance_floor": floor,
        "feature_distance_share": (reached - floor) / (naive - floor) if naive > floor else None,
        "precision": precision,
        "recall": recall,
    }


def _own_accuracy(run: OpenRun) -> float | dict[str, float]:
    """Of the recognition side itself: the share of test images that it labels rightly. Beside the discrete factors
    stand the continuous ones, each with R², the share of its variance that the estimate explains."""
    own, test, spec = Yardstick(run.model, run.model.device), run.dataset.test, run.dataset.spec  # type: ignore[arg-type]
    shares = _accuracy(spec, own.labels(test.x), test.labels.cpu())
    if not spec.continuous:
        return shares
    by_name = shares if isinstance(shares, dict) else {next(f.name for f in spec.factors if f.size): shares}
    true = test.measures.cpu().double()
    error = (own.measures(test.x) - true).square().mean(dim=0)
    explained = 1 - error / true.var(dim=0, correction=0)
    return by_name | dict(zip([factor.name for factor in spec.continuous], explained.tolist(), strict=True))


def _labels_kept(run: OpenRun, yardstick: Yardstick) -> float:
    """The share of test images in which the classifier sees the same after encoding and decoding them."""
    model, test = run.model, run.dataset.test
    back = []
    for x, labels in zip(test.x.split(_CHUNK), test.labels.split(_CHUNK), strict=True):
        asked = labels.to(model.device) if model.conditional else None
        back.append(model.decode(model.encode(x.to(model.device), asked), asked).cpu())
    return float((yardstick.labels(torch.cat(back)) == yardstick.labels(test.x)).all(dim=1).double().mean())


def _accuracy(spec: DataSpec, found: Tensor, asked: Tensor) -> float | dict[str, float]:
    """The share of labels that are as asked: a number, or one by the name of each factor."""
    shares = (found == asked).double().mean(dim=0).tolist()
    names = [factor.name for factor in spec.factors if factor.size]
    return shares[0] if len(shares) == 1 else dict(zip(names, shares, strict=True))


def _some(split: Batch, n: int, seed: int) -> Tensor:
    """At most n examples of a split in random order, on the CPU."""
    order = torch.randperm(len(split), generator=stream(seed, "evaluate/rows"))
    return split.x.cpu()[order[:n]]


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
