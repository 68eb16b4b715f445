"""The recognition side: a small convolutional network that says which labels an image has.

It models p(y | x) and nothing about x itself, so it can recognise but not generate; where data also has continuous
causes, such as a size, it learns to estimate those. Its last hidden layer is also the project's own yardstick:
distances between generated and real images are measured in these features.

LeCun et al., "Gradient-based learning applied to document recognition", 1998.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from playground.core.data import Batch, DataSpec
from playground.core.hyperparams import param
from playground.core.model import GenerativeModel
from playground.models.networks.norm import group_norm

CARD = {
    "name": "classifier",
    "title": "Recognition",
    "group": "Recognition",
    "slides": "5-7, 9-11",
    "order": 1,
    "data_groups": ["images"],
    "generates": False,
    "receives": "label it",
    "objective": "name the label",
    "loss_unit": "nats",
    "formula": r"p(y|x) = \mathrm{softmax}(f(x))",
    "about": "Says which labels an image has; the mirror image of generating it.",
}

FEATURES = 64


class Classifier(GenerativeModel):
    """Convolutions that halve the image down to about 4x4, a hidden layer, a softmax head for each discrete factor and
    one number for each continuous one."""

    @dataclass(frozen=True)
    class Config:
        width: int = param(32, low=8, high=128, step=8, unit="channels",
                           help="Channels at full size; twice as many below.")  # fmt: skip
        shift: int = param(1, low=0, high=4, live=True, unit="pixels", label="random shift",
                           help="Training images move by up to so much: a moved digit is the same digit. 0 where a "
                                "position is to be learned.")  # fmt: skip

    answers = GenerativeModel.answers | {"recognise"}

    def __init__(self, spec: DataSpec, config: Any) -> None:
        super().__init__(spec, config)
        channels, *sides = spec.shape
        width, layers = config.width, list[nn.Module]()
        while True:
            layers += [_convolution(channels, width), _convolution(width, width)]
            if min(sides) <= 4:
                break
            layers.append(nn.MaxPool2d(2))
            sides = [side // 2 for side in sides]
            channels, width = width, 2 * config.width
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.hidden = nn.Linear(width * sides[0] * sides[1], FEATURES)
        self.heads = nn.ModuleList(nn.Linear(FEATURES, size) for size in spec.classes)
        self.gauge = nn.Linear(FEATURES, len(spec.continuous)) if spec.continuous else None

    @classmethod
    def supports(cls, spec: DataSpec) -> str | None:
        """Images with something discrete to recognise."""
        if spec.kind != "images":
            return "Recognition looks at images; these are points."
        if not spec.classes:
            return "Recognition needs labels; these images have none."
        return None

    @classmethod
    def capabilities(cls, spec: DataSpec) -> frozenset[str]:
        """None of a generator's: it only recognises."""
        return frozenset()

    # -- recognition ----------------------------------------------------------------------------------------------

    def features(self, x: Tensor) -> Tensor:  # formula: f, set by width
        """The last hidden layer (B, 64)."""
        return F.silu(self.hidden(self.body(2 * x - 1)))  # (B, C, H, W) in [0, 1] -> (B, 64)

    def logits(self, x: Tensor) -> list[Tensor]:
        """Unnormalised log p(y | x): (B, size) for each discrete factor."""
        features = self.features(x)
        return [head(features) for head in self.heads]

    def measures(self, x: Tensor) -> Tensor:
        """Estimates of the continuous factors in their own units, (B, M)."""
        if self.gauge is None:
            return x.new_zeros(len(x), 0)
        low, width = self._ranges(x)
        return low + width * self.gauge(self.features(x))

    def _ranges(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """The lowest value and the width of each continuous factor's range, (M,) each."""
        ends = [(factor.low, factor.high - factor.low) for factor in self.spec.continuous]
        low, width = x.new_tensor(ends).view(-1, 2).unbind(1)
        return low, width

    @torch.no_grad()
    def recognise(self, x: Tensor) -> dict[str, Tensor]:
        """The most likely ``label`` of each factor and its ``probability``, (B, F) each."""
        best = [z.softmax(dim=1).max(dim=1) for z in self.logits(x)]
        return {
            "label": torch.stack([b.indices for b in best], dim=1),
            "probability": torch.stack([b.values for b in best], dim=1),
        }

    # -- training -------------------------------------------------------------------------------------------------

    def configure_optimizers(self) -> dict[str, Optimizer]:
        return {"model": torch.optim.AdamW(self.parameters(), weight_decay=0.01, fused=True)}

    def train_step(
        self,
        batch: Batch,
        optimizers: Mapping[str, Optimizer],
        generator: torch.Generator,
        parts: tuple[str, ...],
    ) -> dict[str, Tensor]:
        """Cross-entropy on slightly shifted images."""
        with self.stage("recognise"):
            terms = self._terms(_shifted(batch.x, self.config.shift, generator), batch)
        with self.stage("update"):
            optimizers["model"].zero_grad()
            terms["loss"].backward()
            optimizers["model"].step()
        return {name: value.detach() for name, value in terms.items()}

    def held_out(self, batch: Batch, generator: torch.Generator) -> dict[str, Tensor]:
        """The same on images as they are."""
        return self._terms(batch.x, batch)

    def _terms(self, x: Tensor, batch: Batch) -> dict[str, Tensor]:
        """Cross-entropy in nats, summed over the factors, and the share of labels that are right; for continuous
        factors the squared error too, as a share of the variance of a uniform factor."""
        logits = self.logits(x)
        # formula: p(y|x), set by train.lr
        losses = [F.cross_entropy(z, y) for z, y in zip(logits, batch.labels.T, strict=True)]
        right = torch.stack([z.argmax(1) for z in logits], dim=1) == batch.labels  # (B, F)
        terms = {"loss": torch.stack(losses).sum(), "accuracy": right.float().mean()}
        if self.gauge is not None:
            _, width = self._ranges(x)
            terms["error"] = 12 * ((self.measures(x) - batch.measures) / width).square().mean(dim=0).sum()
            terms["loss"] = terms["loss"] + terms["error"]
        return terms


def _convolution(channels: int, width: int) -> nn.Module:
    # GroupNorm, not BatchNorm: the averaged weights need statistics of their own.
    return nn.Sequential(nn.Conv2d(channels, width, 3, padding=1), group_norm(width), nn.SiLU())


def _shifted(x: Tensor, reach: int, generator: torch.Generator) -> Tensor:  # formula: x, set by shift
    """Each image moved by up to `reach` pixels along both axes; its border is repeated."""
    n, _, height, width = x.shape
    start = torch.randint(2 * reach + 1, (2, n, 1), generator=generator, device=x.device)
    rows = start[0] + torch.arange(height, device=x.device)  # (B, H)
    columns = start[1] + torch.arange(width, device=x.device)  # (B, W)
    padded = F.pad(x, (reach,) * 4, mode="replicate")
    image = torch.arange(n, device=x.device)[:, None, None]
    return padded[image, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)  # (B, C, H, W)
