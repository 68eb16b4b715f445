"""The GAN in the window: two players, drawn as they play, and lenses on both."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from playground.core.hyperparams import Value
from playground.gui.panels.base import LatentView, LensView, ModelPanel, SampleView, TrainView
from playground.gui.panels.gan.classes import ClassesLens
from playground.gui.panels.gan.judge import JudgeLens
from playground.gui.panels.gan.manifold import ManifoldLens
from playground.gui.panels.gan.modes import ModesLens
from playground.gui.panels.gan.players import PlayersLens
from playground.gui.panels.gan.surface import SurfaceLens
from playground.gui.panels.gan.truncation import TruncationLens
from playground.gui.session import TrainingSession
from playground.gui.widgets.model_diagram import Edge, Node


class Inside(LensView):
    """What the two players do, one lens at a time."""

    lens_classes = (SurfaceLens, PlayersLens, ManifoldLens, ModesLens, JudgeLens, ClassesLens, TruncationLens)

    def show_setting(self, key: str, value: Value) -> None:
        """A lens that has a control of its own for a setting shows what was chosen elsewhere."""
        for lens in self.lenses.values():
            if isinstance(lens, PlayersLens):
                lens.show_setting(key, value)


class Panel(ModelPanel):
    """The GAN in the window."""

    view_classes = (TrainView, SampleView, Inside, LatentView)
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {
        "D on data": ("x", "discriminator", "verdict"),
        "D on samples": ("z", "generator", "sample", "discriminator", "verdict"),
        "update D": ("discriminator",),
        "G through D": ("z", "generator", "sample", "discriminator", "verdict"),
        "update G": ("generator",),
    }

    def __init__(self, family: str, session: TrainingSession, parent: QWidget | None = None) -> None:
        super().__init__(family, session, parent)
        (inside,) = (view for view in self.views if isinstance(view, Inside))
        self.settings.edited.connect(lambda key, value, live: inside.show_setting(key, value))

    def _grown(self, part: QWidget) -> None:
        super()._grown(part)
        if isinstance(part, PlayersLens | JudgeLens):
            part.judged.connect(lambda words: self.diagram.set_words("verdict", words))

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("z", "latent", "z", 0, caption="noise, y" if facts["conditional"] else "noise"),
            Node("generator", "network", "G", 1, shape="widen", caption="generator", part="generator"),
            Node("sample", "observed", "x̂", 2, caption="made"),
            Node("x", "observed", "x", 3, caption="real"),
            Node("discriminator", "network", "D", 4, shape="narrow", caption="discriminator", part="discriminator"),
            Node("verdict", "operation", "real/fake?", 5),
        ]
        edges = [
            Edge("z", "generator"),
            Edge("generator", "sample"),
            Edge("sample", "discriminator"),
            Edge("x", "discriminator"),
            Edge("discriminator", "verdict"),
        ]
        return nodes, edges
