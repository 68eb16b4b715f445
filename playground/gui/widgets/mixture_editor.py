"""A mixture of Gaussians to take into one's hands: means and spreads are dragged, weights turned with the wheel."""

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.components import MOST, Component, density, from_words, to_words
from playground.gui.widgets.square import Square

_CELLS = 96
_CURVE_POINTS = 400
_REACH = 1.0  # em: how near to a handle a press takes it
_APART = 1.1  # em between a middle and its handle
_BASE, _TOP = -0.7, 0.75  # of the half side: where the curve on the line stands, and how high it gets
_MOVES = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip
_FACTORS = {
    Qt.Key.Key_Plus: ("weight", 1.1), Qt.Key.Key_Equal: ("weight", 1.1), Qt.Key.Key_Minus: ("weight", 1 / 1.1),
    Qt.Key.Key_BracketRight: ("spread", 1.1), Qt.Key.Key_BracketLeft: ("spread", 1 / 1.1),
}  # fmt: skip
_OTHERS = (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown, Qt.Key.Key_Insert, Qt.Key.Key_Delete)


class MixtureEditor(Square):
    """Shows the exact density under its components. One component is selected: its middle and the handle at its edge
    (one standard deviation away) can be dragged, the wheel changes its weight, and every number has a key.

    Signals:
        control_changed: an edit has ended.
        edited: something has changed, also in the middle of a drag.
        selected: the number of the component that was selected.
    """

    control_changed = Signal()
    edited = Signal()
    selected = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tip = ("Drag a middle or the handle at the edge; the wheel changes the weight. Arrow keys move, + and - change "
               "the weight, [ and ] the spread, page keys select, Insert adds, Delete removes.")  # fmt: skip
        super().__init__(name, "Mixture", tip, parent=parent)
        self._components = [Component(0.0)]
        self._on_line = False
        self._at = 0
        self._drag = ""  # "mean" or "spread"
        self._moved = False
        self._slack = 0.0  # between the spread and where the handle was taken
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # -- what there is ------------------------------------------------------------------------------------------------

    def components(self) -> list[Component]:
        """In their order, which is that of the classes."""
        return list(self._components)

    def words(self) -> tuple[str, str, str]:
        """Means, weights and spreads as the options of the data set."""
        return to_words(self._components, self._on_line)

    def set_words(self, means: str, weights: str, spreads: str) -> None:
        """Shows other components. Raises ValueError for words that make none."""
        self._components, self._on_line = from_words(means, weights, spreads)
        self._select(min(self._at, len(self._components) - 1))

    def control_value(self) -> str:
        """The three words in one."""
        return "|".join(self.words())

    def set_control_value(self, value: object) -> None:
        """Shows the components of such a word, as an edit by the person. Raises ValueError for anything else."""
        words = str(value).split("|")
        if len(words) != 3:
            raise ValueError("a mixture is made of means, weights and spreads")
        self.set_words(*words)
        self._told(done=True)

    def on_line(self) -> bool:
        """Whether the components lie on the line."""
        return self._on_line

    def set_on_line(self, on_line: bool) -> None:
        """The line or the plane, as an edit by the person; components keep their x, and in the plane their y."""
        if on_line != self._on_line:
            self._on_line = on_line
            self._told(done=True)

    def current(self) -> int:
        """The number of the selected component."""
        return self._at

    def change(self, component: Component) -> None:
        """Gives the selected component other numbers, as an edit by the person."""
        if component.within() != self._components[self._at]:
            self._put(component)
            self.control_changed.emit()

    def add(self, x: float | None = None, y: float = 0.0) -> None:
        """One more component, by default beside the selected one; nothing happens where there are twelve."""
        if len(self._components) < MOST:
            here = self._components[self._at]
            x, y = (here.x + 0.8 if here.x < 1.5 else here.x - 0.8, here.y) if x is None else (x, y)
            self._components.append(replace(here, x=x, y=y).within())
            self._select(len(self._components) - 1)
            self._told(done=True)

    def remove(self) -> None:
        """Takes the selected component away; the last one stays."""
        if len(self._components) > 1:
            del self._components[self._at]
            self._select(min(self._at, len(self._components) - 1))
            self._told(done=True)

    # -- acting -------------------------------------------------------------------------------------------------------

    def middle(self, number: int) -> QPointF:
        """Where a component's middle lies on the screen; on the line, at its height in the curve."""
        c = self._components[number]
        return self.to_screen(c.x, self._height(c.x) if self._on_line else c.y)

    def edge(self, number: int) -> QPointF:
        """Where its handle lies: one standard deviation to the right, and never under the middle."""
        c = self._components[number]
        x = c.x + max(c.spread, _APART * self.fontMetrics().height() / self.scale())
        return self.to_screen(x, self._height(x) if self._on_line else c.y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place, reach = event.position(), _REACH * self.fontMetrics().height()
        if _distance(place, self.edge(self._at)) < min(reach, _distance(place, self.middle(self._at))):
            self._drag = "spread"
            self._slack = self._components[self._at].spread - self._away(place)
            return
        nearest = min(range(len(self._components)), key=lambda k: _distance(place, self.middle(k)))
        if _distance(place, self.middle(nearest)) < reach:
            self._select(nearest)
            self._drag = "mean"

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            x, y = self.to_plane(event.position())
            self.add(x, 0.0 if self._on_line else y)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag:
            x, y = self.to_plane(event.position())
            here = self._components[self._at]
            if self._drag == "spread":
                self._put(replace(here, spread=self._away(event.position()) + self._slack))
            else:
                self._put(replace(here, x=x, y=here.y if self._on_line else y))
            self._moved = True

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = ""
        if self._moved:
            self._moved = False
            self.control_changed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        here = self._components[self._at]
        self.change(replace(here, weight=here.weight * 1.1 ** (event.angleDelta().y() / 120)))
        event.accept()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not _is_own(event):
            super().keyPressEvent(event)
            return
        key, here = Qt.Key(event.key()), self._components[self._at]
        if move := _MOVES.get(key):
            far = 0.25 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0.05
            self.change(replace(here, x=here.x + far * move[0], y=here.y + far * move[1]))
        elif key in _FACTORS:
            name, factor = _FACTORS[key]
            if name == "weight":
                self.change(replace(here, weight=here.weight * factor))
            else:
                self.change(replace(here, spread=here.spread + (0.05 if factor > 1 else -0.05)))
        elif key == Qt.Key.Key_Insert:
            self.add()
        elif key == Qt.Key.Key_Delete:
            self.remove()
        else:
            self._select((self._at + (1 if key == Qt.Key.Key_PageDown else -1)) % len(self._components))

    def select(self, number: int) -> None:
        """Selects a component by its number."""
        self._select(min(max(number, 0), len(self._components) - 1))

    def _select(self, number: int) -> None:
        self._at = number
        self._describe()
        self.update()
        self.selected.emit(number)

    def _away(self, place: QPointF) -> float:
        """How far a place lies from the selected middle, in the plane's units; on the line, along it."""
        here, (x, y) = self._components[self._at], self.to_plane(place)
        return abs(x - here.x) if self._on_line else float(np.hypot(x - here.x, y - here.y))

    def _put(self, component: Component) -> None:
        self._components[self._at] = component.within()
        self._told(done=False)

    def _told(self, done: bool) -> None:
        self._describe()
        self.update()
        self.edited.emit()
        if done:
            self.control_changed.emit()

    def _describe(self) -> None:
        c = self._components[self._at]
        where = f"{c.x:g}" if self._on_line else f"{c.x:g}, {c.y:g}"
        self.setAccessibleDescription(f"component {self._at + 1} of {len(self._components)} at {where}, "
                                      f"weight {c.weight:g}, spread {c.spread:g}")  # fmt: skip

    # -- drawing ------------------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._on_line:
            self.paint_ground(painter, level=False)
            self._paint_curve(painter)
        else:
            axis = (np.arange(_CELLS) + 0.5) / _CELLS * 2 * self.extent - self.extent
            heat = density(self._components, axis[None, :], axis[:, None])
            self.paint_ground(painter, (heat / heat.max()) ** 0.6)  # lifted, so that wide components are seen too
        painter.setClipRect(self.area())
        for number in sorted(range(len(self._components)), key=lambda k: k == self._at):
            self._paint_handles(painter, number)
        painter.setClipping(False)
        self.paint_frame(painter)

    def _height(self, x: float) -> float:
        """Where the curve of the density stands over a place of the line, in the plane's units."""
        grid = np.linspace(-self.extent, self.extent, _CURVE_POINTS)
        tallest = float(density(self._components, grid).max())
        share = float(density(self._components, np.array([x]))[0]) / tallest
        return self.extent * (_BASE + (_TOP - _BASE) * min(share, 1.0))

    def _paint_curve(self, painter: QPainter) -> None:
        look = theme.current()
        grid = np.linspace(-self.extent, self.extent, _CURVE_POINTS)
        p = density(self._components, grid)
        height = self.extent * (_BASE + (_TOP - _BASE) * p / p.max())
        curve = [self.to_screen(x, y) for x, y in zip(grid.tolist(), height.tolist(), strict=True)]
        base = self.extent * _BASE
        foot = [self.to_screen(self.extent, base), self.to_screen(-self.extent, base)]
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.faded(look.exact, 0.18))
        painter.drawPolygon(QPolygonF([*curve, *foot]))
        painter.setPen(QPen(QColor(look.exact), 2 * self._hairline()))
        painter.drawPolyline(QPolygonF(curve))
        painter.setPen(QPen(QColor(look.border), self._hairline()))
        painter.drawLine(foot[0], foot[1])

    def _paint_handles(self, painter: QPainter, number: int) -> None:
        look, chosen = theme.current(), number == self._at
        em = float(self.fontMetrics().height())
        middle = self.middle(number)
        if not self._on_line:
            radius = self._components[number].spread * self.scale()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(
                QPen(QColor(look.accent if chosen else look.muted), (2.5 if chosen else 1.5) * self._hairline())
            )
            painter.drawEllipse(middle, radius, radius)
        if chosen:
            painter.setPen(QPen(QColor(look.base), self._hairline()))
            painter.setBrush(QColor(look.accent))
            side = 0.55 * em
            edge = self.edge(number)
            painter.drawRect(QRectF(edge.x() - side / 2, edge.y() - side / 2, side, side))
        painter.setPen(QPen(QColor(look.base), self._hairline()))
        painter.setBrush(QColor(look.accent if chosen else look.muted))
        painter.drawEllipse(middle, 0.62 * em, 0.62 * em)
        painter.setPen(QColor(look.on_accent if chosen else look.base))
        box = QRectF(middle.x() - em, middle.y() - em, 2 * em, 2 * em)
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(number + 1))


def _distance(a: QPointF, b: QPointF) -> float:
    return float(np.hypot(a.x() - b.x(), a.y() - b.y()))


def _is_own(event: QKeyEvent) -> bool:
    plain = not event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
    return plain and Qt.Key(event.key()) in (*_MOVES, *_FACTORS, *_OTHERS)
