"""Gaussian mixture: data are a few clouds, each with a centre, a spread and a share of the examples.

Maximum likelihood finds all three. For one cloud the answer is known in closed form, the data's own mean and
covariance; for several, EM alternates between asking which cloud each example belongs to (a soft answer) and giving
each cloud the mean and covariance of its examples. The same likelihood can be climbed by gradient steps, which is
slower but works for any density. Labels, where wanted, choose among the clouds: p(x|y) = Σ_k π(k|y) N_k(x).

An image has levels, not a density, so its level k of L is spread to y = (k + u) / L with u uniform. Then
log P(x) >= E_u log p(y) - D log L: a bound, which bits per dimension are counted from.

EM: Dempster, Laird and Rubin 1977; start: Arthur and Vassilvitskii 2007 (k-means++); dequantisation: Theis et al. 2016
(arXiv 1511.01844). Lecture slides 18-26.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.errors import UsageError
from playground.core.hyperparams import param
from playground.core.model import DensityKind, GenerativeModel
from playground.models.networks.dequantise import Dequantise
from playground.models.networks.joint_labels import JointLabels
from playground.models.networks.kmeans import kmeans_start

CARD = {
    "name": "gaussian",
    "title": "Gaussian mixture",
    "group": "Density",
    "slides": "18-26",
    "order": 2,
    "about": "Fits one Gaussian, or a weighted sum of several, by maximum likelihood.",
    "objective": "high density",
    "approach": "Indirect: learn a density, then draw from it",
    "loss_unit": "nats",
    "opens_on": "bumps",
    "formula": r"p(x) = \sum_k \pi_k \, \mathcal{N}(x; \mu_k, \Sigma_k)",
}

DRAWS = 8  # dequantisations an image from which its likelihood is estimated
LOOK_BACK = 5  # steps over which EM's gain is judged: each step dequantises anew, which makes a single one noisy
SOME = 2048  # examples from which the centres are chosen
LEAST = 1e-3  # a cloud with fewer examples than this is dead; also what a label that never occurs is counted as
NUMBERS = 1 << 22  # worked on at once, 32 MiB
MOST = 1 << 24  # numbers in all covariances
TINY = 1e-30


@dataclass(frozen=True)
class GaussianConfig:
    """Which Gaussians, and how they are found."""

    components: int = param(8, low=1, high=1000, step=1,
                            help="Gaussians in the mixture. One is fitted in closed form, in one step.")  # fmt: skip
    covariance: str = param("diagonal", choices=("full", "diagonal", "tied"),
                            help="The shape of a Gaussian. Full: any ellipse, D² numbers each. Diagonal: along the "
                                 "axes. Tied: any ellipse, but the same for all.")  # fmt: skip
    fit: str = param("EM", choices=("EM", "gradient"),
                     help="How the likelihood is climbed: exact steps on all data, or Adam on batches.")  # fmt: skip
    floor: float = param(0.03, low=0.001, high=1.0, step=1.5, log=True, live=True, label="least spread",
                         help="A standard deviation in the data's units. EM adds its square to every variance, "
                              "gradient steps stop at it; else a Gaussian could shrink onto one example and the "
                              "likelihood grow without end. More blurs, less learns by heart.")  # fmt: skip
    conditional: bool = param(False, help="Give each label its own shares of the Gaussians, so that samples can be "
                                          "asked for by class.")  # fmt: skip
    tolerance: float = param(1e-3, low=0.0, high=10.0, step=2.0, log=True, live=True, more=True, unit="nats",
                             help="EM ends when a step gains less than this an example, on average over five steps. "
                                  "0 goes on until the budget is spent.")  # fmt: skip


@dataclass(frozen=True)
class GaussianSampling:
    """How samples are drawn."""

    temperature: float = param(1.0, low=0.0, high=3.0, step=0.1, live=True,
                               help="Factor on the spread of every Gaussian; 0 draws their centres.")  # fmt: skip


class GaussianMixture(GenerativeModel):
    """K Gaussians N(μ_k, L_k L_kᵀ) over D numbers. L is lower triangular and kept as the log of its diagonal and the
    numbers below it, so that any values are a valid covariance.

    Attributes:
        mean: μ, (K, D).
        log_diagonal: of L, (C, D); C = 1 where the covariance is tied, else K.
        lower: what stands below the diagonal of L, row by row, (C, D(D-1)/2); (C, 0) where it is diagonal.
        logits: log π(k|y) up to a constant for each combination y of labels, (J, K); J = 1 without labels.
        labels: p(y), with which a label that is left open is summed over.
    """

    Config = GaussianConfig
    SampleSettings = GaussianSampling
    fitted = ("mean", "log_diagonal", "lower", "logits")

    config: GaussianConfig
    mean: Tensor
    log_diagonal: Tensor
    lower: Tensor
    logits: Tensor
    recent: Tensor

    def __init__(self, spec: DataSpec, config: GaussianConfig) -> None:
        super().__init__(spec, config)
        k, d = config.components, spec.dims  # formula: Σ over k, set by components
        c = 1 if config.covariance == "tied" else k
        self.labels = JointLabels(spec.classes if self.conditional else ())
        self.dequantise = Dequantise(spec)
        below = 0 if config.covariance == "diagonal" else d * (d - 1) // 2
        shapes = {"mean": (k, d), "log_diagonal": (c, d), "lower": (c, below), "logits": (self.labels.size, k)}
        for name, shape in shapes.items():
            if self.full_batch:  # a buffer, which an average of the weights would only make lag behind
                self.register_buffer(name, torch.zeros(shape))
            else:
                self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
        self.recent = torch.full((LOOK_BACK,), math.inf, device="cpu")  # EM's last losses

    @classmethod
    def build(cls, spec: DataSpec, config: GaussianConfig) -> Self:
        """Raises UsageError where the covariances would not fit into memory."""
        numbers = {"full": config.components, "tied": 1, "diagonal": 0}[config.covariance] * spec.dims**2
        if numbers > MOST:
            raise UsageError(f"{config.covariance} covariances of {numbers:,} numbers are too large to work with. "
                             "Choose covariance=diagonal, fewer components or smaller images.")  # fmt: skip
        return cls(spec, config)

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "log_density"})

    @classmethod
    def density_kind(cls, spec: DataSpec) -> DensityKind:
        return "exact" if spec.kind == "points" else "lower bound"

    @property
    def bounds_nll(self) -> bool:
        return True

    @property
    def full_batch(self) -> bool:
        return self.config.fit == "EM"

    # -- the density ----------------------------------------------------------------------------------------------

    def log_joint(self, y: Tensor, share: Tensor) -> Tensor:
        """log π(k|label) + log N_k(y), in the precision of y (B, D). `share`: weights of the labels that y may have,
        as `labels` gives them, (B, J) -> (B, K)."""
        # formula: π_k, set by conditional
        pi = share @ self.logits.to(y).softmax(dim=1)  # (B, K)
        origin = self.mean.detach().mean(dim=0)  # far from 0, squares of large numbers would cancel
        y, mean = y - origin.to(y), (self.mean - origin).to(y)
        if self.config.covariance == "full":
            z = torch.linalg.solve_triangular(self.factor(y), (y - mean[:, None]).mT, upper=False)  # (K, D, B)
            square = z.square().sum(dim=1).T
        elif self.config.covariance == "tied":
            factor = self.factor(y)[0]
            z = torch.linalg.solve_triangular(factor, y.T, upper=False).T  # (B, D)
            centre = torch.linalg.solve_triangular(factor, mean.T, upper=False).T  # (K, D)
            square = z.square().sum(1, keepdim=True) - 2 * z @ centre.T + centre.square().sum(1)
        else:
            precision = (-2 * self.log_diagonal.to(y)).exp()  # (K, D)
            square = y.square() @ precision.T - 2 * y @ (precision * mean).T + (precision * mean.square()).sum(1)
        log_normal = -0.5 * (square + y.shape[1] * math.log(2 * math.pi)) - self.log_diagonal.to(y).sum(dim=1)
        return pi.clamp(min=TINY).log() + log_normal

    def factor(self, like: Tensor) -> Tensor:
        """L in the type of `like`, (C, D, D)."""
        factor = self.log_diagonal.to(like).exp().diag_embed()
        if self.lower.numel():
            row, column = torch.tril_indices(factor.shape[1], factor.shape[2], -1, device=like.device)
            factor[:, row, column] = self.lower.to(like)
        return factor

    def _chunks(self, x: Tensor, label: Tensor | None, generator: torch.Generator) -> Iterator[tuple[Tensor, Tensor]]:
        """Dequantised data and the shares of their labels in float64, in pieces that fit into memory."""
        k, d = self.mean.shape
        each = k * d if self.config.covariance == "full" else max(k, d)  # numbers an example
        for rows in torch.arange(len(x), device=x.device).split(max(1, NUMBERS // each)):
            share = self.labels(label if label is None else label[rows], len(rows))
            yield precise(self.dequantise(x[rows], generator)), precise(share)

    # -- training -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """Centres from k-means++, and one round spread for all; each label starts with the shares of its examples.

        Raises UsageError where there are more components than examples.
        """
        k = self.config.components
        if k > len(train_data):
            raise UsageError(f"{k} components need as many training examples; there are {len(train_data)}.")
        self.labels.learn(train_data.labels, LEAST)
        some = train_data.take(torch.randperm(len(train_data), generator=generator)[:SOME])
        y = self.dequantise(some.x, generator)  # (N, D)
        centres, distance = kmeans_start(y, k, generator)
        self.mean.copy_(centres)
        self.log_diagonal.fill_(0.5 * distance.mean().div(y.shape[1]).clamp(min=self.config.floor**2).log())
        nearest = F.one_hot(torch.cdist(y, centres).argmin(dim=1), k).to(y)  # (N, K)
        count = self.labels(some.labels, len(y)).T @ nearest + 1.0  # a share of 0 would stay 0 for ever
        self.logits.copy_((count / count.sum(dim=1, keepdim=True)).log())

    def configure_optimizers(self) -> dict[str, Optimizer]:
        return {} if self.full_batch else super().configure_optimizers()

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        if self.full_batch:
            loss = self.em_step(batch, generator)
            gain = (self.recent[0] - loss.cpu()) / LOOK_BACK
            self.recent = torch.cat([self.recent[1:], loss.float().cpu()[None]])
            self.finished = self.config.components == 1 or bool(gain.clamp(min=0) < self.config.tolerance)
        else:
            loss = self.gradient_step(batch, optimizers["model"], generator)
        return {"loss": loss}

    @torch.no_grad()
    def em_step(self, batch: Batch, generator: torch.Generator) -> Tensor:
        """One step of EM on all data; of a single Gaussian it is the closed form. Returns the mean of -log p in nats
        before the step, as `gradient_step` does."""
        origin = precise(self.mean.mean(dim=0))
        count, first, second, log_p = *torch.zeros(3).to(origin), []
        with self.stage("expectation"):
            for y, share in self._chunks(batch.x, batch.labels, generator):
                joint = self.log_joint(y, share)  # (B, K)
                log_p.append(joint.logsumexp(dim=1))
                belongs = (joint - log_p[-1][:, None]).exp()  # which Gaussian each example is from, (B, K)
                y = y - origin
                count = count + share.T @ belongs  # (J, K)
                first = first + belongs.T @ y  # (K, D)
                second = second + self._products(y, belongs)  # (C, D, D); diagonal: (K, D)
        of_example = torch.cat(log_p)
        with self.stage("maximisation"):
            total = count.sum(dim=0)  # (K,)
            dead = total < LEAST
            mean = first / total.clamp(min=LEAST)[:, None]  # formula: μ_k, set by fit
            spread = self._spread(second, mean, total)  # (C, D, D); diagonal: (K, D)
            if dead.any():  # it starts again as one example: that which is explained worst
                worst = of_example.topk(int(dead.sum()), largest=False).indices
                mean[dead] = precise(self.dequantise(batch.x[worst], generator)) - origin
                count[:, dead] = self.labels.share.to(count)[:, None]
                if len(spread) > 1:
                    spread[dead] = spread[~dead].mean(dim=0)
            # A label that never occurs takes the shares of all.
            count = count + LEAST * count.sum(dim=0) / count.sum()
            self._store(mean + origin, spread, count / count.sum(dim=1, keepdim=True))
        return self.dequantise.log_volume - of_example.mean()

    def _products(self, y: Tensor, belongs: Tensor) -> Tensor:
        """Sums of y yᵀ over the examples of each Gaussian."""
        if self.config.covariance == "full":
            return (belongs.T[:, :, None] * y).mT @ y  # (K, D, B) @ (B, D) -> (K, D, D)
        return (y.T @ y)[None] if self.config.covariance == "tied" else belongs.T @ y.square()

    def _spread(self, second: Tensor, mean: Tensor, total: Tensor) -> Tensor:  # formula: Σ_k, set by covariance
        """The covariances that maximise the likelihood, with floor² more on their diagonals."""
        least = self.config.floor**2
        if self.config.covariance == "diagonal":
            return (second / total.clamp(min=LEAST)[:, None] - mean.square()).clamp(min=0) + least
        if self.config.covariance == "tied":
            spread = (second - (mean.T * total) @ mean) / total.sum()
        else:
            spread = second / total.clamp(min=LEAST)[:, None, None] - mean[:, :, None] * mean[:, None]
        spread.diagonal(dim1=1, dim2=2).add_(least)
        return spread

    def _store(self, mean: Tensor, spread: Tensor, pi: Tensor) -> None:
        """Writes into the buffers, which the sampler shares."""
        self.mean.copy_(mean)
        self.logits.copy_(pi.clamp(min=TINY).log())
        if self.config.covariance == "diagonal":
            self.log_diagonal.copy_(0.5 * spread.log())
            return
        factor = torch.linalg.cholesky(spread)
        self.log_diagonal.copy_(factor.diagonal(dim1=1, dim2=2).log())
        row, column = torch.tril_indices(factor.shape[1], factor.shape[2], -1, device=factor.device)
        self.lower.copy_(factor[:, row, column])

    def gradient_step(self, batch: Batch, optimizer: Optimizer, generator: torch.Generator) -> Tensor:
        """One step of the optimizer on the same loss."""
        with self.stage("likelihood"):
            y = self.dequantise(batch.x, generator)  # (B, D)
            log_p = self.log_joint(y, self.labels(batch.labels, len(y))).logsumexp(dim=1)  # (B,)
            loss = self.dequantise.log_volume - log_p.mean()
        with self.stage("update"):
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            self.log_diagonal.data.clamp_(min=math.log(self.config.floor))
        return loss.detach()

    @torch.no_grad()
    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        return {"loss": -self._log_p(batch.x, batch.labels, generator).mean()}

    def training_state(self) -> dict[str, Tensor]:
        return {"recent": self.recent}

    def load_training_state(self, state: Mapping[str, Tensor]) -> None:
        self.recent = state["recent"].cpu()

    # -- sampling -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def sample(
        self, n: int, *, label: Tensor | None = None, settings: Any = None, generator: torch.Generator
    ) -> Tensor:
        """Chooses a Gaussian by its share and draws from it; an image falls back onto its levels. (n, *shape)"""
        settings = settings or GaussianSampling()
        pi = self.labels(label, n) @ self.logits.softmax(dim=1)  # (n, K)
        k = torch.multinomial(pi, 1, generator=generator)[:, 0]  # (n,)
        noise = torch.randn(n, self.spec.dims, generator=generator, device=self.device)
        if self.config.covariance == "diagonal":
            noise = noise * self.log_diagonal[k].exp()
        else:
            which, factor = k % len(self.log_diagonal), self.factor(noise)  # tied: there is only one
            for c in which.unique():  # a factor an example would fill the memory
                noise[which == c] = noise[which == c] @ factor[c].T
        return self.dequantise.back(self.mean[k] + settings.temperature * noise)

    @torch.no_grad()
    def log_density(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> Tensor:
        """log p(x), or log p(x|label) where labels are learned, in nats (B,): exact for points, for images a lower
        bound, the mean over 8 dequantisations."""
        draws = DRAWS if self.spec.kind == "images" else 1
        return torch.stack([self._log_p(x, label, generator) for _ in range(draws)]).mean(dim=0).to(x)

    def _log_p(self, x: Tensor, label: Tensor | None, generator: torch.Generator) -> Tensor:
        """log p of the data with one dequantisation, in nats, (B,)."""
        parts = [self.log_joint(y, share).logsumexp(dim=1) for y, share in self._chunks(x, label, generator)]
        return torch.cat(parts) - self.dequantise.log_volume


def precise(x: Tensor) -> Tensor:
    """In float64, where the device has it."""
    return x.float() if x.device.type == "mps" else x.double()
