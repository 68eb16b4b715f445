"""A frame that shows for a moment where to look."""

from PySide6.QtCore import QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme

MILLISECONDS = 1600


class Flash(QWidget):
    """Stands around some widgets of one parent until it goes by itself; it takes no clicks."""

    def __init__(self, *around: QWidget) -> None:
        parent = around[0].parentWidget()
        super().__init__(parent)
        self.setObjectName("flash")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        area = QRect()
        for widget in around:
            area = area.united(widget.geometry())
        gap = theme.em(self, 0.2)
        self.setGeometry(area.adjusted(-gap, -gap, gap, gap).intersected(parent.rect()) if parent else area)
        self.raise_()
        self.show()
        QTimer.singleShot(MILLISECONDS, self, self.deleteLater)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = theme.em(self, 0.16)
        painter.setPen(QPen(QColor(look.model), width))
        painter.setBrush(theme.faded(look.model, 0.12))
        inset = (width + 1) // 2
        painter.drawRoundedRect(self.rect().adjusted(inset, inset, -inset, -inset), 3 * width, 3 * width)
