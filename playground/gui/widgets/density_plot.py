"""Densities on the line: curves over a rug of data, areas shaded as gained or lost, a middle and a spread to drag."""

from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QPainter, QPolygonF
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.plots import HAIRLINE, THINNEST, pen

Tone = Literal["gain", "loss"]
MOST_TICKS = 400
RUG = 0.06  # of the height
MOST_SHADE = 1.6  # of the highest curve


class DensityPlot(CurvePlot):
    """The marker is the middle; a second, dashed line stands one spread to its right. Left and right move the middle,
    up and down change the spread.

    Signals:
        spread_moved: the spread that a person dragged or stepped to; not sent by `set_spread`.
    """

    spread_moved = Signal(float)
    reads_values = False  # the marker is the middle of a curve, no place to read the others at

    def __init__(self, name: str, x_label: str = "x", y_label: str = "density", parent: QWidget | None = None) -> None:
        super().__init__(name, x_label, y_label, parent)
        self.setAccessibleName("Densities")
        self._ticks = np.empty(0)
        self._shades: dict[Tone, _Shade] = {tone: _Shade(tone, self) for tone in ("gain", "loss")}
        self._rug = pg.PlotCurveItem(connect="pairs")
        for item in (*self._shades.values(), self._rug):
            self._plot.addItem(item, ignoreBounds=True)
            item.setZValue(-0.5)
        self._edge = pg.InfiniteLine(angle=90, movable=True)
        self._edge.hide()
        self._plot.addItem(self._edge, ignoreBounds=True)
        self._edge.sigDragged.connect(self._edge_dragged)

    def set_ticks(self, x: np.ndarray) -> None:
        """Real examples (N,) as a rug along the bottom; of many, evenly chosen ones."""
        self._ticks = x[np.linspace(0, len(x) - 1, min(len(x), MOST_TICKS)).astype(int)] if len(x) else x
        self._redraw()

    def ticks(self) -> np.ndarray:
        """Those that are drawn."""
        return self._ticks

    def set_shading(self, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        """Shades between two curves: as gained where `high` is above `low`, as lost, hatched, where it is below."""
        for tone, shade in self._shades.items():
            ends = np.maximum(high, low) if tone == "gain" else np.minimum(high, low)
            shade.set_area(x, low, ends)
        self._redraw()

    def set_handles(self, middle: float, spread: float, words: str = "") -> None:
        """Shows where both lines stand."""
        self.setToolTip(words or "Drag the line for the middle, the dashed one for the spread; or use the arrow keys")
        self._edge.show()
        self._edge.setValue(middle + spread)
        self.set_marker(middle)

    def edge(self) -> float | None:
        """Where the dashed line stands."""
        return float(self._edge.value()) if self._edge.isVisible() else None

    def also_shown(self) -> tuple[float, ...]:
        """The shaded areas, but never so much of them that the curves become flat."""
        most = MOST_SHADE * max((float(np.abs(y).max(initial=0.0)) for _, y in self._curves.values()), default=1.0)
        reach = [height for shade in self._shades.values() for height in shade.reach()]
        return tuple(np.clip(reach, -most, most))

    def restyle(self) -> None:
        super().restyle()
        look = theme.current()
        self._edge.setPen(pen(self, look.text, style=(4, 3)))
        self._edge.setHoverPen(pen(self, look.accent, 0.2))
        self._rug.setPen(pen(self, theme.faded(look.data, 0.6), THINNEST))
        for shade in self._shades.values():
            shade.update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Up: 0.05, Qt.Key.Key_Down: -0.05}.get(Qt.Key(event.key()))
        middle, edge = self.marker(), self.edge()
        if step is None or middle is None or edge is None:
            super().keyPressEvent(event)
        else:
            self.spread_moved.emit(edge - middle + step)

    def _edge_dragged(self) -> None:
        self.spread_moved.emit(abs(float(self._edge.value()) - (self.marker() or 0.0)))

    def _redraw(self) -> None:
        super()._redraw()
        if not len(self._ticks):
            self._rug.clear()
            return
        (_, _), (low, high) = self._plot.getPlotItem().getViewBox().viewRange()
        ends = np.tile([low, low + RUG * (high - low)], len(self._ticks))
        self._rug.setData(np.repeat(self._ticks, 2), ends)


class _Shade(pg.GraphicsObject):
    """One area. Painted in pixels, for a hatch in the units of the data would be stretched with them."""

    def __init__(self, tone: Tone, owner: QWidget) -> None:
        super().__init__()
        self._tone, self._owner = tone, owner
        self._area = QPolygonF()
        self._reach: tuple[float, ...] = ()

    def set_area(self, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
        there, back = zip(x, high, strict=True), zip(x[::-1], low[::-1], strict=True)
        self._area = QPolygonF([QPointF(float(a), float(b)) for a, b in (*there, *back)])
        self._reach = (float(high.min()), float(high.max())) if len(x) else ()
        self.prepareGeometryChange()
        self.update()

    def reach(self) -> tuple[float, ...]:
        """Its lowest and highest end."""
        return self._reach

    def boundingRect(self) -> QRectF:
        return self._area.boundingRect()

    def paint(self, painter: QPainter, *_: object) -> None:
        look = theme.current()
        colour = look.good if self._tone == "gain" else look.bad
        on_screen = painter.transform().map(self._area)
        painter.save()
        painter.resetTransform()
        painter.setPen(pen(self._owner, theme.faded(colour, 0.5), HAIRLINE))
        painter.setBrush(theme.faded(colour, 0.3))
        painter.drawPolygon(on_screen)
        if self._tone == "loss":
            painter.setBrush(QBrush(QColor(colour), Qt.BrushStyle.BDiagPattern))
            painter.drawPolygon(on_screen)
        painter.restore()
