"""The key to a plane: what is data, what a model made, and what is exact."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.plots import blend, surface_inks

Role = Literal["data", "model", "exact", "other", "plain"]  # other, plain: a model asked otherwise
BROAD: tuple[Role, ...] = ("data", "exact", "plain")  # whose arrows lie broad and pale under the thin ones
# The corners of the markers, y downwards; data are dots and exact ones crosses.
_MARKERS: dict[Role, tuple[tuple[float, float], ...]] = {
    "model": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "other": ((-1, -0.9), (1, -0.9), (0, 0.9)),
    "plain": ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8)),
}


def ink_of(role: Role) -> str:
    """The colour of a role."""
    look = theme.current()
    inks: dict[Role, str] = {
        "data": look.data, "model": look.model, "exact": look.exact, "other": look.series[3], "plain": look.muted,
    }  # fmt: skip
    return inks[role]


@dataclass(frozen=True)
class LegendEntry:
    """A name and how its layer is drawn: `kind` is points, arrows, density, surface, contours or trails."""

    text: str
    kind: str
    role: Role


class RoleLegend(DrawnWidget):
    """One line a layer: its mark, then its name."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Legend", "", parent)
        self._entries: list[LegendEntry] = []
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_entries(self, entries: Sequence[LegendEntry]) -> None:
        """Lists these layers."""
        self._entries = list(entries)
        self.setAccessibleDescription(", ".join(entry.text for entry in entries))
        self.update()

    def sizeHint(self) -> QSize:
        widest = max((self.fontMetrics().horizontalAdvance(entry.text) for entry in self._entries), default=0)
        return QSize(widest + theme.em(self, 2.5), theme.em(self, 1.25 * len(self._entries) + 0.5))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, em = theme.current(), self.fontMetrics().height()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(look.base, 0.85))
        painter.drawRoundedRect(QRectF(self.rect()), 0.3 * em, 0.3 * em)
        for row, entry in enumerate(self._entries):
            middle = em * (0.25 + 1.25 * (row + 0.5))
            self._draw_mark(painter, entry, QRectF(0.4 * em, middle - em / 2, 1.2 * em, em), em)
            painter.setPen(QColor(look.text))
            box = QRectF(2.0 * em, middle - em, self.width() - 2.0 * em, 2 * em)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, entry.text)

    def _draw_mark(self, painter: QPainter, entry: LegendEntry, box: QRectF, em: float) -> None:
        look = theme.current()
        colour = QColor(ink_of(entry.role))
        centre = box.center()
        if entry.kind in ("density", "surface"):
            shades = QLinearGradient(box.topLeft(), box.topRight())
            stops = [QColor(stop) for stop in look.density] if entry.kind == "density" else surface_inks(look)
            for index, stop in enumerate(stops):
                shades.setColorAt(index / (len(stops) - 1), stop)
            painter.setPen(QPen(QColor(look.border), 0.06 * em))
            painter.setBrush(shades)
            painter.drawRect(box.adjusted(0, 0.2 * em, 0, -0.2 * em))
            return
        broad = entry.kind == "arrows" and entry.role in BROAD
        line = QPen(blend(colour.name(), look.base, 0.55) if broad else colour, (0.22 if broad else 0.09) * em)
        painter.setPen(line)
        if entry.kind != "points":
            painter.drawLine(QPointF(box.left(), centre.y()), QPointF(box.right(), centre.y()))
            if entry.kind == "arrows":
                tip, barb = QPointF(box.right(), centre.y()), 0.25 * em
                painter.drawLine(tip, tip + QPointF(-barb, -barb))
                painter.drawLine(tip, tip + QPointF(-barb, barb))
        elif entry.role == "exact":
            painter.drawLine(centre - QPointF(0.22 * em, 0), centre + QPointF(0.22 * em, 0))
            painter.drawLine(centre - QPointF(0, 0.22 * em), centre + QPointF(0, 0.22 * em))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            if entry.role == "data":
                painter.drawEllipse(centre, 0.16 * em, 0.16 * em)
            else:
                ends = _MARKERS[entry.role]
                painter.drawPolygon([centre + QPointF(0.26 * em * x, 0.26 * em * y) for x, y in ends])
