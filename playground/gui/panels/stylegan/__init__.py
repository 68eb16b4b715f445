"""The style GAN in the window: styles mixed, truncated and walked through, noise on and off, each layer's maps."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from playground.gui.panels.base import LatentView, LensView, ModelPanel, SampleView, TrainView
from playground.gui.panels.stylegan.layers import LayersLens
from playground.gui.panels.stylegan.mapping import MappingLens
from playground.gui.panels.stylegan.mixing import MixingLens
from playground.gui.panels.stylegan.noise import NoiseLens
from playground.gui.panels.stylegan.truncation import TruncationLens
from playground.gui.panels.stylegan.walk import WalkLens
from playground.gui.widgets.model_diagram import Edge, Node


class Inside(LensView):
    """What the style does, layer by layer."""

    lens_classes = (MappingLens, MixingLens, NoiseLens, WalkLens, LayersLens, TruncationLens)


class Panel(ModelPanel):
    """The style GAN in the window."""

    view_classes = (TrainView, SampleView, Inside, LatentView)
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {
        "D on data": ("discriminator",),
        "D on samples": ("z", "f", "w", "g", "sample", "discriminator"),
        "update D": ("discriminator",),
        "G through D": ("z", "f", "w", "g", "sample", "discriminator"),
        "update G": ("f", "g"),
    }

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("z", "latent", "z", 0, caption=f"{facts['latent_dim']} numbers"),
            Node("f", "network", "mapping f", 1, part="generator"),
            Node("w", "latent", "w", 2, caption="style"),
            Node("g", "network", "synthesis g", 3, shape="widen", caption="w in each layer", part="generator"),
            Node("sample", "observed", "x̂", 4, caption="sample"),
            Node("discriminator", "network", "D", 5, shape="narrow", part="discriminator"),
        ]
        edges = [
            Edge("z", "f", "y" if facts["conditional"] else ""),
            Edge("f", "w"),
            Edge("w", "g"),
            Edge("g", "sample"),
            Edge("sample", "discriminator"),
        ]
        return nodes, edges
