"""A density that is constant on equal squares and zero elsewhere, in closed form, and so is every noised version.

Along each axis ``signal * u + noise * ε``, u uniform between a and b, has the density
(Φ((x − signal a) / noise) − Φ((x − signal b) / noise)) / (signal (b − a)). A square is the product over its axes, and
the whole is the mean over the squares.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

_SLACK = 1e-6  # of a side: float32 may round a point at the very edge of a square out of it
_POINT = 1e-5  # a side this small against the noise: the Gaussian about its middle, right to 1e-9, avoids 0 / 0


@dataclass(frozen=True, eq=False)
class Squares:
    """Uniform on the squares as a `NoisedDensity`; computes in float64 and answers in the type it was asked in.

    Attributes:
        corners: (K, D), the lower corner of each square.
        side: of every square. Squares may touch and must not overlap.
    """

    corners: Tensor
    side: float

    @property
    def entropy(self) -> float:
        """The logarithm of the area, in nats."""
        return math.log(len(self.corners)) + self.corners.shape[1] * math.log(self.side)

    def log_density(self, x: Tensor, signal: float = 1.0, noise: float = 0.0) -> Tensor:
        """log p(x) in nats, (N,), of the data or of its noised version; without noise −inf outside of the squares."""
        if not noise:
            area = self.entropy + self.corners.shape[1] * math.log(signal)
            return torch.where(self._inside(x, signal).any(dim=1), -area, -math.inf).to(x)
        along, _ = self._axes(x, signal, noise)
        return (along.sum(dim=2).logsumexp(dim=1) - math.log(len(self.corners))).to(x)

    def score(self, x: Tensor, signal: float = 1.0, noise: float = 0.0) -> Tensor:
        """∇ log p(x), (N, D): each square's slope, weighted by the probability that the point came from it.

        Without noise the density has no slope inside of the squares and the score there is 0; outside, where it has
        none that points anywhere, 0 is given, too.
        """
        if not noise:
            return torch.zeros_like(x)
        along, slope = self._axes(x, signal, noise)
        weight = along.sum(dim=2).softmax(dim=1)  # (N, K)
        return (weight.unsqueeze(2) * slope).sum(dim=1).to(x)

    def sample(self, n: int, generator: torch.Generator) -> Tensor:
        """Draws (n, D), float32."""
        return self.draw(n, generator)[0]

    def draw(self, n: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draws (n, D) and the square (n,) that each came from."""
        device = generator.device
        square = torch.randint(len(self.corners), (n,), generator=generator, device=device)
        within = torch.rand(n, self.corners.shape[1], generator=generator, device=device)
        return self.corners.float().to(device)[square] + self.side * within, square

    def _inside(self, x: Tensor, signal: float) -> Tensor:
        """Whether each point lies in each square, edges included, (N, K)."""
        from_corner = x.cpu().double().unsqueeze(1) / signal - self.corners.double()  # (N, K, D)
        slack = _SLACK * self.side
        return ((from_corner >= -slack) & (from_corner <= self.side + slack)).all(dim=2)

    def _axes(self, x: Tensor, signal: float, noise: float) -> tuple[Tensor, Tensor]:
        """Each square's log density along each axis, and its derivative, both (N, K, D)."""
        x = x.cpu().double().unsqueeze(1)  # (N, 1, D); MPS has no float64
        lower = (x - signal * self.corners.double()) / noise  # how far above the lower edge, in noises
        width = signal * self.side / noise
        if width < _POINT:
            middle = lower - width / 2
            return _log_gaussian(middle) - math.log(noise), -middle / noise
        upper = lower - width
        # Φ(lower) − Φ(upper) = Φ(−upper) − Φ(−lower): taken in the tail where both are small, nothing cancels.
        flip = lower + upper > 0
        most = torch.special.log_ndtr(torch.where(flip, -upper, lower))
        least = torch.special.log_ndtr(torch.where(flip, -lower, upper))
        mass = most + (-torch.expm1(least - most)).log()
        slope = (_log_gaussian(lower) - mass).exp() - (_log_gaussian(upper) - mass).exp()
        return mass - math.log(signal * self.side), slope / noise


def _log_gaussian(x: Tensor) -> Tensor:
    return -x.square() / 2 - math.log(2 * math.pi) / 2
