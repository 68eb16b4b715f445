"""A number a name as a row of bars: those above a line are filled, the others only outlined."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import maths_label, theme
from playground.gui.widgets.drawn_widget import DrawnWidget

_LEAST_PITCH = 1.7  # em a bar takes at least where its name is written


class ValueBars(DrawnWidget):
    """Bars of numbers that are not negative, the largest as high as the widget; a mark in each for a second number."""

    def __init__(self, name: str, title: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(name, title, tooltip, parent)
        self._values = self._marks = np.empty(0)
        self._names: list[str] = []
        self._threshold = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_values(self, values: np.ndarray, names: Sequence[str], threshold: float) -> None:
        """Numbers (N,) with names as in ``z_3``; those above `threshold` are lit."""
        self._values, self._names, self._threshold = np.asarray(values, float), list(names), threshold
        self._describe()

    def set_marks(self, values: np.ndarray) -> None:
        """A second number a bar (N,), drawn as a line across it; none without."""
        self._marks = np.asarray(values, float)
        self._describe()

    def values(self) -> np.ndarray:
        """What the bars show."""
        return self._values.copy()

    def lit(self) -> list[str]:
        """The names of the bars above the threshold."""
        return [name for name, value in zip(self._names, self._values, strict=True) if value > self._threshold]

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 12), theme.em(self, 6))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 7), theme.em(self, 4.5))

    def paintEvent(self, event: QPaintEvent) -> None:
        if not self._values.size:
            return
        painter, look, em = QPainter(self), theme.current(), self.fontMetrics().height()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        head, foot = 1.1 * em, 1.2 * em
        room, pitch = self.height() - head - foot, self.width() / len(self._values)
        line = max(1.0, 0.07 * em)
        top = max(float(self._values.max()), float(self._marks.max(initial=0.0)), 2 * self._threshold, 1e-12)
        floor = head + room
        for k, value in enumerate(self._values):
            tall = room * max(value, 0.0) / top
            bar = QRectF((k + 0.15) * pitch, floor - tall, 0.7 * pitch, tall)
            is_lit = value > self._threshold
            painter.setPen(QPen(QColor(look.model if is_lit else look.muted), line))
            painter.setBrush(QColor(look.model) if is_lit else Qt.BrushStyle.NoBrush)
            painter.drawRect(bar)
            if k < len(self._marks):
                height = floor - room * float(self._marks[k]) / top
                painter.setPen(QPen(QColor(look.text), 2 * line))
                painter.drawLine(QPointF((k + 0.05) * pitch, height), QPointF((k + 0.95) * pitch, height))
        painter.setPen(QPen(QColor(look.border), line))
        painter.drawLine(QPointF(0, floor), QPointF(self.width(), floor))
        every = max(1, int(np.ceil(_LEAST_PITCH * em / pitch)))
        painter.setPen(QColor(look.muted))
        for k in range(0, len(self._values), every):
            maths_label.paint(painter, self._names[k], QPointF((k + 0.5) * pitch, floor + 0.6 * em))
            if every == 1 and pitch > 2.2 * em:
                highest = max(0.0, self._values[k], *self._marks[k : k + 1])
                box = QRectF(k * pitch, floor - room * highest / top - head, pitch, head)
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, f"{self._values[k]:.2f}")

    def _describe(self) -> None:
        pairs = zip(self._names, self._values, strict=True)
        self.setAccessibleDescription(", ".join(f"{maths_label.plain(name)} {value:.2f}" for name, value in pairs))
        self.update()
