"""The two phases of an update: E goes down at data and up where the model has its mass; and what Z does meanwhile."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from playground.core.boltzmann import Boltzmann
from playground.core.messages import Change, TrainSteps
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, switch
from playground.gui.panels.base.views import button, captioned
from playground.gui.panels.energy.surface import LEVELS
from playground.gui.panels.energy.table import TableLens
from playground.gui.widgets import controls, theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.scatter_view import ScatterView

SEED = 5
POINTS, IMAGES = 250, 6  # of each phase on show
ARROWS = 40  # points of each phase at which the change is drawn
CURVES = {"log Z": "log_z", "−log p": "nll"}, {"E data": "data", "E model": "model"}


class PhasesLens(TableLens):
    """Real data, at which the positive phase lowers E, and the model's own points, at which the negative one raises it.

    The model's own are the chains that training takes on, or where Z is exact draws from exp(−E)/Z. The arrows are the
    change of E, measured between this look at the model and the one before.
    """

    key = "phases"
    title = "Two phases"
    tooltip = "E pushed down at data and up at the model's own samples, and what Z does"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.plane = ScatterView(f"{name}.plane")
        self.real = ImageGrid(f"{name}.real")
        self.chains = ImageGrid(f"{name}.chains")
        self.curves = [CurvePlot(f"{name}.{what}", "step", "nats") for what in ("z", "energies")]
        self.negative = switch(
            "Negative phase",
            f"{name}.negative",
            "Off: E is only pushed down, at data, from the next step on. On: it is pushed up where the model has mass",
        )
        controls.follow_run(self.negative)
        self.negative.clicked.connect(self._switch)
        self._steps = [
            button(words, f"{name}.step{count}", f"Trains {count} step{'s' * (count > 1)}, then shows what changed")
            for count, words in ((1, "1 step"), (10, "10 steps"), (100, "100 steps"))
        ]
        for count, step in zip((1, 10, 100), self._steps, strict=True):
            step.clicked.connect(lambda _=False, count=count: self.wish.emit(TrainSteps(count)))
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self.history: dict[int, dict[str, float]] = {}
        self._found = np.empty(0, dtype=np.float32)  # the model's own
        self._before: Boltzmann | None = None
        self._off_from: int | None = None  # the step when a person switched it off
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return True

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        assert self.experiment is not None
        self.negative.setChecked(bool(self.experiment.settings().get("negative_phase", True)))
        self.history, self._before, self._off_from = {}, None, None
        points = facts["kind"] == "points"
        self._stack.setCurrentIndex(0 if points else 1)
        self.plane.clear()
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])

    def _switch(self, on: bool) -> None:
        if not on and self._off_from is None:
            self._off_from = self.step
        self.wish.emit(Change({"negative_phase": on}))

    @property
    def _by_chains(self) -> bool:
        """Whether chains say where the model has its mass."""
        assert self.experiment is not None
        exact = self.experiment.settings().get("training") == "exact Z"
        return not (exact and self.is_points)

    def _data(self) -> np.ndarray:
        return np.asarray(self.facts["test"][: POINTS if self.is_points else IMAGES])

    def refresh(self) -> None:
        if self._by_chains:
            n = POINTS if self.is_points else IMAGES
            self.ask("chains", "sample", SEED, n=n, settings={"start": "buffer", "steps": 1})
        else:
            self._look(self.table.draw(POINTS, SEED) if self.table else self._data()[:0])

    def _look(self, found: np.ndarray) -> None:
        """Asks for the energy at data and at the model's own."""
        self._found = found
        if self.is_points:
            self.tabulate(self._data(), found)
        else:
            self.ask("energies", "energy", x=np.concatenate([self._data(), found]))

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/chains"):
            self._look(answer.arrays["x"])
            return
        before, real = self.table, len(self._data())
        at = self.take_table(answer) if self.is_points else answer.arrays["x"]
        if not self.is_points:
            self.step = answer.step
            self.rest.end_look()
        if before is not None and max(self.history, default=0) < answer.step:
            self._before = before
        self._note(at[:real], at[real:])
        if self.is_points:
            self._draw_plane(at)
        else:
            self._draw_images(at)
        self._draw_curves()

    def readings(self) -> Mapping[str, float]:
        """The newest numbers: mean energies, and on points log Z and −log p of held-out data."""
        return self.history[max(self.history)] if self.history else {}

    # -- numbers ------------------------------------------------------------------------------------------------------

    def _note(self, data: np.ndarray, found: np.ndarray) -> None:
        """One look more; a run that starts over or goes back in time loses what came later."""
        self.history = {step: row for step, row in self.history.items() if step < self.step}
        now = {"data": float(data.mean())}
        if self.table is not None:
            own = self.table.mean_energy if not self._by_chains else float(found.mean())
            now |= {"model": own, "log_z": self.table.log_z, "nll": now["data"] + self.table.log_z}
        else:
            now |= {"model": float(found.mean())}
        self.history[self.step] = now

    def _draw_curves(self) -> None:
        steps = np.array(sorted(self.history))
        for plot, names in zip(self.curves, CURVES, strict=True):
            rows = {name: [self.history[step].get(key) for step in steps] for name, key in names.items()}
            known = {name: np.array(row, float) for name, row in rows.items() if None not in row}
            plot.setVisible(bool(known) and len(steps) > 1)
            plot.set_curves({name: (steps, row) for name, row in known.items()})
            plot.set_marker(float(steps[-1]))
        self._grid.setColumnStretch(1, 2 if len(steps) > 1 else 0)  # before, the plane has all the room
        now = self.history[int(steps[-1])]
        words = f"Step {self.step:,}: E at data {now['data']:.2f}, E of model {now['model']:.2f}, "
        words += f"gap {now['data'] - now['model']:+.2f}."
        if "log_z" in now:
            words += f" log Z {now['log_z']:.2f} by quadrature; −log p = E + log Z = {now['nll']:.2f} nats, held out."
        else:
            words += " Z of images cannot be computed: only the gap is known, and that is no measure of fit."
        self.words.setText(f"{words}{self._told_of_the_switch()}".replace("-", "−"))

    def _told_of_the_switch(self) -> str:
        """How it was before the negative phase was off: mending what that undid takes long, as the numbers show."""
        if not self.negative.isChecked():
            return " Nothing is pushed up: what was learned is being lost."
        then = self.history.get(self._off_from) if self._off_from is not None else None
        if then is None:
            return ""
        was = f"−log p was {then['nll']:.2f} nats" if "nll" in then else f"the gap {then['data'] - then['model']:+.2f}"
        return f" Before it was off, at step {self._off_from:,}, {was}; Fork begins again at an earlier step."

    # -- pictures -----------------------------------------------------------------------------------------------------

    def _draw_plane(self, at: np.ndarray) -> None:
        assert self.table is not None
        data, found = self._data(), self._found
        if not len(found):  # the first table says where the model is
            self.outdate()
            return
        if self.cells.dims == 2:
            energy = self.within(self.table.energy.astype(float))
            levels = tuple(float(energy.min()) + above for above in LEVELS)
            self.plane.set_contours(energy, levels, "learned energy", "model")
        self.plane.set_points("data: pushed down", data, "data")
        self.plane.set_points("model's own: pushed up", found, "model")
        if self._before is None:
            return
        change = at - self._before.at(np.concatenate([data, found]))
        real = len(data)
        for layer, role, points, up in (("ΔE at data", "data", data, change[:real]),
                                        ("ΔE at model's own", "model", found, change[real:])):  # fmt: skip
            arrows = np.stack([np.zeros(ARROWS), up[:ARROWS]], axis=1)
            feet = points[:ARROWS] if self.cells.dims == 2 else points[:ARROWS] * (1, 0)  # on the line itself
            self.plane.set_arrows(layer, feet, arrows, role)  # type: ignore[arg-type]

    def _draw_images(self, at: np.ndarray) -> None:
        data = self._data()
        for grid, x, energies in ((self.real, data, at[: len(data)]), (self.chains, self._found, at[len(data) :])):
            grid.set_images(x.clip(0, 1), [f"{energy:.1f}".replace("-", "−") for energy in energies])
        self.picture("x", data[0])
        self.picture("sample", self._found[0])

    def _lay_out(self) -> None:
        pictures = QWidget()
        row = QVBoxLayout(pictures)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(captioned(self.real, "Data: E pushed down"))
        row.addWidget(captioned(self.chains, "Chains: E pushed up"))
        self._stack = QStackedWidget()
        self._stack.addWidget(self.plane)
        self._stack.addWidget(pictures)
        above = QWidget()
        flow = FlowLayout(above)
        flow.setContentsMargins(0, 0, 0, 0)
        for control in (self.negative, *self._steps):
            flow.addWidget(control)
        self._grid = grid = QGridLayout()
        grid.addWidget(self._stack, 0, 0, 2, 1)
        for index, plot in enumerate(self.curves):
            plot.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            grid.addWidget(plot, index, 1)
        grid.setColumnStretch(0, 3)
        for pictures_of in (self.real, self.chains):
            pictures_of.set_columns(IMAGES)
        self._stack.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(above)
        layout.addLayout(grid, 1)
        layout.addWidget(self.words)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "words"):
            self._fit()

    def _fit(self) -> None:
        """Heights follow the type size; a page that is lower than that is scrolled."""
        for part, least in ((self.real, 4), (self.chains, 4), *((plot, 6) for plot in self.curves)):
            part.setMinimumHeight(theme.em(self, least))
        for plot in self.curves:
            plot.setMinimumWidth(theme.em(self, 14))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.plane.show_legend(self.width() > theme.em(self, 36))  # else it would hide what it explains
