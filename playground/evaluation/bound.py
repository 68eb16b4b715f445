"""How far a lower bound of log p(x) lies below it: estimates from more and more codes, and the integral where z has at
most two numbers.

The mean of K importance weights p(x|z) p(z) / q(z|x) is an estimate of p(x) without bias, so the mean of its logarithm
is a lower bound of log p(x), which rises with K: at K = 1 it is the evidence lower bound. Codes drawn from the prior
give such an estimate too, the naive one, whose weights p(x|z) are nearly all nothing where few codes make such an x.

Burda, Grosse, Salakhutdinov 2016 (arXiv 1509.00519).
"""

import math
from collections.abc import Generator, Iterator
from typing import Protocol

import torch
from torch import Tensor

from playground.core.data import Dataset
from playground.core.model import SampleStep

COUNTS = (1, 4, 16, 64, 256)  # codes an estimate
DRAWN = 4096  # codes in all, so that there are sixteen estimates from 256
AT_A_TIME = 256  # codes decoded in one piece
REACH, COARSE, FINE = 6.0, 121, 4  # of the grid: sigmas to its edge, points along an axis, and cells a side below those
NOTICED = 20.0  # nats below the highest point from which on a cell is looked at closely
MOST_AXES = 2
LOG_2PI = math.log(2 * math.pi)


class Bounded(Protocol):
    """A model whose log p(x) is bounded with codes from an encoder."""

    @property
    def latent_dim(self) -> int: ...

    @property
    def device(self) -> torch.device: ...

    def log_likelihood(self, x: Tensor, z: Tensor, label: Tensor | None) -> Tensor:
        """log p(x|z), (B,)."""
        ...

    def log_weight(self, x: Tensor, generator: torch.Generator, label: Tensor | None) -> Tensor:
        """log of p(x|z) p(z) / q(z|x) at one z ~ q(z|x) an example, (B,)."""
        ...


class BoundLab:
    """Answers questions about the bound of one example.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"bounds"})

    def __init__(self, dataset: Dataset) -> None:
        """The data set has no part in it: the example is told."""

    @torch.no_grad()
    def bounds(
        self, model: Bounded, x: Tensor, generator: torch.Generator, label: Tensor | None = None
    ) -> Iterator[SampleStep]:
        """Of an example x (1, *shape) with its label (1, F), all in nats.

        The last step's x is what `COUNTS` codes from the encoder give, (M,); its views are ``error``, the standard
        error of each; ``naive`` and ``naive_error``, the same with codes from the prior; ``codes`` (M,); and ``exact``
        (), log p(x) by quadrature over z, NaN where z has more than two numbers.
        """
        pieces = DRAWN // AT_A_TIME
        axes = model.latent_dim if model.latent_dim <= MOST_AXES else 0
        total = 2 * pieces + (1 if axes else 0)
        many, told = _repeated(x, label, AT_A_TIME)
        encoded, naive = [], []
        for i in range(pieces):
            encoded.append(model.log_weight(many, generator, told).double())
            yield SampleStep(2 * i, total, torch.empty(0))
            z = torch.randn(AT_A_TIME, model.latent_dim, generator=generator, device=x.device)
            naive.append(model.log_likelihood(many, z, told).double())
            yield SampleStep(2 * i + 1, total, torch.empty(0))
        bound, error = means_of_logs(torch.cat(encoded))
        naive_bound, naive_error = means_of_logs(torch.cat(naive))
        exact = torch.tensor(math.nan)
        if axes:
            exact = yield from self._integral(model, x, label, SampleStep(2 * pieces, total, torch.empty(0)))
        views = {"error": error, "naive": naive_bound, "naive_error": naive_error,
                 "codes": torch.tensor(COUNTS), "exact": exact}  # fmt: skip
        yield SampleStep(total, total, bound, views)

    def _integral(
        self, model: Bounded, x: Tensor, label: Tensor | None, meanwhile: SampleStep
    ) -> Generator[SampleStep, None, Tensor]:
        """log ∫ p(x|z) p(z) dz by the midpoint rule, on finer cells where there is anything to be seen, ()."""
        axes, step = model.latent_dim, 2 * REACH / (COARSE - 1)
        line = torch.linspace(-REACH, REACH, COARSE)
        coarse = torch.cartesian_prod(*[line] * axes).view(-1, axes)
        log_p = yield from self._joint(model, x, label, coarse, meanwhile)
        seen = log_p > log_p.max() - NOTICED
        inner = (torch.arange(FINE) + 0.5) * step / FINE - step / 2
        inner = torch.cartesian_prod(*[inner] * axes).view(-1, axes)
        fine = (coarse[seen][:, None] + inner).view(-1, axes)
        log_fine = yield from self._joint(model, x, label, fine, meanwhile)
        return torch.cat([log_p[~seen], log_fine - axes * math.log(FINE)]).logsumexp(0) + axes * math.log(step)

    @staticmethod
    def _joint(
        model: Bounded, x: Tensor, label: Tensor | None, codes: Tensor, meanwhile: SampleStep
    ) -> Generator[SampleStep, None, Tensor]:
        """log p(x|z) p(z) at some codes (N, Z), (N,), float64 on the CPU."""
        pieces = []
        for z in codes.split(8 * AT_A_TIME):
            many, told = _repeated(x, label, len(z))
            log_p = model.log_likelihood(many, z.to(x.device), told).cpu().double()
            pieces.append(log_p - 0.5 * (z.double() ** 2 + LOG_2PI).sum(dim=1))
            yield meanwhile
        return torch.cat(pieces)


def means_of_logs(log_weights: Tensor) -> tuple[Tensor, Tensor]:
    """The mean of log(mean of K weights) over groups of K of them (N,), and its standard error, for each K in `COUNTS`,
    (M,) each. Each group is made of whole smaller ones, so the first never falls with K: a logarithm is concave."""
    means, errors = [], []
    for count in COUNTS:
        logs = log_weights.view(-1, count).logsumexp(dim=1) - math.log(count)
        means.append(logs.mean())
        errors.append(logs.std() / math.sqrt(len(logs)))
    return torch.stack(means), torch.stack(errors)


def _repeated(x: Tensor, label: Tensor | None, count: int) -> tuple[Tensor, Tensor | None]:
    return x.expand(count, *x.shape[1:]), None if label is None else label.expand(count, -1)
