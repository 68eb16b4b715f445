"""One number for each thing: how much a network dislikes it."""

import torch
from torch import Tensor, nn

from playground.core.data import DataSpec
from playground.models.networks.embedding import FourierPoints, LabelEmbedding
from playground.models.networks.mlp import mlp

LABEL_DIM = 32


class Scorer(nn.Module):
    """An MLP on the pixels of an image, or on a point and waves over it; all in units where data has about unit size.

    Args:
        spec: of the data.
        width: units of the two hidden layers.
        edge: numbers beyond ± edge are seen as ± edge, so that the score stays put out there.
        classes: sizes of the label's factors; empty where it is told no label.
    """

    def __init__(self, spec: DataSpec, width: int, edge: float, classes: tuple[int, ...]) -> None:
        super().__init__()
        self.edge = edge
        self.inlet: nn.Module = FourierPoints(spec.dims) if spec.kind == "points" else nn.Flatten()
        features = self.inlet.out_features if isinstance(self.inlet, FourierPoints) else spec.dims
        self.label = LabelEmbedding(classes, LABEL_DIM) if classes else None
        self.body = mlp(features + (LABEL_DIM if classes else 0), width, width, 1)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:  # (B, *shape), (B, F) or None for any -> (B,)
        h = self.inlet(x.clamp(-self.edge, self.edge))  # (B, features)
        if self.label is not None:
            label = x.new_full((len(x), len(self.label.tables)), -1, dtype=torch.int64) if label is None else label
            h = torch.cat([h, self.label(label)], dim=1)
        return self.body(h).squeeze(1)
