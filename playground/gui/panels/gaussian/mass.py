"""Likelihood as a pile of sand: where training steps raised the density, and where they took it from."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from playground.core.messages import Change, TrainSteps
from playground.core.plane import cells
from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.views import button
from playground.gui.panels.gaussian.on_line import GRID, REACH, SHOWN, drawn
from playground.gui.widgets import controls, theme
from playground.gui.widgets.change_plane import ChangePlane
from playground.gui.widgets.density_plot import DensityPlot
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import IntBox
from playground.gui.widgets.words import Words

_MOST_STEPS = 100
DOTS = 150  # examples drawn in the plane: more would hide what lies under them
LEVELS = (0.05, 0.2, 0.5)  # of the greatest density, in outline
LETTERS = 6  # of the longest number of a change, "−0.005"
State = tuple[int, np.ndarray]  # steps done, and the density on the grid


class MassLens(Lens):
    """The model's density before and after real steps of training, and the difference between the two."""

    key = "mass"
    title = "Moving mass"
    tooltip = "What one training step does: density is raised at the data and taken away elsewhere"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._before: State | None = None
        self._after: State | None = None
        self._is_line = True  # or the plane
        self._axis, self._shown = np.empty(0), np.empty(0, int)  # the grid's places along each axis; which are drawn
        self._goal = 0  # the step at which those that were wished for are done; 0 where none are
        self.density = DensityPlot(f"{name}.density", "", "density")
        self.difference = DensityPlot(f"{name}.difference", "x", "change")
        for plot in (self.density, self.difference):  # they have one axis x
            plot.keep_room(LETTERS)
        self.plane = ChangePlane(f"{name}.plane")
        self.fit = NameBox(f"{name}.fit", "Kind of step",
                           "EM: an exact step on all data. Gradient: one step of the optimizer on a batch, without "
                           "averaging the weights. Another kind starts a fresh model.")  # fmt: skip
        self.fit.set_choices([("EM", "EM on all data"), ("gradient", "Gradient on a batch")])
        controls.follow_run(self.fit)
        self.count = IntBox(1, _MOST_STEPS)
        self.count.setObjectName(f"{name}.count")
        self.count.setAccessibleName("Steps at once")
        self.count.setToolTip("How many training steps lie between before and after")
        self.step = button("Step", f"{name}.step", "Trains by that many steps; a bundled run starts afresh")
        self.words = Words(f"{name}.words")
        self.fit.chosen.connect(self._choose)
        self.step.clicked.connect(self._step)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "points")

    def start(self, facts: Mapping[str, Any]) -> None:
        self._before = self._after = None
        self._goal = self.count.value() if self._goal else 0  # a fresh model counts from 0
        assert self.experiment is not None
        self.fit.show_name(str(self.experiment.settings().get("fit", "EM")))
        examples, extent = facts["data"]["examples"], facts["extent"]
        self._is_line = facts["shape"] == (1,)
        self._axis = np.linspace(-REACH * extent, REACH * extent, GRID) if self._is_line else cells(extent)
        within = np.flatnonzero(np.abs(self._axis) <= extent)
        self._shown = drawn(self._axis, SHOWN * extent) if self._is_line else within
        self._stack.setCurrentIndex(0 if self._is_line else 1)
        if self._is_line:
            for plot in (self.density, self.difference):
                plot.set_ticks(examples[:, 0])
        else:
            self.plane.clear()
            self.plane.set_extent(-extent, extent)
            self.plane.set_points("real data", examples[:DOTS], "data")
            self.plane.set_change(None)

    def refresh(self) -> None:
        """The model's own density, whenever it has changed."""
        axes = np.meshgrid(self._axis) if self._is_line else np.meshgrid(self._axis, self._axis)
        self.ask("trained", "log_density", x=np.stack(axes, axis=-1).reshape(-1, len(axes)).astype(np.float32))

    def answered(self, answer: Answer) -> None:
        step, p = answer.step, np.exp(answer.arrays["x"].astype(float))
        p = p if self._is_line else p.reshape(len(self._axis), -1)
        if self._after is None or step < self._after[0]:  # the first of a run, or another place in its past
            self._before, self._after = None, (step, p)
        elif step > self._after[0]:
            self._before, self._after = self._after, (step, p)
        self._show()
        if self._goal and (step >= self._goal or self._before is not None):
            self._goal = 0
            if self._before is None:  # what was before the first steps of a fresh model could not be asked
                self._step()

    def readings(self) -> Mapping[str, float]:
        """What the last step moved: nothing before the first one."""
        if self._after is None:
            return {}
        before, after = (self._before or self._after)[1], self._after[1]
        return {
            "added": self._mass(np.maximum(after - before, 0)), "taken": self._mass(np.maximum(before - after, 0)),
            "before": self._mass(before), "after": self._mass(after),
        }  # fmt: skip

    def _mass(self, p: np.ndarray) -> float:
        """∫ p over the grid."""
        along = np.trapezoid(p, self._axis, axis=-1)
        return float(along if self._is_line else np.trapezoid(along, self._axis))

    def _at_data(self, p: np.ndarray) -> float:
        """The mean of p over real training examples, each at the nearest place of the grid."""
        width = self._axis[1] - self._axis[0]
        places = np.rint((self.facts["data"]["examples"] - self._axis[0]) / width).astype(int)
        places = places.clip(0, len(self._axis) - 1)
        return float((p[places[:, 0]] if self._is_line else p[places[:, 1], places[:, 0]]).mean())

    # -- acting -------------------------------------------------------------------------------------------------------

    def _choose(self, fit: str) -> None:
        averaged = {"train.ema": 0.0} if fit == "gradient" else {}
        self.wish.emit(Change({"fit": fit, **averaged}))
        self.words.say("This takes effect with the next step, which starts a fresh model.")

    def _step(self) -> None:
        self._goal = (self._after[0] if self._after else 0) + self.count.value()
        self.wish.emit(TrainSteps(self.count.value()))

    def _show(self) -> None:
        assert self._after is not None
        if self._before is None:
            self.words.say("The density of the model as it stands. Press Step to see what training moves.")
        else:
            self._say(self._before, self._after)
        (self._show_line if self._is_line else self._show_plane)(self._before, self._after)

    def _show_line(self, before: State | None, after: State) -> None:
        x, new = self._axis[self._shown], after[1][self._shown]
        old = new if before is None else before[1][self._shown]
        curves = {f"step {after[0]:,}": (x, new)} if before is None else {"before": (x, old), "after": (x, new)}
        self.density.set_curves(curves)
        self.density.set_shading(x, old, new)
        self.difference.set_curves({"change": (x, new - old)})
        self.difference.set_shading(x, np.zeros(len(x)), new - old)

    def _show_plane(self, before: State | None, after: State) -> None:
        shown = np.ix_(self._shown, self._shown)
        new = after[1][shown]
        outline = None if before else new  # it would lie on the change
        self.plane.set_contours(outline, tuple(level * float(new.max()) for level in LEVELS), "model now", "model")
        self.plane.set_change(None if before is None else new - before[1][shown])

    def _say(self, before: State, after: State) -> None:
        now = self.readings()
        text = (
            f"Step {before[0]:,} to {after[0]:,}, from the model itself. Raised (green): {now['added']:.4f}; taken "
            f"away (hatched): {now['taken']:.4f}. Total mass {now['before']:.4f} before, {now['after']:.4f} after. "
            f"Mean density at the data: {self._at_data(before[1]):.4f} before, {self._at_data(after[1]):.4f} after."
        )
        self.words.say(text)

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "density"):
            self._set_heights()

    def _set_heights(self) -> None:
        for plot in (self.density, self.difference):
            plot.setMinimumHeight(theme.em(self, 6))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        for widget in (labelled("Kind of step", self.fit), labelled("Steps at once", self.count), self.step):
            row.addWidget(widget)
        row.addStretch(1)
        line = QWidget()
        plots = QVBoxLayout(line)
        plots.setContentsMargins(0, 0, 0, 0)
        plots.addWidget(self.density)
        plots.addWidget(self.difference)
        self._stack = QStackedWidget()
        self._stack.addWidget(line)
        self._stack.addWidget(self.plane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack, 1)
        layout.addLayout(row)
        layout.addWidget(self.words)
        self._set_heights()
