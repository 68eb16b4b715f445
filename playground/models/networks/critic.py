"""A discriminator: features of an example, and the judging end on them."""

import torch.nn.functional as F
from torch import Tensor, nn

from playground.core.data import DataSpec
from playground.models.networks.conv_pair import ConvFeatures
from playground.models.networks.embedding import FourierPoints, LabelEmbedding
from playground.models.networks.mlp import mlp


class Critic(nn.Module):
    """How real x looks as an example of its label: w·f(x) + embedding(y)·f(x) / √width. Miyato, Koyama 2018 (projection
    discriminator, 1802.05637), but for the root: embeddings start with unit variance, and with it both terms are about
    as large at the start and learn as fast.

    Args:
        features: (B, *shape) -> (B, width).
        width: how many features there are.
        classes: sizes of the label's factors; empty where there is no label.
        reads: whether it can also read the label off x. Odena et al. 2017 (auxiliary classifier, 1610.09585).
    """

    def __init__(self, features: nn.Module, width: int, classes: tuple[int, ...], reads: bool = False) -> None:
        super().__init__()
        self.features = features
        self.judge = nn.Linear(width, 1)
        self.label = LabelEmbedding(classes, width) if classes else None
        self.readers = nn.ModuleList(nn.Linear(width, size) for size in classes if reads)

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:  # (B, *shape), (B, F) -> (B,)
        return self.judge_and_read(x, label)[0]

    def judge_and_read(self, x: Tensor, label: Tensor | None) -> tuple[Tensor, Tensor]:
        """How real x looks, (B,), and the nats by which its label is misread: the cross-entropy, summed over factors
        and averaged over x, (); 0 where nothing is read, or the label is left open."""
        features = self.features(x)  # (B, width)
        logit, misread = self.judge(features).squeeze(1), features.new_zeros(())
        if self.label is not None and label is not None:
            logit = logit + (self.label(label) * features).sum(dim=1) / features.shape[1] ** 0.5
            for factor, reader in enumerate(self.readers):
                nats = F.cross_entropy(reader(features), label[:, factor], ignore_index=-1, reduction="none")
                misread = misread + nats.mean()
        return logit, misread


def judging_features(spec: DataSpec, width: int) -> tuple[nn.Module, int]:
    """Waves and an MLP of 4 `width` units for points, convolutions for images; and how many features they give."""
    if spec.kind == "points":
        waves, units = FourierPoints(spec.dims), 4 * width
        return nn.Sequential(waves, mlp(waves.out_features, units, units, units), nn.SiLU()), units
    convolutions = ConvFeatures(spec.shape[0], spec.shape[1], max(width // 2, 4))
    return convolutions, convolutions.out_features
