"""A frame that shows for a moment where to look."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme

MILLISECONDS = 1600


class Flash(QWidget):
    """Stands around some widgets until it goes by itself, and follows them; it takes no clicks."""

    def __init__(self, parent: QWidget, *around: QWidget) -> None:
        """`parent` holds all of `around`, at any depth."""
        super().__init__(parent)
        self.setObjectName("flash")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._around = around
        for widget in around:
            widget.installEventFilter(self)
        self._fit()
        self.raise_()
        self.show()
        QTimer.singleShot(MILLISECONDS, self, self.deleteLater)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        area, parent, gap = QRect(), self.parentWidget(), theme.em(self, 0.3)
        assert parent is not None
        for widget in self._around:
            area = area.united(QRect(widget.mapTo(parent, QPoint(0, 0)), widget.size()))
        self.setGeometry(area.adjusted(-gap, -gap, gap, gap))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look = QPainter(self), theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        width = theme.em(self, 0.16)
        painter.setPen(QPen(QColor(look.model), width))
        painter.setBrush(theme.faded(look.model, 0.12))
        inset = (width + 1) // 2
        painter.drawRoundedRect(self.rect().adjusted(inset, inset, -inset, -inset), 3 * width, 3 * width)
