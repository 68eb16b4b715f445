"""A horizontal slider that paints its own groove, jumps to the click, and ignores a wheel in passing."""

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from playground.gui.widgets import theme


class GrooveSlider(QSlider):
    """A slider whose subclasses say how the groove looks (`paint_groove`) and how far the handle may go (`limit`)."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Range and steps are set as on any QSlider."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def limit(self) -> int:
        """The largest value that a person may choose now."""
        return self.maximum()

    def paint_groove(self, painter: QPainter, groove: QRectF) -> None:
        """Draws the groove; the painter has the whole widget to draw on."""
        self.fill(painter, groove, theme.current().border)

    def fill(self, painter: QPainter, area: QRectF, colour: str | QColor) -> None:
        """Draws a part of the groove with round ends."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(area, area.height() / 2, area.height() / 2)

    def x_of(self, value: int) -> float:
        """Where the handle's middle stands at a value, in pixels from the left."""
        radius = self._radius()
        share = (value - self.minimum()) / max(1, self.maximum() - self.minimum())
        return radius + share * (self.width() - 2 * radius)

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 9), theme.em(self, 1.3))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 4), theme.em(self, 1.3))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self.updateGeometry()
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, radius, thickness = self.height() / 2, self._radius(), theme.em(self, 0.28)
        groove = QRectF(radius, middle - thickness / 2, self.width() - 2 * radius, thickness)
        self.paint_groove(painter, groove)
        colour = now.accent if self.isEnabled() else now.border
        centre = QPointF(self.x_of(self.value()), middle)
        if self.hasFocus():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.faded(colour, 0.3))
            painter.drawEllipse(centre, radius, radius)
        painter.setPen(QPen(QColor(now.base), theme.em(self, 0.08)))
        painter.setBrush(QColor(colour))
        painter.drawEllipse(centre, 0.72 * radius, 0.72 * radius)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.isSliderDown():
            self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.setSliderDown(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def _follow(self, event: QMouseEvent) -> None:
        radius = self._radius()
        share = (event.position().x() - radius) / max(1.0, self.width() - 2 * radius)
        value = self.minimum() + round(share * (self.maximum() - self.minimum()))
        self.setValue(min(value, self.limit()))

    def _radius(self) -> float:
        return theme.em(self, 1.2) / 2
