"""Energy: a network scores how unlikely a thing is, and a search along its slope finds likely ones.

A network gives every x one number, the energy E(x), and p(x) = exp(-E(x)) / Z. Training lowers E at data and raises it
where the model itself puts mass; samples are found by Langevin dynamics, which walks downhill with some noise. What
makes it hard is Z, the integral of exp(-E) over everything: contrastive divergence goes without it and lets the search
say where E is too low, while on the line and in the plane Z can be computed, so that -log p is trained, and known.

Hinton 2002 (contrastive divergence); Tieleman 2008 (chains that persist); Welling, Teh 2011 (Langevin); Du, Mordatch
2019 (replay buffer, arXiv 1903.08689); Nijkamp et al. 2019 (short-run chains and what they hide, 1904.09770 and
1903.12370). Lecture slides 15-16.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.errors import UsageError
from playground.core.hyperparams import param
from playground.core.model import DensityKind, GenerativeModel, Given, SampleStep
from playground.models.networks.embedding import hide_labels
from playground.models.networks.quadrature import gaussian_grid
from playground.models.networks.replay import ReplayBuffer
from playground.models.networks.scorer import Scorer

CARD = {
    "name": "energy",
    "title": "Energy",
    "group": "More",
    "slides": "15-16",
    "order": 8,
    "about": "Scores how unlikely data is, and samples by walking downhill on that score.",
    "objective": "high density",
    "approach": "Indirect: learn a score, then search for what scores well",
    "loss_unit": "nats",
    "formula": r"p(x) = e^{-E(x)} / Z",
}

# Standard deviation of the base measure, in scales of the data. Chains on images have little noise, in which the least
# slope counts: there a narrow base would pull every picture towards gray.
WIDE = {"points": 1.5, "images": 10.0}
EDGE = 2.5  # the network sees no further than so many of these, and beyond E rises as the base measure does
FINE = {1: 4096, 2: 320}  # points an axis where log Z is to be exact, by dimensions
STORED = 512  # chains that the weights carry along


@dataclass(frozen=True)
class EnergyConfig:
    """How the energy is built, and how it learns where it is too low."""

    training: str = param("contrastive divergence", choices=("contrastive divergence", "exact Z"), live=True,
                          help="Where E is raised: where the search ends up, or in proportion to p(x) over all space. "
                               "Exact Z needs points; images stay with contrastive divergence.")  # fmt: skip
    langevin_steps: int = param(20, low=1, high=500, step=5, live=True, unit="steps", label="Langevin steps",
                                help="Steps that chains go on in each update; fewer are quicker.")  # fmt: skip
    step_size: float = param(0.1, low=1e-5, high=1.0, step=0.01, live=True, log=True, label="step size ε",
                             help="How far one Langevin step follows the slope, in scales of the data.")  # fmt: skip
    noise: float = param(0.022, low=0.0, high=1.0, step=0.01, live=True, label="Langevin noise",
                         help="Noise a step, as a share of the √(2ε) that draws from p(x): 1 on points; on images "
                              "far less finds pictures sooner, though no longer in proportion to p(x).")  # fmt: skip
    restarts: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True,
                            help="Share of chains that begin anew from noise in each update; the others go on where "
                                 "they stopped. More teaches E the way from noise.")  # fmt: skip
    data_noise: float = param(0.03, low=0.0, high=1.0, step=0.01, live=True, more=True, label="noise on data",
                              help="Blurs data in contrastive divergence: chains miss canyons.")  # fmt: skip
    negative_phase: bool = param(True, live=True, more=True, label="negative phase",
                                 help="Raises E where the model has mass; without, E falls and Z grows.")  # fmt: skip
    regularisation: float = param(0.1, low=0.0, high=10.0, step=0.01, live=True, more=True, label="L2 on energies",
                                   help="Holds contrastive divergence's energies near zero.")  # fmt: skip
    clamp: float = param(1.0, low=0.01, high=1000.0, step=1.0, live=True, more=True, label="slope clamp",
                         help="Steepest slope, number by number, that a Langevin step follows.")  # fmt: skip
    buffer: int = param(4096, low=16, high=65536, step=512, more=True, unit="chains", label="replay buffer",
                        help="Chains kept between updates; each update takes a batch of them on.")  # fmt: skip
    grid: int = param(40, low=8, high=512, step=8, live=True, more=True, unit="points an axis", label="grid for Z",
                      only="points", help="Fineness of the jittered grid on which exact Z is trained.")  # fmt: skip
    conditional: bool = param(False, help="Give the network the label, so that samples can be asked for by class.")
    label_dropout: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True, more=True, label="label dropout",
                                 help="Share of labels hidden in training, so that one may be left open.")  # fmt: skip
    width: int = param(256, low=8, high=2048, step=32, more=True, label="hidden units", help="Width of hidden layers.")


@dataclass(frozen=True)
class EnergySampling:
    """How the search goes; the weights stay the same."""

    start: str = param("noise", choices=("noise", "buffer"), live=True,
                       help="Fresh chains, or those that training left, which have run far longer.")  # fmt: skip
    steps: int = param(300, low=1, high=5000, step=50, live=True, unit="steps", quick=100,
                       help="Langevin steps from noise; chains of the buffer need only a tenth of them.")  # fmt: skip
    step_size: float = param(1.0, low=0.05, high=5.0, step=0.05, live=True, label="step size",
                             help="Times the step size of training.")  # fmt: skip
    noise: float = param(1.0, low=0.0, high=5.0, step=0.1, live=True,
                         help="Times the noise of training; 0 walks straight down into the next dip.")  # fmt: skip


class Energy(GenerativeModel):
    """E(x) = f(x) + |y|² / (2 WIDE²), where y = (x - centre) / scale and f is the network.

    The second term is a wide Gaussian, the base measure: f alone need not rise far from the data, and where it does
    not, exp(-f) has no finite integral and no chain a reason to return. f sees y only up to EDGE, so that whatever
    the network says, exp(-E) falls like that Gaussian beyond. With f = 0 the model *is* the Gaussian.

    Noise and step size of exact Langevin dynamics are tied: with `noise` = 1, as on points, long chains draw from p(x),
    but for a bias that shrinks with the step. On images they are not tied. A share k of that noise would draw from
    p(x) to the power 1/k² if the chain were long; clamped and short as it is, it is a sampler of its own that E is
    trained to serve: its samples can be good while p(x) is far from the data, as the presets "cd" in the plane show.
    """

    Config = EnergyConfig
    SampleSettings = EnergySampling
    answers = GenerativeModel.answers | {"energy", "score"}

    config: EnergyConfig
    centre: Tensor
    scale: Tensor
    start_mean: Tensor
    start_std: Tensor
    stored: Tensor
    stored_labels: Tensor

    def __init__(self, spec: DataSpec, config: EnergyConfig) -> None:
        super().__init__(spec, config)
        self.wide = WIDE[spec.kind]
        self.network = Scorer(spec, config.width, EDGE * self.wide, spec.classes if self.conditional else ())
        # Images live in [0, 1], here [-1, 1]; `prepare` measures where points live.
        self.register_buffer("centre", torch.full(spec.shape, (spec.low + spec.high) / 2))
        self.register_buffer("scale", torch.full(spec.shape, (spec.high - spec.low) / 2))
        self.register_buffer("start_mean", self.centre.clone())  # of the noise in which fresh chains begin
        self.register_buffer("start_std", self.scale.clone())
        # A slice of the replay buffer, with which the weights alone can go on sampling.
        stored = min(STORED, config.buffer)
        self.register_buffer("stored", torch.zeros(stored, *spec.shape))
        self.register_buffer("stored_labels", torch.full((stored, len(spec.classes)), -1))
        self.replay = ReplayBuffer(self.stored, self.stored_labels)  # `prepare` makes the whole
        self._log_z: tuple[Tensor, Tensor] | None = None  # of which weights and labels, and what it is

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        density = {"log_density"} if spec.kind == "points" else set()
        return frozenset({"sample", "sample_steps", "complete"} | density)

    @classmethod
    def density_kind(cls, spec: DataSpec) -> DensityKind:
        return "exact" if spec.kind == "points" else "none"

    @property
    def knows_z(self) -> bool:
        """Whether Z is computed while training."""
        return self.config.training == "exact Z" and self.spec.kind == "points"

    @property
    def bounds_nll(self) -> bool:
        """Whether the loss is -log p: with Z known and both phases at work."""
        return self.knows_z and self.config.negative_phase

    # -- the energy -----------------------------------------------------------------------------------------------

    def energy(self, x: Tensor, label: Tensor | None = None) -> Tensor:  # formula: E(x), set by width
        """E(x) = -log p(x) - log Z in nats, (B,)."""
        return self._learned(x, label) + self._base(x)

    def _base(self, x: Tensor) -> Tensor:
        """The wide Gaussian's part, (B,)."""
        return 0.5 * (self._inward(x) / self.wide).square().flatten(1).sum(dim=1)

    def _learned(self, x: Tensor, label: Tensor | None) -> Tensor:
        """The network's part f(x), (B,)."""
        return self.network(self._inward(x), label)

    def _inward(self, x: Tensor) -> Tensor:
        return (x - self.centre) / self.scale

    # -- training -------------------------------------------------------------------------------------------------

    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """Points are centred and scaled to unit variance; the buffer begins with noise."""
        if self.spec.kind == "images" and self.config.training == "exact Z":
            raise UsageError("No grid is fine enough to compute Z of images; train them by contrastive divergence.")
        self.start_mean, self.start_std = train_data.x.mean(dim=0), train_data.x.std(dim=0)
        if self.spec.kind == "points":
            self.centre, self.scale = self.start_mean.clone(), self.start_std.clamp(min=1e-6)
        rows = torch.randint(len(train_data), (self.config.buffer,), generator=generator)
        labels = self._hidden(train_data.labels[rows], generator)
        self.replay = ReplayBuffer(self._noise(len(rows), generator), labels)
        self._store()

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        label = self._hidden(batch.labels, generator)
        terms = (self.likelihood if self.knows_z else self.contrast)(batch.x, label, generator)
        with self.stage("update"):
            optimizers["model"].zero_grad()
            terms["loss"].backward()
            optimizers["model"].step()
        return {name: value.detach() for name, value in terms.items()}

    def contrast(self, x: Tensor, label: Tensor, generator: torch.Generator) -> dict[str, Tensor]:
        """Contrastive divergence. The gradient of -log p is that of E at data minus that of E where p has its mass;
        chains stand in for the latter. Without this negative phase the chains only look on."""
        with self.stage("search"):
            found, found_label = self._search(label, generator)
        with self.stage("score"):
            x = x + self.config.data_noise * self.scale * torch.randn(x.shape, generator=generator, device=x.device)
            at_data, at_chains = self._learned(x, label), self._learned(found, found_label)  # (B,) each
            data, chains = (at_data + self._base(x)).mean(), (at_chains + self._base(found)).mean()
            size = at_data.square().mean() + at_chains.square().mean()
        loss = data - chains + self.config.regularisation * size if self.config.negative_phase else data
        return {"loss": loss, "E(data)": data, "E(model)": chains}

    # formula: p(x), set by training
    def likelihood(self, x: Tensor, label: Tensor, generator: torch.Generator | None) -> dict[str, Tensor]:
        """Minus the log-likelihood, E(x) + log Z; without a generator by a fixed, finer grid. Without the negative
        phase, which is the gradient of log Z, E(x) alone."""
        with self.stage("search"):  # here it looks everywhere
            labels, which = self._distinct(label)
            per_axis = self.config.grid if generator is not None else FINE[self.spec.dims] // 2
            log_z, mean = self.log_normaliser(labels, per_axis, generator)  # (L,) each
        with self.stage("score"):
            data = self.energy(x, label)  # (B,)
        loss = (data + log_z[which]).mean() if self.config.negative_phase else data.mean()
        return {"loss": loss, "E(data)": data.mean(), "E(model)": mean[which].mean()}

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """-log p where Z is known. Contrastive divergence has no such number: its gap is as small for a useless energy
        as for a perfect one."""
        return self.likelihood(batch.x, batch.labels, None) if self.bounds_nll else {}

    def _hidden(self, labels: Tensor, generator: torch.Generator) -> Tensor:
        return hide_labels(labels, self.config.label_dropout if self.conditional else 1.0, generator)

    # -- the replay buffer ----------------------------------------------------------------------------------------

    @torch.no_grad()
    # formula: x drawn from p, set by langevin_steps
    def _search(self, label: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Takes a batch of chains some steps on, and puts them back: where they are (B, *shape), and their labels."""
        config, replay = self.config, self.replay
        rows, x, chain_label = replay.take(len(label), generator)
        anew = torch.rand(len(rows), generator=generator, device=label.device) < config.restarts
        x = torch.where(anew.view(-1, *[1] * (x.dim() - 1)), self._noise(len(rows), generator), x)
        chain_label = torch.where(anew[:, None], label[: len(rows)], chain_label)
        for _ in range(config.langevin_steps):
            _, _, mean, added = self._langevin(x, chain_label, config.step_size, config.noise, generator)
            x = mean + added
        replay.put(rows, x, chain_label)
        self._store()
        return x, chain_label

    def _store(self) -> None:
        self.stored.copy_(self.replay.x[: len(self.stored)])
        self.stored_labels.copy_(self.replay.labels[: len(self.stored)])

    def training_state(self) -> dict[str, Tensor]:
        return {"chains": self.replay.x, "chain_labels": self.replay.labels}

    def load_training_state(self, state: Mapping[str, Tensor]) -> None:
        self.replay = ReplayBuffer(state["chains"].clone(), state["chain_labels"].clone())

    # -- sampling -------------------------------------------------------------------------------------------------

    def _langevin(
        self, x: Tensor, label: Tensor | None, step: float, noise: float, generator: torch.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """One step of Langevin dynamics, x' = x - ε s² ∇E(x) + k √(2ε) s ξ: s is the data's scale, k is `noise`.

        Returns E(x) (B,), the score -∇E(x), the mean of x' and the noise to add, (B, *shape) each.
        """
        energy, score = self._slope(x, label)
        pull = (self.scale * score).clamp(-self.config.clamp, self.config.clamp)
        fresh = torch.randn(x.shape, generator=generator, device=x.device)
        return energy, score, x + step * self.scale * pull, noise * math.sqrt(2 * step) * self.scale * fresh

    def _slope(self, x: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor]:
        """E(x) (B,) and the score -∇E(x) (B, *shape)."""
        with torch.inference_mode(False), torch.enable_grad():
            x = x.detach().clone().requires_grad_()
            energy = self.energy(x, label)
            (slope,) = torch.autograd.grad(energy.sum(), x)
        return energy.detach(), -slope

    @torch.no_grad()
    def sample_steps(
        self, n: int, *, label: Tensor | None = None, settings: EnergySampling | None = None,
        generator: torch.Generator, start: SampleStep | None = None, given: Given | None = None,
    ) -> Iterator[SampleStep]:  # fmt: skip
        """Chains that begin in noise, or go on from the stored ones. Each state but the last shows ``energy``,
        ``score``, and ``mean`` and ``added``, which sum to the next state. Where numbers are given they stay, and the
        others walk: that is Langevin dynamics of p(others | given).

        The last step adds its noise where noise belongs to the law (`noise` = 1): without it samples would lie too
        close to the modes. Short-run chains of images drop it there.
        """
        settings, config = settings or EnergySampling(), self.config
        step, noise = settings.step_size * config.step_size, settings.noise * config.noise
        anew, index = settings.start == "noise", 0
        total = settings.steps if anew else max(1, settings.steps // 10)
        if start is not None:
            index, x = start.index, start.x
            if start.generator_state is not None:
                generator.set_state(start.generator_state)
        else:
            stored = ReplayBuffer(self.stored, self.stored_labels)
            x = self._noise(n, generator) if anew else stored.pick(n, label if self.conditional else None, generator)
        if given is not None:
            x = torch.where(given[1] > 0, given[0], x)
        for i in range(index, total):
            state = generator.get_state()
            energy, score, mean, added = self._langevin(x, label, step, noise, generator)
            if i + 1 == total and config.noise < 1:
                added = torch.zeros_like(added)
            if given is not None:
                mean = torch.where(given[1] > 0, given[0], mean)
                added = torch.where(given[1] > 0, 0.0, added)
            yield SampleStep(i, total, x, {"energy": energy, "score": score, "mean": mean, "added": added}, state)
            x = mean + added
        yield SampleStep(total, total, x)

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:
        """Where fresh chains begin, (n, *shape): noise in which each number has its own mean and spread in the data,
        and knows nothing of the others."""
        noise = torch.randn(n, *self.spec.shape, generator=generator, device=self.device)
        return self.start_mean + self.start_std * noise

    @torch.no_grad()
    def score(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """-∇E(x) = ∇ log p(x), which needs no Z, (B, *shape)."""
        return self._slope(x, label)[1]

    # -- Z --------------------------------------------------------------------------------------------------------

    # formula: Z, set by grid
    def log_normaliser(
        self, labels: Tensor, per_axis: int, generator: torch.Generator | None = None
    ) -> tuple[Tensor, Tensor]:
        """log Z for each label (L, F), and the mean energy of the model, (L,) each; points only.

        Z = ∫ exp(-f) exp(-base) is the base measure's own integral times the mean of exp(-f) under it.
        """
        z, log_weight = gaussian_grid(self.spec.dims, per_axis, generator, self.device)  # (N, D), (N,)
        width = self.wide * self.scale  # (D,)
        x = self.centre + width * z
        learned = torch.stack([self._learned(x, label.expand(len(x), -1)) for label in labels])  # (L, N)
        log_mass = log_weight - learned
        mean = (log_mass.softmax(dim=1) * (learned + self._base(x))).sum(dim=1)
        return log_mass.logsumexp(dim=1) + (math.sqrt(2 * math.pi) * width).log().sum(), mean

    @torch.no_grad()
    def log_density(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> Tensor:
        """log p(x) = -E(x) - log Z in nats, (B,), Z from a fine grid."""
        labels, which = self._distinct(label)
        return -self.energy(x, label) - self._known_log_z(labels)[which]

    def _distinct(self, label: Tensor | None) -> tuple[Tensor, Tensor | int]:
        """The labels (L, F) that differ to this model, and which of them each example (B,) has."""
        if label is None or not self.conditional:
            return torch.full((1, len(self.spec.classes)), -1, device=self.device), 0
        return label.unique(dim=0, return_inverse=True)

    def _known_log_z(self, labels: Tensor) -> Tensor:
        """log Z for each label (L, F), (L,), kept as long as labels and weights stay. The weights are compared one by
        one: an optimizer changes them in place, and a fused one does not even count the change."""
        wanted = torch.cat([*(weight.flatten() for weight in self.parameters()), labels.flatten()])
        if self._log_z is None or not torch.equal(self._log_z[0], wanted):
            self._log_z = wanted, self.log_normaliser(labels, FINE[self.spec.dims])[0]
        return self._log_z[1]
