"""A function of two numbers as a heat map with level lines, a place on it to drag, its way, and the best place."""

import numpy as np
import pyqtgraph as pg
from pyqtgraph.GraphicsScene.mouseEvents import MouseClickEvent
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QPainter
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.contours import contour_segments
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.plots import HAIRLINE, bare_plot, pen, set_curve_pen, style_plot

BELOW = (0.02, 0.1, 0.3, 0.6, 1.0, 1.5)  # of the level lines, under the highest value
DEEPEST = 2.5  # under the highest value: all below has the palest colour
_MOVES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}


class SurfacePlot(DrawnWidget):
    """The higher, the deeper the colour.

    Signals:
        moved: (x, y) that a person dragged, clicked or stepped the place to; not sent by `set_place`.
    """

    moved = Signal(float, float)

    def __init__(self, name: str, x_label: str, y_label: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Surface", "Drag the place, click, or use the arrow keys", parent)
        self._plot = bare_plot(f"{name}.plot")
        self._plot.setLabel("bottom", x_label)
        self._plot.setLabel("left", y_label)
        self._x, self._y = np.array([0.0, 1.0]), np.array([0.0, 1.0])
        self._values = np.zeros((2, 2))
        self._heat, self._lines = pg.ImageItem(), pg.PlotCurveItem(connect="pairs")
        self._path, self._goal = pg.PlotCurveItem(), pg.ScatterPlotItem(symbol="+", pxMode=True)
        self._goal_words = pg.TextItem(anchor=(0.5, 1.3))
        self._place = pg.TargetItem(movable=True, symbol="o", size=12)
        for depth, item in enumerate(
            (self._heat, self._lines, self._path, self._goal, self._goal_words, self._place), start=-10
        ):
            item.setZValue(depth)
            self._plot.addItem(item, ignoreBounds=True)
        self._place.sigPositionChanged.connect(self._dragged)
        self._plot.scene().sigMouseClicked.connect(self._clicked)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._plot)

    def set_surface(self, x: np.ndarray, y: np.ndarray, values: np.ndarray) -> None:
        """Draws `values` (Y, X) over even axes x (X,) and y (Y,)."""
        self._x, self._y, self._values = x, y, values
        top, low = float(values.max()), float(values.min())
        self._heat.setImage(values, autoLevels=False, levels=(max(low, top - DEEPEST), top))
        dx, dy = (x[-1] - x[0]) / (len(x) - 1), (y[-1] - y[0]) / (len(y) - 1)
        self._heat.setRect(QRectF(x[0] - dx / 2, y[0] - dy / 2, dx * len(x), dy * len(y)))
        pieces = [contour_segments(values, top - below).reshape(-1, 2) for below in BELOW]
        ends = np.concatenate(pieces) * (dx, dy) + (x[0], y[0])
        self._lines.setData(ends[:, 0], ends[:, 1])
        self._plot.setXRange(x[0], x[-1], padding=0)
        self._plot.setYRange(y[0], y[-1], padding=0)

    def surface(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is drawn, as it was given."""
        return self._x, self._y, self._values

    def set_place(self, x: float, y: float) -> None:
        """Moves the place."""
        self._place.blockSignals(True)
        self._place.setPos(x, y)
        self._place.blockSignals(False)

    def place(self) -> tuple[float, float]:
        """Where it stands."""
        at = self._place.pos()
        return float(at.x()), float(at.y())

    def set_path(self, xy: np.ndarray) -> None:
        """Draws the way (N, 2) that it came."""
        self._path.setData(xy[:, 0], xy[:, 1])

    def set_goal(self, x: float, y: float, words: str) -> None:
        """Marks the best place and says how it was found."""
        self._goal.setData([x], [y])
        self._goal_words.setText(words)
        self._goal_words.setPos(x, y)
        low = y < self._y[0] + 0.75 * (self._y[-1] - self._y[0])
        share = (x - self._x[0]) / (self._x[-1] - self._x[0])
        self._goal_words.setAnchor((0.0 if share < 0.3 else 1.0 if share > 0.7 else 0.5, 1.3 if low else -0.3))

    def goal(self) -> tuple[float, float]:
        """Where that place is."""
        x, y = self._goal.getData()
        return float(x[0]), float(y[0])

    def restyle(self) -> None:
        look = theme.current()
        style_plot(self._plot, self)
        self._plot.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for side in ("left", "bottom"):
            self._plot.getPlotItem().getAxis(side).setGrid(False)
        stops = np.linspace(0.0, 1.0, len(look.density))
        self._heat.setColorMap(pg.ColorMap(stops, list(look.density)))
        set_curve_pen(self._lines, pen(self, look.muted, HAIRLINE))
        set_curve_pen(self._path, pen(self, look.model))
        self._goal.setPen(pen(self, look.exact, 0.16))
        self._goal.setBrush(look.exact)
        self._goal.setSize(theme.em(self, 1.0))
        self._goal_words.setColor(look.text)
        self._goal_words.fill = pg.mkBrush(theme.faded(look.base, 0.8))
        self._goal_words.setFont(self.font())
        self._place.setPen(pen(self, look.base))
        self._place.setBrush(pg.mkBrush(look.model))
        self._place.setHoverBrush(pg.mkBrush(look.accent))
        self._place.scale = theme.em(self, 0.9)

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 18), theme.em(self, 14))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 10), theme.em(self, 8))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
            return
        x, y = self.place()
        self._go(x + move[0] * 0.02 * (self._x[-1] - self._x[0]), y + move[1] * 0.02 * (self._y[-1] - self._y[0]))

    def _go(self, x: float, y: float) -> None:
        """A person's move, kept on the surface."""
        self.moved.emit(float(np.clip(x, self._x[0], self._x[-1])), float(np.clip(y, self._y[0], self._y[-1])))

    def _dragged(self) -> None:
        self._go(*self.place())

    def _clicked(self, event: MouseClickEvent) -> None:
        box = self._plot.getPlotItem().getViewBox()
        if box.sceneBoundingRect().contains(event.scenePos()):
            at = box.mapSceneToView(event.scenePos())
            self._go(at.x(), at.y())
