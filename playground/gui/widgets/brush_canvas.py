"""A square on which a density is painted with a soft brush, by mouse or by keyboard."""

import base64
import binascii
import zlib

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.square import Square

CELLS = 64  # a side
SMALLEST, LARGEST = 0.1, 1.2  # radius of the brush, in the plane's units
_STRENGTH = 60.0  # of 255, that one dab adds in its middle
_STEP = 0.15  # of the cursor at an arrow key; five times as far with Shift
_MOVES = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip
_PAINTS = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_ERASES = (Qt.Key.Key_Delete, Qt.Key.Key_Backspace)


class BrushCanvas(Square):
    """A density on 64 x 64 cells. The left button paints, the right one erases; arrow keys move the cursor, Space
    paints there and Delete erases; the wheel changes the brush.

    Signals:
        control_changed: a stroke has ended, or all was cleared.
        painted: the density has changed, also in the middle of a stroke.
        brush_changed: the wheel chose another radius.
    """

    control_changed = Signal()
    painted = Signal()
    brush_changed = Signal(float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tip = "Left button paints, right button erases. Arrow keys move the cursor, Space paints, Delete erases."
        super().__init__(name, "Canvas", tip, parent=parent)
        self._ink = np.zeros((CELLS, CELLS), np.float32)  # 0 to 255, row 0 lowest
        self._radius = 0.35
        self._erasing = False
        self._stroke: tuple[float, float, bool] | None = None  # last place, and whether it erases
        self._cursor = (0.0, 0.0)
        self._hovered = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.CrossCursor)

    # -- what is painted ----------------------------------------------------------------------------------------------

    def density(self) -> np.ndarray:
        """What is painted, float32 (64, 64) in [0, 1], row 0 at the lowest y."""
        return np.round(self._ink) / 255

    def is_empty(self) -> bool:
        """Whether there is nothing to draw points from."""
        return not self.density().any()

    def clear(self) -> None:
        """An empty canvas, as an edit by the person."""
        if not self.is_empty():
            self._ink[:] = 0
            self._told()
            self.control_changed.emit()

    def control_value(self) -> str:
        """The density as a word: its cells as bytes, packed; "" for an empty canvas."""
        if self.is_empty():
            return ""
        return base64.b64encode(zlib.compress(np.round(self._ink).astype(np.uint8).tobytes(), 9)).decode()

    def set_control_value(self, value: object) -> None:
        """Paints a density from its word. Raises ValueError for anything else."""
        self._ink = _unpacked(str(value))
        self._told()
        self.control_changed.emit()

    # -- the brush ----------------------------------------------------------------------------------------------------

    def radius(self) -> float:
        """Of the brush, in the plane's units."""
        return self._radius

    def set_radius(self, radius: float) -> None:
        """Another brush, for what is painted from now on."""
        self._radius = min(max(radius, SMALLEST), LARGEST)
        self.update()

    def set_erasing(self, erasing: bool) -> None:
        """Whether the left button and Space take away."""
        self._erasing = erasing
        self.update()

    def dab(self, x: float, y: float, erase: bool = False) -> None:
        """One touch of the brush."""
        middles = (np.arange(CELLS) + 0.5) / CELLS * 2 * self.extent - self.extent
        distance = np.hypot(middles[None, :] - x, middles[:, None] - y) / self._radius
        soft = np.where(distance < 1, (1 - distance**2) ** 2, 0.0).astype(np.float32)
        self._ink = np.clip(self._ink + (-4 if erase else 1) * _STRENGTH * soft, 0, 255)
        self._told()

    # -- acting -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton):
            return
        erase = self._erasing or event.button() == Qt.MouseButton.RightButton
        x, y = self.to_plane(event.position())
        self._stroke = (x, y, erase)
        self._cursor = self._within(x, y)
        self.dab(x, y, erase)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        x, y = self.to_plane(event.position())
        self._cursor, self._hovered = self._within(x, y), True
        if self._stroke is not None:
            from_x, from_y, erase = self._stroke
            pace = self._radius / 3  # dabs stand so close that a fast stroke has no gaps
            count = int(np.hypot(x - from_x, y - from_y) / pace)
            for i in range(1, count + 1):
                self.dab(from_x + (x - from_x) * i / count, from_y + (y - from_y) * i / count, erase)
            if count:
                self._stroke = (x, y, erase)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._stroke is not None:
            self._stroke = None
            self.control_changed.emit()

    def leaveEvent(self, event: QEvent) -> None:
        self._hovered = False
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.set_radius(self._radius * 1.1 ** (event.angleDelta().y() / 120))
        self.brush_changed.emit(self._radius)
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()  # Space and the arrows paint here, whatever they do elsewhere in the window
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _is_own(event):
            super().keyPressEvent(event)
            return
        key = Qt.Key(event.key())
        if move := _MOVES.get(key):
            far = 5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            self._cursor = self._within(*(at + far * _STEP * step for at, step in zip(self._cursor, move, strict=True)))
            self._describe()
            self.update()
        else:
            self.dab(*self._cursor, self._erasing or key in _ERASES)
            self.control_changed.emit()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._describe()

    def _within(self, x: float, y: float) -> tuple[float, float]:
        return (float(np.clip(x, -self.extent, self.extent)), float(np.clip(y, -self.extent, self.extent)))

    def _told(self) -> None:
        self.update()
        self.painted.emit()

    def _describe(self) -> None:
        x, y = self._cursor
        self.setAccessibleDescription(f"cursor at {x:.2f}, {y:.2f}; {'empty' if self.is_empty() else 'painted'}")

    # -- drawing ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        density = self.density()
        self.paint_ground(painter, density)
        look = theme.current()
        if not density.any() and self._stroke is None:
            painter.setPen(QColor(look.muted))
            words = "Paint here: where there is more paint, there will be more points."
            room = self.area().adjusted(0, self.area().height() * 0.55, 0, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignHCenter | Qt.TextFlag.TextWordWrap, words)
        if self._hovered or self.hasFocus():
            painter.setClipRect(self.area())
            ink = look.warn if self._erasing or (self._stroke and self._stroke[2]) else look.accent
            style = Qt.PenStyle.DashLine if ink == look.warn else Qt.PenStyle.SolidLine
            painter.setPen(QPen(QColor(ink), 2 * self._hairline(), style))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            radius = self._radius * self.scale()
            middle = self.to_screen(*self._cursor)
            painter.drawEllipse(middle, radius, radius)
            arm = 0.3 * self.fontMetrics().height()
            painter.drawLine(middle - QPointF(arm, 0), middle + QPointF(arm, 0))
            painter.drawLine(middle - QPointF(0, arm), middle + QPointF(0, arm))
            painter.setClipping(False)
        self.paint_frame(painter)


def _is_own(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return plain and Qt.Key(event.key()) in (*_MOVES, *_PAINTS, *_ERASES)


def _unpacked(word: str) -> np.ndarray:
    if not word:
        return np.zeros((CELLS, CELLS), np.float32)
    try:
        data = zlib.decompressobj().decompress(base64.b64decode(word, validate=True), CELLS**2 + 1)
    except (binascii.Error, zlib.error, ValueError) as error:
        raise ValueError("the painted density cannot be read") from error
    if len(data) != CELLS**2:
        raise ValueError(f"a painted density has {CELLS} x {CELLS} cells")
    return np.frombuffer(data, np.uint8).reshape(CELLS, CELLS).astype(np.float32)
