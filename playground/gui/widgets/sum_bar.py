"""A quantity as the sum of two others: one bar above, its two parts below, all to one scale."""

from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget

_LEAST_SPAN = (
    3.0  # of the axis; it doubles when the sum outgrows it, so that small changes move the ends, not the scale
)


class Part(NamedTuple):
    """A name and its value."""

    name: str
    value: float


class SumBar(DrawnWidget):
    """Shows ``total = first + second``, the first possibly negative. The second part is hatched as well as coloured."""

    def __init__(self, name: str, unit: str = "", parent: QWidget | None = None) -> None:
        super().__init__(name, "Sum", "The upper bar is as long as the two below it together", parent)
        self._unit = unit
        self._first = self._second = Part("", 0.0)
        self._total = ""
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_parts(self, total: str, first: Part, second: Part) -> None:
        """Draws these; the total's value is the sum."""
        self._total, self._first, self._second = total, first, second
        self.setAccessibleDescription(", ".join(self.texts()))
        self.update()

    def texts(self) -> list[str]:
        """What stands in the bars: the sum, then the parts."""
        parts = (Part(self._total, self._first.value + self._second.value), self._first, self._second)
        return [f"{part.name} {part.value:,.3f} {self._unit}".replace("-", "−").strip() for part in parts]

    def span(self) -> float:
        """Where the axis ends."""
        span = _LEAST_SPAN
        while span < self._first.value + self._second.value:
            span *= 2
        return span

    def restyle(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 24), theme.em(self, 3.6))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 14), theme.em(self, 3.6))

    def paintEvent(self, event: QPaintEvent) -> None:
        look, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        total, first, second = self.texts()
        at = self._first.value
        end = at + self._second.value
        self._bar(painter, 0, 0.0, end, look.data, Qt.BrushStyle.SolidPattern)
        self._bar(painter, 1, 0.0, at, look.muted, Qt.BrushStyle.SolidPattern)
        self._bar(painter, 1, at, end, look.model, Qt.BrushStyle.BDiagPattern)
        self._words(painter, 0, self._x(max(end, 0.0)), total)
        room = self._x(at) - self._x(0.0)
        fits = painter.fontMetrics().horizontalAdvance(first) + theme.em(self, 0.8) < room
        if fits:
            painter.setPen(QColor(look.base))
            box = self._row(1)
            box.setLeft(self._x(0.0) + theme.em(self, 0.4))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, first)
        self._words(painter, 1, self._x(max(end, 0.0)), second if fits else f"{first}   {second}")

    def _bar(
        self, painter: QPainter, row: int, start: float, end: float, colour: str, pattern: Qt.BrushStyle
    ) -> None:  # fmt: skip
        box = self._row(row)
        box.setLeft(min(self._x(start), self._x(end)))
        box.setRight(max(self._x(start), self._x(end)))
        painter.setPen(QPen(QColor(colour), max(1.0, theme.em(self) * 0.08)))
        painter.setBrush(QBrush(QColor(colour), pattern))
        painter.drawRect(box)

    def _words(self, painter: QPainter, row: int, x: float, text: str) -> None:
        """Beside the end of a bar, or inside its end where there is no room beside it."""
        box, air = self._row(row), theme.em(self, 0.4)
        width = painter.fontMetrics().horizontalAdvance(text)
        if x + air + width > self.width():
            left = x - width - 2 * air
            left = left if left >= 0 else self.width() - width - air  # or at the edge, where a bar is too short
            plate = QRectF(left, box.top() + air / 4, width + air, box.height() - air / 2)
            painter.fillRect(plate, QColor(theme.current().window))
            x = plate.left() - air / 2
        painter.setPen(QColor(theme.current().text))
        painter.drawText(QPointF(x + air, box.center().y() + painter.fontMetrics().ascent() * 0.4), text)

    def _row(self, row: int) -> QRectF:
        height = self.height() / 2
        return QRectF(0, row * height + height * 0.08, self.width(), height * 0.84)

    def _x(self, value: float) -> float:
        low = min(self._first.value, 0.0)
        edge = theme.em(self, 0.1)
        return edge + (value - low) / (self.span() - low) * (self.width() - 2 * edge)
