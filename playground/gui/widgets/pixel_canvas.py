"""One picture, pixel by pixel: which are there, which one is next, what it sees, which are held by hand."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.tiles import TileSheet, crisp_factor, snapped

_MOVES = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class PixelCanvas(DrawnWidget):
    """A picture as large as it fits; a click, or the arrow keys and Enter, pick a pixel.

    Pixels that are not there yet are hatched. What the pixel at the cursor sees stays bright and is outlined; the rest
    is veiled. Held pixels bear a dot.

    Signals:
        pixel_picked: (row, column).
    """

    pixel_picked = Signal(int, int)

    def __init__(self, name: str, title: str = "Picture", parent: QWidget | None = None) -> None:
        super().__init__(name, title, "Click a pixel, or choose it with the arrow keys and Enter", parent)
        self._image = np.empty((0, 0, 0))
        self._sheet: TileSheet | None = None
        self._known = self._seen = self._held = np.empty((0, 0), bool)
        self._cursor: tuple[int, int] | None = None
        self._hand: tuple[int, int] | None = None  # where the arrow keys stand
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_picture(
        self, image: np.ndarray, cursor: tuple[int, int] | None = None, known: np.ndarray | None = None,
        seen: np.ndarray | None = None, held: np.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Shows `image` (C, H, W) in [0, 1]; `known`, `seen` and `held` are bool (H, W), by default all, none, none.

        Without `seen` nothing is veiled.
        """
        height, width = image.shape[1:]
        self._image, self._sheet, self._cursor = image, TileSheet(image[None].clip(0, 1)), cursor
        self._known = np.ones((height, width), bool) if known is None else known
        self._seen = np.zeros((height, width), bool) if seen is None else seen
        self._held = np.zeros((height, width), bool) if held is None else held
        if self._hand is not None and not (self._hand[0] < height and self._hand[1] < width):
            self._hand = None
        where = f"cursor at row {cursor[0] + 1}, column {cursor[1] + 1}; " if cursor else ""
        self.setAccessibleDescription(f"{where}{int(self._known.sum())} of {height * width} pixels are there")
        self.update()

    def image(self) -> np.ndarray:
        """What is shown, (C, H, W)."""
        return self._image

    def cursor_place(self) -> tuple[int, int] | None:
        """Row and column of the cursor."""
        return self._cursor

    def seen(self) -> np.ndarray:
        """What is lit, (H, W)."""
        return self._seen

    def held(self) -> np.ndarray:
        """What bears a dot, (H, W)."""
        return self._held

    def pixel_rect(self, row: int, column: int) -> QRectF:
        """Where a pixel lies in the widget."""
        place = self._place()
        side = place.height() / max(1, self._image.shape[1])
        return QRectF(place.left() + column * side, place.top() + row * side, side, side)

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 16), theme.em(self, 16))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 4), theme.em(self, 4))

    # -- acting -------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        place = self._place()
        if event.button() != Qt.MouseButton.LeftButton or not place.contains(event.position()):
            return
        side = place.height() / self._image.shape[1]
        at = event.position() - place.topLeft()
        row, column = int(at.y() / side), int(at.x() / side)
        self._hand = (min(row, self._image.shape[1] - 1), min(column, self._image.shape[2] - 1))
        self.pixel_picked.emit(*self._hand)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._sheet is None:
            super().keyPressEvent(event)
        elif move := _MOVES.get(key):
            row, column = self._hand or self._cursor or (0, 0)
            self._hand = (
                min(max(row + move[0], 0), self._image.shape[1] - 1),
                min(max(column + move[1], 0), self._image.shape[2] - 1),
            )
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._hand:
            self.pixel_picked.emit(*self._hand)
        else:
            super().keyPressEvent(event)

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _place(self) -> QRectF:
        """Where the picture lies."""
        if self._sheet is None:
            return QRectF()
        _, height, width = self._image.shape
        ratio, edge = self.devicePixelRatioF(), 0.4 * self.fontMetrics().height()
        room = min((self.width() - edge) / width, (self.height() - edge) / height)
        side = crisp_factor(max(room, 1e-3), ratio)
        corner = snapped(QPointF((self.width() - side * width) / 2, (self.height() - side * height) / 2), ratio)
        return QRectF(corner.x(), corner.y(), side * width, side * height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._sheet is None:
            return
        painter, look, place = QPainter(self), theme.current(), self._place()
        line = max(1.0, 0.1 * self.fontMetrics().height())
        self._sheet.draw(painter, 0, place)
        hatch = QBrush(QColor(look.muted), Qt.BrushStyle.BDiagPattern)
        for stretch in self._stretches(~self._known):
            painter.fillRect(stretch, QColor(look.base))
            painter.fillRect(stretch, hatch)
        if self._seen.any():
            veil = theme.faded(look.base, 0.6)
            for stretch in self._stretches(self._known & ~self._seen):
                painter.fillRect(stretch, veil)
            self._outline(painter, self._seen, QPen(QColor(look.data), line))
        self._dot(painter)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(look.border), max(1.0, 0.6 * line)))
        painter.drawRect(place)
        if self._cursor is not None:
            self._frame(painter, self.pixel_rect(*self._cursor), line)
        if self._hand is not None and self.hasFocus() and self._hand != self._cursor:
            painter.setPen(QPen(QColor(look.accent), line, Qt.PenStyle.DotLine))
            painter.drawRect(self.pixel_rect(*self._hand))

    def _stretches(self, area: np.ndarray) -> list[QRectF]:
        """The pixels of an area, those side by side in one piece; the one at the cursor is left out."""
        area = area.copy()
        if self._cursor is not None:
            area[self._cursor] = False
        edges = np.diff(np.pad(area, ((0, 0), (1, 1))).astype(int), axis=1)
        starts, ends = np.argwhere(edges > 0), np.argwhere(edges < 0)  # both row by row: they come in pairs
        place, side = self._place(), self._place().height() / area.shape[0]
        return [
            QRectF(place.left() + first * side, place.top() + row * side, (after - first) * side, side)
            for (row, first), (_, after) in zip(starts.tolist(), ends.tolist(), strict=True)
        ]

    def _frame(self, painter: QPainter, box: QRectF, line: float) -> None:
        """A double frame, seen on every ground."""
        look = theme.current()
        painter.setPen(QPen(QColor(look.base), 3 * line))
        painter.drawRect(box)
        painter.setPen(QPen(QColor(look.model), 1.6 * line))
        painter.drawRect(box)

    def _outline(self, painter: QPainter, area: np.ndarray, ink: QPen) -> None:
        """The edges between pixels inside and outside of it."""
        painter.setPen(ink)
        padded = np.pad(area, 1)
        for row, column in np.argwhere(padded[:, 1:] != padded[:, :-1]):
            box = self.pixel_rect(row - 1, column)
            painter.drawLine(box.topLeft(), box.bottomLeft())
        for row, column in np.argwhere(padded[1:] != padded[:-1]):
            box = self.pixel_rect(row, column - 1)
            painter.drawLine(box.topLeft(), box.topRight())

    def _dot(self, painter: QPainter) -> None:
        look = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(look.base), 1))
        painter.setBrush(QColor(look.model))
        for row, column in np.argwhere(self._held):
            box = self.pixel_rect(row, column)
            painter.drawEllipse(box.center(), 0.16 * box.width(), 0.16 * box.width())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
