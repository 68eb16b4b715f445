"""Autoregressive: an image is written pixel by pixel, each drawn from a distribution that the earlier ones decide.

The chain rule cuts any joint probability into next-pixel guesses, p(x) = Π p(x_i | x_<i), in raster order, red before
green before blue. A guess is a softmax over gray levels, trained by the cross-entropy of the pixel that really follows;
summed over the pixels that is -log p(x) itself, exactly. What a guess may see is decided by masks: a patch, a stack of
masked convolutions, or, for the bridge to diffusion, whatever has not been erased yet.

Van den Oord et al. 2016 (PixelCNN, arXiv 1601.06759 and 1606.05328); any order: Uria et al. 2014 (1310.1757),
Hoogeboom et al. 2022 (2110.02037). Lecture slides 27-32.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.hyperparams import param
from playground.core.model import DensityKind, GenerativeModel, Given, SampleStep
from playground.core.random import stream
from playground.models.networks.conditionals import Levels, Mixture
from playground.models.networks.coordinates import Coordinates
from playground.models.networks.embedding import LabelEmbedding, hide_labels
from playground.models.networks.pixel_stacks import Drop, GatedStack, PlainStack, dropping, keep_all, walk
from playground.models.networks.restorer import Restorer

CARD = {
    "name": "autoregressive",
    "title": "Autoregressive",
    "group": "Autoregressive",
    "slides": "27-32",
    "receives": "complete its half",
    "order": 3,
    "about": "Writes data number by number, each drawn from a softmax that depends on those before it.",
    "objective": "high density",
    "approach": "Indirect: learn a density, then draw from it, number by number",
    "loss_unit": "nats",
    "formula": r"p(x) = \prod_i p(x_i \mid x_{<i})",
}

EMBEDDING = 32
COMPONENTS = 24  # Gaussians in the mixture of a point's coordinate
LOOKS = 32  # erasures of each example from which the bound of "any" is estimated


@dataclass(frozen=True)
class AutoregressiveConfig:
    """What a pixel sees of those before it, and how finely it is told."""

    context: str = param("full", choices=("3", "5", "7", "masked", "full", "any"), only="images",
                         help="What the next pixel depends on. 3, 5, 7: the earlier part of a patch with this side. "
                              "Masked: a deep stack, with a blind spot to the upper right. Full: all earlier pixels. "
                              "Any: whatever is not erased, in any order.")  # fmt: skip
    levels: int = param(0, low=0, high=256, step=1, label="gray levels", only="images",
                        help="Levels that the softmax tells apart; fewer put neighbours into one bin. 0: all that "
                             "the data has.")  # fmt: skip
    conditional: bool = param(False, help="Give every layer the label, so that samples can be asked for by class.")
    label_dropout: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True, more=True, label="label dropout",
                                 help="Share of labels hidden in training, so that one may be left open.")  # fmt: skip
    dropout: float = param(0.0, low=0.0, high=0.9, step=0.1, live=True, more=True, only="images",
                           help="Share of a stack's hidden numbers that a training step hides: small data sets are "
                                "soon known by heart.")  # fmt: skip
    raster_share: float = param(0.25, low=0.0, high=1.0, step=0.05, live=True, more=True, label="raster share",
                                only="images", help="With context any: share of images that are erased in raster "
                                "order, from the end; the others lose pixels anywhere.")  # fmt: skip
    width: int = param(32, low=4, high=256, step=8, more=True,
                       help="Channels of every layer; on patches and points four times as many units.")  # fmt: skip
    depth: int = param(5, low=1, high=16, step=1, unit="layers", more=True, only="images",
                       help="Layers of a stack (masked, full): each one sees a little further.")  # fmt: skip


@dataclass(frozen=True)
class AutoregressiveSampling:
    """How the next number is drawn."""

    temperature: float = param(1.0, low=0.0, high=3.0, step=0.1, live=True,
                               help="Below 1 likely levels become likelier, 0 leaves only the likeliest.")  # fmt: skip
    top_k: int = param(0, low=0, high=256, step=1, live=True, label="top k",
                       help="Draw only among so many likeliest levels; 0 for all.")  # fmt: skip
    order: str = param("raster", choices=("raster", "random"), live=True, only="images",
                       help="With context any: the order in which pixels are filled in. All other contexts know the "
                            "raster only.")  # fmt: skip
    cached: bool = param(True, live=True, more=True, label="cached", only="images",
                         help="Compute only what a new pixel changes, instead of the whole image for each pixel. "
                              "The samples are the same.")  # fmt: skip


class Autoregressive(GenerativeModel):
    """A network says of each number, from those before it, the parameters of its distribution; `output` knows what
    they mean: a softmax over levels for pixels, a mixture for coordinates of points.

    Numbers are counted as they lie in memory, x.flatten(1); `raster` is the order in which they are drawn.
    """

    Config = AutoregressiveConfig
    SampleSettings = AutoregressiveSampling
    answers = GenerativeModel.answers | {"conditionals", "costs", "receptive_field"}

    config: AutoregressiveConfig
    raster: Tensor

    def __init__(self, spec: DataSpec, config: AutoregressiveConfig) -> None:
        super().__init__(spec, config)
        self.label = LabelEmbedding(spec.classes, EMBEDDING) if config.conditional and spec.classes else None
        condition, width = EMBEDDING if self.label else 0, config.width
        self.output: Levels | Mixture
        self.network: nn.Module
        if spec.kind == "points":
            self.output = Mixture(COMPONENTS, spec.extent)
            self.network = Coordinates(spec.dims, COMPONENTS, 4 * width, condition)
        else:
            levels, colours = spec.levels or 256, spec.shape[0]
            # formula: p(x_i | ·), set by levels
            self.output = Levels(levels, min(config.levels, levels) if config.levels > 1 else levels)
            ends = colours * self.output.features_per_number, colours * self.output.parameters_per_number
            deep = config.depth - 1
            if config.context == "any":
                self.network = Restorer(spec.shape, *ends, width, condition)
            elif config.context == "full":
                gaps = tuple(gap for gap in (2, 4) if gap < min(spec.shape[1:]) / 4) or (1,)
                # formula: x_<i, set by context
                self.network = GatedStack(*ends, width, (5, *[3] * deep), colours, condition, gaps)
            elif config.context == "masked":
                self.network = PlainStack(*ends, width, (7, *[3] * deep), colours, condition)
            else:  # one convolution with the patch's side, and an MLP on what it finds
                self.network = PlainStack(*ends, 4 * width, (int(config.context), 1, 1), colours, condition)
        # Colours of a pixel follow each other: (C, H, W) counted by H, W, C.
        self.register_buffer("raster", torch.arange(spec.dims, device="cpu").view(spec.shape[0], -1).T.flatten())

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "sample_steps", "complete", "log_density"})

    @classmethod
    def density_kind(cls, spec: DataSpec) -> DensityKind:
        return "exact"

    @property
    def any_order(self) -> bool:
        """Whether it restores erased pixels in any order, instead of guessing the next one."""
        return isinstance(self.network, Restorer)

    @property
    def density(self) -> DensityKind:
        return "lower bound" if self.any_order else "exact"

    @property
    def bounds_nll(self) -> bool:
        return not self.any_order or self.config.raster_share == 0.0

    # -- training -------------------------------------------------------------------------------------------------

    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """What the output must know of the data: where points lie, how often each gray level occurs."""
        self.output.prepare(train_data.x)

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        terms = self.objective(batch, generator, self.config.dropout)
        with self.stage("update"):
            optimizers["model"].zero_grad()
            terms["loss"].backward()
            optimizers["model"].step()
        return {name: value.detach() for name, value in terms.items()}

    def objective(self, batch: Batch, generator: torch.Generator, dropout: float = 0.0) -> dict[str, Tensor]:
        """The cross-entropy of what really follows, summed over an example: -log p(x) in nats, or a bound of it."""
        label = hide_labels(batch.labels, self.config.label_dropout, generator) if self.conditional else None
        with self.stage("predict"):
            if not self.any_order:
                return {"loss": -self._log_density(batch.x, label, dropping(dropout, generator)).mean()}
            n, device = len(batch), batch.x.device
            left = torch.randint(self.spec.dims, (n,), generator=generator, device=device)  # how many are not erased
            in_raster = torch.rand(n, 1, generator=generator, device=device) < self.config.raster_share
            rank = torch.where(in_raster, self.raster.argsort(), self._random_rank(n, generator))
            return {"loss": -self._restored(batch.x, rank, left, label).mean()}

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        return self.objective(batch, generator)

    # -- likelihood -----------------------------------------------------------------------------------------------

    @torch.no_grad()
    def log_density(self, x: Tensor, generator: torch.Generator, label: Tensor | None = None) -> Tensor:
        """log p(x) in nats (B,), of the data's own levels. With context "any" a lower bound: the mean of log p over
        all orders in which an image can be written, estimated at LOOKS lengths, evenly spread from a random start."""
        if not self.any_order:
            return self._log_density(x, label)
        total, offset = torch.zeros(len(x), device=x.device), torch.rand(len(x), generator=generator, device=x.device)
        for look in range(LOOKS):
            left = ((look + offset) / LOOKS * self.spec.dims).long().clamp(max=self.spec.dims - 1)
            total += self._restored(x, self._random_rank(len(x), generator), left, label)
        return total / LOOKS

    # formula: p(x), set by depth
    def _log_density(self, x: Tensor, label: Tensor | None, drop: Drop = keep_all) -> Tensor:
        """The chain rule: Σ log p(x_i | x_<i), (B,)."""
        return self.output.log_prob(self._guesses(x, label, drop=drop), x.flatten(1)).sum(dim=1)

    def _restored(self, x: Tensor, rank: Tensor, left: Tensor, label: Tensor | None) -> Tensor:
        """An estimate (B,) of log p(x) written in a random order, of which the first `left` (B,) numbers are known.

        Each of the others could be the next one; their mean log p, times all numbers, is right on average over `left`
        and the order (Hoogeboom et al. 2022, eq. 4). `rank` (B, D): the place of each number in the order.
        """
        known = rank < left[:, None]
        log_p = self.output.log_prob(self._guesses(x, label, known), x.flatten(1))  # (B, D)
        return (log_p * ~known).sum(dim=1) * self.spec.dims / (self.spec.dims - left)

    def _random_rank(self, n: int, generator: torch.Generator) -> Tensor:
        return torch.rand(n, self.spec.dims, generator=generator, device=self.device).argsort(dim=1)

    def _guesses(self, x: Tensor, label: Tensor | None, known: Tensor | None = None, drop: Drop = keep_all) -> Tensor:
        """The parameters of each number's distribution, (B, D, P). `known` (B, D): what "any" may see."""
        return self._ask(self.output.features(x), label, known, drop)

    def _ask(self, features: Tensor, label: Tensor | None, known: Tensor | None, drop: Drop = keep_all) -> Tensor:
        condition = self._condition(label, len(features))
        if self.spec.kind == "points":
            return self.network(features, condition)
        if self.any_order:
            assert known is not None
            seen = known.view(-1, *self.spec.shape).float()
            features = features * seen.repeat_interleave(self.output.features_per_number, dim=1)
            out = self.network(features, seen, condition)
        else:
            out = self.network(features, condition, drop)  # (B, C P, H, W)
        return out.unflatten(1, (self.spec.shape[0], -1)).flatten(3).transpose(2, 3).flatten(1, 2)

    def _condition(self, label: Tensor | None, n: int) -> Tensor | None:
        if self.label is None:
            return None
        if label is None:
            label = torch.full((n, len(self.spec.classes)), -1, device=self.device)
        return self.label(label)

    # -- sampling -------------------------------------------------------------------------------------------------

    def sample(
        self, n: int, *, label: Tensor | None = None, settings: AutoregressiveSampling | None = None,
        generator: torch.Generator,
    ) -> Tensor:  # fmt: skip
        with torch.inference_mode():  # less to note for each of many small pieces of work
            *_, last = self._write(n, label, settings, generator, None, None, quiet=True)
        return last.x.clone()  # an everyday tensor

    def sample_steps(
        self,
        n: int,
        *,
        label: Tensor | None = None,
        settings: AutoregressiveSampling | None = None,
        generator: torch.Generator,
        start: SampleStep | None = None,
        given: Given | None = None,
    ) -> Iterator[SampleStep]:
        """Number by number. Each state but the last shows, of the number that is drawn next: ``cursor`` (B,), its
        place in x.flatten(1); ``probabilities`` (B, levels) it is drawn from, at the temperature; ``uniform`` (B,), the
        number in [0, 1) at which their sum is cut; ``log_prob`` (B,), log p of what is drawn or given, in nats and at
        temperature 1: these add up to log p(x)."""
        return self._write(n, label, settings, generator, start, given)

    @torch.no_grad()
    def _write(
        self, n: int, label: Tensor | None, settings: AutoregressiveSampling | None, generator: torch.Generator,
        start: SampleStep | None, given: Given | None, quiet: bool = False,
    ) -> Iterator[SampleStep]:  # fmt: skip
        """The sampler; with `quiet` only its last state."""
        settings = settings or AutoregressiveSampling()
        begin, x = 0, torch.zeros(n, *self.spec.shape, device=self.device)
        if start is not None:
            begin, x = start.index, start.x.clone()
            if start.generator_state is not None:
                generator.set_state(start.generator_state)
        kept = torch.zeros_like(x, dtype=torch.bool)
        if given is not None:
            kept = given[1] > 0
            x = torch.where(kept, given[0], x)
        flat, kept, each = x.view(n, -1), kept.view(n, -1), torch.arange(n, device=x.device)
        order = self._order(kept, settings)  # (B, D)
        guesses = self._look_anew(x, label, order, begin)
        if settings.cached and isinstance(self.network, PlainStack | GatedStack):
            guesses = islice(walk(self.network, x, self.output.features, self._condition(label, n)), begin, None)

        for i, parameters in enumerate(guesses, begin):
            state, cursor = None if quiet else generator.get_state(), order[:, i]
            u = torch.rand(n, generator=generator, device=x.device)
            # formula: x_i drawn, set by sample.temperature
            value = self.output.draw(parameters, u, settings.temperature, settings.top_k)
            if given is not None:
                value = torch.where(kept[each, cursor], flat[each, cursor], value)
            if not quiet:
                p = self.output.probabilities(parameters, settings.temperature, settings.top_k)
                views = {"cursor": cursor, "probabilities": p, "uniform": u,
                         "log_prob": self.output.log_prob(parameters, value)}  # fmt: skip
                yield SampleStep(i, self.spec.dims, x.clone(), views, state)
            flat.scatter_(1, cursor[:, None], value[:, None])  # in x, which the guesses look at
        yield SampleStep(self.spec.dims, self.spec.dims, x)

    def _order(self, kept: Tensor, settings: AutoregressiveSampling) -> Tensor:
        """Which number is drawn when, (B, D). In any order, those that are given come first, so that all others know
        them. A random order is always the same, so that going on from a step meets it again."""
        rank = self.raster.argsort().expand(len(kept), -1)
        if self.any_order:
            if settings.order == "random":
                rank = self._random_rank(len(kept), stream(0, "autoregressive/order", self.device))
            rank = rank - kept * self.spec.dims
        return rank.argsort(dim=1)

    def _look_anew(self, x: Tensor, label: Tensor | None, order: Tensor, begin: int) -> Iterator[Tensor]:
        """The parameters (B, P) of one number after the other, each from a look at all of x as it is by then."""
        each, rank = torch.arange(len(x), device=x.device), order.argsort(dim=1)
        for i in range(begin, self.spec.dims):
            yield self._guesses(x, label, rank < i)[each, order[:, i]]

    # -- looking inside -------------------------------------------------------------------------------------------

    @torch.no_grad()
    def conditionals(self, x: Tensor, label: Tensor | None = None, known: Tensor | None = None) -> Tensor:
        """log p of every level, or bin of the line, at every number: (B, levels, *shape). With context "any" from what
        `known` (B, *shape) leaves, by default nothing; otherwise from all earlier numbers of x."""
        known = torch.zeros_like(x) if known is None else known
        parameters = self._guesses(x, label, known.flatten(1))
        p = self.output.probabilities(parameters, 1.0, 0)  # (B, D, levels)
        return p.log().transpose(1, 2).unflatten(2, self.spec.shape)

    @torch.no_grad()
    def costs(self, x: Tensor, label: Tensor | None = None) -> Tensor:
        """-log p of each number of x from those before it, in nats, all at once: x's shape; they add up to -log p(x).
        x may be a cutting of an image, as if the image ended where it is cut. Not with context "any"."""
        return -self.output.log_prob(self._guesses(x, label), x.flatten(1)).view_as(x)

    def receptive_field(self, x: Tensor, cursor: int, label: Tensor | None = None) -> Tensor:
        """How strongly each number of x (B, *shape) moves what is said of the one at `cursor`, averaged: `shape`."""
        known = torch.ones_like(x).flatten(1)
        known[:, cursor] = 0
        with torch.enable_grad():
            features = self.output.features(x).requires_grad_()
            said = self._ask(features, label, known)[:, cursor]
            (slope,) = torch.autograd.grad(said.square().sum(), features)
        colours = self.spec.shape[0]
        return slope.abs().view(len(x), colours, -1, self.spec.dims // colours).sum(2).mean(0).view(self.spec.shape)
