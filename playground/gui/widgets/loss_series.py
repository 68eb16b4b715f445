"""One quantity of a training run as it is drawn: the curve, its smoothed self, and what held-out data say."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg

from playground.gui.widgets import theme
from playground.gui.widgets.bucketed_curve import BucketedCurve, smoothed
from playground.gui.widgets.plots import CURVE, HAIRLINE, THINNEST, curve_item, pen, set_curve_pen

Scale = Callable[[np.ndarray], np.ndarray]


MARKER = 0.5  # em
MOST_MARKERS = 40  # circles on a curve; more would hide it


@dataclass(frozen=True)
class Drawn:
    """What `LossSeries.draw` put on the plot, in axis units, and the numbers that a label shows.

    Attributes:
        steps, heights: every point drawn, training and held-out alike, each (P,).
        latest, latest_held_out: the last finite value before scaling, or None.
        below_zero: whether a value has no logarithm.
    """

    steps: np.ndarray
    heights: np.ndarray
    latest: float | None
    latest_held_out: float | None
    below_zero: bool


class LossSeries:
    """The stored values of one series and the plot items that show them."""

    def __init__(self, plot: pg.PlotWidget) -> None:
        self.training = BucketedCurve()
        self._held_out: list[tuple[float, float]] = []
        self._plot = plot
        self._raw, self._line, self._dashes = curve_item(), curve_item(), curve_item()
        self._markers = pg.ScatterPlotItem(symbol="o", pxMode=True)
        self._dot = pg.ScatterPlotItem(symbol="o", pxMode=True, pen=None)
        self._items = (self._raw, self._line, self._dashes, self._markers, self._dot)
        for item in self._items:
            plot.addItem(item, ignoreBounds=True)

    def add_held_out(self, step: int, value: float) -> None:
        """Stores one measurement on held-out data."""
        self._held_out.append((float(step), float(value)))

    def held_out(self) -> tuple[np.ndarray, np.ndarray]:
        """Steps and values measured on held-out data, each (M,)."""
        pairs = np.array(self._held_out, dtype=float).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def style(self, colour: str) -> None:
        """Takes this ink, and lengths from the plot's type size."""
        set_curve_pen(self._raw, pen(self._plot, theme.faded(colour, 0.35), THINNEST))
        set_curve_pen(self._line, pen(self._plot, colour))
        width = CURVE if theme.least_curve() else HAIRLINE  # the last row must see it too
        set_curve_pen(self._dashes, pen(self._plot, colour, width, (4, 3)))
        self._markers.setPen(pen(self._plot, colour))
        self._markers.setBrush(theme.current().base)
        self._dot.setBrush(colour)
        for item in (self._markers, self._dot):
            item.setSize(theme.em(self._plot, MARKER))

    def hide(self) -> None:
        """Keeps the numbers, draws nothing."""
        for item in self._items:
            item.hide()

    def remove(self) -> None:
        """Takes the items off the plot."""
        for item in self._items:
            self._plot.removeItem(item)

    def draw(self, scale: Scale, smoothing: float) -> Drawn:
        """Shows the series with heights through `scale`, averaged over about `smoothing` of its length."""
        steps, raw = self.training.points()
        span = smoothing * len(raw)
        values = smoothed(raw, span)
        measured_at, measured = self.held_out()
        for item in self._items:
            item.show()
        self._raw.setVisible(span > 0)
        if span > 0:
            self._raw.setData(steps, scale(raw))
        heights, held_out = scale(values), scale(measured)
        self._line.setData(steps, heights)
        lone = slice(int(len(steps) == 1))  # of a closed form there is one step, and one point makes no line
        self._dot.setData(steps[lone], heights[lone])
        self._dashes.setData(measured_at, held_out)
        marked = np.flatnonzero(np.isfinite(held_out))
        marked = marked[:: -max(1, -(-len(marked) // MOST_MARKERS))]  # from the newest back, so that it is marked
        self._markers.setData(measured_at[marked], held_out[marked])
        return Drawn(
            np.concatenate([steps, measured_at]),
            np.concatenate([heights, held_out]),
            _last_finite(values),
            _last_finite(measured),
            bool(np.any(raw <= 0) or np.any(measured <= 0)),
        )


def _last_finite(values: np.ndarray) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if len(finite) else None
