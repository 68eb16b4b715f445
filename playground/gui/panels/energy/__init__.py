"""Energy in the window: the landscape that is learned, what pushes it up and down, and the walks upon it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from playground.gui.panels.base import ModelPanel, SampleView, TrainView
from playground.gui.panels.base.lens import LensView
from playground.gui.panels.energy.chains import ChainsLens
from playground.gui.panels.energy.outliers import OutliersLens
from playground.gui.panels.energy.phases import PhasesLens
from playground.gui.panels.energy.race import RaceLens
from playground.gui.panels.energy.surface import SurfaceLens
from playground.gui.panels.energy.truth import TruthLens
from playground.gui.widgets.model_diagram import Edge, Node


class Inside(LensView):
    """What is inside an energy."""

    lens_classes = (SurfaceLens, PhasesLens, ChainsLens, TruthLens, OutliersLens, RaceLens)


class Panel(ModelPanel):
    """Energy in the window."""

    view_classes = (TrainView, SampleView, Inside)
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {
        "search": ("search", "sample"),
        "score": ("x", "net", "value"),
        "update": ("net",),
    }

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("x", "observed", "x", 0, caption="real"),
            Node("net", "network", "energy", 1, shape="narrow", part="model"),
            Node("value", "operation", "E(x)", 2),
            Node("search", "operation", "− ε∇E + noise", 3),
            Node("sample", "observed", "x̂", 4, caption="sample"),
        ]
        edges = [
            Edge("x", "net", "label" if facts["conditional"] else ""),
            Edge("net", "value"),
            Edge("value", "search"),
            Edge("search", "sample"),
        ]
        return nodes, edges
