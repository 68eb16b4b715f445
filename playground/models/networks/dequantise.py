"""From gray levels to a density and back. Theis et al. 2016 (arXiv 1511.01844), section 3.1."""

import math

import torch
from torch import Tensor

from playground.core.data import DataSpec


class Dequantise:
    """Level k of L becomes y = (k + u) / L, u uniform in [0, 1), so that a density can be fitted to images.

    By Jensen's inequality log P(x) >= E_u log p(y) - D log L. Points are left as they are, and the gap is 0.

    Attributes:
        levels: L; None for points.
        log_volume: D log L in nats, what is to be subtracted from log p(y).
    """

    def __init__(self, spec: DataSpec) -> None:
        self.shape = spec.shape
        self.levels = (spec.levels or 256) if spec.kind == "images" else None
        self.log_volume = spec.dims * math.log(self.levels or 1)

    def __call__(self, x: Tensor, generator: torch.Generator) -> Tensor:  # (B, *shape) -> (B, D)
        if self.levels is None:
            return x.flatten(1)
        k = (x * (self.levels - 1)).round()
        u = torch.rand(x.shape, generator=generator, device=x.device)
        return ((k + u) / self.levels).flatten(1)

    def back(self, y: Tensor) -> Tensor:  # (B, D) -> (B, *shape)
        """The image whose levels lie nearest below y; the outermost levels take what lies outside."""
        y = y.view(-1, *self.shape)
        if self.levels is None:
            return y
        return (y * self.levels).floor().clamp(0, self.levels - 1) / (self.levels - 1)
