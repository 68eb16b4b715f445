"""A picture of a data set: points in the plane, columns over the line, or a few images."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.square import Square
from playground.gui.widgets.tiles import TileSheet, crisp_factor, snapped

_COLUMNS = 60  # of numbers on the line
_MOST_POINTS = 1500


class DataPicture(Square):
    """Shows some examples, as large as it fits; `compact` asks for little room, as in a column of settings."""

    def __init__(self, name: str, compact: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(name, "Picture of the data", "Some of the examples to train on", parent=parent)
        self._compact = compact
        self._examples: np.ndarray | None = None
        self._sheet: TileSheet | None = None

    def set_examples(self, examples: np.ndarray | None, extent: float = 3.0) -> None:
        """Shows examples (N, 1), (N, 2) or (N, C, H, W); None takes them away."""
        self._examples, self.extent = examples, extent
        is_images = examples is not None and examples.ndim == 4 and len(examples) > 0
        self._sheet = TileSheet(examples) if is_images and examples is not None else None
        self.setAccessibleDescription("" if examples is None else f"{len(examples)} examples")
        self.updateGeometry()
        self.update()

    def examples(self) -> np.ndarray | None:
        """What is shown."""
        return self._examples

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 8), self._compact_height()) if self._compact else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint() if self._compact else super().minimumSizeHint()

    def _compact_height(self) -> int:
        on_line = self._examples is not None and self._examples.ndim == 2 and self._examples.shape[1] == 1
        frame = 0 if self._sheet is None else int(np.ceil(self._hairline()))
        return theme.em(self, 4 if on_line or self._sheet else 7) + frame

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._examples is None:
            return
        painter = QPainter(self)
        if self._sheet is not None:
            self._paint_images(painter, self._sheet)
        elif self._examples.shape[1] == 1:
            self._paint_line(painter, self._examples[:, 0])
        else:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            self.paint_ground(painter)
            self._paint_points(painter, self._examples[:_MOST_POINTS])
            self.paint_frame(painter)

    def _paint_points(self, painter: QPainter, points: np.ndarray) -> None:
        dot = max(1.5, self.area().width() / 90)
        painter.setPen(
            QPen(theme.faded(theme.current().data, 0.55), dot, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
        )
        painter.setClipRect(self.area())
        painter.drawPoints([self.to_screen(x, y) for x, y in points.tolist()])
        painter.setClipping(False)

    def _paint_line(self, painter: QPainter, numbers: np.ndarray) -> None:
        """Columns over the whole width, the tallest as high as the widget."""
        counts, _ = np.histogram(numbers, bins=_COLUMNS, range=(-self.extent, self.extent))
        look, width, height = theme.current(), self.width() / _COLUMNS, float(self.height() - 2)
        painter.fillRect(self.rect(), QColor(look.base))
        tallest = max(int(counts.max()), 1)
        for column, count in enumerate(counts.tolist()):
            tall = height * count / tallest
            painter.fillRect(QRectF(column * width, height - tall + 1, width * 0.85, tall), QColor(look.data))
        painter.setPen(QPen(QColor(look.border), self._hairline()))
        painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))

    def _paint_images(self, painter: QPainter, sheet: TileSheet) -> None:
        """As many as fit without becoming tiny, in rows from the top left."""
        ratio, frame = self.devicePixelRatioF(), self._hairline()  # half of a frame lies outside its picture
        gap = round(0.25 * self.fontMetrics().height() * ratio) / ratio  # in whole pixels, or some would be wider
        rows = 2 if self._compact else 5
        tall = (self.height() - frame - (rows - 1) * gap) / rows
        scale = crisp_factor(tall / sheet.height, ratio)
        wide, tall = scale * sheet.width, scale * sheet.height
        columns = max(1, int((self.width() - frame + gap) // (wide + gap)))
        rows = min(rows, -(-sheet.count // columns))
        left = (self.width() - columns * (wide + gap) + gap) / 2
        top = (self.height() - rows * (tall + gap) + gap) / 2
        for index in range(min(sheet.count, rows * columns)):
            row, column = divmod(index, columns)
            corner = snapped(QPointF(left + column * (wide + gap), top + row * (tall + gap)), ratio)
            tile = QRectF(corner.x(), corner.y(), wide, tall)
            sheet.draw(painter, index, tile)
            painter.setPen(QPen(QColor(theme.current().border), frame))
            painter.drawRect(tile)
