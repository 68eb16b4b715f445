"""What one setting buys and what it costs: a marked point a value, with bars, joined in the order of the values."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QKeyEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import series_pen
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.plots import HAIRLINE, bare_plot, log10_of_positive, padded, pen, style_plot

_SYMBOLS = ("o", "s", "t1", "d", "star", "x")  # so that colour is not the only signal


@dataclass(frozen=True)
class Trail:
    """One curve of the plot.

    Attributes:
        name: what it is, written at its last point; "" where there is one curve only.
        x, y: (V, 3), the least, middle and greatest of each number at each value; NaN where nothing is known yet.
        words: what stands beside each point, V of them.
    """

    name: str
    x: np.ndarray
    y: np.ndarray
    words: Sequence[str]


class _Drawn:
    """The items of one trail."""

    def __init__(self, plot: pg.PlotWidget, index: int) -> None:
        self.symbol = _SYMBOLS[index % len(_SYMBOLS)]
        self.line, self.bars = pg.PlotCurveItem(connect="finite"), pg.PlotCurveItem(connect="pairs")
        self.dots = pg.ScatterPlotItem(pxMode=True)
        self.words: list[pg.TextItem] = []
        for item in (self.bars, self.line, self.dots):
            plot.addItem(item, ignoreBounds=True)


class TradePlot(DrawnWidget):
    """Points joined in order; one value is chosen, by a click or the arrow keys, and ringed.

    Signals:
        value_chosen: its place in the order, as a person chose it.
    """

    value_chosen = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tooltip = "A point for each value; click one, or use the arrow keys, to see its samples"
        super().__init__(name, "Trade-off", tooltip, parent)
        self._trails: list[Trail] = []
        self._drawn: list[_Drawn] = []
        self._chosen, self._log_x = 0, False
        self._floor: tuple[float, str] | None = None
        self._plot = bare_plot(f"{name}.plot")
        self._floor_line, self._floor_text = pg.InfiniteLine(angle=0), pg.TextItem(anchor=(0, 1))
        self._ring = pg.ScatterPlotItem(pxMode=True)
        for item in (self._floor_line, self._floor_text, self._ring):
            self._plot.addItem(item, ignoreBounds=True)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self._plot.getPlotItem().getViewBox().sigResized.connect(self._redraw)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)

    def set_titles(self, x: str, y: str, log_x: bool = False) -> None:
        """Names the axes; the horizontal one may be logarithmic."""
        self._log_x = log_x
        for side, text in (("bottom", x), ("left", y)):
            axis = self._plot.getPlotItem().getAxis(side)
            axis.setLabel(text, **axis.labelStyle)

    def set_trails(self, trails: Sequence[Trail], floor: float | None = None, floor_words: str = "") -> None:
        """Draws these in place of those before; `floor` is a dotted line across, with its words."""
        self._trails = list(trails)
        self._floor = None if floor is None else (floor, floor_words)
        while len(self._drawn) < len(trails):
            self._drawn.append(_Drawn(self._plot, len(self._drawn)))
        self._redraw()

    def trails(self) -> list[Trail]:
        """What is drawn."""
        return self._trails

    def set_chosen(self, index: int) -> None:
        """Rings the points of one value, without a signal."""
        self._chosen = index
        self._redraw()

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 20), theme.em(self, 11))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 14), theme.em(self, 7))

    def restyle(self) -> None:
        style_plot(self._plot, self)
        self._redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move is None or not self._trails:
            super().keyPressEvent(event)
        elif 0 <= self._chosen + move < len(self._trails[0].words):
            self.value_chosen.emit(self._chosen + move)

    def _clicked(self, event: MouseClickEvent) -> None:
        box = self._plot.getPlotItem().getViewBox()
        if not box.sceneBoundingRect().contains(event.scenePos()):
            return
        near = []
        for trail in self._trails:
            for index, (x, y) in enumerate(zip(self._across(trail)[:, 1], trail.y[:, 1], strict=True)):
                if np.isfinite([x, y]).all():
                    there = box.mapViewToScene(QPointF(x, y)) - event.scenePos()
                    near.append((there.manhattanLength(), index))
        if near:
            self.value_chosen.emit(min(near)[1])

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _across(self, trail: Trail) -> np.ndarray:
        """The horizontal places, (V, 3)."""
        return log10_of_positive(trail.x) if self._log_x else trail.x

    def _redraw(self) -> None:
        for index, drawn in enumerate(self._drawn):
            self._draw(drawn, index, self._trails[index] if index < len(self._trails) else None)
        self._draw_ring()
        heights = np.concatenate([trail.y.ravel() for trail in self._trails] or [np.empty(0)])
        if self._floor is not None:
            heights = np.append(heights, self._floor[0])
        widths = np.concatenate([self._across(trail).ravel() for trail in self._trails] or [np.empty(0)])
        box = self._plot.getPlotItem().getViewBox()
        across = _range(widths, 2.5 * theme.em(self) / max(box.width(), 1.0))
        up = _range(heights, 1.8 * theme.em(self) / max(box.height(), 1.0))
        self._plot.setXRange(*across, padding=0)
        self._plot.getPlotItem().getAxis("bottom").setTicks(_round_ticks(*across) if self._log_x else None)
        self._plot.setYRange(*up, padding=0)
        self._write(across, up)
        self._draw_floor(across)

    def _draw(self, drawn: _Drawn, index: int, trail: Trail | None) -> None:
        for item in (drawn.line, drawn.bars, drawn.dots, *drawn.words):
            item.setVisible(trail is not None)
        if trail is None:
            return
        x, y, look = self._across(trail), trail.y, theme.current()
        known = np.isfinite(x[:, 1] + y[:, 1])
        drawn.line.setData(x[known, 1], y[known, 1])
        ink = series_pen(self, index)
        drawn.line.setPen(ink)
        drawn.bars.setData(*_bars(x[known], y[known]))
        drawn.bars.setPen(pen(self, ink.color(), HAIRLINE))
        drawn.dots.setData(x[known, 1], y[known, 1], symbol=drawn.symbol, size=theme.em(self, 0.6))
        drawn.dots.setBrush(pg.mkBrush(ink.color()))
        drawn.dots.setPen(pen(self, look.base, HAIRLINE))
        while len(drawn.words) < len(trail.words):
            drawn.words.append(pg.TextItem(anchor=(0, 1)))
            self._plot.addItem(drawn.words[-1], ignoreBounds=True)

    def _write(self, across: tuple[float, float], up: tuple[float, float]) -> None:
        """The words beside the points, of those that would collide the chosen one and the first. The name of a curve is
        always written, in the curve's colour, and below its point where it would collide above: the highest chooses
        first."""
        box, em = self._plot.getPlotItem().getViewBox(), theme.em(self)
        scale = box.width() / (across[1] - across[0]), box.height() / (up[1] - up[0])  # pixels a unit
        taken: list[tuple[float, float]] = []
        rows = list(enumerate(zip(self._drawn, self._trails, strict=False)))
        for index, (drawn, trail) in sorted(rows, key=lambda row: -_end(row[1][1])):
            x, y = self._across(trail)[:, 1], trail.y[:, 1]
            known = np.flatnonzero(np.isfinite(x + y)).tolist()
            for item in drawn.words:
                item.hide()
            for place in sorted(known, key=lambda place: (place != self._chosen, place != known[-1], place)):
                spot = float(x[place] * scale[0]), float(y[place] * scale[1])
                named = bool(trail.name) and place == known[-1]
                collides = place != self._chosen and any(
                    abs(spot[0] - other[0]) < 2 * em and abs(spot[1] - other[1]) < em for other in taken
                )
                if collides and not named:
                    continue
                taken.append((spot[0], spot[1] - em * collides))
                words = f"{trail.words[place]}  {trail.name}" if named else trail.words[place]
                ink = series_pen(self, index).color() if named else None
                self._write_word(drawn.words[place], words, place == self._chosen, ink)
                drawn.words[place].setPos(x[place], y[place])
                drawn.words[place].setAnchor((int(x[place] > np.mean(across)), int(not collides)))

    def _write_word(self, item: pg.TextItem, words: str, is_chosen: bool, ink: QColor | None) -> None:
        font = QFont(self.font())
        font.setBold(is_chosen)
        item.setFont(font)
        item.setColor(ink or (theme.current().text if is_chosen else theme.current().muted))
        item.setText(words)
        item.show()

    def _draw_ring(self) -> None:
        at = [(self._across(t)[self._chosen, 1], t.y[self._chosen, 1]) for t in self._trails if len(t.y) > self._chosen]
        spots = np.array([place for place in at if np.isfinite(place).all()]).reshape(-1, 2)
        self._ring.setData(spots[:, 0], spots[:, 1], symbol="o", size=theme.em(self, 1.1), brush=None)
        self._ring.setPen(pen(self, theme.current().accent))

    def _draw_floor(self, across: tuple[float, float]) -> None:
        """The line, with its words at the left end on the side where fewer points are."""
        for item in (self._floor_line, self._floor_text):
            item.setVisible(self._floor is not None)
        if self._floor is not None:
            value, words = self._floor
            self._floor_line.setValue(value)
            self._floor_line.setPen(pen(self, theme.current().muted, style=(1, 3)))
            self._floor_text.setText(words)
            self._floor_text.setColor(theme.current().muted)
            self._floor_text.setFont(self.font())
            near = across[0] + 0.5 * (across[1] - across[0])
            heights = [t.y[self._across(t)[:, 1] <= near, 1] for t in self._trails]
            above = sum(int((y > value).sum()) - int((y < value).sum()) for y in heights)
            self._floor_text.setAnchor((0, 0 if above > 0 else 1))
            self._floor_text.setPos(across[0], value)


def _end(trail: Trail) -> float:
    """How high its last known point lies."""
    known = trail.y[np.isfinite(trail.y[:, 1]), 1]
    return float(known[-1]) if len(known) else -np.inf


def _bars(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of ends: across from the least to the greatest x at the middle y, then likewise upwards."""
    across = np.stack([x[:, 0], y[:, 1], x[:, 2], y[:, 1]], axis=1).reshape(-1, 2)
    up = np.stack([x[:, 1], y[:, 0], x[:, 1], y[:, 2]], axis=1).reshape(-1, 2)
    ends = np.concatenate([across, up])
    return ends[:, 0], ends[:, 1]


def _round_ticks(low: float, high: float) -> list[list[tuple[float, str]]]:
    """Marks of a logarithmic axis at 1, 2, 5, 10, 20 ...: place and words."""
    numbers = [digit * 10.0**power for power in range(int(low) - 1, int(high) + 2) for digit in (1, 2, 5)]
    return [[(place, f"{n:,g}") for n in numbers if low <= (place := float(np.log10(n))) <= high]]


def _range(values: np.ndarray, air: float = 0.0) -> tuple[float, float]:
    """What an axis shows: all that is known, and a share of the axis as room for words at either end."""
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    return padded(float(values.min()), float(values.max()), min(air, 0.3) / (1 - 2 * min(air, 0.3)))
