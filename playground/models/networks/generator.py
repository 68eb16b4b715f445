"""From noise, and a label if there is one, to an example of any kind."""

import math

import torch
from torch import Tensor, nn

from playground.models.networks.conv_pair import ConvGenerator
from playground.models.networks.embedding import LabelEmbedding
from playground.models.networks.mlp import mlp

EMBEDDING = 32
SMALL = 1024  # numbers in an example up to which an MLP draws it


class Generator(nn.Module):
    """g(z, y): an MLP for points and small images, convolutions for larger, square ones. Images are in [0, 1].

    Args:
        shape: of an example, (D,) or (C, H, W).
        latent_dim: numbers in z.
        classes: sizes of the factors of the label; empty for none.
        width: units of each hidden layer; a convolution has an eighth of it as channels at full size.
        norm: normalise the MLP's last hidden layer. Then no sample runs far away, and different z make different
            pixels from the start, before they are driven to black or white; but clusters of points part less well.
    """

    def __init__(
        self, shape: tuple[int, ...], latent_dim: int, classes: tuple[int, ...], width: int, norm: bool
    ) -> None:
        super().__init__()
        self.shape = shape
        self.label = LabelEmbedding(classes, EMBEDDING) if classes else None
        inputs, outputs = latent_dim + (EMBEDDING if classes else 0), math.prod(shape)
        if outputs > SMALL:
            self.body: nn.Module = ConvGenerator(shape[0], shape[1], max(width // 8, 4), inputs)
        else:
            last = [nn.LayerNorm(width)] * norm + [nn.SiLU(), nn.Linear(width, outputs)]
            self.body = nn.Sequential(mlp(inputs, width, width, width), *last, *[nn.Sigmoid()] * (len(shape) == 3))

    def forward(self, z: Tensor, label: Tensor | None) -> Tensor:  # (B, Z), (B, F) -> (B, *shape)
        return self.body(z if self.label is None else torch.cat([z, self.label(label)], dim=1)).view(-1, *self.shape)
