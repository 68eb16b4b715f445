"""A mixture of round Gaussians on the line, in the plane or beyond, in closed form, and so is every noised version.

Adding noise ε ~ N(0, I) to a scaled Gaussian gives a Gaussian again, so ``signal * x + noise * ε`` is the mixture with
centres ``signal * c`` and variances ``signal² std² + noise²``.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

_REACH = 8.0  # standard deviations around the centres: beyond them lie 1e-14 of the mass
_AT_ONCE = 1 << 20  # numbers in one table of points against components: larger ones are slower to come by
_STEPS = 3.0  # grid points a standard deviation: for smooth, decaying functions the trapezoid rule errs by 1e-8


@dataclass(frozen=True, eq=False)
class Mixture:
    """The mixture as an `ExactDensity`; computes in float64 on the CPU and answers in the type that it was asked in.

    Attributes:
        weights: (K,), positive, with sum 1.
        centres: (K, D).
        std: along every axis: one of all components, or (K,), each its own.
    """

    weights: Tensor
    centres: Tensor
    std: float | Tensor

    @cached_property
    def entropy(self) -> float:
        """−∫ p ln p in nats, by the trapezoid rule on a grid that is fine against `std`; computed when first asked."""
        step, reach = float(self._std.min()) / _STEPS, _REACH * float(self._std.max())
        low, high = (self.centres.double().aminmax(dim=0)[i] for i in (0, 1))
        axes = [torch.arange(a - reach, b + reach, step, dtype=torch.float64)
                for a, b in zip(low.tolist(), high.tolist(), strict=True)]  # fmt: skip
        total = 0.0
        for points in torch.cartesian_prod(*axes).view(-1, len(axes)).split(max(1, _AT_ONCE // len(self.weights))):
            log_p = self.log_density(points)
            total -= float((log_p.exp() * log_p).sum())
        return total * step ** len(axes)

    def log_density(self, x: Tensor, signal: float = 1.0, noise: float = 0.0) -> Tensor:
        """log p(x) in nats, (N,), of the data or of its noised version."""
        return self._joint(x, signal, noise).logsumexp(dim=1).to(x)

    def score(self, x: Tensor, signal: float = 1.0, noise: float = 0.0) -> Tensor:
        """∇ log p(x), (N, D): towards the centres, each pulling by its responsibility over its variance."""
        centres, variance = self._noised(signal, noise)
        pulls = self._joint(x, signal, noise).softmax(dim=1) / variance  # (N, K)
        return (pulls @ centres - pulls.sum(dim=1, keepdim=True) * x.cpu().double()).to(x)

    def responsibilities(self, x: Tensor, signal: float = 1.0, noise: float = 0.0) -> Tensor:
        """p(component | x), (N, K): which component the point came from."""
        return self._joint(x, signal, noise).softmax(dim=1).to(x)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draws (n, D), float32."""
        return self.draw(n, generator)[0]

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draws (n, D) and the component (n,) that each came from."""
        device = generator.device
        component = torch.multinomial(self.weights.float().to(device), n, replacement=True, generator=generator)
        noise = torch.randn(n, self.centres.shape[1], generator=generator, device=device)
        std = self._std.float().to(device)[component].unsqueeze(1)
        return self.centres.float().to(device)[component] + std * noise, component

    @property
    def _std(self) -> Tensor:
        """(K,), float64."""
        return torch.as_tensor(self.std, dtype=torch.float64).expand(len(self.weights))

    def _noised(self, signal: float, noise: float) -> tuple[Tensor, Tensor]:
        return signal * self.centres.double(), signal**2 * self._std**2 + noise**2

    def _joint(self, x: Tensor, signal: float, noise: float) -> Tensor:
        """log p(x, component), (N, K)."""
        centres, variance = self._noised(signal, noise)
        x = x.cpu().double()  # MPS has no float64
        distance = (x**2).sum(1, keepdim=True) - 2 * x @ centres.T + (centres**2).sum(1)  # |x − c|², (N, K)
        shrinking = x.shape[1] / 2 * (2 * math.pi * variance).log()
        return self.weights.double().log() - distance / (2 * variance) - shrinking
