"""How many examples each class has, as a row of bars."""

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget

_MOST_NAMED = 12
_COUNTED_FROM = 6  # as many times as high as its names must the widget be


class ClassBars(DrawnWidget):
    """A bar a class, the fullest as high as the widget; their names stand below where there are few, and their counts
    above where there is room for that."""

    def __init__(
        self, name: str, title: str = "Examples a class", tooltip: str = "Examples to train on by class",
        made: bool = False, parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """`made`: samples are counted, not data, and the bars take the samples' colour."""
        super().__init__(name, title, tooltip, parent)
        self._words, self._made = tooltip, made
        self._counts: list[int] = []
        self._names: list[str] = []
        self._line: float | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_counts(self, counts: Sequence[int], names: Sequence[str], line: float | None = None) -> None:
        """As many names as counts; without any the widget shows nothing. `line`: a count at which to draw a line."""
        self._counts, self._names, self._line = list(counts), list(names), line
        pairs = zip(self._names, self._counts, strict=True)
        words = ", ".join(f"{name}: {count:,}" for name, count in pairs)
        self.setAccessibleDescription(words)
        self.setToolTip(f"{self._words}. {words}" if words else "")
        self.setVisible(bool(self._counts))
        self.update()

    def counts(self) -> list[int]:
        """What is shown."""
        return list(self._counts)

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 8), theme.em(self, 3.6))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 4), theme.em(self, 3.6))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._counts:
            return
        painter, look = QPainter(self), theme.current()
        named = len(self._counts) <= _MOST_NAMED
        foot = 1.1 * self.fontMetrics().height() if named else 0.0
        is_counted = named and self.height() > _COUNTED_FROM * foot
        head = foot if is_counted else 0.0
        room, pitch = self.height() - foot, self.width() / len(self._counts)
        fullest = max(*self._counts, 1)
        ink = QColor(look.model if self._made else look.data)
        painter.fillRect(QRectF(0, room - 1, self.width(), 1), QColor(look.border))
        for k, count in enumerate(self._counts):
            tall = (room - head - 1) * count / fullest
            painter.fillRect(QRectF(k * pitch + 0.1 * pitch, room - 1 - tall, 0.8 * pitch, tall), ink)
            if named:
                painter.setPen(QColor(look.muted))
                box = QRectF(k * pitch, room, pitch, foot)
                words = painter.fontMetrics().elidedText(self._names[k], Qt.TextElideMode.ElideRight, int(pitch))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
            if is_counted:
                box = QRectF(k * pitch, room - 1 - tall - head, pitch, head)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{count:,}")
        if self._line is not None:
            painter.setPen(QPen(QColor(look.text), theme.em(self, 0.12), Qt.PenStyle.DashLine))
            level = room - 1 - (room - head - 1) * min(self._line / fullest, 1.0)
            painter.drawLine(QPointF(0, level), QPointF(self.width(), level))
