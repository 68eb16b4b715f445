"""The distribution of one number given those before it: a softmax over levels, or a mixture on the line.

Both take the same questions. A network says the `parameters_per_number` parameters of each number; then `log_prob`
judges a number, `draw` makes one out of a uniform number by inverting the cumulated probability, and `probabilities`
is the picture of it.
"""

import math

import torch
from torch import Tensor, nn

ONE_HOT_UP_TO = 32  # more levels than these reach the network as a value and waves over it
OCTAVES = 4


def sharpened(logits: Tensor, temperature: float, top_k: int) -> Tensor:
    """Logits (..., N) at a temperature, with all but the `top_k` largest ruled out (0: none)."""
    if 0 < top_k < logits.shape[-1]:
        logits = logits.masked_fill(logits < logits.topk(top_k).values[..., -1:], -math.inf)
    return logits if temperature == 1.0 else logits / max(temperature, 1e-6)


class Levels(nn.Module):
    """A softmax over a pixel's levels, or over fewer bins of neighbouring levels.

    Within its bin a level has the share that it has in the training images, so that log p is always that of the data's
    own levels.

    Args:
        levels: of the data, standing on k / (levels - 1).
        bins: of the softmax, at most as many.
    """

    bin: Tensor
    log_share: Tensor
    features_per_number: int

    def __init__(self, levels: int, bins: int) -> None:
        super().__init__()
        self.levels, self.parameters_per_number = levels, bins
        self.one_hot = bins <= ONE_HOT_UP_TO
        self.features_per_number = bins if self.one_hot else 1 + 2 * OCTAVES
        self.each_alone = bins == levels  # then bins are levels, and each has all of its bin's share
        bin_of = torch.arange(levels, device="cpu") * bins // levels
        self.register_buffer("bin", bin_of)  # of each level, (levels,)
        self.register_buffer("log_share", -bin_of.bincount().double().log().float()[bin_of])  # log p(level | its bin)

    def prepare(self, x: Tensor) -> None:
        """Counts how often each level occurs; one more than seen, so that none is impossible."""
        counts = self.level(x).flatten().bincount(minlength=self.levels) + 1.0
        of_bins = torch.zeros(self.parameters_per_number, device=x.device).index_add(0, self.bin, counts)
        self.log_share = (counts / of_bins[self.bin]).log()

    def level(self, x: Tensor) -> Tensor:
        """Which level a pixel has, int64 0 .. levels - 1; the nearest where it stands between two."""
        return (x * (self.levels - 1)).round().long().clamp(0, self.levels - 1)

    def _bin_of(self, k: Tensor) -> Tensor:
        return k if self.each_alone else self.bin[k]

    def features(self, x: Tensor) -> Tensor:
        """(B, C, ...) -> (B, C * features_per_number, ...), never all zero: that is what lies outside the picture. A
        pixel's features lie side by side in memory, where masked convolutions train a tenth faster on them."""
        k = self._bin_of(self.level(x))
        if self.one_hot:
            hot = torch.zeros(len(k), *k.shape[2:], k.shape[1], self.parameters_per_number, device=x.device)
            return hot.scatter_(-1, k.movedim(1, -1).unsqueeze(-1), 1.0).flatten(-2).movedim(-1, 1)
        value = 2 * k.float() / (self.parameters_per_number - 1) - 1
        angles = [value * (math.pi / 2 * 2**octave) for octave in range(OCTAVES)]
        return torch.stack([value, *(a.sin() for a in angles), *(a.cos() for a in angles)], dim=2).flatten(1, 2)

    def log_prob(self, logits: Tensor, x: Tensor) -> Tensor:
        """log p of pixels (...) under logits (..., bins), in nats."""
        k = self.level(x)
        of_bin = logits.log_softmax(-1).gather(-1, self._bin_of(k).unsqueeze(-1)).squeeze(-1)
        return of_bin if self.each_alone else of_bin + self.log_share[k]

    def probabilities(self, logits: Tensor, temperature: float, top_k: int) -> Tensor:
        """Of the bins, (..., bins)."""
        return sharpened(logits, temperature, top_k).softmax(-1)

    def draw(self, logits: Tensor, u: Tensor, temperature: float, top_k: int) -> Tensor:
        """The pixels (B,) at which the cumulated probability passes u (B,), under logits (B, bins)."""
        p = self.probabilities(logits, temperature, top_k)  # (B, bins)
        if not self.each_alone:
            p = p[:, self.bin] * self.log_share.exp()  # (B, levels)
        cumulated = p.cumsum(-1)
        k = (cumulated <= u[:, None] * cumulated[:, -1:]).sum(-1)
        return k.clamp(max=self.levels - 1).float() / (self.levels - 1)


class Mixture(nn.Module):
    """A mixture of Gaussians on the line; numbers are standardised before they meet the network.

    Args:
        components: how many Gaussians.
        reach: `probabilities` shows bins between -reach and reach.
    """

    shift: Tensor
    scale: Tensor

    BINS = 128
    NARROWEST = -4.5  # the smallest log σ, in standard deviations of the data: no spike on a single training point

    def __init__(self, components: int, reach: float) -> None:
        super().__init__()
        self.features_per_number, self.parameters_per_number, self.reach = 1, 3 * components, reach
        self.register_buffer("shift", torch.tensor(0.0))
        self.register_buffer("scale", torch.tensor(1.0))

    def prepare(self, x: Tensor) -> None:
        """Measures where the data lies."""
        self.shift, self.scale = x.mean(), x.std()

    def features(self, x: Tensor) -> Tensor:
        """Standardised numbers, of any shape."""
        return (x - self.shift) / self.scale

    def log_prob(self, parameters: Tensor, x: Tensor) -> Tensor:
        """log p of numbers (...) under parameters (..., 3 components), in nats."""
        log_weight, mean, log_std = self._components(parameters, 1.0, 0)
        z = (self.features(x).unsqueeze(-1) - mean) * (-log_std).exp()
        log_p = log_weight - 0.5 * z**2 - log_std - 0.5 * math.log(2 * math.pi)
        return log_p.logsumexp(-1) - self.scale.log()

    def probabilities(self, parameters: Tensor, temperature: float, top_k: int) -> Tensor:
        """Of BINS equal bins over the drawn range, (..., BINS)."""
        edges = torch.linspace(-self.reach, self.reach, self.BINS + 1, device=parameters.device)
        components = [part.unsqueeze(-2) for part in self._components(parameters, temperature, top_k)]
        return self._cumulated(components, self.features(edges)).diff(dim=-1)

    def draw(self, parameters: Tensor, u: Tensor, temperature: float, top_k: int) -> Tensor:
        """The numbers (B,) at which the cumulated probability passes u (B,), by halving an interval."""
        components = list(self._components(parameters, temperature, top_k))
        _, mean, log_std = components
        low = (mean - 10 * log_std.exp()).amin(-1)
        high = (mean + 10 * log_std.exp()).amax(-1)
        for _ in range(40):
            middle = (low + high) / 2
            below = self._cumulated(components, middle) < u
            low, high = torch.where(below, middle, low), torch.where(below, high, middle)
        return (low + high) / 2 * self.scale + self.shift

    def _components(self, parameters: Tensor, temperature: float, top_k: int) -> tuple[Tensor, Tensor, Tensor]:
        """log weight, mean and log σ of the Gaussians, (..., components) each. A Gaussian to the power 1 / T is √T
        times as wide."""
        logits, mean, log_std = parameters.chunk(3, dim=-1)
        widened = log_std.clamp(min=self.NARROWEST) + 0.5 * math.log(max(temperature, 1e-6))
        return sharpened(logits, temperature, top_k).log_softmax(-1), mean, widened

    def _cumulated(self, components: list[Tensor], x: Tensor) -> Tensor:
        """P(number <= x) for standardised x (...)."""
        log_weight, mean, log_std = components
        z = (x.unsqueeze(-1) - mean) * (-log_std).exp()
        return (log_weight.exp() * torch.special.ndtr(z)).sum(-1)
