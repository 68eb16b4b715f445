"""The plane with Gaussians as ellipses: one to take into one's hands, and those of a mixture with their points."""

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.plots import CURVE, HAIRLINE, pen, set_curve_pen
from playground.gui.widgets.scatter_view import ScatterView

MOST_MEMBERS = 800
MARKS = ("o", "s", "t", "d", "star", "p")
_ROUND = np.linspace(0.0, 2 * np.pi, 73)
_MOVES = {Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1)}


class EllipsePlane(ScatterView):
    """An ellipse lies one standard deviation, and a fainter one two, around its mean.

    Signals:
        middle_moved: (x, y) that a person dragged or stepped the middle of the ellipse in hand to.
        along_moved, across_moved: (x, y) that a person dragged the end of its first or second axis to.
    """

    middle_moved = Signal(float, float)
    along_moved = Signal(float, float)
    across_moved = Signal(float, float)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._hand: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None  # mean, both half axes
        self._outline = [pg.PlotCurveItem(), pg.PlotCurveItem()]
        self._handles = [pg.TargetItem(movable=True, symbol=symbol) for symbol in ("o", "s", "d")]
        self._members = pg.ScatterPlotItem(pxMode=True)
        self._clouds: list[tuple[pg.PlotCurveItem, pg.TextItem]] = []
        self._belongs: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        for depth, item in (
            (2, self._members),
            *((5, each) for each in self._outline),
            *((6, h) for h in self._handles),
        ):
            item.setZValue(depth)
            self._plot.addItem(item, ignoreBounds=True)
        for item in (*self._outline, *self._handles):
            item.hide()
        signals = (self.middle_moved, self.along_moved, self.across_moved)
        for handle, signal in zip(self._handles, signals, strict=True):
            handle.sigPositionChanged.connect(lambda item, signal=signal: signal.emit(*map(float, item.pos())))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def set_hand(self, mean: np.ndarray, along: np.ndarray, across: np.ndarray) -> None:
        """Shows the ellipse in hand: its mean (2,) and its two half axes (2,), one deviation long each."""
        self._hand = (mean, along, across)
        for sigmas, item in zip((1, 2), self._outline, strict=True):
            ring = mean + sigmas * (np.cos(_ROUND)[:, None] * along + np.sin(_ROUND)[:, None] * across)
            item.setData(ring[:, 0], ring[:, 1])
            item.show()
        for handle, at in zip(self._handles, (mean, mean + along, mean + across), strict=True):
            handle.blockSignals(True)
            handle.setPos(*map(float, at))
            handle.blockSignals(False)
            handle.show()

    def hand(self) -> list[tuple[float, float]]:
        """Where its middle and the ends of its axes stand."""
        return [(float(handle.pos().x()), float(handle.pos().y())) for handle in self._handles]

    def set_clouds(self, means: np.ndarray, covariances: np.ndarray, words: Sequence[str]) -> None:
        """Shows the ellipses of a mixture: means (K, 2), covariances (K, 2, 2), and what stands at each."""
        while len(self._clouds) > len(means):
            for item in self._clouds.pop():
                self._plot.removeItem(item)
        while len(self._clouds) < len(means):
            pair = (pg.PlotCurveItem(), pg.TextItem(anchor=(0.5, 1.0)))
            pair[1].textItem.document().setDocumentMargin(1)
            for above, item in enumerate(pair):
                item.setZValue(4 + above)
                self._plot.addItem(item, ignoreBounds=True)
            self._clouds.append(pair)
        circle = np.stack([np.cos(_ROUND), np.sin(_ROUND)])
        for (curve, text), mean, covariance, label in zip(self._clouds, means, covariances, words, strict=True):
            ring = mean[:, None] + np.linalg.cholesky(covariance) @ circle
            curve.setData(ring[0], ring[1])
            text.setText(label)
            text.setPos(float(mean[0]), float(ring[1].max()))
        self._style_clouds()
        self._part_words()

    def _part_words(self) -> None:
        """Of words that would lie on each other, only the first are shown."""
        box = self._plot.getPlotItem().getViewBox()
        taken: list[QRectF] = []
        for _, text in self._clouds:
            size, at = text.textItem.boundingRect().size(), box.mapViewToScene(text.pos())
            place = QRectF(at.x() - size.width() / 2, at.y() - size.height(), size.width(), size.height())
            text.setVisible(not any(place.intersects(other) for other in taken))
            if text.isVisible():
                taken.append(place)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._part_words()

    def set_members(self, xy: np.ndarray, which: np.ndarray, share: np.ndarray) -> None:
        """Shows points (N, 2) in the colour and with the mark of the cloud `which` (N,) that they belong to; the paler,
        the smaller that `share` (N,); of more than 800, evenly chosen ones."""
        chosen = np.linspace(0, len(xy) - 1, min(len(xy), MOST_MEMBERS)).astype(int)
        xy, which, share = self._belongs = (xy[chosen], which[chosen], share[chosen])
        inks = theme.current().series
        kinds = list(zip(which.tolist(), np.ceil(4 * share).tolist(), strict=True))  # few, for each is a picture
        brushes = {
            (cloud, part): pg.mkBrush(theme.faded(inks[cloud % len(inks)], 0.1 + 0.19 * part))
            for cloud, part in set(kinds)
        }
        self._members.setData(
            xy[:, 0], xy[:, 1], brush=[brushes[kind] for kind in kinds], symbol=[mark(cloud) for cloud, _ in kinds],
            pen=pg.mkPen(None), size=theme.em(self, 0.36),
        )  # fmt: skip

    def members(self) -> np.ndarray:
        """The cloud of each point on show, (N,)."""
        return self._belongs[1] if self._belongs else np.empty(0, int)

    def restyle(self) -> None:
        super().restyle()
        look = theme.current()
        for item, width in zip(self._outline, (CURVE, HAIRLINE), strict=True):
            set_curve_pen(item, pen(self, look.model, width))
        for handle in self._handles:
            handle.scale = theme.em(self, 0.9)
            handle.setPen(pen(self, look.base))
            handle.setBrush(pg.mkBrush(look.model))
            handle.setHoverBrush(pg.mkBrush(look.accent))
        self._style_clouds()
        if self._belongs:
            self.set_members(*self._belongs)

    def _style_clouds(self) -> None:
        look = theme.current()
        for curve, text in self._clouds:
            set_curve_pen(curve, pen(self, look.text))
            text.setColor(look.text)
            text.fill = pg.mkBrush(theme.faded(look.base, 0.75))  # it stands on the points of its cloud
            text.setFont(self.font())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = _MOVES.get(Qt.Key(event.key()))
        if move is None or self._hand is None:
            super().keyPressEvent(event)
        else:
            step = 0.01 * (self._high - self._low)
            self.middle_moved.emit(*(float(v) for v in self._hand[0] + step * np.array(move)))


def mark(cloud: int) -> str:
    """The mark of a cloud's points; six colours and six marks make 36 pairs."""
    return MARKS[(cloud + cloud // len(MARKS)) % len(MARKS)]
