"""Points at a control: brings it into sight and draws a frame around it that blinks for a moment."""

from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QScrollArea, QTabWidget, QWidget

from playground.gui.widgets import theme

BLINKS = 6
BLINK_MILLISECONDS = 220


class Flash(QWidget):
    """The frame, on top of the window; it takes no clicks and goes away by itself."""

    def __init__(self, target: QWidget) -> None:
        super().__init__(target.window())
        self._target = target
        self._left = BLINKS
        self.setObjectName("flash")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._timer = QTimer(self)
        self._timer.setInterval(BLINK_MILLISECONDS)
        self._timer.timeout.connect(self._blink)
        target.destroyed.connect(self.close)
        _bring_into_sight(target)
        self._timer.start()
        self._place()
        self.show()
        self.raise_()

    def target(self) -> QWidget:
        """What it points at."""
        return self._target

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._left % 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        line = theme.em(self, 0.25)
        painter.setPen(QPen(QColor(theme.current().model), line))
        painter.drawRoundedRect(self.rect().adjusted(line, line, -line, -line), line, line)

    def _blink(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._timer.stop()
            self.close()
            return
        self._place()
        self.update()

    def _place(self) -> None:
        air = theme.em(self, 0.4)
        corner = self._target.mapTo(self.window(), QPoint(0, 0))
        self.setGeometry(QRect(corner, self._target.size()).adjusted(-air, -air, air, air))


def _bring_into_sight(target: QWidget) -> None:
    """Chooses the tabs that the control stands in and scrolls to it."""
    outer = target.parentWidget()
    while outer is not None:
        if isinstance(outer, QTabWidget):
            for page in [outer.widget(index) for index in range(outer.count())]:
                if page is not None and page.isAncestorOf(target):
                    outer.setCurrentWidget(page)
        if isinstance(outer, QScrollArea):
            outer.ensureWidgetVisible(target)
        outer = outer.parentWidget()
