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

    def measures(self, x: Tensor) -> Tensor:
        """(B, C, H, W) -> (B, M), estimates of the continuous factors."""


class Yardstick:
    """A classifier that answers for any number of examples, on the CPU."""

    def __init__(self, model: Recogniser, device: torch.device | str) -> None:
        self._model = model
        self._device = device

    @classmethod
    def bundled(cls, spec: DataSpec, device: torch.device | str) -> "Yardstick | None":
        """The bundled run ``classifier-<data>`` or ``classifier-<data>-<variant>`` that was trained on this form of
        the data; None where there is none."""
        name = f"{RECOGNITION}-{spec.name}"
        for each in registry.pretrained():
            if spec.kind == "images" and (each == name or each.startswith(f"{name}-")):
                run = registry.open_run(each, str(device))
                if (run.dataset.spec.name, run.model.spec.shape, run.model.spec.classes) == (
                    spec.name, spec.shape, spec.classes
                ):  # fmt: skip
                    model: Recogniser = run.model  # type: ignore[assignment]
                    return cls(model, device)
        return None

    @torch.no_grad()
    def features(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, D)."""
        return torch.cat([self._model.features(chunk.to(self._device)).cpu() for chunk in x.split(256)])

    @torch.no_grad()
    def measures(self, x: Tensor) -> Tensor:
        """Estimates of the continuous factors, (N, M)."""
        return torch.cat([self._model.measures(chunk.to(self._device)).cpu() for chunk in x.split(256)])

    @torch.no_grad()
    def labels(self, x: Tensor) -> Tensor:
        """The most likely label of each image, int64 (N, F)."""
        chunks = [self._model.logits(chunk.to(self._device)) for chunk in x.split(256)]
        return torch.cat([torch.stack([z.argmax(1) for z in heads], dim=1) for heads in chunks]).cpu()
