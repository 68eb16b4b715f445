"""The house style of every pyqtgraph plot: a quiet grid, no menus, no mouse zoom, lengths in em."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QFrame, QWidget

from playground.gui.widgets import theme

pg.setConfigOptions(imageAxisOrder="row-major", antialias=True)

THINNEST = 0.0  # one pixel at any type size: the only width at which a rough translucent curve is cheap
CURVE = 0.11  # em: under 2 px at the default type size, above 3 px on a projector
HAIRLINE = 0.06
AIR = 1.3  # letters from one number of an axis to the next
_VAST = 1e7  # from here on a number is written with its power of ten
_COUNTED = ("step",)  # axes of these names carry whole numbers


def pen(
    widget: QWidget,
    colour: object,
    width: float = CURVE,
    style: Qt.PenStyle | Sequence[float] = Qt.PenStyle.SolidLine,
) -> QPen:
    """A cosmetic pen `width` em wide, at least a pixel; `style` is a Qt style or dashes in units of the width.

    A curve is never thinner than a presentation asks for.
    """
    # fontMetrics is asked directly because theme.em rounds to whole pixels, too coarse for a line.
    pixels = max(1.0, widget.fontMetrics().height() * width, theme.least_curve() if width >= CURVE else 0.0)
    if isinstance(style, Qt.PenStyle):
        return pg.mkPen(colour, width=pixels, style=style)
    return pg.mkPen(colour, width=pixels, dash=list(style))


def blend(colour: str, other: str, share: float) -> QColor:
    """An opaque mixture of two colours, `share` of it the other one."""
    first, second = QColor(colour), QColor(other)
    return QColor.fromRgbF(
        first.redF() + share * (second.redF() - first.redF()),
        first.greenF() + share * (second.greenF() - first.greenF()),
        first.blueF() + share * (second.blueF() - first.blueF()),
    )


def surface_inks(look: theme.Theme) -> list[QColor]:
    """The stops of a surface between what is made and what is real, pale enough for points to be seen on it."""
    return [blend(look.model, look.base, 0.4), QColor(look.base), blend(look.data, look.base, 0.4)]


def curve_item() -> pg.PlotCurveItem:
    """An empty curve that breaks at NaN; give it its pen with `set_curve_pen`."""
    return pg.PlotCurveItem(connect="finite")


def set_curve_pen(item: pg.PlotCurveItem, ink: QPen) -> None:
    """Sets the pen of a curve, drawn piece by piece where that is possible.

    As one path, a rough antialiased line of 2,000 points wider than a pixel costs ten times as much (0.6 s against
    0.04 s measured). Dashes would start anew at each piece, and the joints of a translucent line would show.
    """
    item.setPen(ink)
    solid = ink.style() == Qt.PenStyle.SolidLine and ink.color().alpha() == 255
    item.setSegmentedLineMode("on" if solid else "off")


class _QuietAxis(pg.AxisItem):
    """Ticks at 1, 2 or 5 times a power of ten, as many as leave each label air at the type size in force.

    pyqtgraph's own choice knows the length of the axis but not the size of its letters. Numbers are never scaled to
    thousands or thousandths: pyqtgraph would do so now and then even with ``enableAutoSIPrefix(False)``.

    Attributes:
        in_corner: the name stands left of the numbers, not in a line below them: for a plot with little height.
    """

    in_corner = False

    def resizeEvent(self, event: object = None) -> None:
        super().resizeEvent(event)
        if self.in_corner and self.label is not None:
            box, letter = self.label.boundingRect(), self._letter()
            middle = self.style["tickTextOffset"][1] + letter / 2
            margin = self.label.document().documentMargin()
            edge = -self.mapToScene(0.0, 0.0).x() - margin  # with short numbers on its left it has hardly the room
            self.label.setPos(max(edge, -box.width() - 0.3 * letter), middle - box.height() / 2)

    def boundingRect(self) -> QRectF:
        """With room for a number at either end of an axis below, else pyqtgraph would leave it out."""
        rect: QRectF = super().boundingRect()
        air = 3 * self._letter() * (self.orientation == "bottom")
        return rect.adjusted(-air, 0, air, 0)

    def generateDrawSpecs(self, painter: QPainter) -> Any:
        """Numbers at the ends of an axis below stand within it, unless another is in the way."""
        specs = super().generateDrawSpecs(painter)
        if specs is None or self.orientation != "bottom":
            return specs
        line, ticks, texts = specs
        room, air = self.mapRectFromParent(self.geometry()), 0.3 * self._letter()
        kept: list[tuple[QRectF, object, str]] = []
        for rect, flags, text in sorted(texts, key=lambda each: each[0].left()):
            rect.moveLeft(min(max(rect.left(), room.left() - air), room.right() - rect.width()))
            if not kept or rect.left() > kept[-1][0].right() + air:
                kept.append((rect, flags, text))
        return line, ticks, kept

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        if self.logMode:
            texts = self.logTickStrings(values, scale, spacing)
        else:
            places = max(0, int(np.ceil(-np.log10(spacing * scale))))
            texts = [_tick(value * scale, places) for value in values]
        return [text.replace("-", "−") for text in texts]

    def getSIPrefixEnableRanges(self) -> tuple[tuple[float, float], ...]:
        return ()

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if self.logMode:
            return [(1.0, _log_ticks(low, high, size / self._letter()))]
        values: list[tuple[float, list[float]]] = super().tickValues(low, high, size)
        return values

    def _letter(self) -> float:
        return float(self.style["tickTextHeight"])

    def tickSpacing(self, low: float, high: float, size: float) -> list[tuple[float, float]]:
        letter = self._letter()
        room = max(2.0, size / ((1.8 if self.orientation == "left" else 3.5) * letter))
        rough = (high - low) / room
        if not rough > 0:
            return []
        rough = max(rough, 1.0) if self.labelText in _COUNTED else rough
        power = 10.0 ** np.floor(np.log10(rough))
        steps = [power * step for step in (0.5, 1, 2, 5, 10)]
        airy = next(index for index, step in enumerate(steps) if step >= 0.999 * rough)
        # One number alone says nothing of the scale: rather two that stand close.
        edge = 0.5 * letter * (high - low) / size if self.orientation == "left" else 0.0
        alone = np.floor((high - edge) / steps[airy]) - np.ceil((low + edge) / steps[airy]) < 1
        close = steps[max(airy - 1, 0)]
        length = max(len(text) for text in self.tickStrings([low, high], 1.0, close))
        needed = letter if self.orientation == "left" else letter * (0.65 * length + 1.0)
        fits = close * size >= needed * (high - low)
        return [(close if alone and fits else steps[airy], 0.0)]


def _tick(value: float, places: int) -> str:
    """A number of an axis, in words' own manner: thousands with a comma."""
    return f"{value:,.{places}f}" if 0.001 <= abs(value) < _VAST else f"{value:g}"


def _log_ticks(low: float, high: float, letters: float) -> list[float]:
    """Where numbers stand on an axis from 10^low to 10^high that is so many letters long: at the powers of ten or every
    few of them, and at 2 and 5 times the powers, or at all multiples, where there is room."""
    if not high > low:
        return []
    room = letters / (high - low)  # of one decade
    decades = np.arange(np.floor(low), np.ceil(high) + 1)
    between: Sequence[int] = (1,)
    if room * np.log10(10 / 9) >= AIR:
        between = range(1, 10)
    elif room * np.log10(2) >= AIR:
        between = (1, 2, 5)
    else:
        decades = decades[decades % max(1, int(np.ceil(AIR / room))) == 0]
    values = (decades[:, None] + np.log10(between)).reshape(-1)
    return [float(value) for value in values if low <= value <= high]


def bare_plot(name: str) -> pg.PlotWidget:
    """A plot that the mouse cannot zoom by accident and that lets the wheel scroll the page around it."""
    plot = pg.PlotWidget(axisItems={side: _QuietAxis(side) for side in ("left", "bottom")}, enableMenu=False)
    plot.setObjectName(name)
    plot.setFrameShape(QFrame.Shape.NoFrame)
    plot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    plot.setMouseEnabled(False, False)
    plot.hideButtons()
    plot.getPlotItem().getViewBox().disableAutoRange()
    return plot


def style_plot(plot: pg.PlotWidget, owner: QWidget) -> None:
    """Gives the background, axes, grid and tick labels of a plot the colours in force and its owner's type size."""
    look = theme.current()
    plot.setFont(owner.font())  # a child may hear of a new type size only after its owner
    plot.setBackground(look.base)
    for side in ("left", "bottom"):
        axis = plot.getPlotItem().getAxis(side)
        axis.setPen(pen(plot, look.border, HAIRLINE))
        axis.setTickPen(pen(plot, look.grid, HAIRLINE))
        axis.setTextPen(look.muted)
        axis.setTickFont(plot.font())
        axis.setGrid(255)
        axis.setZValue(-1)  # the grid lies behind the curves
        axis.setStyle(tickTextHeight=theme.em(plot), tickTextOffset=theme.em(plot, 0.3), maxTickLevel=0)
        axis.setLabel(axis.labelText, **{"color": look.muted, "font-size": f"{plot.font().pointSizeF():.1f}pt"})
        if getattr(axis, "in_corner", False):
            axis.setHeight(theme.em(plot, 1.3))  # of the numbers alone
    # Half of the topmost number stands above the axis.
    plot.getPlotItem().setContentsMargins(0, theme.em(plot, 0.5), 0, 0)


def place_now(plot: pg.PlotWidget) -> None:
    """Moves the curves to where a new range puts them. Left to itself pyqtgraph does so in the middle of the next
    painting, and after it paints everything a second time."""
    plot.getPlotItem().getViewBox().prepareForPaint()


def padded(low: float, high: float, share: float = 0.05) -> tuple[float, float]:
    """An axis range that leaves `share` of air at both ends and is never empty."""
    width = high - low
    air = share * width if width > 0 else max(abs(low) * share, share)
    return low - air, high + air


def log10_of_positive(values: np.ndarray) -> np.ndarray:
    """log10, with NaN (a gap in the curve) where there is no logarithm."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, np.log10(np.abs(values)), np.nan)


def brief(value: float) -> str:
    """A number as short as a label can bear: four significant digits, and from a thousand on no fraction."""
    if not np.isfinite(value):
        return "–"
    if 999.95 <= abs(value) < _VAST:
        words = f"{value:,.0f}"
    else:
        words = f"{value:.4g}" if abs(value) >= _VAST or 0 < abs(value) < 0.001 else f"{value:#.4g}"
    return words.replace("-", "−")
