"""The curves of another run, faint behind those of this one."""

from collections.abc import Mapping

import numpy as np
import pyqtgraph as pg

from playground.gui.widgets import theme
from playground.gui.widgets.bucketed_curve import smoothed
from playground.gui.widgets.loss_series import Scale
from playground.gui.widgets.plots import HAIRLINE, curve_item, pen, set_curve_pen

Curve = tuple[np.ndarray, np.ndarray]  # steps and values, each (P,)


class ReferenceCurves:
    """One muted line a series, drawn where a series of the same name is shown.

    Attributes:
        title: whose curves they are, for the label beside them.
    """

    def __init__(self, plot: pg.PlotWidget) -> None:
        self.title = ""
        self._plot = plot
        self._curves: dict[str, Curve] = {}
        self._lines: dict[str, pg.PlotCurveItem] = {}

    def set(self, curves: Mapping[str, Curve], title: str) -> None:
        """Takes other curves; none takes them away."""
        for line in self._lines.values():
            self._plot.removeItem(line)
        self.title, self._curves = title, dict(curves)
        self._lines = {name: curve_item() for name in curves}
        for line in self._lines.values():
            line.setZValue(-0.5)  # behind the curves, before the grid
            self._plot.addItem(line, ignoreBounds=True)
        self.restyle()

    def restyle(self) -> None:
        """Takes colours and lengths from the theme."""
        for line in self._lines.values():
            set_curve_pen(line, pen(self._plot, theme.current().muted, HAIRLINE))

    def hide(self, name: str) -> None:
        """Keeps the numbers, draws nothing."""
        if name in self._lines:
            self._lines[name].hide()

    def draw(self, name: str, scale: Scale, smoothing: float) -> tuple[Curve, float | None]:
        """Shows a series as `LossSeries.draw` does; returns what was drawn, in axis units, and its last value."""
        if name not in self._curves:
            return (np.empty(0), np.empty(0)), None
        steps, raw = self._curves[name]
        values = smoothed(raw, smoothing * len(raw))
        heights = scale(values)
        self._lines[name].setData(steps, heights)
        self._lines[name].show()
        seen = np.flatnonzero(np.isfinite(heights))
        return (steps, heights), float(values[seen[-1]]) if len(seen) else None
