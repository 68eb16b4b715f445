"""Diffusion's own views: the reverse process step by step, and lenses on what was learned."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from playground.gui.panels.base import LensView, ModelPanel, TrainView
from playground.gui.panels.diffusion.bridge import BridgeLens
from playground.gui.panels.diffusion.corrupt import CorruptLens
from playground.gui.panels.diffusion.guidance import GuidanceLens
from playground.gui.panels.diffusion.losses import LossesLens
from playground.gui.panels.diffusion.maps import MapsLens
from playground.gui.panels.diffusion.reverse import ReverseView
from playground.gui.panels.diffusion.sweeps import GuidanceSweepLens, SamplersLens
from playground.gui.panels.diffusion.twin import TwinLens
from playground.gui.widgets.model_diagram import Edge, Node

__all__ = ["Inside", "Panel", "ReverseView"]


class Inside(LensView):
    """What was learned, and what it can be asked for."""

    lens_classes = (
        CorruptLens,
        LossesLens,
        TwinLens,
        MapsLens,
        BridgeLens,
        SamplersLens,
        GuidanceLens,
        GuidanceSweepLens,
    )


class Panel(ModelPanel):
    """Diffusion in the window."""

    view_classes = (TrainView, ReverseView, Inside)
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {
        "corrupt": ("x", "corrupt", "x_t"),
        "predict": ("x_t", "net", "noise"),
        "update": ("net",),
    }

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("x", "observed", "x_0", 0, caption="real"),
            Node("corrupt", "operation", "+ noise", 1),
            Node("x_t", "latent", "x_t", 2, caption="corrupted"),
            Node("net", "network", "U-Net" if facts["kind"] == "images" else "MLP", 3, shape="box", part="model"),
            Node("noise", "latent", "ε̂", 4, caption="predicted noise"),
            Node("undo", "operation", "− noise", 5),
            Node("sample", "observed", "x̂_0", 6, caption="sample"),
        ]
        edges = [
            Edge("x", "corrupt"),
            Edge("corrupt", "x_t"),
            Edge("x_t", "net", "t, label" if facts["conditional"] else "t"),
            Edge("net", "noise"),
            Edge("noise", "undo"),
            Edge("undo", "sample"),
        ]
        return nodes, edges
