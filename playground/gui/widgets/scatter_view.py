"""The plane: points, densities, trajectories and fields over one fixed square."""

from typing import Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.contours import contour_segments
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.plots import HAIRLINE, THINNEST, bare_plot, blend, pen, set_curve_pen, surface_inks
from playground.gui.widgets.role_legend import BROAD, LegendEntry, Role, RoleLegend, ink_of

MOST_POINTS = 2000
_MOST_TRAIL_VERTICES = 20_000
_SYMBOLS: dict[Role, str] = {"data": "o", "model": "d", "exact": "+", "other": "t", "plain": "s"}
_SIZES: dict[Role, float] = {"data": 0.28, "model": 0.42, "exact": 0.36, "other": 0.42, "plain": 0.36}  # em
_OPACITY: dict[Role, float] = {"data": 0.45, "model": 0.8, "exact": 0.8, "other": 0.8, "plain": 0.6}
_DENSITY, _CONTOURS, _TRAILS = "density", "exact density", "paths"
_COLUMNS = 96  # in which numbers on a line are stacked
_MASS = (0.5, 0.9)  # shares of an exact density's mass that are outlined
_MOVES = {
    Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
}  # fmt: skip
_KEY_STEP = 0.02  # of the side, that an arrow key moves the handle
_Kind = Literal["points", "arrows", "density", "surface", "contours", "trails"]


class _Layer:
    """One pyqtgraph item with what the legend and the theme need to know about it."""

    def __init__(self, kind: _Kind, role: Role, item: pg.GraphicsObject, depth: int) -> None:
        self.kind, self.role, self.item = kind, role, item
        self.filled = False
        self.wanted = True
        self.alone = False  # a single point, drawn large
        self.styled: object = None  # the look that it was last styled for
        item.setZValue(depth)

    def set_filled(self, filled: bool) -> None:
        self.filled = filled
        self.item.setVisible(self.filled and self.wanted)

    def set_wanted(self, wanted: bool) -> None:
        self.wanted = wanted
        self.item.setVisible(self.filled and self.wanted)


class ScatterView(DrawnWidget):
    """Layers of 2-D data in a square with fixed limits; what is real, made and exact differ in colour *and* shape.

    A layer's name is what its legend says. The trail layer is named ``"paths"``, the density and contour layers
    ``"density"`` and ``"exact density"`` unless they are given a name.

    Signals:
        handle_moved: (x, y) where a person left the handle, by dragging or by the arrow keys; see `set_handle`.
    """

    handle_moved = Signal(float, float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Plane", "Points, densities and paths in the plane", parent)
        self._low, self._high = -1.0, 1.0
        self._layers: dict[str, _Layer] = {}
        self._arrows: dict[str, tuple[np.ndarray, np.ndarray]] = {}
        self._plot = bare_plot(f"{name}.plot")
        self._plot.setParent(self)
        self._plot.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._plot.hideAxis("left")
        self._plot.hideAxis("bottom")
        self._plot.getPlotItem().setContentsMargins(0, 0, 0, 0)
        self._plot.getPlotItem().getViewBox().setDefaultPadding(0)
        self._zero_lines = [pg.InfiniteLine(0, angle) for angle in (0, 90)]
        for line in self._zero_lines:
            line.setZValue(-20)
            self._plot.addItem(line, ignoreBounds=True)
        self._handle: pg.TargetItem | None = None
        self._tallest = 0.0  # share of the numbers on a line that stand in its highest column
        self._legend = RoleLegend(f"{name}.legend", self)
        self._legend_wanted = True
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.set_extent(-1.0, 1.0)

    def set_extent(self, low: float, high: float) -> None:
        """Both axes go from `low` to `high`, and stay there whatever the data do."""
        self._low, self._high = low, high
        self._plot.setXRange(low, high, padding=0)
        self._plot.setYRange(low, high, padding=0)

    def set_points(self, layer: str, xy: np.ndarray, role: Role) -> None:
        """Draws points (N, 2) in the ink and marker of their role; of more than 2000, evenly chosen ones, and none of
        those that are no numbers. A point that is alone is drawn large. Numbers (N, 1) are stacked over the line they
        lie on, those of a model under it, one that is alone stays on it; the first layer decides how high a stack of a
        given share is."""
        xy = xy[np.isfinite(xy).all(axis=1)]
        if xy.shape[1] == 1:
            xy = self._stacked(xy[:, 0], role)
        item = self._layer(layer, "points", role, pg.ScatterPlotItem(pxMode=True), 2)
        if item.alone != (len(xy) == 1):
            item.alone = len(xy) == 1
            self._style(item)
        chosen = xy if len(xy) <= MOST_POINTS else xy[np.linspace(0, len(xy) - 1, MOST_POINTS).astype(int)]
        item.item.setData(chosen[:, 0], chosen[:, 1])
        self._changed(item, len(chosen) > 0)

    def _stacked(self, x: np.ndarray, role: Role) -> np.ndarray:
        """A dot plot of numbers (N,): each at its place on the line, as high as its turn in its column, (N, 2)."""
        side = self._high - self._low
        column = np.floor((x - self._low) / side * _COLUMNS).astype(int)
        order = np.argsort(column, kind="stable")
        first = np.searchsorted(column[order], column[order])
        share = np.empty(len(x))
        share[order] = (np.arange(len(x)) - first + 0.5) / max(len(x), 1)
        height = self._height(share) if len(x) > 1 else np.zeros(len(x))  # what is alone lies on the line
        middle = (self._low + self._high) / 2
        return np.stack([x, middle + (-height if role == "model" else height)], axis=1)

    def set_density(self, image: np.ndarray | None, layer: str = _DENSITY) -> None:
        """Draws a heat map (H, W) >= 0 over the extent, row 0 at the lowest y; None takes it away."""
        item = self._layer(layer, "density", "model", pg.ImageItem(), -10)
        if image is not None:
            finite = np.nan_to_num(np.asarray(image, dtype=np.float32))
            most = float(finite.max()) or 1.0
            item.item.setImage(finite, autoLevels=False, levels=(0.0, most))
            side = self._high - self._low
            item.item.setRect(QRectF(self._low, self._low, side, side))
        self._changed(item, image is not None)

    def set_surface(self, layer: str, image: np.ndarray | None, low: float, high: float) -> None:
        """Draws a function (H, W) over the extent, laid out as in `set_density`: in the model's ink at `low`, in that
        of data at `high`, in none half-way between and where it is NaN; None takes it away."""
        item = self._layer(layer, "surface", "data", pg.ImageItem(), -9)
        if image is not None:
            item.item.setImage(np.asarray(image, dtype=np.float32), autoLevels=False, levels=(low, high))
            side = self._high - self._low
            item.item.setRect(QRectF(self._low, self._low, side, side))
        self._changed(item, image is not None)

    def set_contours(
        self, image: np.ndarray | None, levels: tuple[float, ...] = (), layer: str = _CONTOURS, role: Role = "exact"
    ) -> None:
        """Outlines an exact density, or another surface (H, W) under its own name, at absolute `levels`; laid out as in
        `set_density`."""
        item = self._layer(layer, "contours", role, pg.PlotCurveItem(connect="pairs"), 1)
        if image is not None:
            rows, columns = image.shape
            pieces = [contour_segments(image, level) for level in levels]
            ends = np.concatenate([piece.reshape(-1, 2) for piece in pieces] or [np.empty((0, 2))])  # (2 S, 2)
            ends = self._low + (ends + 0.5) / (columns, rows) * (self._high - self._low)
            item.item.setData(ends[:, 0], ends[:, 1])
        self._changed(item, image is not None)

    def set_truth(self, density: np.ndarray | None) -> None:
        """Outlines where an exact density has half and nine tenths of its mass, (G, G) laid out as in `set_density`; of
        one on the line, (G,), draws the curve at the height that stacks of such a share have."""
        if density is None or density.ndim == 2:
            self.set_contours(density, () if density is None else tuple(_level(density, share) for share in _MASS))
            return
        item = self._layer(_CONTOURS, "contours", "exact", pg.PlotCurveItem(), 1)
        side = self._high - self._low
        height = self._height(density * side / _COLUMNS)
        item.item.setData(np.linspace(self._low, self._high, len(density)), (self._low + self._high) / 2 + height)
        self._changed(item, True)

    def _height(self, share: np.ndarray) -> np.ndarray:
        """Of a stack over the line that holds this share of the numbers."""
        side = self._high - self._low
        self._tallest = self._tallest or float(share.max(initial=0.0))
        return np.minimum(0.42 * side * share / (self._tallest or 1.0), 0.49 * side)

    def set_trails(self, xy: np.ndarray | None, layer: str = _TRAILS) -> None:
        """Draws the path of each particle, (T, N, 2); of very many, evenly chosen ones."""
        item = self._layer(layer, "trails", "model", pg.PlotCurveItem(), 0)
        if xy is not None:
            steps, particles = xy.shape[:2]
            kept = max(1, min(particles, _MOST_TRAIL_VERTICES // max(1, steps)))
            paths = xy[:, np.linspace(0, particles - 1, kept).astype(int)].transpose(1, 0, 2)  # (kept, T, 2)
            connected = np.ones((kept, steps), dtype=np.int32)
            connected[:, -1] = 0
            flat = paths.reshape(-1, 2)
            item.item.setData(flat[:, 0], flat[:, 1], connect=connected.ravel())
        self._changed(item, xy is not None)

    def set_arrows(self, layer: str, xy: np.ndarray, uv: np.ndarray, role: Role) -> None:
        """Draws a field: arrows `uv` (N, 2) at `xy` (N, 2).

        All arrow layers share one scale, so that their lengths compare: the longest arrow spans about one cell of the
        grid that N points make over the extent.
        """
        item = self._layer(layer, "arrows", role, pg.PlotCurveItem(connect="pairs"), 3 if role in BROAD else 4)
        self._arrows[layer] = (np.asarray(xy, float), np.nan_to_num(np.asarray(uv, float)))
        self._changed(item, len(xy) > 0)
        longest = max(float(np.hypot(*field.T).max(initial=0.0)) for _, field in self._arrows.values())
        cells = max(1.0, max(len(at) for at, _ in self._arrows.values()) ** 0.5)
        scale = 0.95 * (self._high - self._low) / cells / longest if longest > 0 else 0.0
        for name, (at, field) in self._arrows.items():
            ends = _arrow_segments(at, field * scale)
            self._layers[name].item.setData(ends[:, 0], ends[:, 1])

    def set_handle(self, xy: np.ndarray | None, label: str = "", movable: bool = True) -> None:
        """Puts a cross-hair with a label at a point (2,), to be dragged or moved by the arrow keys; None removes it."""
        if self._handle is None:
            self._handle = pg.TargetItem(size=theme.em(self, 1.1), label=label)
            self._handle.setZValue(6)
            self._handle.sigPositionChanged.connect(self._turn_label)
            self._plot.addItem(self._handle, ignoreBounds=True)
            self._handle.sigPositionChangeFinished.connect(self._handle_left)
            self._style_handle()
        self._handle.setVisible(xy is not None)
        if xy is not None:
            self._handle.blockSignals(True)
            self._handle.setPos(float(xy[0]), float(xy[1]))
            self._handle.blockSignals(False)
            self._turn_label()
            self._handle.movable = movable
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus if xy is not None and movable else Qt.FocusPolicy.NoFocus)

    def handle(self) -> tuple[float, float] | None:
        """Where the handle stands; None where there is none."""
        if self._handle is None or not self._handle.isVisible():
            return None
        at = self._handle.pos()
        return float(at.x()), float(at.y())

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._moves(event):
            event.accept()  # the arrows move the handle, whatever they do elsewhere in the window
            return True
        return super().event(event)

    def _moves(self, event: QKeyEvent) -> bool:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return plain and self.handle() is not None and Qt.Key(event.key()) in _MOVES

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move, at = _MOVES.get(Qt.Key(event.key())), self.handle()
        if self._handle is None or at is None or move is None or not self._handle.movable:
            super().keyPressEvent(event)
            return
        pace = _KEY_STEP * (self._high - self._low)
        self._handle.setPos(at[0] + pace * move[0], at[1] + pace * move[1])
        self._handle_left()

    def _handle_left(self) -> None:
        if (at := self.handle()) is not None:
            self.handle_moved.emit(*at)

    def _turn_label(self) -> None:
        """Near the right edge the handle's label stands at its left."""
        if self._handle is not None and (label := self._handle.label()) is not None:
            is_far = self._handle.pos().x() > self._low + 0.8 * (self._high - self._low)
            label.offset = pg.Point(theme.em(self, -1.4 if is_far else 1.4), 0)
            label.setAnchor((float(is_far), 0.5))
            label.viewTransformChanged()

    def _style_handle(self) -> None:
        if self._handle is not None:
            look = theme.current()
            self._handle.setPen(pen(self, look.accent, 0.12))
            self._handle.setBrush(theme.faded(look.base, 0.4))
            self._handle.setHoverBrush(theme.faded(look.accent, 0.5))
            if (label := self._handle.label()) is not None:
                label.setColor(look.text)
                label.setFont(self.font())

    def set_layer_visible(self, layer: str, visible: bool) -> None:
        """Shows or hides a layer by its name; a layer that does not exist yet is left alone."""
        if layer in self._layers:
            self._layers[layer].set_wanted(visible)
            self._update_legend()

    def show_legend(self, wanted: bool) -> None:
        """Shows the legend or leaves it out, where what stands beside it says as much."""
        self._legend_wanted = wanted
        self._place()

    def visible_layers(self) -> list[str]:
        """The names in the legend."""
        return [name for name, layer in self._layers.items() if layer.filled and layer.wanted]

    def clear(self) -> None:
        """Removes every layer; the extent stays."""
        for layer in self._layers.values():
            self._plot.removeItem(layer.item)
        self._layers.clear()
        self._arrows.clear()
        if self._handle is not None:
            self.set_handle(None)
        self._tallest = 0.0
        self._update_legend()

    def restyle(self) -> None:
        look = theme.current()
        self._plot.setBackground(look.base)
        for line in self._zero_lines:
            line.setPen(pen(self, look.grid, HAIRLINE))
        self._plot.getPlotItem().getViewBox().setBorder(pen(self, look.border, HAIRLINE))
        for layer in self._layers.values():
            self._style(layer)
        self._style_handle()
        # A child hears of a new type size after its parent; placing needs the legend's new size now.
        self._legend.setFont(self.font())
        self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 22), theme.em(self, 20))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 8), theme.em(self, 8))

    def _layer(self, name: str, kind: _Kind, role: Role, fresh: pg.GraphicsObject, depth: int) -> _Layer:
        """The layer of this name; `fresh` becomes its item the first time."""
        if name not in self._layers:
            self._layers[name] = _Layer(kind, role, fresh, depth)
            self._plot.addItem(fresh, ignoreBounds=True)
            self._style(self._layers[name])
        return self._layers[name]

    def _changed(self, layer: _Layer, filled: bool) -> None:
        if layer.filled != filled:
            layer.set_filled(filled)
            self._update_legend()

    def _style(self, layer: _Layer) -> None:
        look = theme.current()
        wanted = (look, self.fontMetrics().height(), layer.alone)
        if layer.styled == wanted:  # Qt tells of one new theme three times, and each point is drawn again
            return
        layer.styled = wanted
        colour = ink_of(layer.role)
        ink = theme.faded(colour, _OPACITY[layer.role])
        if layer.kind == "points":
            layer.item.setSymbol(_SYMBOLS[layer.role])
            layer.item.setSize(theme.em(self, _SIZES[layer.role] * (3 if layer.alone else 1)))
            layer.item.setBrush(ink)
            layer.item.setPen(pen(self, ink, 0.1) if layer.role == "exact" and layer.alone else pg.mkPen(None))
        elif layer.kind == "density":
            stops = np.linspace(0.0, 1.0, len(look.density))
            layer.item.setColorMap(pg.ColorMap(stops, list(look.density)))
        elif layer.kind == "surface":
            layer.item.setColorMap(pg.ColorMap(np.linspace(0.0, 1.0, 3), surface_inks(look)))
        elif layer.kind == "trails":
            set_curve_pen(layer.item, pen(self, theme.faded(colour, 0.45), THINNEST))
        elif layer.kind == "contours":
            # Opaque: its many short pieces overlap at their ends, which would show as dots.
            set_curve_pen(layer.item, pen(self, colour, HAIRLINE))
        else:
            # A broad pale arrow under a thin one of the model: where they agree, one lies inside the other.
            broad = layer.role in BROAD
            set_curve_pen(
                layer.item, pen(self, blend(colour, look.base, 0.55 if broad else 0.0), 0.2 if broad else 0.07)
            )

    def _update_legend(self) -> None:
        self._legend.set_entries(
            [LegendEntry(name, self._layers[name].kind, self._layers[name].role) for name in self.visible_layers()]
        )
        self._place()

    def _place(self) -> None:
        """A centred square; the legend stands beside it, or in its corner where that would cost too much room."""
        side = min(self.width(), self.height())
        legend = self._legend.sizeHint()
        gap = theme.em(self, 0.6)
        left_over = self.width() - legend.width() - gap
        beside = self._legend_wanted and left_over >= 0.75 * side
        side = min(side, left_over) if beside else side
        left = (self.width() - side - (legend.width() + gap if beside else 0)) // 2
        top = (self.height() - side) // 2
        self._plot.setGeometry(left, top, side, side)
        self._legend.setVisible(self._legend_wanted and bool(self.visible_layers()))
        x = left + side + gap if beside else left + side - legend.width() - gap
        self._legend.setGeometry(x, top if beside else top + gap // 2, legend.width(), legend.height())
        self._legend.raise_()


def _level(density: np.ndarray, share: float) -> float:
    """The height above which a density has this share of its mass; a little less, for one that is flat there."""
    falling = np.sort(density, axis=None)[::-1]
    mass = np.cumsum(falling)
    return 0.999 * float(falling[np.searchsorted(mass, share * mass[-1])])


def _arrow_segments(start: np.ndarray, arrow: np.ndarray) -> np.ndarray:
    """Shaft and two barbs of each arrow as pairs of ends, (6 N, 2)."""
    tip = start + arrow
    side = np.stack([-arrow[:, 1], arrow[:, 0]], axis=1)
    left, right = tip - 0.32 * arrow + 0.2 * side, tip - 0.32 * arrow - 0.2 * side
    return np.stack([start, tip, tip, left, tip, right], axis=1).reshape(-1, 2)
