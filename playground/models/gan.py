"""Generative adversarial network: a generator learns from a critic who learns to tell its work from real data.

The generator g(z, y) turns noise, and a label if there is one, into an example. The discriminator sees examples and
says how real each looks; each is trained against the other, so that in the end samples cannot be told from data. With
the objective L2 there is no critic: the same generator is regressed on real examples of its label, which teaches it
their mean and to ignore z.

Goodfellow et al. 2014 (arXiv 1406.2661); hinge: Lim, Ye 2017 (1705.02894); least squares: Mao et al. 2017 (1611.04076);
WGAN-GP: Gulrajani et al. 2017 (1704.00028); spectral norm: Miyato et al. 2018 (1802.05957); R1: Mescheder et al. 2018
(1801.04406); conditional norm, shared embedding and truncation: Brock et al. 2019 (BigGAN, 1809.11096). Lecture slides
7-13, 38-39.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.hyperparams import param
from playground.core.model import GenerativeModel, Given, SampleStep
from playground.models.networks.conv_pair import ConvGenerator
from playground.models.networks.critic import Critic, judging_features
from playground.models.networks.embedding import LabelEmbedding, hide_labels
from playground.models.networks.mlp import mlp

CARD = {
    "name": "gan",
    "title": "GAN",
    "group": "GAN",
    "slides": "7-13, 38-39",
    "order": 6,
    "about": "A generator and a discriminator train each other until samples cannot be told from data.",
    "objective": "indistinguishable",
    "approach": "Direct: noise in, data out, in one pass",
    "loss_unit": "nats",
    "formula": r"\min_G \max_D\; \mathbb{E}\,\log D(x) + \mathbb{E}\,\log(1 - D(G(z)))",
}

LAZY = 8  # the gradient penalty is paid every so many steps, so many times over
EMBEDDING = 32
WIDEST = 4.0  # beyond lie 0.006 % of a normal variable's draws
REGRESSION = "L2"
LOGITS = ("minimax", "non-saturating")  # games in which σ(D) is to say how likely an example is to be real
SHARES = (*LOGITS, "least-squares")  # games in which the best D, or σ(D), is p / (p + q)


@dataclass(frozen=True)
class GANConfig:
    """What the two play for, and how they are built."""

    objective: str = param("non-saturating",
                           choices=("minimax", "non-saturating", "hinge", "least-squares", "wgan-gp", REGRESSION),
                           live=True,
                           help="What the two play for. L2 is no game: the generator is regressed on real examples, "
                                "which blurs them.")  # fmt: skip
    latent_dim: int = param(32, low=1, high=128, label="latent size", help="Numbers in the noise z.")
    use_z: bool = param(True, label="draw z", help="Without noise the generator has one answer for each label.")
    conditional: bool = param(False, help="Give both networks the label, so that samples can be asked for by class.")
    discriminator_steps: int = param(1, low=1, high=10, live=True, label="discriminator steps k",
                                     help="Updates of the discriminator for each of the generator.")  # fmt: skip
    penalty: float = param(0.1, low=0.0, high=100.0, step=0.1, live=True, label="gradient penalty",
                           help="Weight of the penalty on steep discriminators: R1, on real data; with WGAN-GP "
                                "towards slope one, between data and samples.")  # fmt: skip
    momentum: float = param(0.0, low=0.0, high=0.99, step=0.1, live=True, more=True, label="momentum β1",
                            help="Share of its last move that each player repeats (Adam's first beta). The opponent "
                                 "moves too, so that much of it makes the two run in circles.")  # fmt: skip
    prior: str = param("normal", choices=("normal", "uniform"), more=True,
                       help="What the generator's network is fed: normal numbers, or numbers equally likely between "
                            "−√3 and √3, made of the normal code z.")  # fmt: skip
    spectral: bool = param(False, label="spectral norm", more=True,
                           help="Divide the matrix of each of the discriminator's layers by its largest singular "
                                "value.")  # fmt: skip
    label_dropout: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True, more=True, label="label dropout",
                                 help="Share of labels hidden in training, so that one may be left open.")  # fmt: skip
    width: int = param(48, low=8, high=256, step=8, more=True,
                       help="The generator's channels at full size, the discriminator's twice over; on points four "
                            "times as many units.")  # fmt: skip


@dataclass(frozen=True)
class GANSampling:
    """How noise is drawn."""

    truncation: float = param(WIDEST, low=0.0, high=WIDEST, step=0.25, live=True,
                              help="Each number of z is drawn from the normal distribution within this distance of "
                                   "zero: less is truer and less varied, 0 is one sample a label.")  # fmt: skip


class Generator(nn.Module):  # formula: G, set by width
    """g(z, y): one embedding of the label is shared by all layers, each of which sees it beside z."""

    def __init__(self, spec: DataSpec, config: GANConfig, classes: tuple[int, ...]) -> None:
        super().__init__()
        self.label = LabelEmbedding(classes, EMBEDDING) if classes else None
        self.is_uniform = config.prior == "uniform"
        dim = config.latent_dim + (EMBEDDING if classes else 0)
        if spec.kind == "points":
            self.body: nn.Module = mlp(dim, *[4 * config.width] * 3, spec.dims)
        else:
            self.body = ConvGenerator(spec.shape[0], spec.shape[1], config.width, dim)

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:  # (B, Z), (B, F) -> (B, *shape)
        if self.is_uniform:
            z = math.sqrt(3) * torch.erf(z / math.sqrt(2))  # 2Φ(z) − 1 is uniform; this has unit variance as well
        return self.body(z if self.label is None else torch.cat([z, self.label(label)], dim=1))


# formula: D, set by discriminator_steps
def discriminator(spec: DataSpec, config: GANConfig, classes: tuple[int, ...]) -> Critic:
    """A critic on features of the example."""
    features, width = judging_features(spec, config.width)
    critic = Critic(features, width, classes)
    if config.spectral:
        for layer in critic.modules():
            if isinstance(layer, nn.Linear | nn.Conv2d):
                spectral_norm(layer)
    return critic


class GAN(GenerativeModel):
    """Inside, points are centred and scaled to unit variance; images stay in [0, 1]."""

    Config = GANConfig
    SampleSettings = GANSampling
    parts = ("discriminator", "generator")
    answers = GenerativeModel.answers | {"between", "discriminate", "judge", "round"}

    config: GANConfig
    centre: Tensor
    scale: Tensor
    updates: Tensor

    def __init__(self, spec: DataSpec, config: GANConfig) -> None:
        super().__init__(spec, config)
        classes = spec.classes if config.conditional else ()
        self.generator = Generator(spec, config, classes)
        self.discriminator = discriminator(spec, config, classes)
        self.register_buffer("centre", torch.zeros(spec.shape))
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    @classmethod
    def supports(cls, spec: DataSpec) -> str | None:
        if spec.kind == "images" and (spec.shape[1] != spec.shape[2] or spec.shape[1] < 4):
            return "The GAN's networks take square images of at least 4 x 4 pixels."
        return None

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "decode"})

    def may_become(self, config: GANConfig) -> str | None:
        """A regression has other terms, and its generator never met a discriminator that learned with it."""
        if REGRESSION in {self.config.objective, config.objective} and self.config.objective != config.objective:
            return "L2 is no game: going to it or coming from it needs a fresh model."
        return None

    # -- training -------------------------------------------------------------------------------------------------

    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """Points are centred and scaled to unit variance; images keep their known range."""
        if self.spec.kind == "points":
            self.centre = train_data.x.mean(dim=0)
            self.scale = train_data.x.std(dim=0).mean()

    def configure_optimizers(self) -> dict[str, Optimizer]:
        """Their momentum is set at each update; by default there is none, since the opponent moves, and yesterday's
        direction misleads."""
        return {part: torch.optim.Adam(self.get_submodule(part).parameters(), fused=True) for part in self.parts}

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        """The discriminator's update, or k of them on the same data against fresh samples, then the generator's.
        Returned are both losses and how real data and samples looked: a probability where the game has one, else D.
        """
        label = hide_labels(batch.labels, self.config.label_dropout, generator) if self.conditional else None
        x = (batch.x - self.centre) / self.scale  # (B, *shape)
        if self.config.objective == REGRESSION:
            loss = F.mse_loss(self.generator(self._noise(len(x), generator), label), x)
            self._update("generator", loss, optimizers, parts)
            return {"loss": loss.detach()}

        moves = "discriminator" in parts
        self.discriminator.train(moves)  # at rest, spectral norm must not go on estimating
        for _ in range(self.config.discriminator_steps if moves else 1):
            with self.stage("D on data"):
                # formula: E over x, set by train.batch
                real = self.discriminator(x, label)  # (B,) logits
            with self.stage("D on samples"):
                with torch.no_grad():
                    made = self.generator(self._noise(len(x), generator), label)
                fake = self.discriminator(made, label)
            with self.stage("update D"):
                loss_d = discriminator_loss(self.config.objective, real, fake)
                penalty = self._penalty(x, made, label, generator) if moves else 0.0
                self._update("discriminator", loss_d + penalty, optimizers, parts)
        with self.stage("G through D"):
            judged = self.discriminator(self.generator(self._noise(len(x), generator), label), label)
        with self.stage("update G"):
            loss_g = generator_loss(self.config.objective, judged)
            self._update("generator", loss_g, optimizers, parts)
        real, fake = self._look(real), self._look(fake)
        terms = {"discriminator": loss_d, "generator": loss_g, "D(data)": real.mean(), "D(samples)": fake.mean()}
        return {name: value.detach() for name, value in terms.items()}

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Of the regression only: who wins a game on other data says little."""
        if self.config.objective != REGRESSION:
            return {}
        x = (batch.x - self.centre) / self.scale
        label = batch.labels if self.conditional else None
        return {"loss": F.mse_loss(self.generator(self._noise(len(x), generator), label), x)}

    def _update(self, part: str, loss: Tensor, optimizers: Mapping[str, Optimizer], parts: tuple[str, ...]) -> None:
        """One step of one player down its loss, if it may move."""
        if part in parts:
            for group in optimizers[part].param_groups:
                group["betas"] = (self.config.momentum, 0.99)
            optimizers[part].zero_grad()
            loss.backward(inputs=[p for group in optimizers[part].param_groups for p in group["params"]])
            optimizers[part].step()

    def _penalty(self, x: Tensor, made: Tensor, label: Tensor | None, generator: torch.Generator) -> Tensor:
        """γ/2 E |∇D|² at real data (R1), or γ E (|∇D| − 1)² between data and samples (WGAN-GP); nothing at most steps,
        and LAZY times as much at the others."""
        self.updates += 1
        if self.config.penalty == 0.0 or self.updates.item() % LAZY != 1:
            return x.new_zeros(())
        between = x
        if self.config.objective == "wgan-gp":
            share = torch.rand(len(x), *[1] * (x.dim() - 1), generator=generator, device=x.device)
            between = x + share * (made - x)
        between = between.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(self.discriminator(between, label).sum(), between, create_graph=True)
        steepness = slope.flatten(1).square().sum(dim=1)  # (B,)
        if self.config.objective == "wgan-gp":
            return LAZY * self.config.penalty * ((steepness + 1e-12).sqrt() - 1).square().mean()
        return LAZY * self.config.penalty / 2 * steepness.mean()

    # -- sampling -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def sample_steps(
        self,
        n: int,
        *,
        label: Tensor | None = None,
        settings: GANSampling | None = None,
        generator: torch.Generator,
        start: SampleStep | None = None,
        given: Given | None = None,
    ) -> Iterator[SampleStep]:
        """One step: draw z, generate."""
        z = self._noise(n, generator, (settings or GANSampling()).truncation)
        yield SampleStep(1, 1, self.decode(z, label), {"z": z})

    @torch.no_grad()
    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """The example (B, *shape) that the generator makes of z (B, Z); it heeds no z where it draws none."""
        return self.generator(z * self.config.use_z, self._label(label, len(z))) * self.scale + self.centre

    @torch.no_grad()
    def between(self, z: Tensor, label: Tensor, other: Tensor, share: Tensor) -> Tensor:
        """Examples of codes z (B, Z) whose label is a share (B,) of the way from one (B, F) to another: in between lies
        no class, only the embedding that all layers share. For conditional ones."""
        return self.decode(z, self.generator.label.between(label, other, share))  # type: ignore[union-attr]

    @torch.no_grad()
    def discriminate(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """How real examples look to the discriminator, (B,), before any sigmoid. Images are judged as a batch, which
        shows when all are alike."""
        return self.discriminator((x - self.centre) / self.scale, self._label(label, len(x)))

    def judge(self, x: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """``x``: how real examples look to the discriminator, (B,), and ``is_share``: whether the game asks it for
        p / (p + q), the share of real ones among all that could be seen there; else its answer has no scale."""
        look = self._look(self.discriminate(x, label))
        return {"x": look, "is_share": torch.tensor(self.config.objective in SHARES)}

    def round(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> dict[str, Tensor]:
        """One round on real data x (B, *shape) and as many samples in which nobody moves.

        Returns ``real``, ``fake`` and ``is_share`` as `judge` does; the samples ``made``; ``push``, −∂L/∂x̂ of each
        sample's own loss L, the direction in which the generator is pushed there; and the losses ``discriminator`` and
        ``generator``, without penalty.
        """
        label = self._label(label, len(x))
        with torch.no_grad():
            real = self.discriminator((x - self.centre) / self.scale, label)
            made = self.generator(self._noise(len(x), generator), label)
        with torch.enable_grad():
            made.requires_grad_(True)
            fake = self.discriminator(made, label)
            loss = generator_loss(self.config.objective, fake)
            (slope,) = torch.autograd.grad(loss, made)
        return {
            "real": self._look(real), "fake": self._look(fake), "made": made * self.scale + self.centre,
            "push": -len(x) * slope / self.scale, "generator": loss,
            "discriminator": discriminator_loss(self.config.objective, real, fake),
            "is_share": torch.tensor(self.config.objective in SHARES),
        }  # fmt: skip

    def _look(self, d: Tensor) -> Tensor:
        """A probability where the game knows any."""
        return d.sigmoid() if self.config.objective in LOGITS else d

    @property
    def latent_dim(self) -> int:
        return self.config.latent_dim

    def _label(self, label: Tensor | None, n: int) -> Tensor | None:
        """Left open, -1, where a conditional model is not told."""
        if self.conditional and label is None:
            return torch.full((n, len(self.spec.classes)), -1, device=self.device)
        return label

    # formula: z, set by latent_dim
    def _noise(self, n: int, generator: torch.Generator, truncation: float = WIDEST) -> Tensor:
        """z (n, Z), normal within ±truncation: by inverse CDF, so that more truncation pulls the same draws in."""
        u = torch.rand(n, self.latent_dim, generator=generator, device=self.device)
        return math.sqrt(2) * torch.erfinv((2 * u - 1) * math.erf(truncation / math.sqrt(2))) * self.config.use_z


# -- what the two play for: r and f are what D says, before any sigmoid, of real data and of fakes, (B,) -------------


def discriminator_loss(objective: str, r: Tensor, f: Tensor) -> Tensor:  # formula: min max, set by objective
    """What the discriminator lowers; for the first two −log D(x) − log(1 − D(G(z))), where r and f are logits."""
    if objective in ("minimax", "non-saturating"):
        return F.softplus(-r).mean() + F.softplus(f).mean()
    if objective == "hinge":
        return F.relu(1 - r).mean() + F.relu(1 + f).mean()
    if objective == "least-squares":
        return ((r - 1).square().mean() + f.square().mean()) / 2
    return f.mean() - r.mean()  # wgan-gp


def generator_loss(objective: str, f: Tensor) -> Tensor:
    """What the generator lowers. Minimax hands it log(1 − D), flat where D is sure of a fake; non-saturating −log D,
    steep there."""
    if objective == "minimax":
        return -F.softplus(f).mean()
    if objective == "non-saturating":
        return F.softplus(-f).mean()
    if objective == "least-squares":
        return (f - 1).square().mean() / 2
    return -f.mean()  # hinge, wgan-gp
