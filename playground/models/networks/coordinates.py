"""Points: each coordinate's distribution, said from the coordinates before it."""

import torch
from torch import Tensor, nn

from playground.models.networks.embedding import FourierPoints
from playground.models.networks.mlp import mlp


class Coordinates(nn.Module):
    """One MLP for all coordinates: it is told which one is asked for, and sees those before it.

    Its outputs are the weights, means and log widths of a mixture; at the start the means are spread over the data.

    Args:
        dims: coordinates of a point.
        components: Gaussians in a coordinate's mixture.
        width: hidden units.
        condition_dim: length of the condition vector; 0 for none.
    """

    def __init__(self, dims: int, components: int, width: int, condition_dim: int) -> None:
        super().__init__()
        self.waves = FourierPoints(dims)
        self.body = mlp(self.waves.out_features + dims + condition_dim, width, width, 3 * components)
        outlet = self.body[-1]
        assert isinstance(outlet, nn.Linear)
        with torch.no_grad():
            outlet.bias[components : 2 * components] = torch.linspace(-2, 2, components)
            outlet.bias[2 * components :] = -1.0

    def forward(self, x: Tensor, condition: Tensor | None) -> Tensor:  # (B, D), (B, C) -> (B, D, 3 components)
        b, d = x.shape
        which = torch.eye(d, device=x.device)
        before = torch.ones_like(which).tril(-1)  # the mask: 1 where column j < row i
        inputs = [self.waves((x[:, None] * before).flatten(0, 1)), which.repeat(b, 1)]
        if condition is not None:
            inputs.append(condition.repeat_interleave(d, dim=0))
        return self.body(torch.cat(inputs, dim=1)).view(b, d, -1)
