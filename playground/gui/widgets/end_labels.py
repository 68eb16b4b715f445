"""Names written where the curves end: what a legend would say, without the reader having to look it up."""

from collections.abc import Sequence
from dataclasses import dataclass

import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget


@dataclass(frozen=True)
class EndLabel:
    """One label: where its curve ends (in the plot's own y units), what it is called, and the value it shows."""

    text: str
    value: str
    colour: str
    y: float


class EndLabels(DrawnWidget):
    """A column to the right of a plot; labels that would collide move apart and keep a thin line to their curve."""

    def __init__(self, name: str, plot: pg.PlotWidget, parent: QWidget | None = None) -> None:
        super().__init__(name, "Curve labels", "The name of each curve and its latest or marked value", parent)
        self._plot = plot
        self._labels: list[EndLabel] = []
        self._width = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)

    def set_labels(self, labels: Sequence[EndLabel]) -> None:
        """Shows these labels in place of the ones before."""
        fresh_names = [label.text for label in labels] != [label.text for label in self._labels]
        self._labels = list(labels)
        self.setAccessibleDescription(", ".join(f"{label.text} {label.value}".strip() for label in labels))
        # The column only grows while the names stay: digits that come and go must not make the plot breathe.
        needed = self._needed_width()
        if fresh_names or needed > self._width:
            self._width = needed
            self.updateGeometry()
        self.update()

    def texts(self) -> list[str]:
        """The labels as a reader sees them, top to bottom as they were given."""
        return [f"{label.text} {label.value}".strip() for label in self._labels]

    def restyle(self) -> None:
        self._width = self._needed_width()
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._width, theme.em(self, 3))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._width, 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(theme.current().base))
        lead, line = theme.em(self, 0.9), self.fontMetrics().height()
        ends = [self._pixel(label.y) for label in self._labels]
        places = spread(ends, line * 1.05, line / 2, self.height() - line / 2)
        for label, end, place in zip(self._labels, ends, places, strict=True):
            colour = QColor(label.colour)
            painter.setPen(QPen(colour, max(1.0, line * 0.06)))
            painter.drawPolyline(QPolygonF([QPointF(0, end), QPointF(lead * 0.3, end), QPointF(lead * 0.7, place)]))
            box = QRectF(lead, place - line / 2, self.width() - lead, line)
            bold = self.font()
            bold.setBold(True)
            painter.setFont(bold)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, label.text)
            box.setLeft(lead + painter.fontMetrics().horizontalAdvance(f"{label.text} "))
            painter.setFont(self.font())
            painter.setPen(QColor(theme.current().text))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, label.value)

    def _pixel(self, y: float) -> float:
        """The height of a plot value in this widget, kept inside the plot's own frame."""
        box = self._plot.getPlotItem().getViewBox()
        frame = box.sceneBoundingRect()
        place = box.mapViewToScene(QPointF(0.0, y)).y()
        return min(max(place, frame.top()), frame.bottom())

    def _needed_width(self) -> int:
        if not self._labels:
            return 0
        bold = self.font()
        bold.setBold(True)
        metrics, strong = self.fontMetrics(), pg.QtGui.QFontMetrics(bold)
        widest = max(
            strong.horizontalAdvance(f"{label.text} ") + metrics.horizontalAdvance(label.value)
            for label in self._labels
        )
        return theme.em(self, 1.2) + widest


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places in [low, high], in the order of `wanted`, at least `gap` apart and as near to `wanted` as a sweep gets."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    places = list(wanted)
    floor = low
    for index in order:
        places[index] = max(places[index], floor)
        floor = places[index] + gap
    ceiling = high
    for index in reversed(order):
        places[index] = min(places[index], ceiling)
        ceiling = places[index] - gap
    return places
