"""The small looks at a model in training from which alarms are raised, and what is known against its settings.

A look costs a few samples; it is done piece by piece between turns. What the numbers mean is decided in `core.alarms`.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from playground import registry
from playground.core.data import Dataset
from playground.core.hyperparams import Value
from playground.core.known_bad import advice, setup
from playground.core.model import GenerativeModel, SampleStep
from playground.evaluation import coverage
from playground.evaluation.features import Yardstick
from playground.evaluation.labels import sample_labels
from playground.evaluation.pieces import Numbers, Work, draw, in_pieces, some

POINTS, IMAGES = 256, 64  # samples a look
CODED = 128  # held-out examples whose codes are looked at


class AlarmWatch:
    """Looks at models on one data set. What does not depend on the model is computed once.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"look", "advise"})

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._judges: list[Yardstick | None] = []  # opened when it is first needed

    def look(self, model: GenerativeModel, generator: torch.Generator, settings: Any = None) -> Iterator[SampleStep]:
        """Samples from the seed's noise, (N, *shape), and in `views` one number each, where it makes sense:

        - ``modes`` and ``modes_hit`` of points with known modes, and ``on_data``, the share within 3 sigma of any;
        - ``classes`` and ``classes_hit`` of images with a classifier of their own: how many labels of the first factor
          have at least a fifth of their share;
        - ``precision`` and ``recall``: which share of samples lies among real ones, and the other way round;
        - ``distance``: the mean one of two real examples; ``spread``: that of two samples, over it;
        - ``KL``, of q(z|x) to the prior, in nats an example, and ``axes``, how many numbers of z say 0.01 nats or more.
        """
        return in_pieces(self._look(model, generator, settings))

    def advise(self, model: GenerativeModel, family: str, values: Mapping[str, Value]) -> dict[str, np.ndarray]:
        """What is known against some settings, by their keys on the command line and ``sample.KEY``: arrays of words,
        an entry each: ``keys``, ``why``, ``alarms``, and ``repairs`` as JSON."""
        of = setup(self._dataset.spec, len(self._dataset.train), type(model).Config, type(model).SampleSettings, values)
        found = advice(registry.known_bad(family), of)
        return {
            "keys": np.array([each.key for each in found], dtype=str),
            "why": np.array([each.why for each in found], dtype=str),
            "alarms": np.array([each.alarm for each in found], dtype=str),
            "repairs": np.array([json.dumps(dict(each.repair)) for each in found], dtype=str),
        }

    # -- work, piece by piece -----------------------------------------------------------------------------------------

    def _look(self, model: GenerativeModel, generator: torch.Generator, settings: Any) -> Work[tuple[Tensor, Numbers]]:
        spec = self._dataset.spec
        found: Numbers = {}
        capabilities = model.capabilities(spec)
        samples = torch.empty(0)
        if "sample" in capabilities:
            n = POINTS if spec.kind == "points" else IMAGES
            labels = sample_labels(spec, n) if model.conditional else None
            samples = yield from draw(model, spec, n, labels, generator, settings)
            if samples.isfinite().all():
                found |= self._of_samples(samples)
        yield
        if {"encode", "sample"} <= capabilities:
            found |= self._of_codes(model)
        return samples, found

    def _of_samples(self, samples: Tensor) -> Numbers:
        real = some(self._dataset.train, len(samples))
        n = len(real)
        if n < 10:
            return {}
        distance = max(_spread(real), 1e-12)
        found: Numbers = {"spread": _spread(samples) / distance, "distance": distance}
        seen, of_real = samples.flatten(1), real.flatten(1)
        if self._dataset.modes is not None:
            centres, std = self._dataset.modes
            found |= {"modes": len(centres), "modes_hit": coverage.modes_hit(samples, centres, std),
                      "on_data": coverage.share_within_3_sigma(samples, centres, std)}  # fmt: skip
        elif self._dataset.spec.kind == "images" and self._dataset.spec.classes and (judge := self._judge()):
            size = self._dataset.spec.classes[0]
            shares = judge.labels(samples)[:, 0].bincount(minlength=size) / len(samples)
            found |= {"classes": size, "classes_hit": int((shares >= 0.2 / size).sum())}
            seen, of_real = judge.features(samples), judge.features(real)
        found["precision"], found["recall"] = coverage.precision_recall(seen[:n], of_real)
        return found

    def _of_codes(self, model: GenerativeModel) -> Numbers:
        held_out = self._dataset.validation
        batch = held_out.take(torch.arange(min(CODED, len(held_out)), device=held_out.x.device)).to(model.device)
        codes = model.posterior(batch.x, batch.labels if model.conditional else None)
        if "std" not in codes:
            return {}
        mean, std = codes["mean"], codes["std"]
        kl = 0.5 * (mean.square() + std.square() - 2 * std.log() - 1).mean(dim=0)  # (Z,)
        return {"KL": float(kl.sum()), "axes": int((kl >= 0.01).sum()), "latent_dim": len(kl)}

    def _judge(self) -> Yardstick | None:
        if not self._judges:
            self._judges.append(Yardstick.bundled(self._dataset.spec, "cpu"))
        return self._judges[0]


def _spread(x: Tensor) -> float:
    """The mean distance of two of them."""
    flat = x.flatten(1)
    return float(torch.pdist(flat).mean())
