"""Diffusion: destroy an image with Gaussian noise, and learn to undo it.

Corruption needs no learning: any x_0 reaches any time t in one jump, x_t = √ᾱ_t x_0 + √(1−ᾱ_t) ε. A network sees x_t
and t and is trained to predict what was mixed in; sampling starts from pure noise and removes a little of the
predicted noise at a time.

Ho, Jain, Abbeel 2020 (DDPM, arXiv 2006.11239); Song, Meng, Ermon 2021 (DDIM, 2010.02502); Nichol, Dhariwal 2021
(cosine schedule, 2102.09672); Salimans, Ho 2022 (v, 2202.00512); Ho, Salimans 2022 (guidance, 2207.12598).
Lecture slides 32-36.
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
from playground.core.model import GenerativeModel, Given, SampleStep
from playground.models.networks.embedding import LabelEmbedding, hide_labels, sinusoids
from playground.models.networks.mlp import ModulatedMLP, mlp
from playground.models.networks.unet import UNet

CARD = {
    "name": "diffusion",
    "title": "Diffusion",
    "group": "Diffusion",
    "slides": "32-36",
    "order": 5,
    "about": "Corrupts data with Gaussian noise and learns to undo it, one step at a time.",
    "objective": "predict the noise",
    "loss_unit": "MSE",
    "formula": r"x_t = \sqrt{\bar\alpha_t}\, x_0 + \sqrt{1-\bar\alpha_t}\, \varepsilon",
}


@dataclass(frozen=True)
class DiffusionConfig:
    """How the network is built and trained."""

    target: str = param("epsilon", choices=("epsilon", "x_0", "v"), label="predict",
                        help="What the network is asked for: the noise, the clean image, or the mix v of both. "
                             "Any one gives the other two.")  # fmt: skip
    schedule: str = param("cosine", choices=("linear", "cosine", "sigmoid"), label="noise schedule",
                          help="How fast noise takes over. Cosine spares small images longest.")  # fmt: skip
    conditional: bool = param(False, help="Give the network the label, so that samples can be asked for by class.")
    label_dropout: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True, more=True, label="label dropout",
                                 help="Share of labels hidden in training: one network learns to denoise with and "
                                      "without a label, which guidance needs.")  # fmt: skip
    width: int = param(32, low=8, high=256, step=8, label="width", more=True,
                       help="Channels of the U-Net at full size; on points four times as many units.")  # fmt: skip
    timesteps: int = param(1000, low=10, high=4000, step=100, label="times T", more=True,
                           help="Levels of noise between the clean image and pure noise.")  # fmt: skip
    clip: float = param(1.0, low=0.01, high=1000.0, step=0.5, live=True, more=True, label="gradient clip",
                        help="Longest gradient that a step may follow; tames rare bad batches.")  # fmt: skip


@dataclass(frozen=True)
class DiffusionSampling:
    """How noise is turned into a sample; the weights stay the same."""

    sampler: str = param("ddim", choices=("ddim", "ddpm"), live=True, label="sampler",
                         help="DDPM adds fresh noise at every step. DDIM need not: with eta = 0 the first noise alone "
                              "decides the sample.")  # fmt: skip
    steps: int = param(25, low=1, high=1000, step=5, live=True, unit="calls", label="steps",
                       help="Calls of the network from noise to sample.")  # fmt: skip
    eta: float = param(0.0, low=0.0, high=1.0, step=0.1, live=True, label="eta η",
                       help="How much fresh noise DDIM adds a step; 1 is DDPM.")  # fmt: skip
    guidance: float = param(1.0, low=0.0, high=10.0, step=0.5, live=True, label="guidance w",
                            help="0 ignores the label, 1 follows it, more exaggerates it: truer to the label, less "
                                 "varied.")  # fmt: skip
    clip_x0: bool = param(True, live=True, more=True, label="clip predicted x_0",
                          help="Keeps the predicted clean image inside the range of real data.")  # fmt: skip


def alpha_bars(schedule: str, timesteps: int) -> Tensor:
    """ᾱ_t, the share of signal variance left at each time t = 0 .. T-1, (T,) float64, falling."""
    if schedule == "cosine":

        def level(u: float) -> float:
            return math.cos((u + 0.008) / 1.008 * math.pi / 2) ** 2

        steps = [min(1 - level((i + 1) / timesteps) / level(i / timesteps), 0.999) for i in range(timesteps)]
        betas = torch.tensor(steps, dtype=torch.float64, device="cpu")
    else:
        # The usual ends, 1e-4 and 0.02, are meant for a thousand times; fewer times must destroy as much together.
        first, last = 1e-4 * 1000 / timesteps, min(0.02 * 1000 / timesteps, 0.999)
        ramp = torch.linspace(0, 1, timesteps, dtype=torch.float64, device="cpu")
        betas = first + (last - first) * (ramp if schedule == "linear" else torch.sigmoid(12 * ramp - 6))
    return torch.cumprod(1 - betas, dim=0)


class Denoiser(nn.Module):
    """The network: (x_t, t, label) -> its target, all in units where data has about unit size."""

    def __init__(self, spec: DataSpec, config: DiffusionConfig) -> None:
        super().__init__()
        hidden = 4 * config.width
        self.time = mlp(hidden, hidden, hidden)
        self.label = LabelEmbedding(spec.classes, hidden) if config.conditional and spec.classes else None
        self.hidden, self.timesteps = hidden, config.timesteps
        self.body: nn.Module
        if spec.kind == "points":
            self.body = ModulatedMLP(spec.dims, hidden, depth=4, condition_dim=hidden)
        else:
            self.body = UNet(spec.shape[0], config.width, spec.shape[1], condition_dim=hidden)

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:  # (B, *shape), (B,), (B, F)
        condition = self.time(sinusoids(t * (1000.0 / self.timesteps), self.hidden))  # (B, hidden)
        if self.label is not None and label is not None:
            condition = condition + self.label(label)
        return self.body(x, condition)


class Diffusion(GenerativeModel):
    """Inside, data is centred and scaled to about unit size; all that goes in or comes out is in the data's range.

    Noise is added around the data's centre: x_t − c = √ᾱ_t (x_0 − c) + √(1−ᾱ_t) s ε.
    """

    Config = DiffusionConfig
    SampleSettings = DiffusionSampling
    answers = GenerativeModel.answers | {"corrupt", "score", "schedule"}

    config: DiffusionConfig
    alpha_bar: Tensor
    centre: Tensor
    scale: Tensor
    bound: Tensor

    def __init__(self, spec: DataSpec, config: DiffusionConfig) -> None:
        super().__init__(spec, config)
        self.network = Denoiser(spec, config)
        self.register_buffer("alpha_bar", alpha_bars(config.schedule, config.timesteps).float())  # (T,)
        # Images live in [0, 1], here [-1, 1]; `prepare` measures where points live.
        self.register_buffer("centre", torch.full(spec.shape, (spec.low + spec.high) / 2))
        self.register_buffer("scale", torch.tensor((spec.high - spec.low) / 2))
        self.register_buffer("bound", torch.tensor(1.0))  # the largest |number| in real data

    @classmethod
    def supports(cls, spec: DataSpec) -> str | None:
        if spec.kind == "images" and (spec.shape[1] != spec.shape[2] or spec.shape[1] < 4):
            return "Diffusion's U-Net takes square images of at least 4 x 4 pixels."
        return None

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "sample_steps", "complete"})

    # -- training -------------------------------------------------------------------------------------------------

    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """Points are centred and scaled to unit variance; images keep their known range."""
        if self.spec.kind == "points":
            self.centre = train_data.x.mean(dim=0)
            self.scale = train_data.x.std(dim=0).mean()
            self.bound = self._inward(train_data.x).abs().max()

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        terms = self.objective(batch, generator)
        with self.stage("update"):
            optimizers["model"].zero_grad()
            terms["loss"].backward()
            nn.utils.clip_grad_norm_(self.parameters(), self.config.clip)
            optimizers["model"].step()
        return {name: value.detach() for name, value in terms.items()}

    def objective(self, batch: Batch, generator: torch.Generator, t: Tensor | None = None) -> dict[str, Tensor]:
        """Mean squared error of the prediction at a random time, per number: "L_simple" (Ho et al., eq. 14)."""
        with self.stage("corrupt"):
            x_0 = self._inward(batch.x)  # (B, *shape)
            if t is None:
                t = torch.randint(self.config.timesteps, (len(x_0),), generator=generator, device=x_0.device)  # (B,)
            noise = torch.randn(x_0.shape, generator=generator, device=x_0.device)
            signal, sigma = self._levels(t)  # (B, 1, ...) each
            x_t = signal * x_0 + sigma * noise
        with self.stage("predict"):
            dropout = self.config.label_dropout
            label = hide_labels(batch.labels, dropout, generator) if self.conditional else None
            prediction = self.network(x_t, t, label)
        wanted = {"epsilon": noise, "x_0": x_0, "v": signal * noise - sigma * x_0}[self.config.target]
        return {"loss": F.mse_loss(prediction, wanted)}

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The same at evenly spread times: which times fall to a few examples would otherwise decide the number."""
        t = torch.arange(len(batch), device=batch.x.device) * self.config.timesteps // len(batch)
        return self.objective(batch, generator, t)

    # -- sampling -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def sample_steps(
        self,
        n: int,
        *,
        label: Tensor | None = None,
        settings: DiffusionSampling | None = None,
        generator: torch.Generator,
        start: SampleStep | None = None,
        given: Given | None = None,
    ) -> Iterator[SampleStep]:
        """From pure noise to samples. Each state but the last shows, for its x_t: ``noise`` (predicted ε),
        ``denoised`` (predicted x_0), ``mean`` and ``added`` (which sum to the next state), ``t`` and ``alpha_bar``."""
        settings = settings or DiffusionSampling()
        times = sampling_times(self.config.timesteps, settings.steps)  # T-1 down to about T/steps
        eta = 1.0 if settings.sampler == "ddpm" else settings.eta
        index = 0
        if start is not None:
            index, x = start.index, start.x
            if start.generator_state is not None:
                generator.set_state(start.generator_state)
        else:
            x = self._outward(torch.randn(n, *self.spec.shape, generator=generator, device=self.device))  # (B, *shape)

        for i in range(index, len(times)):
            t, s = times[i], times[i + 1] if i + 1 < len(times) else -1  # s is the next, less noisy time
            a_t = self.alpha_bar[t]
            a_s = self.alpha_bar[s] if s >= 0 else torch.ones_like(a_t)
            state = generator.get_state()

            # What is kept from step to step is the state as shown, so that going on from a shown one loses no bit.
            noise, x_0 = self._predict(self._inward(x), t, label, settings)
            # DDIM, eq. 12: go to the predicted x_0 and back along the predicted noise, with σ of it drawn afresh.
            sigma = eta * ((1 - a_s) / (1 - a_t) * (1 - a_t / a_s)).clamp(min=0).sqrt()
            mean = a_s.sqrt() * x_0 + (1 - a_s - sigma**2).clamp(min=0).sqrt() * noise
            fresh = torch.randn(x.shape, generator=generator, device=x.device)
            added = sigma * fresh if s >= 0 else torch.zeros_like(x)  # never noise on the finished sample

            views = {"noise": noise, "denoised": self._outward(x_0), "mean": self._outward(mean),
                     "added": added * self.scale, "t": torch.tensor(t), "alpha_bar": a_t}  # fmt: skip
            yield SampleStep(i, len(times), x, views, state)
            x_s = mean + added
            if given is not None:
                x_s = self._keep(x_s, given, a_s, generator)
            x = self._outward(x_s)
        yield SampleStep(len(times), len(times), x)

    def _predict(self, x: Tensor, t: int, label: Tensor | None, settings: DiffusionSampling) -> tuple[Tensor, Tensor]:
        """Predicted noise ε̂ and clean image x̂_0 at x_t, both (B, *shape), that recombine to x_t."""
        times = torch.full((len(x),), t, device=x.device)
        nothing = torch.full((len(x), len(self.spec.classes)), -1, device=x.device)
        w = settings.guidance
        if not self.conditional or label is None or bool((label < 0).all()):
            prediction = self.network(x, times, nothing)
        elif w == 1.0:
            prediction = self.network(x, times, label)
        else:  # classifier-free guidance: from the unlabelled prediction towards and beyond the labelled one
            both = self.network(x.repeat(2, *[1] * (x.dim() - 1)), times.repeat(2), torch.cat([nothing, label]))
            without, with_label = both.chunk(2)
            prediction = without + w * (with_label - without)

        signal, sigma = self._levels(times)
        if self.config.target == "epsilon":
            x_0 = (x - sigma * prediction) / signal
        elif self.config.target == "x_0":
            x_0 = prediction
        else:
            x_0 = signal * x - sigma * prediction
        if settings.clip_x0:  # near t = T the signal is tiny, and dividing by it blows up the smallest error
            x_0 = torch.minimum(torch.maximum(x_0, -self.bound), self.bound)
        return (x - signal * x_0) / sigma, x_0

    def _keep(self, x: Tensor, given: Given, alpha_bar: Tensor, generator: torch.Generator) -> Tensor:
        """Completion: known pixels follow their own corruption. Lugmayr et al. 2022 (2201.09865), one pass."""
        known, mask = self._inward(given[0]), given[1]
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        return torch.where(mask > 0, alpha_bar.sqrt() * known + (1 - alpha_bar).sqrt() * noise, x)

    # -- looking inside -------------------------------------------------------------------------------------------

    @torch.no_grad()
    def corrupt(self, x: Tensor, t: int, generator: torch.Generator) -> dict[str, Tensor]:
        """x_t of some examples (B, *shape) in one jump, and the ``noise`` that was mixed in."""
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        signal, sigma = self._levels(torch.full((len(x),), t, device=x.device))
        return {"x": self._outward(signal * self._inward(x) + sigma * noise), "noise": noise}

    @torch.no_grad()
    def score(self, x: Tensor, t: int, label: Tensor | None = None) -> dict[str, Tensor]:
        """The learned ∇ log p_t(x) at points (B, 2), and ``signal``, ``sigma``, ``shift``: the exact noised density
        that it should match is that of signal · x_0 + sigma · ε, at x − shift."""
        # Not clipped: x may lie anywhere in the plane, and clipping would bend the score far from the data.
        noise, _ = self._predict(self._inward(x), t, label, DiffusionSampling(clip_x0=False))
        signal, sigma = self._levels(torch.tensor([t], device=x.device))
        sigma = sigma.flatten() * self.scale
        shift = (1 - signal.flatten()) * self.centre
        return {"x": -noise / sigma, "signal": signal.flatten(), "sigma": sigma, "shift": shift}

    def schedule(self) -> dict[str, Tensor]:
        """``alpha_bar`` (T,) and the log10 signal-to-noise ratio ``log_snr`` (T,)."""
        return {"alpha_bar": self.alpha_bar, "log_snr": torch.log10(self.alpha_bar / (1 - self.alpha_bar))}

    def _levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """√ᾱ_t and √(1−ᾱ_t), shaped to multiply a batch."""
        alpha_bar = self.alpha_bar[t].view(-1, *[1] * len(self.spec.shape))  # (B, 1, ...)
        return alpha_bar.sqrt(), (1 - alpha_bar).sqrt()

    def _inward(self, x: Tensor) -> Tensor:
        return (x - self.centre) / self.scale

    def _outward(self, x: Tensor) -> Tensor:
        return x * self.scale + self.centre


def sampling_times(timesteps: int, steps: int) -> list[int]:
    """`steps` evenly spaced times from T-1 downwards ("trailing": the first is always the noisiest)."""
    steps = min(steps, timesteps)
    return [round(timesteps - i * timesteps / steps) - 1 for i in range(steps)]
