"""Pictures in a grid, as large as they fit."""

from collections.abc import Sequence
from math import floor
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.tiles import TileSheet, crisp_factor, crisp_factor_above, snapped


class _Layout(NamedTuple):
    """Where the tiles lie: columns, the top left corner, tile size, the distance from one tile to the next, and how
    much farther the first row and column stand from the others."""

    columns: int
    origin: QPointF
    width: float
    height: float
    step_x: float
    step_y: float
    apart: float = 0.0

    def tile(self, index: int) -> QRectF:
        row, column = divmod(index, self.columns)
        left = self.origin.x() + column * self.step_x + self.apart * (column > 0)
        top = self.origin.y() + row * self.step_y + self.apart * (row > 0)
        return QRectF(left, top, self.width, self.height)


class ImageGrid(DrawnWidget):
    """Shows N images of one size with nearest-neighbour scaling and unchanged aspect, centred.

    In a presentation only as many of them, from the first on, as are large enough to be seen from the last row.

    Signals:
        image_clicked: the index of the image clicked, or selected with the arrow keys and confirmed with Enter.
    """

    image_clicked = Signal(int)

    def __init__(self, name: str, signed: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(name, "Images", "Arrow keys choose an image, Enter picks it", parent)
        self._signed = signed
        self._images = np.empty((0, 1, 1, 1), dtype=np.float32)
        self._sheet: TileSheet | None = None
        self._captions: tuple[str, ...] = ()
        self._columns: int | None = None
        self._has_heads = False
        self._placeholder = ""
        self._hovered = -1
        self._selected = -1  # nothing, until the keyboard or a click chooses
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_images(self, images: np.ndarray, captions: Sequence[str] | None = None) -> None:
        """Shows images (N, C, H, W) with C 1 or 3: values in [0, 1], or around 0 where the grid is `signed`.

        Raises:
            ValueError: for another shape, or captions that are not one an image.
        """
        if captions is not None and len(captions) != len(images):
            raise ValueError(f"{len(captions)} captions for {len(images)} images")
        self._sheet = TileSheet(images, self._signed) if len(images) else None
        self._images = np.ascontiguousarray(images)
        if bool(captions) != bool(self._captions):
            self.updateGeometry()  # they need their line
        self._captions = tuple(captions or ())
        self._selected = min(self._selected, len(images) - 1)
        self.setAccessibleDescription(f"{len(images)} images")
        self.update()

    def set_columns(self, columns: int | None) -> None:
        """Fixes the number of columns; None takes the number that makes the images largest."""
        self._columns = columns
        self.update()

    def set_heads(self, wanted: bool) -> None:
        """Whether the first row and the first column stand apart, as the heads of a table."""
        self._has_heads = wanted
        self.update()

    def clear(self, placeholder: str = "") -> None:
        """Takes the images away and writes `placeholder` in their place."""
        self._placeholder = placeholder
        self.set_images(np.empty((0, 1, 1, 1), dtype=np.float32))
        self.setAccessibleDescription(placeholder)

    def images(self) -> np.ndarray:
        """The images shown, (N, C, H, W) as they were given."""
        return self._images

    def shown(self) -> int:
        """How many of them have a place: all, outside a presentation."""
        return self._fitting(theme.least_sample())

    def tile_rect(self, index: int) -> QRectF:
        """Where image `index` lies in the widget."""
        return self._layout().tile(index)

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 16), theme.em(self, 12))

    def minimumSizeHint(self) -> QSize:
        least, words = round(1.2 * theme.least_sample()), round(self._room()[1])
        return QSize(theme.em(self, 5), theme.em(self, 4)).expandedTo(QSize(least, least + words if least else 0))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        look = theme.current()
        if self._sheet is None:
            painter.setPen(QColor(look.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._placeholder)
            return
        layout = self._layout()
        line = max(1.0, theme.em(self, 1) * 0.06)
        shown = self.shown()
        for index in range(shown):
            tile = layout.tile(index)
            self._sheet.draw(painter, index, tile)
            painter.setPen(QPen(QColor(look.border), line))
            painter.drawRect(tile)
            if self._captions:
                self._draw_caption(painter, self._captions[index], tile, layout)
        marked = {self._hovered, self._selected if self.hasFocus() else -1}
        for index in marked & set(range(shown)):
            painter.setPen(QPen(QColor(look.accent), 3 * line))
            painter.drawRect(layout.tile(index))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hover(self._index_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        self._hover(-1)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        index = self._index_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and index >= 0:
            self._selected = index
            self.update()
            self.image_clicked.emit(index)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        if self._sheet is None:
            super().keyPressEvent(event)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._selected >= 0:
            self.image_clicked.emit(self._selected)
        elif (move := _moves(self._layout().columns).get(key)) is not None:
            chosen = self._selected + move if self._selected >= 0 else 0
            if 0 <= chosen < self.shown():
                self._selected = chosen
                self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if self._selected < 0 and event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._selected = min(0, self._images.shape[0] - 1)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.update()

    def _hover(self, index: int) -> None:
        if index != self._hovered:
            self._hovered = index
            self.update()

    def _index_at(self, point: QPointF) -> int:
        if self._sheet is None:
            return -1
        layout = self._layout()
        return next((index for index in range(self.shown()) if layout.tile(index).contains(point)), -1)

    def _layout(self) -> _Layout:
        """The layout with the largest tiles under which no caption is cut, if there is one; among equals, one without
        a ragged last row."""
        assert self._sheet is not None
        sheet, count = self._sheet, self.shown()
        gap, caption, room_x, room_y = self._room()
        apart = 2 * gap if self._has_heads else 0.0
        room_x, room_y = room_x - apart, room_y - apart
        widest = float(np.ceil(max((self.fontMetrics().horizontalAdvance(c) for c in self._captions), default=0)))

        def factor(columns: int) -> float:
            rows = -(-count // columns)
            across = (room_x - (columns - 1) * gap) / (columns * sheet.width)
            down = (room_y - (rows - 1) * gap - rows * caption) / (rows * sheet.height)
            return max(min(across, down), 1e-3)

        ratio = self.devicePixelRatioF()

        def merit(columns: int) -> tuple[bool, float, bool]:
            return columns * widest <= room_x, crisp_factor(factor(columns), ratio), count % columns == 0

        columns = min(self._columns or max(range(1, count + 1), key=merit), count)
        scale = crisp_factor(factor(columns), ratio)
        width, height = scale * sheet.width, scale * sheet.height
        # Down to whole pixels: up, the last column would stick out.
        step_x = floor(max(width + gap, min(widest + 1, room_x / columns)) * ratio) / ratio
        step_y = floor((height + gap + caption) * ratio) / ratio
        rows = -(-count // columns)
        across, down = (columns - 1) * step_x + width + apart, rows * step_y - gap + apart
        corner = QPointF((self.width() - across) / 2, (self.height() - down) / 2)
        return _Layout(columns, snapped(corner, ratio), width, height, step_x, step_y, apart)

    def _room(self) -> tuple[float, float, float, float]:
        """The gap between tiles, the height of a caption, and the room for all, in pixels."""
        em = self.fontMetrics().height()
        caption = 1.15 * em if self._captions else 0.0
        return 0.3 * em, caption, self.width() - 0.3 * em, self.height() - 0.3 * em

    def _fitting(self, least: float) -> int:
        """How many tiles with sides of at least `least` pixels fit; at least one."""
        if self._sheet is None or not least:
            return self._sheet.count if self._sheet else 0
        sheet, (gap, caption, room_x, room_y) = self._sheet, self._room()
        apart = 2 * gap if self._has_heads else 0.0
        room_x, room_y = room_x - apart, room_y - apart
        scale = crisp_factor_above(least / min(sheet.width, sheet.height), self.devicePixelRatioF())
        columns = int((room_x + gap) // (scale * sheet.width + gap))
        rows = int((room_y + gap) // (scale * sheet.height + gap + caption))
        return min(sheet.count, max(1, min(columns, self._columns or columns) * rows))

    def _draw_caption(self, painter: QPainter, text: str, tile: QRectF, layout: _Layout) -> None:
        metrics = painter.fontMetrics()
        box = QRectF(tile.center().x() - layout.step_x / 2, tile.bottom(), layout.step_x, metrics.height() * 1.15)
        painter.setPen(QColor(theme.current().muted))
        elided = metrics.elidedText(text, Qt.TextElideMode.ElideRight, int(box.width() + 1))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, elided)


def _moves(columns: int) -> dict[Qt.Key, int]:
    return {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -columns, Qt.Key.Key_Down: columns}
