"""Diffusion: destroy an image with Gaussian noise, and learn to undo it.

Corruption needs no learning: any x_0 reaches any time t in one jump, x_t = α_t x_0 + σ_t ε, along a path on which the
signal α falls and the noise σ grows. A network sees x_t and t and is trained to predict what was mixed in; sampling
starts from pure noise and removes a little of the predicted noise at a time.

Ho, Jain, Abbeel 2020 (DDPM, arXiv 2006.11239); Song, Meng, Ermon 2021 (DDIM, 2010.02502); Nichol, Dhariwal 2021
(cosine schedule, 2102.09672); Salimans, Ho 2022 (v, 2202.00512); Ho, Salimans 2022 (guidance, 2207.12598); Kingma et
al. 2021 (the bound, 2107.00630); Karras et al. 2022 (Heun, 2206.00364); Lipman et al. 2023 (flow matching, 2210.02747).
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
from playground.core.model import DensityKind, GenerativeModel, Given, SampleStep
from playground.models.networks.denoiser import Denoiser
from playground.models.networks.embedding import hide_labels
from playground.models.networks.noise_path import between, log_level, noise_path, sampling_times

CARD = {
    "name": "diffusion",
    "title": "Diffusion",
    "group": "Diffusion",
    "slides": "32-36", "order": 5, "receives": "corrupt it",
    "about": "Corrupts data with Gaussian noise and learns to undo it, one step at a time.",
    "objective": "predict the noise",
    "approach": "Direct: noise in, data out, in many small steps",
    "loss_unit": "MSE",
    "formula": r"x_t = \alpha_t\, x_0 + \sigma_t\, \varepsilon",
}  # fmt: skip


LOOKS = {"points": 64, "images": 16}  # places at which the likelihood bound looks for each example


@dataclass(frozen=True)
class DiffusionConfig:
    """How the network is built and trained."""

    target: str = param("epsilon", choices=("epsilon", "x_0", "v", "flow"), label="predict",
                        help="What the network is asked for: the noise ε, the clean image x_0, v = α ε − σ x_0, or "
                             "the flow ε − x_0 from image to noise. Any one gives all others.")  # fmt: skip
    schedule: str = param("cosine", choices=("linear", "cosine", "sigmoid", "straight", "unscaled"),
                          label="noise schedule", help="How fast noise takes over. Cosine spares small ones. Straight "
                          "mixes (1 − t) image, t noise. Unscaled is linear as for T = 1000: a trap.")  # fmt: skip
    know_time: bool = param(True, label="network sees t", more=True,
                            help="Without it the network must guess from x_t alone how noisy it is.")  # fmt: skip
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

    sampler: str = param("ddim", choices=("ddim", "ddpm", "heun"), live=True, label="sampler",
                         help="DDPM adds fresh noise at every step. DDIM need not: with eta = 0 the first noise alone "
                              "decides the sample. Heun looks twice a step, and bends less away from the "
                              "true path.")  # fmt: skip
    steps: int = param(25, low=1, high=1000, step=5, live=True, unit="calls", label="steps", quick=10,
                       help="Steps from noise to sample: a call of the network each, with Heun two.")  # fmt: skip
    eta: float = param(0.0, low=0.0, high=1.0, step=0.1, live=True, label="eta η",
                       help="How much fresh noise DDIM adds a step; 1 is DDPM.")  # fmt: skip
    guidance: float = param(1.5, low=0.0, high=10.0, step=0.5, live=True, label="guidance w",
                            help="0 ignores the label, 1 follows it, more exaggerates it: truer to the label, less "
                                 "varied. Other than 0 and 1 it calls the network twice a step.")  # fmt: skip
    clip_x0: bool = param(True, live=True, more=True, label="clip predicted x₀",
                          help="Keeps the predicted clean image inside the range of real data.")  # fmt: skip


class Diffusion(GenerativeModel):
    """Inside, data is centred and scaled to about unit size; all that goes in or comes out is in the data's range.

    Noise is added around the data's centre: x_t − c = α_t (x_0 − c) + σ_t s ε.
    """

    Config = DiffusionConfig
    SampleSettings = DiffusionSampling
    answers = GenerativeModel.answers | {"corrupt", "look", "score", "schedule"}

    config: DiffusionConfig
    signal: Tensor
    sigma: Tensor
    centre: Tensor
    scale: Tensor
    bound: Tensor

    def __init__(self, spec: DataSpec, config: DiffusionConfig) -> None:
        super().__init__(spec, config)
        self.network = Denoiser(spec, config.width, config.timesteps, bool(config.conditional))
        signal, sigma = noise_path(config.schedule, config.timesteps)  # formula: α, σ, set by schedule
        self.register_buffer("signal", signal.float())  # α_t, (T,)
        self.register_buffer("sigma", sigma.float())  # σ_t, (T,)
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
        return frozenset({"sample", "sample_steps", "complete", "log_density"})

    @classmethod
    def density_kind(cls, spec: DataSpec) -> DensityKind:
        return "lower bound"

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
            nn.utils.clip_grad_norm_(optimizers["model"].param_groups[0]["params"], self.config.clip)
            optimizers["model"].step()
        return {name: value.detach() for name, value in terms.items()}

    def objective(self, batch: Batch, generator: torch.Generator, t: Tensor | None = None) -> dict[str, Tensor]:
        """Mean squared error of the prediction at a random time, per number: "L_simple" (Ho et al., eq. 14)."""
        with self.stage("corrupt"):
            x_0 = self._inward(batch.x)  # (B, *shape)
            if t is None:
                # formula: t, set by timesteps
                t = torch.randint(self.config.timesteps, (len(x_0),), generator=generator, device=x_0.device)  # (B,)
            noise = torch.randn(x_0.shape, generator=generator, device=x_0.device)
            signal, sigma = self._levels(t)  # (B, 1, ...) each
            x_t = signal * x_0 + sigma * noise  # formula: x_t, set by know_time
        with self.stage("predict"):
            label = hide_labels(batch.labels, self.config.label_dropout, generator) if self.conditional else None
            prediction = self._ask(x_t, t, label)
        of_noise, of_image = self._target(signal, sigma)
        return {"loss": F.mse_loss(prediction, of_noise * noise + of_image * x_0)}

    def _target(self, signal: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:  # formula: ε, set by target
        """How much noise and how much image the network is asked for."""
        one, none = torch.ones_like(signal), torch.zeros_like(signal)
        mixes = {"epsilon": (one, none), "x_0": (none, one), "v": (signal, -sigma), "flow": (one, -one)}
        return mixes[self.config.target]

    def _ask(self, x: Tensor, t: Tensor, label: Tensor | None) -> Tensor:
        return self.network(x, t if self.config.know_time else torch.zeros_like(t), label)

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
        ``denoised`` (predicted x_0), ``mean`` and ``added`` (which sum to the next state), ``t``, ``signal`` α_t and
        ``sigma`` σ_t."""
        settings = settings or DiffusionSampling()
        times = sampling_times(self.config.timesteps, settings.steps)  # T-1 down to about T/steps
        eta = {"ddpm": 1.0, "heun": 0.0}.get(settings.sampler, settings.eta)
        if start is not None:
            x = start.x
            if start.generator_state is not None:
                generator.set_state(start.generator_state)
        else:
            x = self._outward(torch.randn(n, *self.spec.shape, generator=generator, device=self.device))  # (B, *shape)

        for i in range(start.index if start else 0, len(times)):
            t, s = times[i], times[i + 1] if i + 1 < len(times) else -1  # s is the next, less noisy time
            signal_t, sigma_t = self.signal[t], self.sigma[t]
            signal_s, sigma_s = (self.signal[s], self.sigma[s]) if s >= 0 else (torch.ones_like(signal_t), 0 * sigma_t)
            state = generator.get_state()

            # What is kept from step to step is the state as shown, so that going on from a shown one loses no bit.
            noise, x_0 = self._predict(self._inward(x), t, label, settings)
            # DDIM, eq. 12: go to the predicted x_0 and back along the predicted noise, some of it drawn afresh; η = 1
            # draws as much as x_s holds that x_t and x_0 leave open. On the straight path η = 0 is an Euler step.
            left_open = sigma_t**2 - (signal_t / signal_s * sigma_s) ** 2
            afresh = eta * sigma_s / sigma_t * left_open.clamp(min=0).sqrt()
            mean = signal_s * x_0 + (sigma_s**2 - afresh**2).clamp(min=0).sqrt() * noise
            if settings.sampler == "heun" and s >= 0:  # look again where that leads, and go by the mean of both
                x_0 = (x_0 + self._predict(mean, s, label, settings)[1]) / 2
                noise = (self._inward(x) - signal_t * x_0) / sigma_t
                mean = signal_s * x_0 + sigma_s * noise
            fresh = torch.randn(x.shape, generator=generator, device=x.device)
            added = afresh * fresh if s >= 0 else torch.zeros_like(x)  # never noise on the finished sample

            views = {"noise": noise, "denoised": self._outward(x_0), "mean": self._outward(mean), "t": torch.tensor(t),
                     "added": added * self.scale, "signal": signal_t, "sigma": sigma_t}  # fmt: skip
            yield SampleStep(i, len(times), x, views, state)
            x_s = mean + added
            if given is not None:
                x_s = self._keep(x_s, given, signal_s, sigma_s, generator)
            x = self._outward(x_s)
        yield SampleStep(len(times), len(times), x)

    def _predict(
        self, x: Tensor, t: int | Tensor, label: Tensor | None, settings: DiffusionSampling
    ) -> tuple[Tensor, Tensor]:
        """Predicted noise ε̂ and clean image x̂_0 at x_t, both (B, *shape), that recombine to x_t."""
        times = t if isinstance(t, Tensor) else torch.full((len(x),), t, device=x.device)  # (B,)
        nothing = torch.full((len(x), len(self.spec.classes)), -1, device=x.device)
        w = settings.guidance
        if not self.conditional or label is None or w == 0.0 or bool((label < 0).all()):
            prediction = self._ask(x, times, nothing)
        elif w == 1.0:
            prediction = self._ask(x, times, label)
        else:  # classifier-free guidance: from the unlabelled prediction towards and beyond the labelled one
            both = self._ask(x.repeat(2, *[1] * (x.dim() - 1)), times.repeat(2), torch.cat([nothing, label]))
            without, with_label = both.chunk(2)
            prediction = without + w * (with_label - without)

        # Two equations: x = α x_0 + σ ε, and the prediction is the target's mix of the same two.
        signal, sigma = self._levels(times)
        of_noise, of_image = self._target(signal, sigma)
        # formula: x_0, set by sample.clip_x0
        x_0 = (of_noise * x - sigma * prediction) / (of_noise * signal - of_image * sigma)
        if settings.clip_x0:  # near t = T the signal is tiny, and dividing by it blows up the smallest error
            x_0 = torch.minimum(torch.maximum(x_0, -self.bound), self.bound)
        return (x - signal * x_0) / sigma, x_0

    def _keep(self, x: Tensor, given: Given, signal: Tensor, sigma: Tensor, generator: torch.Generator) -> Tensor:
        """Completion: known pixels follow their own corruption. Lugmayr et al. 2022 (2201.09865), one pass."""
        known, mask = self._inward(given[0]), given[1]
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        return torch.where(mask > 0, signal * known + sigma * noise, x)

    # -- likelihood -----------------------------------------------------------------------------------------------

    @torch.no_grad()
    def log_density(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> Tensor:
        """The variational lower bound of log p(x) in nats (B,), for sampling in ever finer steps (Kingma et al. 2021).

        Between the first noise and the last it is an integral over λ = log(α² / σ²), the log of the signal-to-noise
        ratio: ½ ∫ E |ε − ε̂|² dλ, estimated without bias at LOOKS places, spread evenly from a random start.
        """
        x_0, total = self._inward(x), torch.zeros(len(x), device=x.device)
        rate = 2 * (self.signal / self.sigma).log()  # λ_t, (T,), falling
        reach, offset = rate[0] - rate[-1], torch.rand(len(x), generator=generator, device=x.device)
        looks = LOOKS[self.spec.kind]
        for look in range(looks):
            wanted = rate[0] - (look + offset) / looks * reach  # (B,)
            before = torch.searchsorted(-rate, -wanted).clamp(1, len(rate) - 1) - 1
            t = before + (rate[before] - wanted) / (rate[before] - rate[before + 1])  # between two times
            noise = torch.randn(x.shape, generator=generator, device=x.device)
            signal, sigma = self._levels(t)
            found, _ = self._predict(signal * x_0 + sigma * noise, t, label, DiffusionSampling(guidance=1.0))
            total += 0.5 * reach / looks * (noise - found).square().flatten(1).sum(1)
        signal, sigma = self.signal[-1], self.sigma[-1]  # KL( q(x_T | x_0) || N(0, I) ): what noise still tells of x_0
        total += (0.5 * ((signal * x_0) ** 2 + sigma**2 - 1) - sigma.log()).flatten(1).sum(1)
        return self._log_first_step(x_0, generator) - total

    def _log_first_step(self, x_0: Tensor, generator: torch.Generator) -> Tensor:
        """E log p(x | x at t = 0), whose noise is tiny: any x is as likely as it makes that state, (B,)."""
        signal, sigma = self.signal[0], self.sigma[0]
        noise = torch.randn(x_0.shape, generator=generator, device=x_0.device)
        if self.spec.levels is None:  # a Gaussian density around it, and the change of variables of the scaling
            log_p = -0.5 * noise**2 - (sigma / signal * self.scale).log() - 0.5 * math.log(2 * math.pi)
        else:
            log_p = log_level(x_0, noise, signal, sigma, self.spec.levels)
        return log_p.flatten(1).sum(1)

    # -- looking inside -------------------------------------------------------------------------------------------

    @torch.no_grad()
    def corrupt(self, x: Tensor, t: int, generator: torch.Generator) -> dict[str, Tensor]:
        """x_t of some examples (B, *shape) in one jump, and the ``noise`` that was mixed in."""
        noise = torch.randn(x.shape, generator=generator, device=x.device)
        signal, sigma = self._levels(torch.full((len(x),), t, device=x.device))
        return {"x": self._outward(signal * self._inward(x) + sigma * noise), "noise": noise}

    @torch.no_grad()
    def look(self, x: Tensor, t: Tensor, generator: torch.Generator, label: Tensor | None = None) -> dict[str, Tensor]:
        """Examples (B, *shape) at times t (B,), and what the network says of them, each in the model's own units:
        ``x``, x_t = ``signal`` ``image`` + ``sigma`` ``noise``, and the ``prediction`` of the trained target."""
        image, noise = self._inward(x), torch.randn(x.shape, generator=generator, device=x.device)
        signal, sigma = self._levels(t)
        x_t = signal * image + sigma * noise
        return {"x": x_t, "image": image, "noise": noise, "signal": signal, "sigma": sigma,
                "prediction": self._ask(x_t, t, label)}  # fmt: skip

    @torch.no_grad()
    def score(self, x: Tensor, t: int, label: Tensor | None = None) -> dict[str, Tensor]:
        """The learned ∇ log p_t(x) at any x (B, *shape), and ``signal``, ``sigma``, ``shift``: the exact noised density
        that it should match is that of signal · x_0 + sigma · ε, at x − shift."""
        # Not clipped: x may lie anywhere in the plane, and clipping would bend the score far from the data.
        noise, _ = self._predict(self._inward(x), t, label, DiffusionSampling(guidance=1.0, clip_x0=False))
        signal, sigma = (level.flatten() for level in self._levels(torch.tensor([t], device=x.device)))
        sigma = sigma * self.scale
        return {"x": -noise / sigma, "signal": signal, "sigma": sigma, "shift": (1 - signal) * self.centre}

    def visible_layers(self) -> Mapping[str, nn.Module]:
        return self.network.layers()

    def schedule(self, steps: int = 1) -> dict[str, Tensor]:
        """``signal`` α (T,), ``sigma`` σ (T,) and the log10 signal-to-noise ratio ``log_snr`` (T,); ``times`` of the
        states that a sampler of so many `steps` comes by, the noisiest first; ``centre`` and ``scale`` of the data."""
        return {"signal": self.signal, "sigma": self.sigma, "log_snr": 2 * torch.log10(self.signal / self.sigma),
                "times": torch.tensor(sampling_times(self.config.timesteps, steps)),
                "centre": self.centre, "scale": self.scale}  # fmt: skip

    def _levels(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """α_t and σ_t, shaped to multiply a batch: (B, 1, ...) each. Between two times λ is linear in t."""
        shape = (-1, *[1] * len(self.spec.shape))
        return between(self.signal, t).view(shape), between(self.sigma, t).view(shape)

    def _inward(self, x: Tensor) -> Tensor:
        return (x - self.centre) / self.scale

    def _outward(self, x: Tensor) -> Tensor:
        return x * self.scale + self.centre
