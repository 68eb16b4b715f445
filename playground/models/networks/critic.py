"""The judging end of a discriminator, whatever its features are."""

from torch import Tensor, nn

from playground.models.networks.embedding import LabelEmbedding


class Critic(nn.Module):
    """How real x looks as an example of its label: w·f(x) + embedding(y)·f(x) / √width. Miyato, Koyama 2018 (projection
    discriminator, 1802.05637), but for the root: embeddings start with unit variance, and with it both terms are about
    as large at the start and learn as fast.

    Args:
        features: (B, *shape) -> (B, width).
        width: how many features there are.
        classes: sizes of the label's factors; empty where there is no label.
    """

    def __init__(self, features: nn.Module, width: int, classes: tuple[int, ...]) -> None:
        super().__init__()
        self.features = features
        self.judge = nn.Linear(width, 1)
        self.label = LabelEmbedding(classes, width) if classes else None

    def forward(self, x: Tensor, label: Tensor | None) -> Tensor:  # (B, *shape), (B, F) -> (B,)
        features = self.features(x)  # (B, width)
        logit = self.judge(features).squeeze(1)
        if self.label is not None and label is not None:
            logit = logit + (self.label(label) * features).sum(dim=1) / features.shape[1] ** 0.5
        return logit
