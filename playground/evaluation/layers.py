"""What the layers of a network make while it answers: the real activations, taken as they pass."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from playground.core.errors import PlaygroundError
from playground.core.model import GenerativeModel


class Layers:
    """Answers a question in the model's place, and gives what its layers made of it beside the answer.

    Attributes:
        answers: methods that a `Query` may name.
    """

    answers = frozenset({"watch"})

    @torch.no_grad()
    def watch(self, model: GenerativeModel, call: str, **arguments: Any) -> dict[str, Tensor]:
        """The dict that this answer of the model is, and the channels of each of its `visible_layers` for the first
        example, (C, 1, h, w) by the layer's name. A layer that is called twice shows the last time."""
        if call not in model.answers:
            raise PlaygroundError(f"The model does not answer '{call}'.")
        with activations(model.visible_layers()) as seen:
            answer: dict[str, Tensor] = getattr(model, call)(**arguments)
        return answer | {name: maps[0, :, None] for name, maps in seen.items()}


@contextmanager
def activations(layers: Mapping[str, nn.Module]) -> Iterator[dict[str, Tensor]]:
    """While it is entered, a call of the network leaves the output of each of these layers here, by its name."""
    seen: dict[str, Tensor] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: nn.Module, args: object, output: Tensor) -> None:
            seen[name] = output.detach()

        return hook

    hooks = [layer.register_forward_hook(keep(name)) for name, layer in layers.items()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()
