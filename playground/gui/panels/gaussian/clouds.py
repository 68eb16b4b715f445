"""The trained mixture in the plane: its Gaussians as ellipses, which points belong to which, one step after another."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from playground.core.messages import TrainSteps
from playground.core.plane import responsibilities
from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.views import button
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.ellipse_plane import EllipsePlane
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.number_boxes import IntBox
from playground.gui.widgets.words import Words

MOST_STEPS = 100
REST = 0.5  # seconds without a question while training goes on: the likelihood of all data takes its time
MOST_WORDS = 12  # ellipses with their shares written at them


class CloudsLens(Lens):
    """Ellipses and responsibilities of the mixture, and the likelihood of all training data by steps."""

    key = "clouds"
    title = "EM steps"
    tooltip = "The mixture's Gaussians as ellipses, one training step at a time, and which points belong to which"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._likelihood: dict[int, float] = {}  # mean log p of all training examples, by step
        self._at = 0
        self._next_at = 0.0
        self._share = np.empty((0, 0))
        self.plane = EllipsePlane(f"{name}.plane")
        self.curve = CurvePlot(f"{name}.curve", "step", "ln p, nats")
        self.step = button("Step", f"{name}.step", "Trains by that many steps; a bundled run starts afresh")
        self.count = IntBox(1, MOST_STEPS)
        self.count.setObjectName(f"{name}.count")
        self.count.setAccessibleName("Steps at once")
        self.count.setToolTip("How many training steps are taken at once")
        self.colours = QCheckBox("Responsibilities")
        self.colours.setObjectName(f"{name}.responsibilities")
        self.colours.setAccessibleName("Responsibilities")
        self.colours.setToolTip("Draws each point in the colour and with the mark of the Gaussian it most likely came "
                                "from; the paler, the less certain")  # fmt: skip
        self.colours.setChecked(True)
        self.words = Words(f"{name}.words")
        self._lay_out()
        self.step.clicked.connect(lambda: self.wish.emit(TrainSteps(self.count.value())))
        self.colours.toggled.connect(lambda _: self._show_members())

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["shape"] == (2,))

    def start(self, facts: Mapping[str, Any]) -> None:
        self._likelihood, self._share = {}, np.empty((0, 0))
        self.plane.clear()
        self.plane.set_extent(-facts["extent"], facts["extent"])
        self.plane.set_clouds(np.empty((0, 2)), np.empty((0, 2, 2)), [])
        self.plane.set_members(np.empty((0, 2)), np.empty(0, int), np.empty(0))
        entropy = facts["data"]["entropy"]
        self.curve.set_floor(None if entropy is None else -entropy, "−H")

    def refresh(self) -> None:
        """The mixture's parts, whenever they have changed."""
        self.ask("components", "components", target="gaussians")

    def trained(self, step: int) -> None:
        super().trained(step)
        if not self._asked and time.monotonic() >= self._next_at:
            self._bring_up_to_date()

    def answered(self, answer: Answer) -> None:
        arrays = answer.arrays
        weights, means, covariances = (arrays[name].astype(float) for name in ("weights", "means", "covariances"))
        self._at = answer.step
        self._next_at = time.monotonic() + REST
        self._likelihood[answer.step] = float(arrays["log_likelihood"])
        words = [f"{weight:.0%}" for weight in weights] if len(means) <= MOST_WORDS else [""] * len(means)
        self.plane.set_clouds(means, covariances, words)
        examples = self.facts["data"]["examples"].astype(float)
        self._share, _ = responsibilities(examples, weights, means, covariances)
        self._show_members()
        steps = np.array(sorted(self._likelihood))
        self.curve.set_curves({"data": (steps, np.array([self._likelihood[step] for step in steps]))})
        self.curve.set_marker(answer.step)
        self._say()

    def readings(self) -> Mapping[str, float]:
        return {"log_likelihood": self._likelihood[self._at]} if self._at in self._likelihood else {}

    # -- what it shows ------------------------------------------------------------------------------------------------

    def _show_members(self) -> None:
        examples = self.facts["data"]["examples"].astype(float)
        coloured = self.colours.isChecked() and len(self._share)
        nobody = np.empty((0, 2))
        self.plane.set_points("real data", nobody if coloured else examples, "data")
        if coloured:
            self.plane.set_members(examples, self._share.argmax(axis=1), self._share.max(axis=1))
        else:
            self.plane.set_members(nobody, np.empty(0, int), np.empty(0))

    def _say(self) -> None:
        """The likelihood now, and what the step before it was worth."""
        assert self.experiment is not None
        now = self._likelihood[self._at]
        text = f"Step {self._at:,}: mean log-likelihood of all training data {now:,.4f} nats, exact for this model."
        earlier = [step for step in self._likelihood if step < self._at]
        if earlier:
            gain = now - self._likelihood[max(earlier)]
            text += f" Change since step {max(earlier):,}: {gain:+.4f}."
        if self.experiment.settings().get("fit") == "EM":
            text += " EM never lowers it, but for the least spread added to every variance."
        else:
            text += " A gradient step on a batch may lower it."
        self.words.say(f"{text} The ellipses lie at 1 σ.")

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "plane"):
            self._fit()

    def _fit(self) -> None:
        self.plane.setMinimumHeight(theme.em(self, 12))
        self.curve.setMinimumHeight(theme.em(self, 5))

    def _lay_out(self) -> None:
        choices = QWidget()
        row = FlowLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.5))
        for widget in (self.step, labelled("Steps at once", self.count), self.colours):
            row.addWidget(widget)
        side = QVBoxLayout()
        side.addWidget(self.curve, 1)
        side.addWidget(self.words)
        side.addWidget(choices)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plane, 1)
        layout.addLayout(side, 1)
        self._fit()
