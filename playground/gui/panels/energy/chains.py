"""Langevin chains step by step: from noise, from data or from where training left them, hotter or colder."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.energy.surface import DEEP, HEAT
from playground.gui.panels.energy.table import TableLens
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.film_strip import FilmStrip
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import FloatBox, IntBox
from playground.gui.widgets.scatter_view import ScatterView
from playground.gui.widgets.step_scrubber import StepScrubber

SEED = 7
POINTS, IMAGES = 300, 12  # chains
WALKED = 12  # of them with a trail
STEPS = {"points": 200, "images": 100}
SETTLE_MILLISECONDS = 150


class ChainsLens(TableLens):
    """x' = x − ε∇E(x) + √T k√(2ε)ξ. Every state is kept, so that going back costs no call of the network."""

    key = "chains"
    title = "Chains"
    tooltip = "Langevin chains step by step, with step size and temperature, forward and back"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.begin = NameBox(f"{name}.start", "Start of the chains",
                             "Noise: as sampling does. Data: real examples stay where E is low. Buffer: where training "
                             "left them")  # fmt: skip
        self.begin.set_choices([("noise", "noise"), ("data", "real data"), ("buffer", "replay buffer")])
        self.step_size = FloatBox(0.05, 5.0, log=True)
        self.temperature = FloatBox(0.0, 25.0)
        self.temperature.setSingleStep(0.25)
        self.count = IntBox(10, 1000)
        self.step_size.setValue(1.0)
        self.temperature.setValue(1.0)
        for box, word, title, tooltip in (
            (self.step_size, "step_size", "Step size", "Times the step size ε of training"),
            (self.temperature, "temperature", "Temperature",
             "Times that of training: the noise grows with its root. 0 walks straight down into the next dip"),
            (self.count, "steps", "Steps of a chain", "How many Langevin steps are taken"),
        ):  # fmt: skip
            box.setObjectName(f"{name}.{word}")
            box.setAccessibleName(title)
            box.setToolTip(tooltip)
        self.scrubber = StepScrubber(id_prefix=name)
        self.scrubber.frames_per_second = 20.0
        self.scrubber.position_changed.connect(self._show)
        self.plane = ScatterView(f"{name}.plane")
        self.images = ImageGrid(f"{name}.images")
        self.strip = FilmStrip(f"{name}.strip")
        self.strip.frame_clicked.connect(self._jump)
        self.energies = CurvePlot(f"{name}.energies", "step", "E in nats")
        self.energies.marker_moved.connect(lambda step: self._jump(round(step)))
        self.states: list[np.ndarray] = []  # of all chains, (n, *shape) each
        self._energies: list[np.ndarray] = []  # (n,) each
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SETTLE_MILLISECONDS)
        self._rest.timeout.connect(self.outdate)
        for box in (self.step_size, self.temperature, self.count):
            box.valueChanged.connect(lambda _: self._rest.start())
        self.begin.chosen.connect(lambda _: self.outdate())
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return True

    def stepper(self) -> StepScrubber:
        return self.scrubber

    def is_settled(self) -> bool:
        return super().is_settled() and not self._rest.isActive()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        points = facts["kind"] == "points"
        self._stack.setCurrentIndex(0 if points else 1)
        self.count.setValue(STEPS[facts["kind"]])
        self._rest.stop()
        self.states, self._energies = [], []
        self.plane.clear()
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])

    def trained(self, step: int) -> None:
        """A walk stays on the surface that it began on, until it is looked at again."""
        self._is_current = self._is_current and self.isVisible()

    def refresh(self) -> None:
        """The surface, and new chains upon it."""
        if self.is_points:
            self.tabulate()
        n, steps = (POINTS if self.is_points else IMAGES), self.count.value()
        begin = self.begin.name()
        settings = {
            "start": "buffer" if begin == "buffer" else "noise",
            "steps": 10 * steps if begin == "buffer" else steps,  # of which chains of the buffer take a tenth
            "step_size": self.step_size.value(),
            "noise": float(np.sqrt(self.temperature.value())),
        }
        start = {"index": 0, "total": steps, "x": np.asarray(self.facts["test"][:n])} if begin == "data" else None
        self.ask("steps", "sample_steps", SEED, n=n, settings=settings, start=start)

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/table"):
            self.take_table(answer)
            self._draw_surface()
            return
        if answer.index == 0:
            self.states, self._energies = [], []
            self.scrubber.set_total(answer.total + 1)
        self.states.append(answer.arrays["x"])
        if "energy" in answer.arrays:
            self._energies.append(answer.arrays["energy"])
        self.scrubber.set_available(len(self.states))
        if answer.last:
            self._finish()
        elif answer.index % 10 == 0:
            self._show(self.scrubber.position())

    def readings(self) -> Mapping[str, float]:
        """The mean energy of the chains at the step on show."""
        at = min(self.scrubber.position(), len(self._energies) - 1)
        return {"energy": float(self._energies[at].mean())} if self._energies else {}

    def _finish(self) -> None:
        energies = np.array(self._energies)  # (T, n)
        if len(energies):
            steps = np.arange(len(energies))
            self.energies.set_curves({"mean": (steps, energies.mean(axis=1)), "chain 1": (steps, energies[:, 0])})
            self.energies.set_floor(self.table.mean_energy if self.table is not None else None)
        if not self.is_points:
            self.strip.set_frames({"x": np.stack([state[0].clip(0, 1) for state in self.states])})
        if not self.scrubber.is_placed():
            self.scrubber.set_position(len(self.states) - 1)
        self._show(self.scrubber.position())

    def _jump(self, index: int) -> None:
        self.scrubber.set_position(index)
        self._show(self.scrubber.position())

    def _show(self, index: int) -> None:
        """State `index`, as it was computed."""
        if not 0 <= index < len(self.states):
            return
        x = self.states[index]
        if self.is_points:
            self.plane.set_points("chains", x, "model")
            if x.shape[1] == 2:
                path = np.stack([state[:WALKED] for state in self.states[: index + 1]])
                self.plane.set_trails(path if index else None)
        else:
            self.images.set_images(x.clip(0, 1))
            self.strip.set_current(index)
            self.picture("sample", x[0])
        self.energies.set_marker(float(min(index, max(len(self._energies) - 1, 0))))
        words = f"Step {index} of {len(self.states) - 1}."
        if self._energies:
            words += f" Mean E of {len(x)} chains: {self.readings()['energy']:.2f}"
            if self.table is not None:
                words += f"; of exp(−E)/Z (dotted): {self.table.mean_energy:.2f}, by quadrature"
            words += "."
        self.scrubber.set_caption(words.replace("-", "−"))

    def _draw_surface(self) -> None:
        assert self.table is not None
        if self.cells.dims == 2:
            energy = self.within(self.table.energy.astype(float))
            self.plane.set_density((energy.min() + DEEP - energy).clip(0), layer=HEAT)
        else:
            self.plane.set_points("exp(−E)/Z", self.table.draw(1500, 1), "exact")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "energies"):
            self._fit()

    def _fit(self) -> None:
        """Heights follow the type size; a page that is lower than that is scrolled."""
        for part in (self.images, self.energies):
            part.setMinimumHeight(theme.em(self, 6))
        self.energies.setMinimumWidth(theme.em(self, 14))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.plane.show_legend(self.width() > theme.em(self, 36))  # else it would hide what it explains

    def _lay_out(self) -> None:
        pictures = QWidget()
        column = QVBoxLayout(pictures)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.images, 3)
        column.addWidget(self.strip, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.plane)
        self._stack.addWidget(pictures)
        above = QWidget()
        flow = FlowLayout(above)
        flow.setContentsMargins(0, 0, 0, 0)
        for words, box in (("Start", self.begin), ("Step size", self.step_size), ("Temperature", self.temperature),
                           ("Steps", self.count)):  # fmt: skip
            flow.addWidget(labelled(words, box))
        row = QHBoxLayout()
        for part, share in ((self._stack, 3), (self.energies, 2)):
            part.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            row.addWidget(part, share)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(above)
        layout.addLayout(row, 1)
        layout.addWidget(self.scrubber)
        self._fit()
