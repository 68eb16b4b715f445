"""Style-based GAN: a constant becomes an image, layer by layer, and a style vector says how.

A mapping network turns z (and a label) into a style w. Synthesis starts from one learned constant map; each convolution
is modulated by w, which scales the channels that it reads, and demodulated, so that only the direction of the style
counts; every layer adds its own noise for what is merely random. Early layers decide the coarse, late ones the fine, so
that two styles can be mixed, and a style can be pulled towards the average one (truncation).

Karras, Laine, Aila 2019 (StyleGAN, arXiv 1812.04948); Karras et al. 2020 (StyleGAN2: modulated weights, path length,
1912.04958); R1: Mescheder et al. 2018 (1801.04406); a discriminator that reads labels: Odena et al. 2017
(1610.09585). Lecture slide 40.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.hyperparams import Param, param
from playground.core.model import GenerativeModel, Given, SampleStep
from playground.models.networks.conv_pair import sides
from playground.models.networks.critic import Critic
from playground.models.networks.deep_features import DeepFeatures
from playground.models.networks.embedding import LabelEmbedding, hide_labels
from playground.models.networks.mlp import mlp
from playground.models.networks.modulated_conv import ModulatedConv

CARD = {
    "name": "stylegan",
    "title": "Style GAN",
    "group": "GAN",
    "slides": "40", "order": 6.5,
    "data_groups": ["images"],
    "about": "A GAN whose generator is steered layer by layer by a style vector: mix styles, truncate them.",
    "objective": "indistinguishable",
    "approach": "Direct: noise in, data out, in one pass",
    "loss_unit": "nats",
    "formula": r"w = f(z), \quad x = g(w, \mathrm{noise})",
}  # fmt: skip

LAZY = 8  # the gradient penalty is paid every so many steps, so many times over
AVERAGED = 256  # codes whose styles make the average style of a label


@dataclass(frozen=True)
class StyleGANConfig:
    """How the networks are built, and what they are held to."""

    latent_dim: int = param(32, low=2, high=256, label="latent size", help="Numbers in z, and in the style w.")
    conditional: bool = param(False, help="Give both networks the label, so that samples can be asked for by class.")
    mixing: float = param(0.5, low=0.0, high=1.0, step=0.1, live=True, label="style mixing",
                          help="Share of training images made from two styles, one for the coarse layers and one for "
                               "the fine: layers learn not to rely on each other.")  # fmt: skip
    penalty: float = param(0.5, low=0.0, high=100.0, step=0.1, live=True, label="R1 penalty γ",
                           help="Weight of the penalty on steep discriminators at real images.")  # fmt: skip
    recognition: float = param(0.5, low=0.0, high=10.0, step=0.1, live=True, more=True,
                               help="Weight of a second task for both: the discriminator reads the label off real "
                                    "images, and the generator makes its own readable. More is truer to the label and "
                                    "less to the data.")  # fmt: skip
    label_dropout: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True, more=True, label="label dropout",
                                 help="Share of labels hidden in training, so that one may be left open.")  # fmt: skip
    width: int = param(16, low=4, high=128, step=4, more=True,
                       help="Channels at full size; each coarser map has twice as many, up to four times.")  # fmt: skip
    mapping_layers: int = param(3, low=1, high=8, more=True, label="mapping layers",
                                help="Layers of the network from z to w.")  # fmt: skip


@dataclass(frozen=True)
class StyleGANSampling:
    """What is done to the styles before synthesis."""

    psi: float = param(1.0, low=0.0, high=1.5, step=0.1, live=True, label="truncation ψ",
                       help="How far a style keeps from the average one of its label: 1 leaves it, 0 is the average "
                            "image.")  # fmt: skip
    cutoff: int = param(16, low=0, high=16, live=True, label="cut-off",
                        help="Layers, from the coarsest, that truncation touches.")  # fmt: skip
    mix_layer: int = param(0, low=0, high=16, live=True, label="mix from layer",
                           help="Layers from this one on take the style of the next sample; 0 mixes none.")  # fmt: skip
    noise: str = param("fixed", choices=("fixed", "fresh", "none"), live=True,
                       help="Fixed: the same noise in every sample. Fresh: each its own. None: left out.")  # fmt: skip


class StyleLayer(nn.Module):
    """A modulated convolution, this layer's noise, a leaky ReLU."""

    def __init__(self, channels_in: int, channels_out: int, style_dim: int, side: int) -> None:
        super().__init__()
        self.convolution = ModulatedConv(channels_in, channels_out, style_dim)
        self.strength = nn.Parameter(torch.zeros(()))
        self.register_buffer("noise", nn.init.normal_(torch.empty(1, 1, side, side)))  # what "fixed" noise is

    noise: Tensor

    def forward(self, x: Tensor, w: Tensor, noise: str, generator: torch.Generator | None) -> Tensor:
        h = self.convolution(x, w)  # (B, C, H, W)
        if noise != "none":
            drawn = self.noise  # formula: noise, set by sample.noise
            if noise == "fresh":
                drawn = torch.randn(len(h), 1, *h.shape[2:], generator=generator, device=h.device)
            h = h + 0.1 * self.strength * drawn  # a tenth: noise learns more slowly than styles
        return F.leaky_relu(h, 0.2) * 2**0.5


class Synthesis(nn.Module):  # formula: g, set by width
    """Styles, one a layer, -> an image. Two layers at each size but the first, and what they see is summed up in colour
    from coarse to fine."""

    def __init__(self, channels: int, side: int, width: int, style_dim: int) -> None:
        super().__init__()
        self.sides = sides(side)[::-1]
        widths = [width * min(2**level, 4) for level in range(len(self.sides))][::-1]
        self.constant = nn.Parameter(torch.empty(1, widths[0], self.sides[0], self.sides[0]))
        nn.init.normal_(self.constant)
        self.layers, self.colours = nn.ModuleList(), nn.ModuleList()  # coarse to fine
        for i, (size, w) in enumerate(zip(self.sides, widths, strict=True)):
            if i:
                self.layers.append(StyleLayer(widths[i - 1], w, style_dim, size))
            self.layers.append(StyleLayer(w, w, style_dim, size))
            self.colours.append(ModulatedConv(w, channels, style_dim, size=1, demodulate=False))

    def forward(self, styles: Tensor, noise: str, generator: torch.Generator | None) -> Tensor:  # (B, layers, W)
        h, image = self.constant.expand(len(styles), -1, -1, -1), styles.new_zeros(len(styles), 1, 1, 1)
        for i, layer in enumerate(self.layers):
            if i % 2:  # the first layer of a new size
                h = F.interpolate(h, size=self.sides[i // 2 + 1], mode="bilinear", align_corners=False)
            h = layer(h, styles[:, i], noise, generator)
            if i % 2 == 0:  # the last of its size
                coarser = F.interpolate(image, size=h.shape[2:], mode="bilinear", align_corners=False)
                image = coarser + self.colours[i // 2](h, styles[:, i])
        return torch.sigmoid(image)


class StyleGAN(GenerativeModel):
    """Mapping z -> w, synthesis w -> image, and the critic of both."""

    Config = StyleGANConfig
    SampleSettings = StyleGANSampling
    parts = ("discriminator", "generator")
    answers = GenerativeModel.answers | {"styles", "average_style", "synthesise", "maps", "path_length"}

    config: StyleGANConfig
    codes: Tensor
    updates: Tensor

    def __init__(self, spec: DataSpec, config: StyleGANConfig) -> None:
        super().__init__(spec, config)
        classes, dim = spec.classes if config.conditional else (), config.latent_dim
        self.label = LabelEmbedding(classes, dim) if classes else None
        # formula: f, set by mapping_layers
        self.mapping = mlp((2 if classes else 1) * dim, *[2 * dim] * (config.mapping_layers - 1), dim)
        for layer in self.mapping:
            if isinstance(layer, nn.Linear):  # w starts with about unit variance, else styles would hardly differ
                nn.init.kaiming_normal_(layer.weight)
        self.synthesis = Synthesis(spec.shape[0], spec.shape[1], config.width, dim)
        features = DeepFeatures(spec.shape[0], spec.shape[1], config.width)
        self.discriminator = Critic(features, features.out_features, classes, reads=True)
        self.register_buffer("codes", nn.init.normal_(torch.empty(AVERAGED, dim)))
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))

    @classmethod
    def supports(cls, spec: DataSpec) -> str | None:
        if spec.kind != "images":
            return "A style generator grows images from coarse to fine; these are points."
        if spec.shape[1] != spec.shape[2] or not 8 <= spec.shape[1] <= 64:
            return "The style generator grows square images of 8 x 8 to 64 x 64 pixels."
        return None

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "decode"})

    # -- training -------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> dict[str, Optimizer]:
        """Without momentum: the opponent moves, and yesterday's direction misleads."""
        critic = list(self.discriminator.parameters())
        artist = [p for name, p in self.named_parameters() if not name.startswith("discriminator.")]
        players = {"discriminator": critic, "generator": artist}
        return {part: torch.optim.Adam(own, betas=(0.0, 0.99), fused=True) for part, own in players.items()}

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        """The discriminator's update, then the generator's, both by the logistic loss, the generator's non-saturating,
        and both by how badly labels are read. Returned are the logistic losses and how real, as a probability, data and
        samples looked."""
        label = hide_labels(batch.labels, self.config.label_dropout, generator) if self.conditional else None
        with self.stage("D on data"):
            real, misread = self.discriminator.judge_and_read(batch.x, label)  # (B,) logits, () nats
        with self.stage("D on samples"):
            made = self._imagined(len(batch), label, generator)  # (B, C, H, W), for both updates
            fake = self.discriminator(made.detach(), label)
        with self.stage("update D"):
            loss_d = F.softplus(-real).mean() + F.softplus(fake).mean()
            penalty = self._penalty(batch.x, label) if "discriminator" in parts else 0.0
            self._update("discriminator", loss_d + penalty + self.config.recognition * misread, optimizers, parts)
        with self.stage("G through D"):
            judged, misread = self.discriminator.judge_and_read(made, label)
        with self.stage("update G"):
            loss_g = F.softplus(-judged).mean()
            self._update("generator", loss_g + self.config.recognition * misread, optimizers, parts)
        looks = {"D(data)": real.sigmoid().mean(), "D(samples)": fake.sigmoid().mean()}
        terms = {"discriminator": loss_d, "generator": loss_g} | looks
        return {name: value.detach() for name, value in terms.items()}

    def _imagined(self, n: int, label: Tensor | None, generator: torch.Generator) -> Tensor:
        """Images for training, some of them mixed from two styles at a random layer; (n, C, H, W)."""
        first, second = (self._map(self._normal(n, generator), label) for _ in range(2))  # (n, W) each
        layers, device = self.layers, first.device
        start = torch.randint(1, layers, (n, 1), generator=generator, device=device)
        mixed = torch.rand(n, 1, generator=generator, device=device) < self.config.mixing  # (n, 1)
        from_second = mixed & (torch.arange(layers, device=device) >= start)  # (n, layers)
        styles = torch.where(from_second[..., None], second[:, None], first[:, None])
        return self.synthesis(styles, "fresh", generator)

    def _update(self, part: str, loss: Tensor, optimizers: Mapping[str, Optimizer], parts: tuple[str, ...]) -> None:
        """One step of one player down its loss, if it may move."""
        if part in parts:
            optimizers[part].zero_grad()
            loss.backward(inputs=[p for group in optimizers[part].param_groups for p in group["params"]])
            optimizers[part].step()

    def _penalty(self, x: Tensor, label: Tensor | None) -> Tensor:
        """R1: γ/2 E |∇D|² at real images; nothing at most steps, and LAZY times as much at the others."""
        self.updates += 1
        if self.config.penalty == 0.0 or self.updates.item() % LAZY != 1:
            return x.new_zeros(())
        x = x.clone().requires_grad_(True)
        (slope,) = torch.autograd.grad(self.discriminator(x, label).sum(), x, create_graph=True)
        return LAZY * self.config.penalty / 2 * slope.flatten(1).square().sum(dim=1).mean()

    # -- sampling -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def sample_steps(
        self,
        n: int,
        *,
        label: Tensor | None = None,
        settings: StyleGANSampling | None = None,
        generator: torch.Generator,
        start: SampleStep | None = None,
        given: Given | None = None,
    ) -> Iterator[SampleStep]:
        """One step: draw z, map it to a style w a layer, truncate and mix those, synthesise."""
        settings = settings or StyleGANSampling()
        z = self._normal(n, generator)
        styles = self.styles(z, label)  # (n, layers, W)
        pulled = torch.arange(self.layers, device=z.device) < settings.cutoff  # (layers,)
        average = self.average_style(label, n)[:, None]  # (n, 1, W)
        # formula: w, set by sample.psi
        styles = torch.where(pulled[:, None], average + settings.psi * (styles - average), styles)
        if 0 < settings.mix_layer < self.layers:
            k = settings.mix_layer
            styles = torch.cat([styles[:, :k], styles.roll(-1, dims=0)[:, k:]], dim=1)
        x = self.synthesis(styles, settings.noise, generator)
        yield SampleStep(1, 1, x, {"z": z, "w": styles})

    @torch.no_grad()
    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """The image (B, C, H, W) of codes (B, Z), with the fixed noise."""
        return self.synthesise(self.styles(z, label))

    # -- styles ---------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def styles(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """z (B, Z) -> the same style for every layer, (B, layers, W)."""
        return self._map(z, label)[:, None].repeat(1, self.layers, 1)

    @torch.no_grad()
    def synthesise(self, styles: Tensor, noise: str = "fixed", generator: torch.Generator | None = None) -> Tensor:
        """Styles (B, layers, W) -> images, with noise as in the sampler's settings."""
        return self.synthesis(styles, noise, generator)

    def maps(self, styles: Tensor, noise: str, generator: torch.Generator) -> dict[str, Tensor]:
        """Images x (B, C, H, W), and what each layer from the coarsest on hands on, ``maps_0`` (B, K, h, w) ..."""
        seen: dict[str, Tensor] = {}
        hooks = [
            layer.register_forward_hook(lambda *call, name=f"maps_{i}": seen.update({name: call[-1]}))
            for i, layer in enumerate(self.synthesis.layers)
        ]
        x = self.synthesise(styles, noise, generator)
        for hook in hooks:
            hook.remove()
        return {"x": x, **seen}

    def average_style(self, label: Tensor | None, n: int) -> Tensor:
        """The mean of w over the stored codes for each of n labels, (n, W)."""
        if self.label is None or label is None:
            return self._map(self.codes, None).mean(dim=0).expand(n, -1)
        known, which = label.unique(dim=0, return_inverse=True)
        averages = [self._map(self.codes, one.expand(AVERAGED, -1)).mean(dim=0) for one in known]
        return torch.stack(averages)[which]

    def path_length(self, n: int, generator: torch.Generator) -> Tensor:
        """How far images move for a small step of w: |Jᵀ y| for random images y of unit variance, (n,). The more alike
        over w, the more even the latent space (Karras et al. 2020, section 3.2)."""
        w = self._map(self._normal(n, generator), None).detach()
        with torch.enable_grad():
            w = w[:, None].repeat(1, self.layers, 1).requires_grad_(True)
            x = self.synthesis(w, "fixed", None)
            y = torch.randn(x.shape, generator=generator, device=x.device) / (x.shape[2] * x.shape[3]) ** 0.5
            (slope,) = torch.autograd.grad((x * y).sum(), w)
        return slope.square().sum(dim=2).mean(dim=1).sqrt()

    @property
    def layers(self) -> int:
        """How many layers take a style."""
        return len(self.synthesis.layers)

    def sampling_fields(self) -> tuple[Param, ...]:
        """Layers are counted up to those that there are."""
        fields = {field.name: field for field in super().sampling_fields()}
        fields["cutoff"] = replace(fields["cutoff"], default=self.layers, high=self.layers)
        fields["mix_layer"] = replace(fields["mix_layer"], high=self.layers - 1)
        return tuple(fields.values())

    @property
    def latent_dim(self) -> int:
        return self.config.latent_dim

    def _map(self, z: Tensor, label: Tensor | None) -> Tensor:
        """z of unit length a number -> w, (B, W)."""
        z = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
        if self.label is not None:
            if label is None:
                label = torch.full((len(z), len(self.spec.classes)), -1, device=z.device)
            z = torch.cat([z, self.label(label)], dim=1)
        return self.mapping(z)

    def _normal(self, n: int, generator: torch.Generator) -> Tensor:  # formula: z, set by latent_dim
        return torch.randn(n, self.latent_dim, generator=generator, device=self.device)
