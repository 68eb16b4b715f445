"""How far off several statistics are: a bar each, on a logarithmic axis whose mark is what chance alone does."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget

_LOW, _HIGH = 0.2, 1000.0  # ends of the axis, in units of chance
_ROW = 1.35  # em


class Gap(NamedTuple):
    """A statistic's name, its gap in units of chance, and whether the generator was trained to close it."""

    name: str
    value: float
    is_matched: bool


def short(value: float) -> str:
    """Two digits at least: chance leaves no more to be said."""
    return f"{value:.1f}" if value < 100 else f"{value:,.0f}"


class GapBars(DrawnWidget):
    """Bars of what is matched are solid, those of what is left free hatched; the line stands at 1."""

    def __init__(self, name: str) -> None:
        tooltip = (
            "How far each statistic of the samples is off, in batch deviations: the line at 1 is what\n"
            "another batch of real data is off by chance. Solid: matched. Hatched: left free."
        )
        super().__init__(name, "Gaps", tooltip)
        self._gaps: list[Gap] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_gaps(self, gaps: Sequence[Gap]) -> None:
        """Draws these, from the top."""
        self._gaps = list(gaps)
        self.setAccessibleDescription(", ".join(self.texts()))
        self.restyle()

    def texts(self) -> list[str]:
        """What each bar reads."""
        return [f"{gap.name} {short(gap.value)}{' matched' if gap.is_matched else ''}" for gap in self._gaps]

    def restyle(self) -> None:
        self.setFixedHeight(self.sizeHint().height())
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 20), theme.em(self, _ROW * max(len(self._gaps), 1)))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 13), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, look, em = QPainter(self), theme.current(), theme.em(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = painter.fontMetrics()
        left = max((metrics.horizontalAdvance(gap.name) for gap in self._gaps), default=0) + 0.6 * em
        right = self.width() - metrics.horizontalAdvance("0.0000") - 0.8 * em

        def place(value: float) -> float:
            share = np.log(np.clip(value, _LOW, _HIGH) / _LOW) / np.log(_HIGH / _LOW)
            return float(left + share * (right - left))

        for row, gap in enumerate(self._gaps):
            box = QRectF(0, row * _ROW * em, left - 0.6 * em, _ROW * em)
            painter.setPen(QColor(look.text))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, gap.name)
            colour = QColor(look.data if gap.is_matched else look.model)
            pattern = Qt.BrushStyle.SolidPattern if gap.is_matched else Qt.BrushStyle.BDiagPattern
            painter.setPen(QPen(colour, max(1.0, 0.08 * em)))
            painter.setBrush(QBrush(colour, pattern))
            end = place(gap.value)
            painter.drawRect(QRectF(left, box.top() + 0.2 * em, end - left, (_ROW - 0.4) * em))
            painter.setPen(QColor(look.text))
            start, mark = end + 0.4 * em, place(1.0)
            if start < mark + 0.4 * em < start + metrics.horizontalAdvance(short(gap.value)) + 0.8 * em:
                start = mark + 0.4 * em  # beside the line, not across it
            words = QRectF(start, box.top(), self.width(), _ROW * em)
            painter.drawText(words, Qt.AlignmentFlag.AlignVCenter, short(gap.value))
        thick = max(1, round(0.11 * em))
        painter.fillRect(round(place(1.0)), 0, thick, round(_ROW * em * len(self._gaps)), QColor(look.exact))
