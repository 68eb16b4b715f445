"""A square of the plane in the middle of a widget: where a point of it lies on the screen, and what lies behind it."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.plots import blend


class Square(DrawnWidget):
    """Draws the plane from -`extent` to `extent` along both axes, as large as it fits.

    Attributes:
        extent: half the side of the square in the plane.
    """

    def __init__(self, name: str, title: str, tooltip: str, extent: float = 3.0, parent: QWidget | None = None) -> None:
        super().__init__(name, title, tooltip, parent)
        self.extent = extent
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def area(self) -> QRectF:
        """The square on the screen."""
        side = float(min(self.width(), self.height()))
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side).adjusted(1, 1, -1, -1)

    def scale(self) -> float:
        """Pixels a unit of the plane."""
        return self.area().width() / (2 * self.extent)

    def to_screen(self, x: float, y: float) -> QPointF:
        """Where a point of the plane lies on the screen."""
        area, scale = self.area(), self.scale()
        return QPointF(area.left() + (x + self.extent) * scale, area.bottom() - (y + self.extent) * scale)

    def to_plane(self, point: QPointF) -> tuple[float, float]:
        """The point of the plane at a place on the screen; beyond the square it goes on."""
        area, scale = self.area(), self.scale()
        return (point.x() - area.left()) / scale - self.extent, (area.bottom() - point.y()) / scale - self.extent

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 22), theme.em(self, 22))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 8), theme.em(self, 8))

    def paint_ground(self, painter: QPainter, heat: np.ndarray | None = None, level: bool = True) -> None:
        """The ground with a map (H, W) of numbers in [0, 1] on it, row 0 lowest, and axes through the middle; without
        `level` only the upright one."""
        look, area = theme.current(), self.area()
        painter.fillRect(area, QColor(look.base))
        if heat is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(area, heat_image(heat))
        painter.setPen(QPen(QColor(look.grid), self._hairline()))
        if level:
            painter.drawLine(QPointF(area.left(), area.center().y()), QPointF(area.right(), area.center().y()))
        painter.drawLine(QPointF(area.center().x(), area.top()), QPointF(area.center().x(), area.bottom()))

    def paint_frame(self, painter: QPainter) -> None:
        """The outline, bolder where the keyboard acts on the square."""
        look, focused = theme.current(), self.hasFocus()
        width = 2 * self._hairline() if focused else self._hairline()
        painter.setPen(QPen(QColor(look.accent if focused else look.border), width))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(self.area())

    def _hairline(self) -> float:
        return max(1.0, self.fontMetrics().height() * 0.06)


def heat_image(heat: np.ndarray) -> QImage:
    """Numbers (H, W) in [0, 1], row 0 lowest, in the colours of densities."""
    stops = theme.current().density
    table = []
    for level in range(256):
        place = level / 255 * (len(stops) - 1)
        left = min(int(place), len(stops) - 2)
        table.append(blend(stops[left], stops[left + 1], place - left).rgb())
    pixels = np.ascontiguousarray((np.clip(heat[::-1], 0.0, 1.0) * 255).astype(np.uint8))
    height, width = pixels.shape
    image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8).copy()  # outlives the array
    image.setColorTable(table)
    return image.convertToFormat(QImage.Format.Format_RGB32)  # indices cannot be smoothed
