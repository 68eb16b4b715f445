"""Statistics matching: a generator whose samples have chosen statistics in common with the data.

A statistic is the mean of some feature φ(x) over many examples: a colour, its square, a product of two pixels, the
share of pixels in a bin. The generator g(z) is trained until E φ(g(z)) = E φ(x) for each of them; what was not measured
is free, so the samples show how much the chosen statistics say about the data. With a kernel there is no list left to
choose: MMD compares the means of infinitely many features at once, and vanishes only where the distributions agree.

One batch of samples misses its target by chance, too, and the square of its gap would teach the generator to vary less.
The loss is therefore the product of the gaps of two independent batches, whose expectation is the squared gap of the
generator itself; like MMD, which leaves out the pairs of an example with itself, it can fall below zero.

Textures: Heeger, Bergen 1995; Portilla, Simoncelli 2000. Moments: Hall 2005 (generalized method of moments). MMD:
Gretton et al. 2012 (JMLR 13); as a loss: Li et al. 2015 (GMMN, arXiv 1502.02761), Dziugaite et al. 2015 (1505.03906).
Lecture slide 14.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.hyperparams import param
from playground.core.model import GenerativeModel
from playground.models.networks.embedding import hide_labels
from playground.models.networks.filter_bank import ImageFilters, PointFilters
from playground.models.networks.generator import SMALL, Generator

CARD = {
    "name": "statistics",
    "title": "Statistics",
    "group": "More",
    "slides": "13-14",
    "order": 7,
    "about": "A generator is trained until chosen statistics of its samples, or all at once, are those of the data.",
    "objective": "match certain statistics",
    "approach": "Direct: noise in, data out, in one pass",
    "loss_unit": "gap²",
    "formula": r"\min_g\; \left\| \mathbb{E}_z\, \varphi(g(z)) - \mathbb{E}_x\, \varphi(x) \right\|^2",
}

PAIRED = 256  # numbers in an example up to which all pairs of them are multiplied
KERNELS = 6  # each half as wide as the one before
WIDEST = 2.0  # of the kernels, in medians of the distance between two examples
SOFTNESS = 0.25  # of a bin's edge, in widths of the bin
STILLEST = 0.2  # of the typical spread: by less no gap is divided, else what hardly moves would weigh without limit
CHUNK = 500


@dataclass(frozen=True)
class StatisticsConfig:
    """What is measured, and who has to match it."""

    match: str = param("kernel",
                       choices=("mean", "variance", "moments", "histogram", "covariance", "filters", "kernel"),
                       help="Mean; mean and variance; moments; histograms: of an image's colours or a point's "
                            "coordinates. Covariance: of all pixels. Filters: histograms of edges and blobs, or of a "
                            "point's shadows. Kernel: everything at once.")  # fmt: skip
    order: int = param(2, low=1, high=8, label="moments up to", help="Largest total power in a moment.")
    bins: int = param(16, low=2, high=64, more=True, help="Bins of each histogram; their edges are soft.")
    bandwidth: float = param(1.0, low=0.1, high=10.0, step=1.5, log=True, live=True,
                             help="Scales the widths of the kernels, which go from twice the typical distance of two "
                                  "examples down to a sixteenth. Wide ones see the mean only.")  # fmt: skip
    settle: int = param(500, low=0, high=100000, step=100, unit="steps", live=True,
                        help="After so many steps the learning rate is halved, after twice as many a third, and so on, "
                             "so that the chance of single batches averages out; 0 keeps it.")  # fmt: skip
    latent_dim: int = param(32, low=1, high=128, label="latent size", help="Numbers in the noise z.")
    conditional: bool = param(False, help="Tell the generator the label, and match each class by itself.")
    label_dropout: float = param(0.1, low=0.0, high=1.0, step=0.05, live=True, more=True, label="label dropout",
                                 help="Share of labels hidden in training, so that one may be left open.")  # fmt: skip
    width: int = param(128, low=8, high=512, step=8, more=True,
                       help="Units of each hidden layer; convolutions have an eighth of it at full size.")  # fmt: skip


@dataclass(frozen=True)
class StatisticsSampling:
    """How noise is drawn."""

    temperature: float = param(1.0, low=0.0, high=3.0, step=0.1, live=True,
                               help="Standard deviation of the drawn z; training has 1, 0 is one sample.")  # fmt: skip


class Statistics(GenerativeModel):
    """Kept in buffers: the mean example, and of each statistic its mean over the training data (R, K) and the standard
    deviation of its feature from one example to the next. A row is a class; without labels there is one row."""

    Config = StatisticsConfig
    SampleSettings = StatisticsSampling
    answers = GenerativeModel.answers | {"statistics", "measure"}

    config: StatisticsConfig
    centre: Tensor
    scale: Tensor
    distance: Tensor
    target: Tensor
    spread: Tensor
    unit: Tensor
    updates: Tensor

    def __init__(self, spec: DataSpec, config: StatisticsConfig) -> None:
        super().__init__(spec, config)
        classes = spec.classes if self.conditional else ()
        norm = spec.kind == "images" or config.match != "kernel"
        # formula: g, set by width
        self.generator = Generator(spec.shape, config.latent_dim, classes, config.width, norm)
        self.filters = ImageFilters() if spec.kind == "images" else PointFilters(spec.dims)
        self.register_buffer("centre", torch.zeros(spec.shape))
        self.register_buffer("scale", torch.ones(()))
        self.register_buffer("distance", torch.ones(()))
        self.register_buffer("updates", torch.zeros((), dtype=torch.int64))
        example = torch.zeros(1, *spec.shape)
        rows = self._members(torch.zeros(1, len(spec.classes), dtype=torch.int64), 1).shape[1]
        self.sizes = [phi.shape[1] for phi in self.features(example).values()]
        self.register_buffer("target", torch.zeros(rows, sum(self.sizes)))
        self.register_buffer("spread", torch.ones(rows, sum(self.sizes)))
        self.register_buffer("unit", torch.ones(rows, sum(self.sizes)))

    @classmethod
    def supports(cls, spec: DataSpec) -> str | None:
        if spec.kind == "images" and spec.dims > SMALL and spec.shape[1] != spec.shape[2]:
            return "The generator's convolutions draw square images only."
        return None

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        return frozenset({"sample", "decode"})

    # -- what is measured -----------------------------------------------------------------------------------------

    def features(self, x: Tensor, match: str = "") -> dict[str, Tensor]:  # formula: φ, set by match
        """φ(x) by name, (B, *shape) -> (B, K) each: what is averaged over examples to make a statistic. Colours are
        the channels of a pixel, averaged over all pixels; a point is one pixel, its coordinates are the colours.
        `match`: one of the Config's, in place of what this model matches."""
        match, low, high = match or self.config.match, self.spec.low, self.spec.high
        colours, centre = _pixels(x), _pixels(self.centre[None]).mean(dim=1)  # (B, P, C), (1, C)
        if match == "moments":
            return {"moments": mixed_moments(colours - centre, self.config.order)}
        if match == "histogram":
            return {"histogram": soft_histogram(colours, low, high, self.config.bins)}
        if match == "filters":
            reach = (-1.0, 1.0) if self.spec.kind == "images" else (low, high)
            responses = [soft_histogram(r, *reach, self.config.bins) for r in self.filters(x)]
            return {"histogram": soft_histogram(colours, low, high, self.config.bins),
                    "filters": torch.cat(responses, dim=1)}  # fmt: skip
        if match == "covariance":
            flat, middle = _shrunk(x), _shrunk(self.centre[None])  # (B, D)
            product = (flat - middle).unsqueeze(2) * (flat - middle).unsqueeze(1)  # (B, D, D)
            return {"mean": flat, "covariance": product.flatten(1)}
        mean = {"mean": colours.mean(dim=1)}
        return mean if match == "mean" else mean | {"variance": (colours - centre).square().mean(dim=1)}

    def gaps(self, x: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor]:
        """How far the statistics of examples are from their targets, in standard deviations of φ, (R, K), and how many
        examples each row has, (R, 1). A class without examples has no gap."""
        members = self._members(label, len(x))  # (B, R)
        count = members.sum(dim=0).unsqueeze(1)
        phi = torch.cat(list(self.features(x).values()), dim=1)  # (B, K)
        # formula: E, set by train.batch
        mean = members.T @ phi / count.clamp(min=1)  # (R, K)
        return (mean - self.target) / self.unit * (count > 0), count

    def _average(self, squares: Tensor) -> Tensor:
        """The mean over rows and statistics (R, K), each name of them counting the same."""
        return torch.stack([part.mean() for part in squares.split(self.sizes, dim=1)]).mean()

    def _members(self, label: Tensor | None, n: int) -> Tensor:
        """Who belongs to which class, 0 or 1, (B, R): of each factor first those whose label is left open."""
        if not self.conditional or label is None:
            return torch.ones(n, 1, device=self.device)
        columns = [F.one_hot(label[:, f] + 1, size + 1) for f, size in enumerate(self.spec.classes)]
        return torch.cat(columns, dim=1).float()

    # -- training -------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> dict[str, Optimizer]:
        """Adam that soon forgets how steep the start was."""
        return {"model": torch.optim.Adam(self.parameters(), betas=(0.9, 0.99), fused=True)}

    @torch.no_grad()
    def prepare(self, train_data: Batch, generator: torch.Generator) -> None:
        """Measures the targets over all training data, and the median distance of two examples."""
        x, n = train_data.x, len(train_data)
        self.centre = x.mean(dim=0)
        if self.spec.kind == "points":
            self.scale = x.std(dim=0).mean()
        some = x[torch.randperm(n, generator=generator)[:1000]].flatten(1)
        self.distance = torch.pdist(some).median()

        members = self._members(train_data.labels, n)  # (N, R)
        if self.conditional:  # those whose label is left open stand for all
            members += self._members(torch.full_like(train_data.labels, -1), n)
        count = members.sum(dim=0).double().clamp(min=1).unsqueeze(1)
        total, square = torch.zeros(()), torch.zeros(())
        for rows in torch.arange(n).split(CHUNK):
            phi, member = torch.cat(list(self.features(x[rows]).values()), dim=1).double(), members[rows].double()
            total, square = total + member.T @ phi, square + member.T @ phi.square()
        mean = total / count  # (R, K)
        spread = (square / count - mean.square()).clamp(min=0).sqrt()
        least = [STILLEST * s.square().mean().sqrt().clamp(min=1e-6) for s in spread.split(self.sizes, dim=1)]
        floor = torch.cat([low.expand(size) for low, size in zip(least, self.sizes, strict=True)])
        self.target, self.spread, self.unit = mean.float(), spread.float(), spread.maximum(floor).float()

    def train_step(
        self, batch: Batch, optimizers: Mapping[str, Optimizer], generator: torch.Generator, parts: tuple[str, ...]
    ) -> dict[str, Tensor]:
        """Two batches of samples, as large as that of the data, one gap of each, one step down their product."""
        label = hide_labels(batch.labels, self.config.label_dropout, generator) if self.conditional else None
        terms = self.objective(batch, label, generator)
        with self.stage("update"):
            if self.config.settle:
                for group in optimizers["model"].param_groups:
                    group["lr"] /= 1 + self.updates.item() / self.config.settle
            self.updates += 1
            optimizers["model"].zero_grad()
            terms["loss"].backward()
            optimizers["model"].step()
        return {name: value.detach() for name, value in terms.items()}

    def objective(self, batch: Batch, label: Tensor | None, generator: torch.Generator) -> dict[str, Tensor]:
        """The loss, and the root mean square gap in the unit of chance: 1 is as far off as another batch of data."""
        with self.stage("draw samples"):
            draws = [
                self._generate(self._noise(len(batch), generator), label)
                for _ in range(1 if self.config.match == "kernel" else 2)
            ]
        with self.stage("measure"):
            gaps, counts = zip(*(self.gaps(a, label) for a in draws), strict=True)  # (R, K), (R, 1) each
            if self.config.match == "kernel":
                members = self._members(label, len(batch))
                same = members @ members.T / members[0].sum()  # (B, B), the share of labels that two have in common
                # formula: ‖·‖², set by bandwidth
                loss = mmd(draws[0], batch.x, self.config.bandwidth * WIDEST * self.distance, same)
            else:
                loss = self._average(gaps[0] * gaps[1])
        gap = torch.stack([self._average(g.square() * counts[0]) for g in gaps]).mean().sqrt()
        return {"loss": loss, "gap": gap}

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """Of the kernel only: the targets of the others are known as well as they can be."""
        label = batch.labels if self.conditional else None
        return self.objective(batch, label, generator) if self.config.match == "kernel" else {}

    # -- sampling -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def sample(
        self,
        n: int,
        *,
        label: Tensor | None = None,
        settings: StatisticsSampling | None = None,
        generator: torch.Generator,
    ) -> Tensor:
        """Draw z, generate."""
        return self.decode((settings or StatisticsSampling()).temperature * self._noise(n, generator), label)

    @torch.no_grad()
    def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
        """The example (B, *shape) that the generator makes of z (B, Z)."""
        if self.conditional and label is None:
            label = torch.full((len(z), len(self.spec.classes)), -1, device=z.device)
        return self._generate(z, label)

    @torch.no_grad()
    def statistics(self, x: Tensor, label: Tensor | None = None) -> dict[str, Tensor]:
        """What was matched, measured on any examples, samples or data: by name the mean of φ over them (K,), beside
        ``NAME target``, its mean over the training data, and ``NAME spread``, its standard deviation from one example
        to the next. Divided by the root of a batch's size this is how far another batch of data would be off. With a
        kernel, which has no list, mean and variance are looked at. With a label (B, F), equal in all rows, the targets
        are those of its first factor's class."""
        parts = self.features(x)
        row = 0 if label is None else int(self._members(label[:1], 1)[0].argmax())
        targets, spreads = self.target[row].split(self.sizes), self.spread[row].split(self.sizes)
        found: dict[str, Tensor] = {}
        for (name, phi), target, spread in zip(parts.items(), targets, spreads, strict=True):
            found |= {name: phi.mean(dim=0), f"{name} target": target, f"{name} spread": spread}
        return found

    @torch.no_grad()
    def measure(self, x: Tensor, match: str) -> dict[str, Tensor]:
        """Statistics of any examples, whether this model matches them or not: by name the mean of φ over the examples
        (K,), and as ``NAME spread`` its standard deviation from one to the next."""
        parts = self.features(x, match)
        means = {name: phi.mean(dim=0) for name, phi in parts.items()}
        return means | {f"{name} spread": phi.std(dim=0) for name, phi in parts.items()}

    @property
    def latent_dim(self) -> int:
        return self.config.latent_dim

    def _generate(self, z: Tensor, label: Tensor | None) -> Tensor:
        """Points in the data's own units; images are in [0, 1] as they are."""
        made = self.generator(z, label)
        return made * self.scale + self.centre if self.spec.kind == "points" else made

    def _noise(self, n: int, generator: torch.Generator) -> Tensor:  # formula: z, set by latent_dim
        return torch.randn(n, self.latent_dim, generator=generator, device=self.device)


# -- the statistics --------------------------------------------------------------------------------------------------


def _pixels(x: Tensor) -> Tensor:
    """Images (B, C, H, W) as pixels of C colours, points (B, D) as one pixel of D: (B, P, C)."""
    return x.flatten(2).transpose(1, 2) if x.dim() > 2 else x.unsqueeze(1)


def _shrunk(x: Tensor) -> Tensor:
    """All numbers of an example (B, D), of an image averaged down until there are few enough to multiply in pairs."""
    while x.dim() > 2 and x[0].numel() > PAIRED and min(x.shape[2:]) > 1:
        x = F.avg_pool2d(x, 2)
    return x.flatten(1)


def mixed_moments(v: Tensor, order: int) -> Tensor:
    """All products Π v_c^{k_c} of 1 to `order` factors, averaged over pixels: (B, P, C) -> (B, K)."""
    channels = v.shape[2]
    powers = [k for k in product(range(order + 1), repeat=channels) if 1 <= sum(k) <= order]
    exponents = torch.tensor(sorted(powers, key=sum), device=v.device)  # (K, C)
    by_power = torch.stack([v**k for k in range(order + 1)], dim=3)  # (B, P, C, order + 1)
    factors = [by_power[:, :, c, exponents[:, c]] for c in range(channels)]  # (B, P, K) each
    return torch.stack(factors).prod(dim=0).mean(dim=1)


def soft_histogram(v: Tensor, low: float, high: float, bins: int, softness: float = SOFTNESS) -> Tensor:
    """Shares of pixels in each bin from low to high, for each channel: (B, P, C) -> (B, C bins). An edge is a sigmoid
    so wide that a gradient tells a value where to go; the outermost bins are open."""
    width = (high - low) / bins
    edges = low + width * torch.arange(1, bins, device=v.device)
    below = ((edges - v.unsqueeze(3)) / (softness * width)).sigmoid().mean(dim=1)  # (B, C, bins - 1)
    cumulative = torch.cat([torch.zeros_like(below[..., :1]), below, torch.ones_like(below[..., :1])], dim=2)
    return cumulative.diff(dim=2).flatten(1)


def mmd(a: Tensor, x: Tensor, widest: float | Tensor, same: Tensor | None = None) -> Tensor:
    """Squared maximum mean discrepancy between samples and data, (n, *shape) each: the mean over all pairs i ≠ j of
    k(a_i, a_j) + k(x_i, x_j) − k(a_i, x_j) − k(x_i, a_j), an unbiased estimate that may fall below zero. `same` (n, n)
    multiplies the kernel by that of the labels, which a_i and x_i share."""
    pairs = kernel(a, a, widest) + kernel(x, x, widest) - 2 * kernel(a, x, widest)  # its sum is symmetric
    others = 1 - torch.eye(len(a), device=a.device)
    weight = others if same is None else others * same
    return (pairs * weight).sum() / others.sum()


def kernel(a: Tensor, b: Tensor, widest: float | Tensor) -> Tensor:
    """The mean of Gaussians exp(−|a − b|² / 2σ²) for σ = widest, a half of it, a quarter ...: (n, m)."""
    a, b = a.flatten(1), b.flatten(1)
    squared = (a.square().sum(dim=1).unsqueeze(1) + b.square().sum(dim=1) - 2 * a @ b.T).clamp(min=0)
    gaussian = (-squared / (2 * widest**2)).exp()
    total = gaussian
    for _ in range(KERNELS - 1):
        gaussian = gaussian.square().square()  # half as wide
        total = total + gaussian
    return total / KERNELS
