"""A short piece of a curve's line: says which curve of a plot belongs to what stands beside it."""

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import series_pen
from playground.gui.widgets.drawn_widget import DrawnWidget


class SeriesKey(DrawnWidget):
    """The line of the curve number `index` in a `CurvePlot`: colour and dashes."""

    def __init__(self, name: str, index: int, parent: QWidget | None = None) -> None:
        super().__init__(name, "Line of the curve", "The curve drawn in this line is this run's", parent)
        self._index = index
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 2), theme.em(self, 0.6))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(series_pen(self, self._index, 0.2))
        middle = self.height() / 2
        painter.drawLine(QPointF(1, middle), QPointF(self.width() - 1, middle))
