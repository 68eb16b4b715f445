"""Shows where to look: brings a control into sight, and draws a frame around it for a moment."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QScrollArea, QTabWidget, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible

MILLISECONDS = 1600


class Flash(QWidget):
    """Stands around some widgets until it goes by itself or one of them does, and follows them; it takes no clicks."""

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
        elif event.type() == QEvent.Type.Hide:
            self.deleteLater()
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


def reveal(target: QWidget) -> None:
    """Opens what hides a control, tabs and folded sections; a scroll area goes to it as soon as it has its place."""
    outer = target.parentWidget()
    while outer is not None:
        if isinstance(outer, Collapsible):
            outer.set_open(True)
        elif isinstance(outer, QTabWidget):
            pages = [page for index in range(outer.count()) if (page := outer.widget(index)) is not None]
            outer.setCurrentWidget(next((page for page in pages if page.isAncestorOf(target)), outer.currentWidget()))
        elif isinstance(outer, QScrollArea):
            QTimer.singleShot(0, target, lambda outer=outer: outer.ensureWidgetVisible(target))
        outer = outer.parentWidget()
