"""Two directions of a latent space as a map on which a code is moved by hand."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import maths_label, theme
from playground.gui.widgets.drawn_widget import DrawnWidget

REACH = 3.5  # sigmas from the middle to an edge
UNUSUAL = 3.0  # beyond this radius two numbers of a standard normal fall in one draw of ninety
MOST_POINTS = 400
_TURN = np.linspace(0, 2 * np.pi, 73)
_CIRCLE = np.stack([np.cos(_TURN), np.sin(_TURN)])  # (2, T)
_STEP, _LEAP = 0.1, 0.5  # sigmas that an arrow key moves, alone and with Shift


class LatentPad(DrawnWidget):
    """A square from -3.5 to +3.5 sigma; a drag or the arrow keys move the code.

    It shows the prior's circles at 1, 2 and 3 sigma with what lies beyond shaded, codes of examples as the letters of
    their labels in the labels' colours, each in an ellipse of its spread where that is known; the ellipses in which one
    example's code lies at 1 and 2 sigma; and the ellipse of all codes together, dashed, to be held against the prior.

    Signals:
        moved(object): a person moved the code, to (x, y) in sigmas.
        released(): the hand let go of it.
        control_changed(): likewise, for whoever keeps the values of controls.
    """

    moved = Signal(object)
    released = Signal()
    control_changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tooltip = (
            "Drag the code, or move it with the arrow keys (Shift: further).\n"
            "The prior rarely draws from the hatched part."
        )
        super().__init__(name, "Map of the code", tooltip, parent)
        self._place = np.zeros(2)
        self._names = ("", "")
        self._points = np.empty((0, 2))
        self._marks: tuple[tuple[str, int], ...] = ()  # letters and number of each point's label
        self._spreads = np.empty((0, 2))  # standard deviations of the examples' codes
        self._ellipse: tuple[np.ndarray, np.ndarray] | None = None  # mean (2,), axes (2, 2) one sigma long
        self._whole: tuple[np.ndarray, np.ndarray] | None = None  # likewise of all codes together
        self._ground: QPixmap | None = None  # all that a move does not change
        self._held = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    # -- what it shows ------------------------------------------------------------------------------------------------

    def set_names(self, across: str, up: str) -> None:
        """Names the two directions, as in ``z_3``."""
        self._names = (across, up)
        self._redraw()

    def set_points(self, xy: np.ndarray, labels: np.ndarray | None = None, names: Sequence[str] = ()) -> None:
        """Codes (N, 2) of examples, of many the first 400, with their labels (N,) as places in `names`."""
        self._points = np.asarray(xy, dtype=float)[:MOST_POINTS]
        letters = short_marks(names)
        numbers = [-1] * len(self._points) if labels is None else [int(k) for k in labels[:MOST_POINTS]]
        self._marks = tuple((letters[k] if 0 <= k < len(letters) else "·", k) for k in numbers)
        self._redraw()

    def set_spreads(self, std: np.ndarray) -> None:
        """The standard deviations (N, 2) of the examples' codes along the two directions; none are drawn without."""
        self._spreads = np.asarray(std, dtype=float)[:MOST_POINTS]
        self._redraw()

    def set_whole(self, mean: np.ndarray | None, covariance: np.ndarray | None = None) -> None:
        """The mean (2,) and covariance (2, 2) of the codes of all examples together; None takes the ellipse away."""
        self._whole = _axes(mean, covariance)
        self._redraw()

    def set_posterior(self, mean: np.ndarray | None, covariance: np.ndarray | None = None) -> None:
        """The mean (2,) and covariance (2, 2) of an example's code; None takes the ellipses away."""
        self._ellipse = _axes(mean, covariance)
        self.update()

    def place(self) -> np.ndarray:
        """Where the code is, (2,) in sigmas."""
        return self._place.copy()

    def set_place(self, xy: np.ndarray) -> None:
        """Moves the code without a signal; beyond the map it is drawn hollow at the edge."""
        self._place = np.asarray(xy, dtype=float).copy()
        self._describe()
        self.update()

    def position(self, xy: Sequence[float] | np.ndarray) -> QPointF:
        """Where a code (x, y) lies in the widget."""
        square = self._square()
        scale = square.width() / (2 * REACH)
        return QPointF(square.center().x() + float(xy[0]) * scale, square.center().y() - float(xy[1]) * scale)

    # -- as a control -------------------------------------------------------------------------------------------------

    def control_value(self) -> list[float]:
        """Its place in sigmas, exactly: what is restored must not move the code by a rounding."""
        return [float(number) for number in self._place]

    def set_control_value(self, value: object) -> None:
        """Moves the code as a person does. Raises ValueError for anything but two numbers, and before the two
        directions have names."""
        place = np.asarray(value, dtype=float)
        if place.shape != (2,) or not np.isfinite(place).all():
            raise ValueError(f"A place on the map is two numbers, not {value!r}.")
        if not all(self._names):
            raise ValueError("The map has no directions yet.")
        self._move(place, last=True)

    # -- by hand ------------------------------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self._move(self._code_at(event.position()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._move(self._code_at(event.position()))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._held:
            self._held = False
            self.released.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        steps = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
            return
        length = _LEAP if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else _STEP
        self._move((self._place + length * np.array(step)).round(6), last=True)

    def _move(self, xy: np.ndarray, last: bool = False) -> None:
        self.set_place(xy.clip(-REACH, REACH))
        self.moved.emit(self.place())
        self.control_changed.emit()
        if last:
            self.released.emit()

    def _code_at(self, point: QPointF) -> np.ndarray:
        square = self._square()
        away = point - square.center()
        return np.array([away.x(), -away.y()]) * (2 * REACH / max(square.width(), 1.0))

    # -- drawing ------------------------------------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 14), theme.em(self, 14))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 7), theme.em(self, 7))

    def restyle(self) -> None:
        self._redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._redraw()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._ground is None:
            self._ground = self._drawn_ground()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawPixmap(0, 0, self._ground)
        look, line = theme.current(), self._line()
        here = self.position(self._place.clip(-REACH, REACH))
        beyond = bool((np.abs(self._place) > REACH).any())
        radius = 0.4 * self.fontMetrics().height()
        painter.setPen(QPen(QColor(look.base), 3.5 * line))
        painter.drawEllipse(here, radius, radius)
        painter.setPen(QPen(QColor(look.accent), 2 * line))
        painter.setBrush(Qt.BrushStyle.NoBrush if beyond else theme.faded(look.accent, 0.55))
        painter.drawEllipse(here, radius, radius)
        self._draw_ellipse(painter, self._ellipse, look.model, second=True)  # above the handle: it may be smaller
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self._square())

    def _drawn_ground(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self.font())
        self._draw_prior(painter)
        self._draw_spreads(painter)
        self._draw_points(painter)
        self._draw_ellipse(painter, self._whole, theme.current().exact)
        self._draw_names(painter)
        painter.end()
        return picture

    def _draw_prior(self, painter: QPainter) -> None:
        look, line, square = theme.current(), self._line(), self._square()
        painter.fillRect(square, QColor(look.base))
        sigma, middle = square.width() / (2 * REACH), square.center()
        outside = QPainterPath()
        outside.addRect(square)
        outside.addEllipse(middle, UNUSUAL * sigma, UNUSUAL * sigma)
        painter.fillPath(outside, theme.faded(look.warn, 0.1))
        painter.fillPath(outside, QBrush(theme.faded(look.warn, 0.3), Qt.BrushStyle.BDiagPattern))
        painter.setPen(QPen(QColor(look.grid), line))
        painter.drawLine(QPointF(square.left(), middle.y()), QPointF(square.right(), middle.y()))
        painter.drawLine(QPointF(middle.x(), square.top()), QPointF(middle.x(), square.bottom()))
        for radius in (1, 2, 3):
            painter.setPen(QPen(QColor(look.border), line))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(middle, radius * sigma, radius * sigma)
            painter.setPen(QColor(look.muted))
            away = radius * sigma / math.sqrt(2)
            painter.drawText(QPointF(middle.x() + away, middle.y() - away), f"{radius}σ")
        painter.setPen(QPen(QColor(look.border), line))
        painter.drawRect(square)

    def _draw_points(self, painter: QPainter) -> None:
        look = theme.current()
        letters = painter.font()
        letters.setPointSizeF(0.8 * letters.pointSizeF())
        painter.setFont(letters)
        em = painter.fontMetrics().height()
        painter.setClipRect(self._square())
        shown = max(20, int(1.5 * (self._square().width() / em) ** 2))  # on a small map letters would cover each other
        for xy, (mark, number) in zip(self._points[:shown], self._marks, strict=False):
            colour = look.series[number % len(look.series)] if number >= 0 else look.data
            painter.setPen(theme.faded(colour, 0.85))
            box = QRectF(-em, -em / 2, 2 * em, em).translated(self.position(xy))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, mark)
        painter.setClipping(False)
        painter.setFont(self.font())

    def _draw_spreads(self, painter: QPainter) -> None:
        look, scale = theme.current(), self._square().width() / (2 * REACH)
        painter.setClipRect(self._square())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for xy, std, (_, number) in zip(self._points, self._spreads, self._marks, strict=False):
            colour = look.series[number % len(look.series)] if number >= 0 else look.data
            painter.setPen(QPen(theme.faded(colour, 0.45), self._line()))
            painter.drawEllipse(self.position(xy), std[0] * scale, std[1] * scale)
        painter.setClipping(False)

    def _draw_ellipse(
        self, painter: QPainter, ellipse: tuple[np.ndarray, np.ndarray] | None, colour: str, second: bool = False
    ) -> None:
        """At one sigma, dashed; with a `second` one at two sigma it is solid inside the dashes."""
        if ellipse is None:
            return
        (mean, axes), dash = ellipse, Qt.PenStyle.DashLine
        painter.setClipRect(self._square())
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for sigmas, style in ((1, Qt.PenStyle.SolidLine), (2, dash)) if second else ((1, dash),):
            painter.setPen(QPen(QColor(colour), 1.6 * self._line(), style))
            painter.drawPolyline([self.position(xy) for xy in (mean[:, None] + sigmas * axes @ _CIRCLE).T])
        painter.setClipping(False)

    def _draw_names(self, painter: QPainter) -> None:
        square, em = self._square(), self.fontMetrics().height()
        painter.setPen(QColor(theme.current().text))
        maths_label.paint(painter, self._names[0], QPointF(square.center().x(), square.bottom() + 0.75 * em))
        maths_label.paint(painter, self._names[1], QPointF(square.left() - 0.9 * em, square.center().y()))

    def _square(self) -> QRectF:
        em = self.fontMetrics().height()
        margin = 1.9 * em  # for the names, left and below
        side = max(min(self.width() - margin - 0.3 * em, self.height() - 1.6 * em), 1.0)
        left = margin + (self.width() - margin - side) / 2
        return QRectF(round(left), round(0.2 * em), side, side)

    def _line(self) -> float:
        return max(1.0, 0.06 * self.fontMetrics().height())

    def _redraw(self) -> None:
        self._ground = None
        self._describe()
        self.update()

    def _describe(self) -> None:
        x, y = self._place
        names = " and ".join(maths_label.plain(name) for name in self._names)
        self.setAccessibleDescription(f"{names} at {x:+.2f} and {y:+.2f} sigmas; {len(self._points)} examples")


def _axes(mean: np.ndarray | None, covariance: np.ndarray | None) -> tuple[np.ndarray, np.ndarray] | None:
    """An ellipse of one sigma by its middle (2,) and its half axes, the columns (2, 2)."""
    if mean is None or covariance is None:
        return None
    values, vectors = np.linalg.eigh(covariance)
    return np.asarray(mean, float), vectors * np.sqrt(values.clip(min=0))


def short_marks(names: Sequence[str]) -> list[str]:
    """A mark a label: the whole name where all are short, else as few first letters as tell them apart."""
    longest = max((len(name) for name in names), default=0)
    if longest <= 2:
        return list(names)
    for length in range(1, longest + 1):
        marks = [name[:length] for name in names]
        if len(set(marks)) == len(set(names)):
            return marks
    return list(names)
