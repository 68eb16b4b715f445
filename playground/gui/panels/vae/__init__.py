"""The VAE in the window: an encoder beside the decoder, and the code between them on the stage first."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from playground.gui.panels.base import LatentView, LensView, ModelPanel, SampleView, TrainView
from playground.gui.panels.vae.bound import BoundLens
from playground.gui.panels.vae.posterior import PosteriorLens
from playground.gui.widgets.model_diagram import Edge, Node

__all__ = ["Panel"]


class Inside(LensView):
    """Where the codes lie, and how much the bound leaves open."""

    lens_classes = (PosteriorLens, BoundLens)


class Panel(ModelPanel):
    """The VAE in the window."""

    view_classes = (TrainView, SampleView, Inside, LatentView)
    first_view = "Latent"
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {
        "encode": ("x", "encoder"),
        "draw z": ("z",),
        "decode": ("z", "decoder", "sample"),
        "update": ("encoder", "decoder"),
    }

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("x", "observed", "x", 0, caption="real"),
            Node("encoder", "network", "encoder", 1, shape="narrow", part="model"),
            Node("z", "latent", "z", 2, caption=f"{facts['latent_dim']} numbers"),
            Node("decoder", "network", "decoder", 3, shape="widen", part="model"),
            Node("sample", "observed", "x̂", 4, caption="decoded"),
        ]
        edges = [
            Edge("x", "encoder"),
            Edge("encoder", "z", dashed=True),
            Edge("z", "decoder"),
            Edge("decoder", "sample"),
        ]
        return nodes, edges
