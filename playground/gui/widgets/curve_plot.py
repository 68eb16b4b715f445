"""A few named curves over one axis, with a marker that a person moves and the values it reads."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.end_labels import EndLabel, EndLabels
from playground.gui.widgets.plots import (
    CURVE,
    bare_plot,
    brief,
    curve_item,
    log10_of_positive,
    padded,
    pen,
    set_curve_pen,
    style_plot,
)
from playground.gui.widgets.role_legend import Role, ink_of

MOST_POINTS = 2000  # drawn of a curve: a broad antialiased line of more is slow

_DASHES: tuple[Qt.PenStyle | tuple[float, ...], ...] = (
    Qt.PenStyle.SolidLine,
    (5, 2),
    (1, 1.6),
    (5, 2, 1, 2),
)  # so that colour is not the only signal


def series_pen(widget: QWidget, index: int, width: float = CURVE, ink: str = "") -> QPen:
    """The line of the curve number `index`, in colour and dashes; `ink`: in this colour instead."""
    return pen(widget, ink or _ink(index), width, _DASHES[index % len(_DASHES)])


def _ink(index: int) -> str:
    inks = theme.current().series
    return inks[index % len(inks)]


class CurvePlot(DrawnWidget):
    """Curves labelled at their ends; beside each name its value at the marker.

    Signals:
        marker_moved: the x that a person dragged, clicked or stepped the marker to; not sent by `set_marker`.
    """

    marker_moved = Signal(float)
    reads_values: ClassVar[bool] = True  # whether the value at the marker stands beside a name

    def __init__(self, name: str, x_label: str = "", y_label: str = "", parent: QWidget | None = None) -> None:
        super().__init__(name, "Curves", "Drag the marker, or use the arrow keys, to read the curves", parent)
        self._curves: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._roles: Mapping[str, Role] = {}
        self._items: list[pg.PlotCurveItem] = []
        self._dots = pg.ScatterPlotItem(pxMode=True)  # of curves that have one point so far
        self._logarithmic = False
        self._letters = 0  # for which the left axis keeps room; 0: for as many as there are
        self._plot = bare_plot(f"{name}.plot")
        self._plot.setLabel("bottom", x_label)
        self._plot.setLabel("left", y_label)
        self._plot.addItem(self._dots, ignoreBounds=True)
        self._labels = EndLabels(f"{name}.labels", self._plot)
        self._floor: float | None = None
        self._floor_line = pg.InfiniteLine(angle=0, movable=False)
        self._floor_text = pg.TextItem(anchor=(0, 0))
        for item in (self._floor_line, self._floor_text):
            item.hide()
            self._plot.addItem(item, ignoreBounds=True)
        self._marker = pg.InfiniteLine(angle=90, movable=True)
        self._marker.hide()
        self._plot.addItem(self._marker, ignoreBounds=True)
        self._goal = pg.InfiniteLine(angle=90)
        self._goal.hide()
        self._plot.addItem(self._goal, ignoreBounds=True)
        self._marker.sigDragged.connect(self._dragged)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self._plot.getPlotItem().getViewBox().sigResized.connect(self._redraw)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._plot, 1)
        layout.addWidget(self._labels)

    def set_curves(
        self, curves: Mapping[str, tuple[np.ndarray, np.ndarray]], roles: Mapping[str, Role] | None = None
    ) -> None:
        """Draws these curves in place of the ones before: name to (x, y), each (P,), x ascending. One that has a role
        has its ink, as in the plane; the others have the inks of a series."""
        self._roles = roles or {}
        self._curves = {name: (np.asarray(x, float), np.asarray(y, float)) for name, (x, y) in curves.items()}
        while len(self._items) < len(self._curves):
            self._items.append(curve_item())
            self._plot.addItem(self._items[-1], ignoreBounds=True)
        self._style_curves()
        self._redraw()

    def set_floor(self, value: float | None, label: str = "") -> None:
        """Draws the best value possible as a dotted line with `label` written at it; None takes it away."""
        self._floor = value
        self._floor_text.setText(label)
        self._redraw()

    def set_titles(self, x: str, y: str) -> None:
        """Names the axes."""
        for side, text in (("bottom", x), ("left", y)):
            axis = self._plot.getPlotItem().getAxis(side)
            if axis.labelText != text:
                axis.setLabel(text, **axis.labelStyle)

    def keep_room(self, letters: int) -> None:
        """Numbers of so many letters fit at the left, whatever stands there: so plots one below another are in line."""
        self._letters = letters
        self.restyle()

    def set_marker(self, x: float | None) -> None:
        """Moves the vertical marker, kept within the curves; None hides it."""
        self._marker.setVisible(x is not None)
        if x is not None:
            self._marker.setValue(x)
        self._relabel()

    def set_goal(self, x: float | None) -> None:
        """Draws a dashed vertical line where the marker should be brought; None takes it away."""
        self._goal.setVisible(x is not None)
        if x is not None:
            self._goal.setValue(x)

    def goal(self) -> float | None:
        """Where that line stands."""
        return float(self._goal.value()) if self._goal.isVisible() else None

    def marker(self) -> float | None:
        """Where the marker stands."""
        return float(self._marker.value()) if self._marker.isVisible() else None

    def set_log(self, on: bool) -> None:
        """Switches the y axis between linear and logarithmic; values without a logarithm become gaps."""
        self._logarithmic = on
        self._plot.getPlotItem().getAxis("left").setLogMode(on)
        self._redraw()

    def also_shown(self) -> tuple[float, ...]:
        """Heights beside those of the curves for which the plot has room."""
        return ()

    def restyle(self) -> None:
        style_plot(self._plot, self)
        if self._letters:
            room = round(self._letters * self.fontMetrics().horizontalAdvance("0"))
            axis = self._plot.getPlotItem().getAxis("left")
            axis.setStyle(tickTextWidth=room, autoExpandTextSpace=False, autoReduceTextSpace=False)
        self._floor_line.setPen(pen(self, theme.current().muted, style=(1, 3)))
        self._floor_text.setColor(theme.current().muted)
        self._floor_text.setFont(self.font())
        self._marker.setPen(pen(self, theme.current().text))
        self._marker.setHoverPen(pen(self, theme.current().accent, 0.2))
        self._goal.setPen(pen(self, theme.current().exact, style=(4, 3)))
        self._style_curves()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -0.01, Qt.Key.Key_Right: 0.01}.get(Qt.Key(event.key()))
        if step is None or self.marker() is None:
            super().keyPressEvent(event)
            return
        low, high = self._x_range()
        self._marker.setValue(self._marker.value() + step * (high - low))
        self._dragged()

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        return log10_of_positive(values) if self._logarithmic else values

    def _x_range(self) -> tuple[float, float]:
        ends = [x[[0, -1]] for x, _ in self._curves.values() if len(x)]
        low, high = (float(np.min(ends)), float(np.max(ends))) if ends else (0.0, 1.0)
        return (low, high) if high > low else (low, low + 1.0)  # one point is where a curve begins

    def _style_curves(self) -> None:
        for index, (name, item) in enumerate(zip(self._curves, self._items, strict=False)):
            set_curve_pen(item, series_pen(self, index, ink=self._ink_of(index, name)))
        self._relabel()

    def _ink_of(self, index: int, name: str) -> str:
        return ink_of(self._roles[name]) if name in self._roles else _ink(index)

    def _redraw(self) -> None:
        shown = [(_thinned(x), _thinned(self._scaled(y))) for x, y in self._curves.values()]
        for index, item in enumerate(self._items):
            item.setVisible(index < len(shown))
            if index < len(shown):
                item.setData(*shown[index])
        self._draw_dots(shown)
        values = np.concatenate([y for _, y in shown] or [np.empty(0)])
        floor = np.nan if self._floor is None else float(self._scaled(np.array(self._floor)))
        values = np.append(values, [floor, *self.also_shown()])
        values = values[np.isfinite(values)]
        for side in ("left", "bottom"):  # an axis without a curve has no numbers to read
            self._plot.getPlotItem().getAxis(side).setTicks(None if len(values) else [])
        low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
        self._place_floor(floor, low, high)
        self._marker.setBounds(self._x_range())
        self._plot.setXRange(*self._x_range(), padding=0.01)
        # Numbers at the ends of the axis are only drawn where they fit whole.
        height = max(self._plot.getPlotItem().getViewBox().height(), 1.0)
        self._plot.setYRange(*padded(low, high, max(0.05, 0.6 * theme.em(self) / height)), padding=0)
        self._relabel()

    def _draw_dots(self, shown: list[tuple[np.ndarray, np.ndarray]]) -> None:
        """A line needs two points; a single one is a dot."""
        inks = [self._ink_of(index, name) for index, name in enumerate(self._curves)]
        alone = [(x[0], y[0], ink) for (x, y), ink in zip(shown, inks, strict=True) if len(x) == 1]
        alone = [(x, y, ink) for x, y, ink in alone if np.isfinite(y)]
        brushes = [pg.mkBrush(ink) for *_, ink in alone]
        self._dots.setData(
            [x for x, *_ in alone], [y for _, y, _ in alone], size=theme.em(self, 0.6), pen=None, brush=brushes
        )

    def _place_floor(self, floor: float, low: float, high: float) -> None:
        """The words stand above the line, or below it where it runs along the top."""
        for item in (self._floor_line, self._floor_text):
            item.setVisible(bool(np.isfinite(floor)))
        if np.isfinite(floor):
            self._floor_line.setValue(floor)
            self._floor_text.setAnchor((0, 0 if floor > (low + high) / 2 else 1))
            self._floor_text.setPos(self._x_range()[0], floor)

    def _relabel(self) -> None:
        at, labels = self.marker(), []
        for index, (name, (x, y)) in enumerate(self._curves.items()):
            ends = self._scaled(y)
            ends = ends[np.isfinite(ends)]
            if len(ends):
                known = self.reads_values and at is not None and (len(x) == 1 or x[0] <= at <= x[-1])
                value = brief(float(np.interp(at, x, y))) if at is not None and known else ""
                labels.append(EndLabel(name, value, self._ink_of(index, name), float(ends[-1])))
        self._labels.set_labels(labels)

    def _dragged(self) -> None:
        self._relabel()
        self.marker_moved.emit(float(self._marker.value()))

    def _clicked(self, event: MouseClickEvent) -> None:
        box = self._plot.getPlotItem().getViewBox()
        if self.marker() is not None and box.sceneBoundingRect().contains(event.scenePos()):
            self._marker.setValue(box.mapSceneToView(event.scenePos()).x())
            self._dragged()


def _thinned(values: np.ndarray) -> np.ndarray:
    """Evenly chosen ones, both ends among them."""
    if len(values) <= MOST_POINTS:
        return values
    return values[np.linspace(0, len(values) - 1, MOST_POINTS).astype(int)]
