"""One picture whose pixels can be painted, by mouse or by keyboard."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.tiles import TileSheet, crisp_factor, snapped

_MOVES = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip
_BRIGHT = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DARK = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)
_BUTTONS = {Qt.MouseButton.LeftButton: 1.0, Qt.MouseButton.RightButton: 0.0}
_SHARE = 16  # the brush is this part of the picture high, and at least a pixel


class PixelBrush(DrawnWidget):
    """An image (C, H, W). The left button paints bright, the right one dark; arrow keys move the cursor, Space paints
    bright there and Delete dark.

    Signals:
        painted: the whole image as it is after a stroke.
    """

    painted = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tip = "Left button paints bright, right dark. Arrow keys move the cursor, Space paints bright, Delete dark."
        super().__init__(name, "Brush", tip, parent)
        self._image = np.zeros((1, 1, 1), np.float32)
        self._sheet = TileSheet(self._image[None])
        self._cursor = (0, 0)  # row, column
        self._ink: float | None = None  # of the stroke under way
        self._hovered = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def image(self) -> np.ndarray:
        """What is on show, (C, H, W), as it was given and painted."""
        return self._image

    def set_image(self, image: np.ndarray) -> None:
        """Shows another image; one that is painted on just now stays until the stroke has ended."""
        if self._ink is None:
            self._image = np.array(image, np.float32)
            row, column = self._cursor
            self._cursor = (min(row, image.shape[1] - 1), min(column, image.shape[2] - 1))
            self._redraw()

    def pixel_rect(self, row: int, column: int) -> QRectF:
        """Where a pixel lies in the widget."""
        area = self._area()
        side = area.width() / self._image.shape[2]
        return QRectF(area.left() + column * side, area.top() + row * side, side, side)

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 10), theme.em(self, 10))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 5), theme.em(self, 5))

    # -- painting -----------------------------------------------------------------------------------------------------

    def _dab(self, ink: float) -> None:
        """One touch of the brush at the cursor: a square of a pixel, of larger pictures of more."""
        height, width = self._image.shape[1:]
        reach = max(1, round(height / _SHARE))
        top, left = (max(0, at - (reach - 1) // 2) for at in self._cursor)
        self._image[:, top : min(top + reach, height), left : min(left + reach, width)] = ink
        self._redraw()

    def _end_stroke(self) -> None:
        self._ink = None
        self.painted.emit(self._image.copy())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        ink = _BUTTONS.get(event.button())
        if ink is not None and self.isEnabled():
            self._ink = ink
            self._follow(event.position())
            self._dab(ink)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hovered = True
        self._follow(event.position())
        if self._ink is not None:
            self._dab(self._ink)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._ink is not None:
            self._end_stroke()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        self.update()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()  # Space and the arrows act on the picture, whatever they do elsewhere in the window
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _is_own(event):
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if key in _MOVES:
            limits = self._image.shape[1:]
            self._cursor = (
                min(max(self._cursor[0] + _MOVES[key][0], 0), limits[0] - 1),
                min(max(self._cursor[1] + _MOVES[key][1], 0), limits[1] - 1),
            )
            self._describe()
            self.update()
        else:
            self._dab(0.0 if key in _DARK else 1.0)
            self._end_stroke()

    def _follow(self, point: QPointF) -> None:
        area = self._area()
        side = area.width() / self._image.shape[2]
        row, column = int((point.y() - area.top()) // side), int((point.x() - area.left()) // side)
        height, width = self._image.shape[1:]
        self._cursor = (min(max(row, 0), height - 1), min(max(column, 0), width - 1))

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._sheet = TileSheet(self._image[None])
        self._describe()
        self.update()

    def _describe(self) -> None:
        row, column = self._cursor
        self.setAccessibleDescription(f"cursor at row {row}, column {column}")

    def _area(self) -> QRectF:
        """The picture on the screen, as large as it fits by alike pixels."""
        height, width = self._image.shape[1:]
        ratio = self.devicePixelRatioF()
        factor = crisp_factor(min(self.width() / width, self.height() / height), ratio)
        size = QPointF(width * factor, height * factor)
        corner = QPointF((self.width() - size.x()) / 2, (self.height() - size.y()) / 2)
        corner = snapped(corner, ratio)
        return QRectF(corner, corner + size)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look, area = QPainter(self), theme.current(), self._area()
        line = max(1.0, self.fontMetrics().height() * 0.06)
        self._sheet.draw(painter, 0, area)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.accent if self.hasFocus() else look.border), line))
        painter.drawRect(area)
        if self.isEnabled() and (self.hasFocus() or self._hovered):
            painter.setPen(QPen(QColor(look.accent), 2 * line))
            painter.drawRect(self.pixel_rect(*self._cursor))


def _is_own(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    return plain and Qt.Key(event.key()) in (*_MOVES, *_BRIGHT, *_DARK)
