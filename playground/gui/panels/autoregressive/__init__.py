"""The autoregressive family in the window: one number after the other, and why that adds up to a density."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from playground.gui.panels.autoregressive.chain import Chain
from playground.gui.panels.autoregressive.coordinates import Coordinates
from playground.gui.panels.autoregressive.copying import CopyLens
from playground.gui.panels.autoregressive.debugger import Debugger
from playground.gui.panels.autoregressive.field import Field
from playground.gui.panels.autoregressive.pairs import Pairs
from playground.gui.panels.autoregressive.regressor import Regressor
from playground.gui.panels.base import LensView, ModelPanel, SampleView, TrainView
from playground.gui.widgets.model_diagram import Edge, Node


class Inside(LensView):
    """How an image comes about pixel by pixel, and how that is learned."""

    tooltip = "One number after the other: watch, force, and take apart how each is drawn"
    lens_classes = (Debugger, Pairs, Field, Regressor, CopyLens, Chain, Coordinates)


class Panel(ModelPanel):
    """Autoregressive models in the window."""

    view_classes = (TrainView, SampleView, Inside)
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {
        "predict": ("context", "net", "guess"),
        "update": ("net",),
    }

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        points = facts["kind"] == "points"
        nodes = [
            Node("context", "observed", "x_{<i}", 0, caption="numbers so far" if points else "pixels so far"),
            Node("net", "network", "MLP" if points else "masked net", 1, shape="box", part="model"),
            Node("guess", "operation", "mixture" if points else "softmax", 2, caption="p(x_i | x_{<i})"),
            Node("u", "latent", "u", 3, caption="uniform draw"),
            Node("sample", "observed", "x_i", 4, caption="next number" if points else "next pixel"),
        ]
        edges = [
            Edge("context", "net", "label" if facts["conditional"] else ""),
            Edge("net", "guess"),
            Edge("guess", "u"),
            Edge("u", "sample"),
        ]
        return nodes, edges
