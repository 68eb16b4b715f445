"""How probable a model finds the test split, beside the best value possible."""

import math

import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import GenerativeModel

CHUNK = 256


@torch.no_grad()
def likelihood(model: GenerativeModel, dataset: Dataset, generator: torch.Generator) -> dict[str, object]:
    """The negative log-likelihood of the test split, and the KL divergence where the true density is known.

    Points count nats, images bits a dimension; all values share the unit. A conditional model is told the labels, so
    its NLL is that of p(x | label): the entropy of the data is no floor under it, and no KL follows from it.
    """
    kind = model.density
    points = dataset.spec.kind == "points"
    unit = 1.0 if points else dataset.spec.dims * math.log(2)  # nats in one unit
    known = dataset.exact if not model.conditional else None
    result: dict[str, object] = {}
    if known is not None:
        result["entropy_floor"] = known.entropy / unit
    if kind == "none":
        return result
    log_model = log_densities(model, dataset, generator) / unit
    bound = "exact" if kind == "exact" else "upper bound"
    result |= {"nll": -float(log_model.mean()), "nll_unit": "nats" if points else "bits/dim", "nll_kind": bound}
    if known is not None:
        log_true = torch.cat([known.log_density(x).cpu().double() for x in dataset.test.x.split(CHUNK)]) / unit
        gap = log_true - log_model  # paired: the luck of the test points cancels
        result |= {"kl": float(gap.mean()), "kl_kind": bound, "kl_stderr": float(gap.std()) / math.sqrt(len(gap))}
    return result


@torch.no_grad()
def log_densities(model: GenerativeModel, dataset: Dataset, generator: torch.Generator) -> Tensor:
    """The model's log p of each test example in nats, (N,), float64 on the CPU."""
    test, values = dataset.test, []
    for x, labels in zip(test.x.split(CHUNK), test.labels.split(CHUNK), strict=True):
        label = labels.to(model.device) if model.conditional else None
        values.append(model.log_density(x.to(model.device), generator, label).cpu().double())
    return torch.cat(values)
