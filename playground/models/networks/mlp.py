"""Multi-layer perceptrons for points, codes and very small images."""

from itertools import pairwise

from torch import Tensor, nn

from playground.models.networks.embedding import FourierPoints


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers of these widths with SiLU between them: mlp(2, 64, 1) has one hidden layer."""
    layers: list[nn.Module] = []
    for i, (width_in, width_out) in enumerate(pairwise(widths)):
        layers += [nn.SiLU()] * (i > 0) + [nn.Linear(width_in, width_out)]
    return nn.Sequential(*layers)


class ModulatedMLP(nn.Module):
    """A residual MLP on points whose every block is shifted by a condition vector (time, label)."""

    def __init__(self, dims: int, width: int, depth: int, condition_dim: int) -> None:
        super().__init__()
        self.waves = FourierPoints(dims)
        self.inlet = nn.Linear(self.waves.out_features, width)
        self.blocks = nn.ModuleList(nn.Linear(width, width) for _ in range(depth))
        self.shifts = nn.ModuleList(nn.Linear(condition_dim, width) for _ in range(depth))
        self.outlet = nn.Linear(width, dims)
        self.activation = nn.SiLU()

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:  # (B, D), (B, C) -> (B, D)
        h = self.inlet(self.waves(x))  # (B, width)
        for block, shift in zip(self.blocks, self.shifts, strict=True):
            h = h + block(self.activation(h + shift(condition)))
        return self.outlet(self.activation(h))
