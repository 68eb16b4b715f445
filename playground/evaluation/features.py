"""The project's own classifier as a yardstick: it is opened as a run like any other."""

from typing import Protocol

import torch
from torch import Tensor

from playground import registry
from playground.core.data import DataSpec

RECOGNITION = "classifier"


class Recogniser(Protocol):
    """What is asked of a classifier."""

    def features(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, D)."""

    def logits(self, x: Tensor) -> list[Tensor]:
        """(B, C, H, W) -> (B, size) for each discrete factor."""


class Yardstick:
    """A classifier that answers for any number of examples, on the CPU."""

    def __init__(self, model: Recogniser, device: torch.device | str) -> None:
        self._model = model
        self._device = device

    @classmethod
    def bundled(cls, spec: DataSpec, device: torch.device | str) -> "Yardstick | None":
        """The bundled run ``classifier-<data>``; None where there is none, or where it was trained on another form
        of the data."""
        name = f"{RECOGNITION}-{spec.name}"
        if spec.kind == "points" or name not in registry.pretrained():
            return None
        run = registry.open_run(name, str(device))
        known = run.model.spec
        if (known.shape, known.classes) != (spec.shape, spec.classes):
            return None
        model: Recogniser = run.model  # type: ignore[assignment]
        return cls(model, device)

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D)."""
        return torch.cat([self._model.features(chunk.to(self._device)).cpu() for chunk in x.split(256)])

    @torch.no_grad()
    def labels(self, x: Tensor) -> Tensor:
        """The most likely label of each image, int64 (N, F)."""
        chunks = [self._model.logits(chunk.to(self._device)) for chunk in x.split(256)]
        return torch.cat([torch.stack([z.argmax(1) for z in heads], dim=1) for heads in chunks]).cpu()
