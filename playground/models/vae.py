"""Variational autoencoder: every example has a short code z, and both directions are learned together.

An encoder proposes which codes z could have made x, q(z|x); a decoder says which x a code makes, p(x|z). Both are
trained to raise one lower bound of log p(x): how well x is rebuilt, minus how far its codes stray from the prior
N(0, I). To sample, draw z from the prior and decode it.

Kingma, Welling 2014 (arXiv 1312.6114); Rezende et al. 2014 (1401.4082); β: Higgins et al. 2017; the bound from many
codes: Burda, Grosse, Salakhutdinov 2016 (1509.00519); warm-up of the KL term: Bowman et al. 2016 (1511.06349).
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.hyperparams import param
from playground.core.model import DensityKind, GenerativeModel, Given, SampleStep
from playground.models.networks.embedding import FourierPoints, LabelEmbedding, hide_labels
from playground.models.networks.mlp import mlp

CARD = {
    "name": "vae",
    "title": "VAE",
    "group": "More",
    "slides": "5, 9-12",
    "receives": "encode it",
    "order": 9,
    "about": "Encodes data into a short code z near a Gaussian, and decodes codes into data.",
    "objective": "high density (a bound of it)",
    "approach": "Direct: a code in, data out, in one pass",
    "loss_unit": "nats",
    "formula": r"\log p(x) \geq \mathbb{E}_{q(z|x)} \log p(x|z) - \mathrm{KL}(q(z|x)\,\|\,p(z))",
}

LOG_2PI = math.log(2 * math.pi)
CODES = 64  # codes an example from which its likelihood is estimated


@dataclass(frozen=True)
class VAEConfig:
    """How encoder and decoder are built, and what they are asked to do."""

    latent_dim: int = param(8, low=1, high=128, label="latent size",
                            help="Numbers in the code z. Two can be drawn as a map; more rebuild better.")  # fmt: skip
    beta: float = param(1.0, low=0.0, high=50.0, step=0.25, live=True, label="beta β",
                        help="Weight of the KL term. 1 is the bound itself; more makes codes tidier and pictures "
                             "blurrier, 0 leaves a plain autoencoder.")  # fmt: skip
    pixels: str = param("beta-binomial", choices=("binomial", "beta-binomial"), label="pixel model", only="images",
                        help="What p(x|z) says of a gray level: a count out of (levels - 1), with one spread "
                             "(binomial) or a learned one (beta-binomial). Points use a Gaussian.")  # fmt: skip
    conditional: bool = param(False, help="Give both networks the label, so that samples can be asked for by class.")
    label_dropout: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True, more=True, label="label dropout",
                                 help="Share of labels hidden in training, so that one may be left open.")  # fmt: skip
    kl_warmup: int = param(0, low=0, high=100000, step=100, unit="steps", live=True, more=True, label="KL warm-up",
                           help="Steps over which β rises from 0: else an axis of z may be given up before the decoder "
                                "has found a use for it.")  # fmt: skip
    hidden: int = param(256, low=8, high=2048, step=32, label="hidden units", more=True,
                        help="Width of the two hidden layers of encoder and decoder.")  # fmt: skip


@dataclass(frozen=True)
class VAESampling:
    """How codes become samples."""

    temperature: float = param(1.0, low=0.0, high=3.0, step=0.1, live=True,
                               help="Standard deviation of the drawn codes; the prior has 1.")  # fmt: skip
    draw: str = param("auto", choices=("auto", "mean", "sample"), live=True, more=True, label="output",
                      help="The mean of p(x|z), or a draw. Auto: the mean for images, a draw for points.")  # fmt: skip


class VAE(GenerativeModel):
    """Encoder x -> N(μ, σ²) over z, decoder z -> p(x|z), both MLPs; for points with waves over their inputs."""

    Config = VAEConfig
    SampleSettings = VAESampling
    answers = GenerativeModel.answers | {"latent_kl", "bound_terms"}

    config: VAEConfig
    centre: Tensor
    scale: Tensor

    def __init__(self, spec: DataSpec, config: VAEConfig) -> None:
        super().__init__(spec, config)
        conditional = config.conditional and bool(spec.classes)
        label_dim = 32 if conditional else 0
        self.label = LabelEmbedding(spec.classes, label_dim) if conditional else None
        self.output: PixelCounts | Gaussian
        if spec.kind == "images":
            self.output = PixelCounts(trials=(spec.levels or 256) - 1, spread=config.pixels == "beta-binomial")
        else:
            self.output = Gaussian()
        h, outputs = config.hidden, spec.dims * self.output.parameters_per_number
        octaves = 4 if spec.kind == "points" else 0  # few numbers become others, with edges that a plain MLP blurs
        self.x_waves, self.z_waves = FourierPoints(spec.dims, octaves), FourierPoints(config.latent_dim, octaves)
        self.encoder = mlp(self.x_waves.out_features + label_dim, h, h, 2 * config.latent_dim)
        self.decoder = mlp(self.z_waves.out_features + label_dim, h, h, outputs)
        self.updates = 0
        self.register_buffer("centre", torch.full(spec.shape, (spec.low + spec.high) / 2))
        self.register_buffer("scale", torch.tensor((spec.high - spec.low) / 2))

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "encode", "decode", "log_density"})

    @classmethod
    def density_kind(cls, spec: DataSpec) -> DensityKind:
        return "lower bound"

    # -- training -------------------------------------------------------------------------------------------------

    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """Points are centred and scaled to unit variance for the encoder; images keep their known range."""
        if self.spec.kind == "points":
            self.centre = train_data.x.mean(dim=0)
            self.scale = train_data.x.std(dim=0).mean()

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        """One step down minus the bound; during the warm-up down what a share of β would make of it, while the terms
        returned are those of the whole β, so that a loss can be compared with the entropy of the data throughout."""
        self.updates += 1
        terms = self.objective(batch, generator)
        missing = 1 - min(self.updates / max(self.config.kl_warmup, 1), 1.0)  # the share of β that does not count yet
        with self.stage("update"):
            optimizers["model"].zero_grad()
            (terms["loss"] - missing * self.config.beta * terms["KL"]).backward()
            optimizers["model"].step()
        return {name: value.detach() for name, value in terms.items()}

    def objective(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Minus the evidence lower bound, in nats an example: reconstruction + β KL."""
        label = hide_labels(batch.labels, self.config.label_dropout, generator) if self.conditional else None
        with self.stage("encode"):
            mu, log_sigma = self._posterior(batch.x, label)  # (B, Z) each
        with self.stage("draw z"):
            # formula: z, set by latent_dim
            z = mu + log_sigma.exp() * torch.randn(mu.shape, generator=generator, device=mu.device)
        with self.stage("decode"):
            reconstruction = -self.log_likelihood(batch.x, z, label)  # (B,)
        kl = kl_to_prior(mu, log_sigma)  # (B,)
        loss = reconstruction + self.config.beta * kl  # formula: KL, set by beta
        return {"loss": loss.mean(), "reconstruction": reconstruction.mean(), "KL": kl.mean()}

    def training_state(self) -> dict[str, Tensor]:
        return {"updates": torch.tensor(self.updates)}

    def load_training_state(self, state: Mapping[str, Tensor]) -> None:
        self.updates = int(state["updates"])

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        return self.objective(batch, generator)

    # -- sampling -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def sample_steps(
        self,
        n: int,
        *,
        label: Tensor | None = None,
        settings: VAESampling | None = None,
        generator: torch.Generator,
        start: SampleStep | None = None,
        given: Given | None = None,
    ) -> Iterator[SampleStep]:
        """One step: draw z from the prior, decode it."""
        settings = settings or VAESampling()
        # formula: p(z), set by sample.temperature
        z = settings.temperature * torch.randn(n, self.latent_dim, generator=generator, device=self.device)
        parameters = self._decode_parameters(z, label)  # (B, K, *shape)
        draw = settings.draw == "sample" or (settings.draw == "auto" and self.spec.kind == "points")
        x = self.output.draw(parameters, generator) if draw else self.output.mean(parameters)
        yield SampleStep(1, 1, self._outward(x), {"z": z})

    @torch.no_grad()
    def log_density(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> Tensor:
        """A lower bound of log p(x) in nats (B,), from 64 codes an example."""
        return self.importance_bound(x, CODES, generator, label)

    def importance_bound(self, x: Tensor, codes: int, generator: torch.Generator, label: Tensor | None) -> Tensor:
        """log of the mean of p(x|z) p(z) / q(z|x) over some codes z ~ q(z|x), in nats (B,). With one code it is the
        evidence lower bound in expectation; with more it rises towards log p(x)."""
        log_weights = [self.log_weight(x, generator, label) for _ in range(codes)]
        return torch.stack(log_weights).logsumexp(dim=0) - math.log(codes)

    def log_weight(self, x: Tensor, generator: torch.Generator, label: Tensor | None) -> Tensor:
        """log of p(x|z) p(z) / q(z|x) at one code z ~ q(z|x) an example, (B,): on average the bound itself."""
        mu, log_sigma = self._posterior(x, label)
        noise = torch.randn(mu.shape, generator=generator, device=mu.device)
        z = mu + log_sigma.exp() * noise
        log_prior = -0.5 * (z**2 + LOG_2PI).sum(dim=1)  # (B,)
        log_posterior = -(0.5 * (noise**2 + LOG_2PI) + log_sigma).sum(dim=1)
        return self.log_likelihood(x, z, label) + log_prior - log_posterior

    @torch.no_grad()
    def bound_terms(self, x: Tensor, noise: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """What the bound of an example is made of where its code is z = μ + σ ε, with ε (B, Z) held as given: ``mean``,
        ``std`` and ``z`` (B, Z), ``log_likelihood`` log p(x|z) (B,), ``kl`` of each axis (B, Z), all in nats, and what
        is ``decoded`` from z (B, *shape)."""
        mu, log_sigma = self._posterior(x, label)
        z = mu + log_sigma.exp() * noise
        fit, kl = self.log_likelihood(x, z, label), kl_by_axis(mu, log_sigma)
        decoded = self.decode(z, label)
        return {"mean": mu, "std": log_sigma.exp(), "z": z, "log_likelihood": fit, "kl": kl, "decoded": decoded}

    @torch.no_grad()
    def latent_kl(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """KL(q(z|x) || p(z)) along each axis of z in nats, on average over the examples, (Z,). An axis near 0 has
        collapsed to the prior: its codes say nothing of x."""
        return kl_by_axis(*self._posterior(x, label)).mean(dim=0)

    @torch.no_grad()
    def encode(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """The mean of q(z|x), (B, Z)."""
        return self._posterior(x, label)[0]

    @torch.no_grad()
    def posterior(self, x: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """Mean and standard deviation of q(z|x), (B, Z) each."""
        mu, log_sigma = self._posterior(x, label)
        return {"mean": mu, "std": log_sigma.exp()}

    @torch.no_grad()
    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """The mean of p(x|z), (B, *shape)."""
        return self._outward(self.output.mean(self._decode_parameters(z, label)))

    @property
    def bounds_nll(self) -> bool:
        return self.config.beta == 1.0

    @property
    def latent_dim(self) -> int:
        return self.config.latent_dim

    def _posterior(self, x: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor]:  # formula: q(z|x), set by hidden
        """μ and log σ of q(z|x), (B, Z) each."""
        inputs = ((x - self.centre) / self.scale).flatten(1)  # (B, D)
        mu, log_sigma = self.encoder(self._with_label(self.x_waves(inputs), label)).chunk(2, dim=1)
        return mu, log_sigma.clamp(-8, 4)

    def _decode_parameters(self, z: Tensor, label: Tensor | None) -> Tensor:
        """What p(x|z) needs for each number of x, (B, K, *shape)."""
        k = self.output.parameters_per_number
        return self.decoder(self._with_label(self.z_waves(z), label)).view(len(z), k, *self.spec.shape)

    # formula: log p(x|z), set by pixels
    def log_likelihood(self, x: Tensor, z: Tensor, label: Tensor | None) -> Tensor:
        """log p(x|z) in nats of the data's own space, (B,)."""
        parameters = self._decode_parameters(z, label)
        if isinstance(self.output, PixelCounts):
            return self.output.log_prob(parameters, x).flatten(1).sum(dim=1)
        inner = self.output.log_prob(parameters, (x - self.centre) / self.scale).sum(dim=1)
        return inner - self.spec.dims * self.scale.log()  # the change of variables of the scaling

    def _outward(self, x: Tensor) -> Tensor:
        return x if self.spec.kind == "images" else x * self.scale + self.centre

    def _with_label(self, h: Tensor, label: Tensor | None) -> Tensor:
        if self.label is None:
            return h
        if label is None:
            label = torch.full((len(h), len(self.spec.classes)), -1, device=h.device)
        return torch.cat([h, self.label(label)], dim=1)


def kl_to_prior(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """KL( N(μ, σ²) || N(0, I) ) in nats, summed over the axes of z: (B, Z) -> (B,)."""
    return kl_by_axis(mu, log_sigma).sum(dim=1)


def kl_by_axis(mu: Tensor, log_sigma: Tensor) -> Tensor:
    """The same of each axis alone, (B, Z) -> (B, Z)."""
    return 0.5 * (mu**2 + (2 * log_sigma).exp() - 2 * log_sigma - 1)


# -- what p(x|z) can be: how likely, how on average, one draw -------------------------------------------------------


class Gaussian(nn.Module):
    """A mean and a log standard deviation for each number."""

    parameters_per_number = 2

    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:  # (B, 2, *shape), (B, *shape) -> (B, *shape)
        mean, log_sigma = parameters[:, 0], parameters[:, 1].clamp(-5, 3)
        return -0.5 * ((x - mean) / log_sigma.exp()) ** 2 - log_sigma - 0.5 * LOG_2PI

    def mean(self, parameters: Tensor) -> Tensor:
        return parameters[:, 0]

    def draw(self, parameters: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(parameters[:, 0].shape, generator=generator, device=parameters.device)
        return parameters[:, 0] + parameters[:, 1].clamp(-5, 3).exp() * noise


class PixelCounts(nn.Module):
    """A gray level is a count k of `trials`. Binomial: each trial succeeds with probability p. Beta-binomial: p itself
    is first drawn from Beta(a, b), which lets the decoder say how sure it is."""

    def __init__(self, trials: int, spread: bool) -> None:
        super().__init__()
        self.trials, self.spread = trials, spread
        self.parameters_per_number = 2 if spread else 1
        k = torch.arange(trials + 1, dtype=torch.float64, device="cpu")
        ways = math.lgamma(trials + 1) - torch.lgamma(k + 1) - torch.lgamma(trials - k + 1)
        self.register_buffer("log_ways", ways.float())  # log C(trials, k), (trials + 1,)

    log_ways: Tensor

    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:  # (B, K, *shape), (B, *shape) in [0, 1]
        k = (x * self.trials).round()
        log_ways = self.log_ways[k.long()]
        if not self.spread:
            logit = parameters[:, 0]
            return log_ways + k * F.logsigmoid(logit) + (self.trials - k) * F.logsigmoid(-logit)
        a, b = self._beta(parameters)
        return log_ways + log_beta(k + a, self.trials - k + b) - log_beta(a, b)

    def mean(self, parameters: Tensor) -> Tensor:
        return torch.sigmoid(parameters[:, 0])

    def draw(self, parameters: Tensor, generator: torch.Generator) -> Tensor:
        """By inverse CDF over all levels, so that one uniform number a pixel decides."""
        levels = torch.arange(self.trials + 1, device=parameters.device) / self.trials
        each = [self.log_prob(parameters, torch.full_like(parameters[:, 0], float(level))) for level in levels]
        cdf = torch.stack(each, dim=-1).exp().cumsum(dim=-1)  # (B, *shape, levels)
        u = torch.rand(parameters[:, 0].shape, generator=generator, device=parameters.device)
        k = (cdf < u[..., None]).sum(dim=-1).clamp(max=self.trials)
        return k / self.trials

    def _beta(self, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """a and b of the Beta: a mean in (0, 1) and a concentration a + b."""
        concentration = F.softplus(parameters[:, 1] + 2) + 1e-3
        return (
            (torch.sigmoid(parameters[:, 0]) * concentration).clamp(min=1e-5),
            (torch.sigmoid(-parameters[:, 0]) * concentration).clamp(min=1e-5),
        )


def log_beta(a: Tensor, b: Tensor) -> Tensor:
    """log B(a, b)."""
    return torch.lgamma(a) + torch.lgamma(b) - torch.lgamma(a + b)
