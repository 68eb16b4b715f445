"""Darkens a window but for the control that is being used, so that a class looks where the teacher acts."""

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QApplication, QWidget

from playground.gui.widgets import theme

SHADE = 0.55  # of the light that it takes
LOOK_MILLISECONDS = 100
_LEAST = 0.8  # em around the control


class Spotlight(QWidget):
    """Lies over a whole window and takes no clicks; follows the focus, or a control that it is pointed at."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("spotlight")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()
        self._target: QWidget | None = None
        self._area = QRect()
        self._timer = QTimer(self)  # a control may move, fold or go without a word
        self._timer.setInterval(LOOK_MILLISECONDS)
        self._timer.timeout.connect(self._look)
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_moved)

    @property
    def lit(self) -> QRect:
        """What stays bright, in the window's coordinates; empty where nothing is singled out."""
        return self._area

    def set_on(self, on: bool) -> None:
        """On or off."""
        self.setVisible(on)
        if on:
            self._timer.start()
            self._fit()
            self.point_at(QApplication.focusWidget())
        else:
            self._timer.stop()

    def point_at(self, target: QWidget | None) -> None:
        """Another control; the window itself and what is no part of it are not singled out."""
        window = self.parentWidget()
        if target is not None and target is not window and window is not None and window.isAncestorOf(target):
            self._target = target
        self._look()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self._fit()
        return False

    def _focus_moved(self, _old: QWidget | None, new: QWidget | None) -> None:
        if self.isVisible():
            self.point_at(new)

    def _fit(self) -> None:
        window = self.parentWidget()
        assert window is not None
        self.setGeometry(window.rect())
        self.raise_()

    def _look(self) -> None:
        area, window = QRect(), self.parentWidget()
        assert window is not None
        try:
            if self._target is not None and self._target.isVisible():
                gap = theme.em(self, _LEAST)
                corner = self._target.mapTo(window, QPoint(0, 0))
                area = QRect(corner, self._target.size()).adjusted(-gap, -gap, gap, gap)
        except RuntimeError:  # its panel is gone
            self._target = None
        if area != self._area:
            self._area = area
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._area.isEmpty():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        radius = theme.em(self, 0.5)
        shade, hole = QPainterPath(), QPainterPath()
        shade.addRect(self.rect().toRectF())
        hole.addRoundedRect(self._area.toRectF(), radius, radius)
        dark = QColor("black")
        dark.setAlphaF(SHADE)
        painter.fillPath(shade.subtracted(hole), dark)
        painter.setPen(QPen(QColor(theme.current().accent), theme.em(self, 0.15)))
        painter.drawPath(hole)
