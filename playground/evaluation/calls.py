"""Counts how often a sampler runs its network: what a sample costs, whatever the machine."""

from collections import Counter
from types import TracebackType
from typing import Self

from torch import nn
from torch.utils.hooks import RemovableHandle


class CallCounter:
    """Watches a model's layers while its block runs.

    A network has run once when its last layer has, so that the calls of the layer that ran last are counted: 25 for a
    sampler of 25 denoising steps, one for each number of a sampler that writes number by number, whether it walks
    through the layers itself or calls the network, and one for a generator. A model without layers draws directly: 0.
    """

    def __init__(self, model: nn.Module) -> None:
        inside = [module for module in model.modules() if module is not model]
        self._layers = [module for module in inside if any(True for _ in module.parameters(recurse=False))]
        self._counts: Counter[nn.Module] = Counter()
        self._last: nn.Module | None = None
        self._hooks: list[RemovableHandle] = []

    @property
    def calls(self) -> int:
        """So far."""
        return self._counts[self._last] if self._last is not None else 0

    def __enter__(self) -> Self:
        self._hooks = [layer.register_forward_hook(self._ran) for layer in self._layers]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for hook in self._hooks:
            hook.remove()

    def _ran(self, layer: nn.Module, inputs: object, output: object) -> None:
        self._counts[layer] += 1
        self._last = layer
