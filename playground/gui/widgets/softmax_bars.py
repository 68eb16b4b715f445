"""The distribution that one number is drawn from: a bar a level, and below it the sum that a uniform number cuts."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.tiles import TileSheet

_SWATCH = {"": (1, 1, 1), "red": (1, 0, 0), "green": (0, 1, 0), "blue": (0, 0, 1)}


class SoftmaxBars(DrawnWidget):
    """Bars of probabilities (K,), the chosen one filled and pointed at, the cumulated probability below.

    The level at which the cumulated probability passes u is the one that is drawn.

    Signals:
        level_clicked: the bar above or below which a person pressed.
    """

    level_clicked = Signal(int)

    def __init__(
        self, name: str, cumulates: bool = True, frames_are_exact: bool = True, parent: QWidget | None = None
    ) -> None:
        """`cumulates`: whether the lower half is there; `frames_are_exact`: whether a second distribution has the ink
        of exact mathematics."""
        words = "Bars: the probability of each level. A click chooses a level.\n"
        below = "Below: their sum from the left, cut by the uniform number u: it passes u at the level that is drawn."
        super().__init__(name, "Distribution", words + below if cumulates else words.strip(), parent)
        self._cumulates, self._frames_are_exact = cumulates, frames_are_exact
        self._p = np.empty(0)
        self._chosen = -1
        self._u: float | None = None
        self._words = ""
        self._swatch: str | None = None
        self._ends = ("", "")
        self._tiles: TileSheet | None = None
        self._other = np.empty(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_scale(self, low: str, high: str, swatch: str | None = "") -> None:
        """What the first and the last level are called; `swatch`: a band of the levels in gray (""), "red", "green" or
        "blue", or none at all (None)."""
        self._ends, self._swatch = (low, high), swatch
        self.update()

    def set_tiles(self, images: np.ndarray) -> None:
        """Draws an image (K, C, H, W) below each bar, in place of the names at the ends, and its number above it."""
        self._tiles = TileSheet(images)
        self.update()

    def set_distribution(
        self, p: np.ndarray, chosen: int = -1, u: float | None = None, words: str = "",
        other: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Shows p (K,). `chosen`: the level to mark, -1 for none; `u`: the draw, None where it does not decide;
        `words`: of the chosen level; `other`: a second distribution (K,), drawn as frames."""
        self._other = np.empty(0) if other is None else np.asarray(other, float)
        self._p, self._chosen, self._u, self._words = np.asarray(p, float), chosen, u, words
        told = f"{len(self._p)} levels; " + (f"{words}, p = {self._p[chosen]:.3g}" if chosen >= 0 else "none chosen")
        self.setAccessibleDescription(told + (f"; u = {u:.3f}" if u is not None else ""))
        self.update()

    def probabilities(self) -> np.ndarray:
        """What is shown, (K,)."""
        return self._p

    def chosen(self) -> int:
        """The marked level; -1 for none."""
        return self._chosen

    def uniform(self) -> float | None:
        """The draw that is shown."""
        return self._u

    def x_of(self, level: float) -> float:
        """Where a level's bar begins, in pixels from the left."""
        return level / max(1, len(self._p)) * self.width()

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 20), theme.em(self, 12 if self._cumulates else 7))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 8), theme.em(self, 6.5 if self._cumulates else 4))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self._p.size:
            level = int(event.position().x() / self.width() * len(self._p))
            self.level_clicked.emit(min(max(level, 0), len(self._p) - 1))

    # -- drawing ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._p.size:
            return
        painter, line = QPainter(self), float(self.fontMetrics().height())
        foot = self.height() - (1.2 * line if self._tiles is None else min(self.width() / len(self._p), 2.2 * line))
        band = 0.45 * line if self._swatch is not None else 0.0
        head = 1.1 * line if self._tiles is not None else 1.5 * line
        middle = head + 0.58 * (foot - band - head) if self._cumulates else foot - band
        self._paint_bars(painter, QRectF(0, head, self.width(), middle - head))
        self._paint_swatch(painter, QRectF(0, middle, self.width(), band))
        if self._cumulates:
            self._paint_sum(
                painter, QRectF(0, middle + band + 0.25 * line, self.width(), foot - middle - band - 0.25 * line)
            )
        if self._tiles is not None:
            self._paint_tiles(painter, foot)
            return
        painter.setPen(QColor(theme.current().muted))
        below = QRectF(0, foot, self.width(), 1.2 * line)
        for words, side in zip(self._ends, (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight), strict=True):
            painter.drawText(below, side | Qt.AlignmentFlag.AlignBottom, words)

    def _paint_bars(self, painter: QPainter, area: QRectF) -> None:
        look, most = theme.current(), max(float(self._p.max()), float(self._other.max(initial=0.0)), 1e-12)
        pitch = area.width() / len(self._p)
        gap = 0.12 * pitch if pitch > 4 else 0.0
        plain = QColor(look.data)
        plain.setAlphaF(0.55)
        for level, p in enumerate(self._p):
            tall = area.height() * float(p) / most
            bar = QRectF(level * pitch + gap, area.bottom() - tall, max(pitch - 2 * gap, 1.0), tall)
            painter.fillRect(bar, QColor(look.model) if level == self._chosen else plain)
        frames = QColor(look.exact if self._frames_are_exact else look.text)
        painter.setPen(QPen(frames, max(1.0, 0.1 * self.fontMetrics().height())))
        for level, p in enumerate(self._other):
            tall = area.height() * float(p) / most
            painter.drawRect(QRectF(level * pitch + gap / 2, area.bottom() - tall, pitch - gap, tall))
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), QColor(look.border))
        if self._tiles is not None:
            self._paint_numbers(painter, area, pitch, most)
        elif self._chosen >= 0:
            self._point_down(painter, (self._chosen + 0.5) * pitch, area)

    def _paint_numbers(self, painter: QPainter, area: QRectF, pitch: float, most: float) -> None:
        """Each probability above its bar."""
        painter.setPen(QColor(theme.current().text))
        for level, p in enumerate(self._p):
            top = area.bottom() - area.height() * float(p) / most
            box = QRectF(level * pitch - pitch / 2, top - 1.15 * self.fontMetrics().height(), 2 * pitch, 0)
            box.setHeight(1.1 * self.fontMetrics().height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{p:.3f}".removeprefix("0"))

    def _point_down(self, painter: QPainter, x: float, area: QRectF) -> None:
        """A triangle above the chosen bar, and above that its words."""
        look, line = theme.current(), float(self.fontMetrics().height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(look.model))
        tip, size = QPointF(x, area.top()), 0.3 * line
        painter.drawPolygon(QPolygonF([tip, tip + QPointF(-size, -1.4 * size), tip + QPointF(size, -1.4 * size)]))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(QColor(look.text))
        words = f"{self._words}: p = {self._p[self._chosen]:.3f}" if self._words else f"p = {self._p[self._chosen]:.3f}"
        wide = painter.fontMetrics().horizontalAdvance(words)
        left = min(max(x - wide / 2, 0.0), max(self.width() - wide, 0.0))
        painter.drawText(QPointF(left, painter.fontMetrics().ascent()), words)

    def _paint_tiles(self, painter: QPainter, top: float) -> None:
        """The images below their bars, framed."""
        assert self._tiles is not None
        side, look = self.height() - top, theme.current()
        gap = 0.15 * side
        for level in range(len(self._p)):
            middle = (level + 0.5) * self.width() / len(self._p)
            place = QRectF(middle - (side - gap) / 2, top + gap, side - gap, side - gap - 1)
            self._tiles.draw(painter, level, place)
            painter.setPen(QPen(QColor(look.model if level == self._chosen else look.border), 1))
            painter.drawRect(place)

    def _paint_swatch(self, painter: QPainter, area: QRectF) -> None:
        if self._swatch is None:
            return
        tint, pitch = _SWATCH[self._swatch], area.width() / len(self._p)
        for level in range(len(self._p)):
            value = level / max(1, len(self._p) - 1)
            painter.fillRect(
                QRectF(level * pitch, area.top(), pitch + 0.5, area.height()),
                QColor.fromRgbF(*(value * part for part in tint)),
            )

    def _paint_sum(self, painter: QPainter, area: QRectF) -> None:
        look, total = theme.current(), np.cumsum(self._p)
        thin = max(1.0, 0.1 * self.fontMetrics().height())
        pitch = area.width() / len(self._p)
        steps = QPolygonF([QPointF(area.left(), area.bottom())])
        for level, height in enumerate(total):
            y = area.bottom() - min(float(height), 1.0) * area.height()
            steps.append(QPointF(level * pitch, y))
            steps.append(QPointF((level + 1) * pitch, y))
        painter.fillRect(QRectF(area.left(), area.bottom() - 1, area.width(), 1), QColor(look.border))
        painter.setPen(QPen(QColor(look.data), thin))
        painter.drawPolyline(steps)
        if self._u is None:
            return
        y, x = area.bottom() - self._u * area.height(), (self._chosen + 0.5) * pitch
        painter.setPen(QPen(QColor(look.model), thin, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(area.left(), y), QPointF(x, y))
        painter.drawLine(QPointF(x, y), QPointF(x, area.top()))
        words = f"u = {self._u:.3f}"
        wide, ascent = painter.fontMetrics().horizontalAdvance(words), painter.fontMetrics().ascent()
        left = x + 0.5 * ascent if x + wide + ascent < self.width() else max(0.0, x - wide - 0.5 * ascent)
        base = min(max(y + 0.4 * ascent, area.top() + ascent), area.bottom() - 2)
        plate = QRectF(left - 2, base - ascent, wide + 4, ascent + 2)
        painter.fillRect(plate, theme.faded(look.window, 0.85))
        painter.setPen(QColor(look.text))
        painter.drawText(QPointF(left, base), words)
