"""The latent view of every family that decodes: one big picture, and beside it the ways to choose its code."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.panels.base.latent.attributes import AttributesTool
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.codes import along, usual_length
from playground.gui.panels.base.latent.examples import ExamplesTool
from playground.gui.panels.base.latent.labels import LabelRow
from playground.gui.panels.base.latent.map import MapTool
from playground.gui.panels.base.latent.other import OtherTool
from playground.gui.panels.base.latent.own import OwnTool
from playground.gui.panels.base.latent.sliders import SlidersTool
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.latent.walk import WalkTool
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import View
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.page_tabs import PageTabs, set_shown
from playground.gui.widgets.scatter_view import ScatterView

_TOOLS, _PICTURE = 22, 9  # em: the narrowest that either half may be
PATH = 121  # codes along a direction, for its path in the plane


class LatentView(View):
    """The decoded output follows the hand, whichever tool it holds."""

    title = "Latent"
    tooltip = "Drag the code z and see what is decoded; map it, walk through it, compare"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.code = Code(self)
        self.sliders = SlidersTool(name, ask, self.code)
        kinds: Sequence[tuple[str, type[Tool]]] = (
            ("map", MapTool), ("examples", ExamplesTool), ("walk", WalkTool), ("attributes", AttributesTool),
            ("own", OwnTool), ("other", OtherTool),
        )  # fmt: skip
        self.tools: list[Tool] = [self.sliders, *(kind(f"{name}.{word}", ask, self.code) for word, kind in kinds)]
        self.tabs = PageTabs(f"{name}.tools", "Ways to choose the code", "What the hand holds to move the code")
        self._pages = QStackedWidget()
        for index, tool in enumerate(self.tools):
            self.tabs.addTab(tool.title)
            self.tabs.setTabToolTip(index, tool.tooltip)
            self._pages.addWidget(tool)
        self.tabs.currentChanged.connect(self._pages.setCurrentIndex)
        self.label = LabelRow(name, self.code)
        self.decoded = ImageGrid(f"{name}.decoded")
        self.plane = ScatterView(f"{name}.plane")
        self.length = caption()
        self.length.setObjectName(f"{name}.length")
        self.length.setToolTip(
            "The length of the code, and the lengths that nine in ten draws of the prior have.\n"
            "Very unlikely: the prior draws one so long less than once in a thousand times."
        )
        self.code.moved.connect(self._moved)
        self.code.turned.connect(self._show_paths)
        self.code.encoded.connect(lambda: self.picture("x", self.code.example))
        self._lay_out()

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return "decode" in facts["capabilities"] and facts["shape"] != (1,)

    def show_stored(self, picture: Path, run: str, drawing: bool) -> None:
        self.decoded.clear("The model is loading; then its code can be dragged.")

    def askers(self) -> Sequence[Asker]:
        return (self, *self.tools)

    def sessions(self) -> Sequence[TrainingSession]:
        return [session for tool in self.tools if isinstance(tool, OtherTool) for session in tool.sessions()]

    def receive(self, x: np.ndarray) -> bool:
        """An image is drawn on the canvas and encoded."""
        own = next(tool for tool in self.tools if isinstance(tool, OwnTool))
        if not own.fits(self.facts):
            return False
        self.tabs.set_control_value(own.title)
        own.show_image(x)
        return True

    def readings(self) -> Mapping[str, float]:
        """How far the code lies from the middle of the prior, in sigmas."""
        return {"distance": float(np.linalg.norm(self.code.z))} if self.code.z.size else {}

    def is_settled(self) -> bool:
        return super().is_settled() and all(tool.is_settled() for tool in self.tools if tool.isVisible())

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        """Comes before the tools hear of it."""
        self.facts = facts
        if self.fits(facts):
            self._start(facts)
        super().opened(facts, experiment)

    def _start(self, facts: Mapping[str, Any]) -> None:
        self.code.start(facts)
        self.label.show_factors(facts)
        points = facts["kind"] == "points"
        self._stack.setCurrentWidget(self.plane if points else self.decoded)
        self.plane.clear()
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])
            self.plane.set_points("real data", facts["test"][:1500], "data")
            self.plane.set_truth(facts["data"]["density"])
        for index, tool in enumerate(self.tools):
            set_shown(self.tabs, index, tool.fits(facts))

    def refresh(self) -> None:
        if not self.tools[0].isVisible():
            self.tools[0].outdate()  # every tool needs the directions that the sliders ask for
        self._moved()
        if self.code.names:
            self._show_paths()

    def _moved(self) -> None:
        if not self.isVisible():
            self._is_current = False  # decoded when it is next seen
            return
        self._show_length()
        self.ask("decode", "decode", z=self.code.z[None], label=self.code.labels(1))

    def _show_length(self) -> None:
        """How likely the prior is to draw such a code, in words."""
        numbers, length = len(self.code.z), float(np.linalg.norm(self.code.z))
        low, high = (usual_length(numbers, share) for share in (0.05, 0.95))
        unlikely = length > usual_length(numbers, 0.999)
        start = f"⚠ |z| = {length:.1f}, very unlikely" if unlikely else f"|z| = {length:.1f}"
        self.length.setText(f"{start}; nine in ten draws: {low:.1f} to {high:.1f}")
        self.length.setMinimumHeight(2 * self.length.fontMetrics().lineSpacing())  # so that a warning moves nothing

    def _show_paths(self) -> None:
        if self.is_points and self.code.names:
            amounts = along(len(self.code.names), PATH)
            z = (amounts @ self.code.directions.T).astype(np.float32)
            self.ask("paths", "decode", z=z, label=self.code.labels(len(z)))

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        if answer.query.channel.endswith("/paths"):
            self.plane.set_trails(x.reshape(PATH, -1, 2))
        elif self.is_points:
            self.plane.set_points("decoded", x, "model")
        else:
            self.decoded.set_images(x.clip(0, 1))
            self.picture("sample", x[0])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def _fit(self) -> None:
        """Neither half is narrower than its words."""
        self._pages.setMinimumWidth(theme.em(self, _TOOLS))
        self._stack.setMinimumWidth(theme.em(self, _PICTURE))

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.decoded)
        self._stack.addWidget(self.plane)
        heading = QLabel("decoded from z")
        heading.setProperty("role", "heading")
        heading.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        above = QHBoxLayout()
        above.addWidget(heading)
        above.addStretch(1)
        above.addWidget(self.label)
        for half in (self._pages, self._stack):  # equal, whatever a tool would like, so that the picture stands still
            half.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        right = QVBoxLayout()
        right.addLayout(above)
        right.addWidget(self._stack, 1)
        right.addWidget(self.length)
        both = QHBoxLayout()
        both.setSpacing(theme.em(self, 0.8))
        both.addWidget(self._pages, 1)
        both.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.em(self, 0.3), 0, 0)
        layout.addWidget(self.tabs)
        self._fit()
        layout.addLayout(both, 1)
