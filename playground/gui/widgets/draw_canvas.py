"""A few pixels to draw on by mouse or pen, or to drop a picture file on."""

import base64
import binascii

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.tiles import TileSheet, crisp_factor

_BRUSH = 0.05  # radius, of the picture's height


class DrawCanvas(DrawnWidget):
    """A picture (C, H, W) in [0, 1] under a round brush.

    The left button draws with the ink, the right one erases. By keyboard: arrow keys move the brush, Space draws,
    Delete clears.

    Signals:
        edited(): a person drew or cleared.
        dropped(str): a person dropped a file on it; the owner reads it.
        control_changed(): another picture is on it.
    """

    edited = Signal()
    dropped = Signal(str)
    control_changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tooltip = (
            "Draw here, erase with the right button, or drop a picture file.\n"
            "Keys: arrows move the brush, Space draws, Delete clears."
        )
        super().__init__(name, "Drawing", tooltip, parent)
        self._image: np.ndarray = np.zeros((1, 8, 8), dtype=np.float32)
        self._ink = np.ones(3, dtype=np.float32)
        self._last: QPointF | None = None  # where the brush was, in pixels of the picture
        self._brush = QPointF(4.0, 4.0)  # where the keyboard's brush is
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_shape(self, shape: tuple[int, int, int]) -> None:
        """An empty, black picture of this shape; one of the same shape stays."""
        if self._image.shape != tuple(shape):
            self._image = np.zeros(shape, dtype=np.float32)
            self._brush = QPointF(shape[2] / 2, shape[1] / 2)
            self.update()

    def image(self) -> np.ndarray:
        """What is on it, float32 (C, H, W)."""
        return self._image.copy()

    def set_image(self, image: np.ndarray) -> None:
        """Shows another picture of its shape. Raises ValueError by shape."""
        if image.shape != self._image.shape:
            raise ValueError(f"expected {self._image.shape}, got {image.shape}")
        self._image = image.astype(np.float32)
        self.update()
        self.control_changed.emit()

    def set_ink(self, colour: tuple[float, float, float]) -> None:
        """The colour of the brush, red, green and blue in [0, 1]; on gray pictures their mean."""
        self._ink = np.array(colour, dtype=np.float32)

    def clear(self) -> None:
        """All black, as a person does it."""
        self._image[:] = 0
        self._was_edited()

    # -- as a control -------------------------------------------------------------------------------------------------

    def control_value(self) -> str:
        """Its pixels, a byte a number, in base 64."""
        return base64.b64encode((self._image * 255).round().astype(np.uint8).tobytes()).decode()

    def set_control_value(self, value: object) -> None:
        """Shows such pixels; what was made of them is kept elsewhere. Raises ValueError where they are not as many as
        it has."""
        try:
            pixels = np.frombuffer(base64.b64decode(str(value), validate=True), np.uint8)
        except binascii.Error as error:
            raise ValueError("The drawing's value is not in base 64.") from error
        if pixels.size != self._image.size:
            raise ValueError(f"The drawing has {self._image.size} numbers, not {pixels.size}.")
        self.set_image(pixels.reshape(self._image.shape) / 255)

    # -- by hand ------------------------------------------------------------------------------------------------------

    def pixel_position(self, x: float, y: float) -> QPointF:
        """Where a place in the picture, in its pixels from the top left, lies in the widget."""
        area = self._area()
        return QPointF(area.left() + x * area.width() / self._image.shape[2],
                       area.top() + y * area.height() / self._image.shape[1])  # fmt: skip

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._last = None
        self._follow(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._follow(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._last = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, -1), Qt.Key.Key_Down: (0, 1)}
        key = Qt.Key(event.key())
        if key in moves:
            height, width = self._image.shape[1:]
            x, y = self._brush.x() + moves[key][0], self._brush.y() + moves[key][1]
            self._brush = QPointF(min(max(x, 0.5), width - 0.5), min(max(y, 0.5), height - 0.5))
            self.update()
        elif key == Qt.Key.Key_Space:
            self._paint_line(self._brush, self._brush, self._ink)
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.clear()
        else:
            super().keyPressEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
        if files:
            event.acceptProposedAction()
            self.dropped.emit(files[0])

    def _follow(self, event: QMouseEvent) -> None:
        erases = bool(event.buttons() & Qt.MouseButton.RightButton)
        if not erases and not event.buttons() & Qt.MouseButton.LeftButton:
            return
        area = self._area()
        share = event.position() - area.topLeft()
        height, width = self._image.shape[1:]
        here = QPointF(share.x() / max(area.width(), 1) * width, share.y() / max(area.height(), 1) * height)
        self._paint_line(self._last or here, here, np.zeros(3, np.float32) if erases else self._ink)
        self._last = here

    def _paint_line(self, start: QPointF, end: QPointF, ink: np.ndarray) -> None:
        """The brush along a line, between places in pixels, with an edge one pixel soft."""
        channels, height, width = self._image.shape
        y, x = np.mgrid[:height, :width] + 0.5
        along = np.array([end.x() - start.x(), end.y() - start.y()])
        square = float(along @ along)
        share = ((x - start.x()) * along[0] + (y - start.y()) * along[1]) / square if square else np.zeros_like(x)
        share = share.clip(0, 1)
        distance = np.hypot(x - start.x() - share * along[0], y - start.y() - share * along[1])
        cover = (max(_BRUSH * height, 0.9) + 0.5 - distance).clip(0, 1)[None].astype(np.float32)
        colour = (ink if channels == 3 else ink.mean(keepdims=True))[:, None, None]
        self._image += cover * (colour - self._image)
        self._was_edited()

    def _was_edited(self) -> None:
        self.update()
        self.edited.emit()
        self.control_changed.emit()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 10), theme.em(self, 10))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 5), theme.em(self, 5))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, area, look = QPainter(self), self._area(), theme.current()
        line = max(1.0, 0.06 * self.fontMetrics().height())
        TileSheet(self._image[None]).draw(painter, 0, area)
        painter.setPen(QPen(QColor(look.accent if self.hasFocus() else look.border), 2 * line))
        painter.drawRect(area)
        if self.hasFocus():
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            radius = max(_BRUSH * self._image.shape[1], 0.9) * area.height() / self._image.shape[1]
            painter.setPen(QPen(QColor(look.accent), line))
            painter.drawEllipse(self.pixel_position(self._brush.x(), self._brush.y()), radius, radius)

    def _area(self) -> QRectF:
        height, width = self._image.shape[1:]
        room = 0.3 * self.fontMetrics().height()
        scale = crisp_factor(
            min((self.width() - room) / width, (self.height() - room) / height), self.devicePixelRatioF()
        )
        size = QPointF(scale * width, scale * height)
        corner = QPointF((self.width() - size.x()) / 2, (self.height() - size.y()) / 2)
        return QRectF(corner, corner + size)
