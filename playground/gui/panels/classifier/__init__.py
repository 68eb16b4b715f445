"""Recognition in the window: real images and their labels, and inside the way back, from a label to images."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from playground.gui.panels.base import LensView, ModelPanel
from playground.gui.panels.classifier.directions import DirectionsLens
from playground.gui.panels.classifier.nets import NetsLens
from playground.gui.panels.classifier.recognise import RecogniseView
from playground.gui.panels.classifier.stretch import StretchLens
from playground.gui.widgets.model_diagram import Edge, Node

__all__ = ["Panel"]


class Inside(LensView):
    """Recognition and generation as two directions of one arrow, and why the second needs noise and an opponent."""

    lens_classes = (DirectionsLens, NetsLens, StretchLens)


class Panel(ModelPanel):
    """Recognition in the window."""

    view_classes = (RecogniseView, Inside)
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {
        "recognise": ("x", "f", "y"),
        "update": ("f",),
    }

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("x", "observed", "x", 0, caption="image"),
            Node("f", "network", "f", 1, shape="narrow", part="model", caption="recognition"),
            Node("y", "observed", "y", 2, caption="label"),
        ]
        return nodes, [Edge("x", "f"), Edge("f", "y")]
