"""The learned energy as a landscape, its slope as arrows, both over exact mathematics where that is known."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, switch
from playground.gui.panels.energy.table import TableLens
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.role_legend import Role
from playground.gui.widgets.scatter_view import ScatterView

ARROWS = 15  # along one side of the plane
LEVELS = (1.0, 2.0, 4.0, 7.0)  # nats above the lowest energy, at which contours are drawn
DEEP = 10.0  # nats above the lowest energy, where the heat map ends
HEAT = "energy, high to low"
_ROLES: dict[str, Role] = {"exact": "exact", "learned": "model"}
INKS: dict[str, Role] = {**_ROLES, "−log p": "model"}  # of the curves, on the line


class SurfaceLens(TableLens):
    """E(x) over the plane or the line; E is known up to a constant, so the exact −log p is moved to the same floor."""

    key = "surface"
    title = "Surface"
    tooltip = "The learned energy and its slope, over the exact ones"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.plane = ScatterView(f"{name}.plane")
        self.curves = CurvePlot(f"{name}.curves", "x", "nats")
        self.slopes = CurvePlot(f"{name}.slopes", "x", "score")
        self.heat = NameBox(
            f"{name}.heat",
            "Heat map",
            "Energy: what the network says. Density: exp(−E)/Z, with Z by quadrature over the plane",
        )
        self.heat.set_choices([("energy", "energy E(x)"), ("density", "density exp(−E)/Z")])
        self.heat.chosen.connect(lambda _: self._draw())
        self.contours = switch(
            "Contours",
            f"{name}.contours",
            "Lines of equal energy, 1, 2, 4 and 7 nats above the lowest: learned and exact",
        )
        self.arrows = switch(
            "Score arrows",
            f"{name}.arrows",
            "The score −∇E(x) = ∇ log p(x), which needs no Z: the way to where x is likelier.\n"
            "Half of the arrows are cut to the length of the middle one.",
        )
        self.contours.toggled.connect(lambda _: self._draw())
        self.arrows.toggled.connect(lambda _: self._show_layers())
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self._lay_out()
        self._true = np.empty(0)  # exact −log p of all cells
        self._fields: dict[str, np.ndarray] = {}  # "learned", "exact" score at the arrows' feet

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        plane = self.cells.dims == 2
        self._true, self._fields = np.empty(0), {}
        self._stack.setCurrentIndex(0 if plane else 1)
        self._above.setVisible(plane)
        self.plane.clear()
        reach = facts["extent"]
        if plane:
            self.plane.set_extent(-reach, reach)
            axis = np.linspace(-reach, reach, ARROWS + 2, dtype=np.float32)[1:-1]
            self._feet = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        else:
            self._feet = np.linspace(-reach, reach, 401, dtype=np.float32)[:, None]

    def refresh(self) -> None:
        if self.has_exact and not self._true.size:
            self.ask("true", "log_density", target="exact", x=self.cells.points)
            self.ask("exact", "score", target="exact", x=self._feet)
        self.tabulate()
        self.ask("learned", "score", x=self._feet)

    def answered(self, answer: Answer) -> None:
        what = answer.query.channel.rpartition("/")[2]
        if what == "table":
            self.take_table(answer)
        elif what == "true":
            self._true = -answer.arrays["x"].astype(float)
        else:
            self._fields[what] = answer.arrays["x"]
        self._draw()

    def readings(self) -> Mapping[str, float]:
        """log Z, and the KL divergence from the data to the model."""
        return {} if self.table is None else {"log_z": self.table.log_z, **self._kl()}

    def _kl(self) -> dict[str, float]:
        if self.table is None or not self._true.size:
            return {}
        p = np.exp(-self._true)
        there = p > 0
        gap = p[there] * (-self._true[there] - self.table.log_p[there])
        return {"kl": float(gap.sum()) * self.cells.width**self.cells.dims}

    def _draw(self) -> None:
        if self.table is None:
            return
        if self.cells.dims == 2:
            self._draw_plane()
        else:
            self._draw_line()
        words = f"After {self.step:,} steps: log Z = {self.table.log_z:.3f} nats, by quadrature on the grid."
        if self._true.size:
            words += f" KL(data‖exp(−E)/Z) = {self._kl()['kl']:.4f} nats, exact up to the grid."
        elif not self.has_exact:
            words += " The density of these data is not known: nothing exact to compare with."
        self.words.setText(words.replace("-", "−"))

    def _draw_plane(self) -> None:
        assert self.table is not None
        energy = self.within(self.table.energy.astype(float))
        low = energy.min()
        by_energy = self.heat.name() == "energy"
        self.plane.set_density((low + DEEP - energy).clip(0) if by_energy else None, layer=HEAT)
        self.plane.set_density(None if by_energy else self.within(np.exp(self.table.log_p)), layer="density exp(−E)/Z")
        lines = self.contours.isChecked()
        levels = tuple(low + above for above in LEVELS)
        self.plane.set_contours(energy if lines else None, levels, "learned energy", "model")
        true = self.within(self._true).clip(max=50) - self.table.log_z if self._true.size and lines else None
        self.plane.set_contours(true, levels, "exact −log p, same floor", "exact")
        usual = [float(np.median(np.hypot(*field.T))) for field in self._fields.values()]
        longest = min((length for length in usual if length > 0), default=0.0)  # an even density has no slope at all
        for layer, role in _ROLES.items():
            if layer in self._fields:
                self.plane.set_arrows(f"{layer} score", self._feet, _cut(self._fields[layer], longest), role)
        self._show_layers()

    def _show_layers(self) -> None:
        for layer in ("exact score", "learned score"):
            self.plane.set_layer_visible(layer, self.arrows.isChecked())

    def _draw_line(self) -> None:
        assert self.table is not None
        x = self.cells.axis[np.abs(self.cells.axis) <= self.facts["extent"]]
        learned = {"−log p": (x, -self.within(self.table.log_p))}
        exact = {"exact": (x, self.within(self._true))} if self._true.size else {}
        top = min(float(y.min()) for _, y in (learned | exact).values()) + DEEP
        self.curves.set_curves({name: (x, y.clip(max=top)) for name, (x, y) in (learned | exact).items()}, INKS)
        feet = self._feet[:, 0]
        order = [name for name in ("learned", "exact") if name in self._fields]
        self.slopes.set_curves({name: (feet, self._fields[name][:, 0]) for name in order}, INKS)

    def _lay_out(self) -> None:
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.curves, 1)
        row.addWidget(self.slopes, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.plane)
        self._stack.addWidget(line)
        self._above = QWidget()
        flow = FlowLayout(self._above)
        flow.setContentsMargins(0, 0, 0, 0)
        for control in (labelled("Heat map", self.heat), self.contours, self.arrows):
            flow.addWidget(control)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._above)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.words)


def _cut(field: np.ndarray, longest: float) -> np.ndarray:
    """Arrows (N, 2), none longer than that."""
    length = np.hypot(*field.T)[:, None]
    return field * np.minimum(1.0, longest / np.maximum(length, 1e-12))
