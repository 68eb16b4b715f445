"""A point in the plane is two numbers in turn: a distribution for the first, and one for the second given the first."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.autoregressive.parts import line_of
from playground.gui.panels.base import Lens
from playground.gui.panels.base.parts import caption, named
from playground.gui.panels.base.views import Ask, button
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.maths_label import lowered
from playground.gui.widgets.scatter_view import ScatterView

TICKS = 100  # slider values a unit


class Coordinates(Lens):
    """Both conditionals of the model, the exact ones where the density is known, and what a point costs."""

    key, title = "coordinates", "Coordinates"
    tooltip = "The coordinates of a point in turn: p(x₁), then p(x₂ | x₁); they add up to its negative log-likelihood"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._p = self._costs = np.empty(0)  # (bins, D) and (D,) in nats
        self._nll = float("nan")
        self._draws = 0
        self.plane = ScatterView(f"{name}.plane")
        self.curves = [CurvePlot(f"{name}.p{k}", lowered(f"x_{k}"), "density") for k in (1, 2)]
        self.sliders = [
            named(GrooveSlider(), f"{name}.x{k}", f"Coordinate {lowered(f'x_{k}')}", words)
            for k, words in ((1, "The first number; the second one's distribution follows"),
                             (2, "The second number, drawn from what the first one leaves"))
        ]  # fmt: skip
        self.draw = button("Draw a point", f"{name}.draw", "Draws x₁ from the first curve, then x₂ from the second")
        self.words = caption(f"{name}.words")
        self._lay_out()
        for slider, curve in zip(self.sliders, self.curves, strict=True):
            slider.valueChanged.connect(lambda _: self._price())
            curve.marker_moved.connect(lambda x, slider=slider: slider.setValue(round(x * TICKS)))
        self.draw.clicked.connect(self._draw)

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "points")

    def start(self, facts: Mapping[str, Any]) -> None:
        self._p = self._costs = np.empty(0)
        reach, plane = round(facts["extent"] * TICKS), facts["shape"] == (2,)
        for slider, curve, value in zip(self.sliders, self.curves, [*facts["test"][0].tolist(), 0.0], strict=False):
            slider.blockSignals(True)
            slider.setRange(-reach, reach)
            slider.setValue(round(value * TICKS))
            slider.blockSignals(False)
            curve.set_curves({})
        worded = self.sliders[1].parentWidget()
        assert worded is not None
        worded.setVisible(plane)
        self.curves[1].setVisible(plane)
        self.plane.clear()
        self.plane.set_extent(-facts["extent"], facts["extent"])
        self.plane.set_points("real data", facts["test"][:1500], "data")
        self.plane.set_truth(facts["data"]["density"])

    def refresh(self) -> None:
        self._price()

    def _price(self) -> None:
        x = self._point
        self.ask("curves", "conditionals", x=x)
        self.ask("costs", "costs", x=x)
        self.ask("nll", "log_density", seed=1, x=x)

    def _draw(self) -> None:
        self._draws += 1
        self.ask("draw", "sample_steps", seed=self._draws, n=1)

    @property
    def _point(self) -> np.ndarray:
        """(1, D)."""
        return np.array([[slider.value() / TICKS for slider in self.sliders[: self.facts["shape"][0]]]], np.float32)

    def answered(self, answer: Answer) -> None:
        what, x = answer.query.channel.rpartition("/")[2], answer.arrays["x"][0]
        if what == "draw":
            if answer.last:
                for slider, value in zip(self.sliders, x, strict=False):
                    slider.setValue(round(float(value) * TICKS))
            return
        if what == "curves":
            self._p = np.exp(x.astype(float))
        elif what == "costs":
            self._costs = x.astype(float)
        else:
            self._nll = -float(x)
        if not self._asked & {"curves", "costs", "nll"} and self._p.size:
            self._show()

    def readings(self) -> Mapping[str, float]:
        """What each coordinate costs, together, and the model's own number for the point, in nats."""
        if not self._costs.size:
            return {}
        return {"first": float(self._costs[0]), "sum": float(self._costs.sum()), "nll": self._nll}

    def exact(self, k: int) -> tuple[np.ndarray, np.ndarray] | None:
        """The exact density of coordinate k at places on the axis, given the first one where k is 1; None where nobody
        knows it. From the density on a grid."""
        density = self.facts["data"]["density"]
        if density is None:
            return None
        axis = np.linspace(-self.facts["extent"], self.facts["extent"], len(density))
        if density.ndim == 1:
            line = density
        elif k == 0:
            line = density.sum(axis=0)
        else:
            where = np.interp(self._point[0, 0], axis, np.arange(len(axis)))
            low = min(int(where), len(axis) - 2)
            line = (1 - where + low) * density[:, low] + (where - low) * density[:, low + 1]
        mass = float(np.trapezoid(line, axis))
        return (axis, line / mass) if mass > 1e-9 else None

    def _show(self) -> None:
        point, extent, bins = self._point[0], self.facts["extent"], len(self._p)
        middles = (np.arange(bins) + 0.5) / bins * 2 * extent - extent
        for k, value in enumerate(point):
            curves = {"model": (middles, self._p[:, k] * bins / (2 * extent))}
            if exact := self.exact(k):
                curves["exact"] = exact
            self.curves[k].set_curves(curves, {"model": "model", "exact": "exact"})
            self.curves[k].set_marker(float(value))
        if len(point) == 2:
            self.curves[1].set_titles(f"x₂, given x₁ = {point[0]:.2f}".replace("-", "−"), "density")
            cut = np.array([[[point[0], -extent]], [[point[0], extent]]], np.float32)
            self.plane.set_trails(cut, "this x₁")
        self.plane.set_points("the point", point[None], "model")
        total, own = (f"{nats:.3f}".replace("-", "−") for nats in (self._costs.sum(), self._nll))
        parts = " + ".join(f"{cost:.3f}" if cost >= 0 else f"({cost:.3f})" for cost in self._costs)
        words = f"−log p, number by number: {parts} = {total} nats".replace("-", "−")
        if len(self._costs) == 1:
            words = f"−log p of the one number: {total} nats"
        self.words.setText(
            f"{words}; the model's own NLL of the point: {own}, exact."
            + " The curve named exact: the data's density on a grid." * (self.facts["data"]["density"] is not None)
        )

    def _lay_out(self) -> None:
        right = QVBoxLayout()
        for curve in self.curves:
            right.addWidget(curve, 1)
        stage = QHBoxLayout()
        stage.addWidget(self.plane, 1)
        stage.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(stage, 1)
        layout.addLayout(line_of(("x₁", self.sliders[0]), ("x₂", self.sliders[1]), self.draw))
        layout.addWidget(self.words)
