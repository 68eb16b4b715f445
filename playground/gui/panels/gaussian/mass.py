"""Likelihood as a pile of sand: where training steps raised the density, and where they took it from."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.core.messages import Change, TrainSteps
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.views import button
from playground.gui.panels.gaussian.on_line import OnLine
from playground.gui.widgets import controls, theme
from playground.gui.widgets.density_plot import DensityPlot
from playground.gui.widgets.name_box import NameBox
from playground.gui.widgets.number_boxes import IntBox
from playground.gui.widgets.words import Words

_MOST_STEPS = 100


class MassLens(OnLine):
    """The model's density before and after real steps of training, and the difference between the two."""

    key = "mass"
    title = "Moving mass"
    tooltip = "What one training step does: density is raised at the data and taken away elsewhere"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._before: tuple[int, np.ndarray] | None = None  # step, density on the grid
        self._after: tuple[int, np.ndarray] | None = None
        self._goal = 0  # the step at which those that were wished for are done; 0 where none are
        self.density = DensityPlot(f"{name}.density", "", "density")
        self.difference = DensityPlot(f"{name}.difference", "x", "change")
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

    def start(self, facts: Mapping[str, Any]) -> None:
        self._before = self._after = None
        self._goal = self.count.value() if self._goal else 0  # a fresh model counts from 0
        assert self.experiment is not None
        self.fit.show_name(str(self.experiment.settings().get("fit", "EM")))
        examples = facts["data"]["examples"][:, 0]
        for plot in (self.density, self.difference):
            plot.set_ticks(examples)

    def refresh(self) -> None:
        """The model's own density, whenever it has changed."""
        self.ask("trained", "log_density", x=self.grid()[:, None].astype(np.float32))

    def show_trained(self, log_density: np.ndarray, step: int) -> None:
        if step < self._goal:
            return  # asked on the way there
        is_later = self._after is not None and step > self._after[0]
        if is_later or self._after is None:
            self._before, self._after = self._after, (step, np.exp(log_density))
        elif step < self._after[0]:  # another place in the run's past
            self._before, self._after = None, (step, np.exp(log_density))
        again, self._goal = self._goal > 0 and self._before is None, 0
        self._show()
        if again:
            self._step()  # of a fresh model, what was before its first steps could not be asked

    def readings(self) -> Mapping[str, float]:
        if self._before is None or self._after is None:
            return {}
        x, before, after = self.grid(), self._before[1], self._after[1]
        added = np.trapezoid(np.maximum(after - before, 0), x)
        taken = np.trapezoid(np.maximum(before - after, 0), x)
        total = [float(np.trapezoid(p, x)) for p in (before, after)]
        return {"added": float(added), "taken": float(taken), "before": total[0], "after": total[1]}

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
        x, shown = self.grid(), self.shown()
        step, after = self._after
        if self._before is None:
            self.density.set_curves({f"step {step:,}": (x[shown], after[shown])})
            self.difference.set_curves({"change": (x[shown], np.zeros(shown.sum()))})
            for plot in (self.density, self.difference):
                plot.set_shading(np.empty(0), np.empty(0), np.empty(0))
            self.words.say("The density of the model as it stands. Press Step to see what training moves.")
            return
        earlier, before = self._before
        self.density.set_curves({"before": (x[shown], before[shown]), "after": (x[shown], after[shown])})
        self.density.set_shading(x[shown], before[shown], after[shown])
        self.difference.set_curves({"change": (x[shown], (after - before)[shown])})
        self.difference.set_shading(x[shown], np.zeros(shown.sum()), (after - before)[shown])
        self._say(earlier, step)

    def _say(self, earlier: int, step: int) -> None:
        assert self._before is not None
        assert self._after is not None
        now, examples = self.readings(), self.facts["data"]["examples"][:, 0]
        was, is_now = (np.interp(examples, self.grid(), p).mean() for p in (self._before[1], self._after[1]))
        text = (
            f"Step {earlier:,} to {step:,}, from the model itself. Raised (green): {now['added']:.4f}; taken away "
            f"(hatched): {now['taken']:.4f}. Total mass {now['before']:.4f} before, {now['after']:.4f} after. "
            f"Mean density at the data: {was:.4f} before, {is_now:.4f} after."
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
        for widget in (QLabel("Kind of step"), self.fit, QLabel("Steps at once"), self.count, self.step):
            row.addWidget(widget)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.density, 3)
        layout.addWidget(self.difference, 3)
        layout.addLayout(row)
        layout.addWidget(self.words)
        self._set_heights()
