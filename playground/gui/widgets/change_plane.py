"""The plane with what was added to a density, and hatched what was taken from it."""

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.scatter_view import ScatterView

FINER = 3  # pixels of the picture to a cell, along one side: room for a hatch
STRIPE = 6  # pixels from one line of the hatch to the next
FAINTEST = 0.02  # of the greatest change; what is less is not drawn


class ChangePlane(ScatterView):
    """The greater the change, the more of its colour; where mass was taken, lines run across as well."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._values: np.ndarray | None = None
        self._picture = pg.ImageItem()
        self._picture.setZValue(-9)
        self._plot.addItem(self._picture, ignoreBounds=True)

    def set_change(self, values: np.ndarray | None) -> None:
        """Draws a signed map (H, W) over the extent, row 0 at the lowest y; None takes it away."""
        self._values = values
        self._picture.setVisible(values is not None)
        if values is not None:
            self._picture.setImage(self._colours(values), autoLevels=False, levels=(0, 255))
            side = self._high - self._low
            self._picture.setRect(QRectF(self._low, self._low, side, side))

    def change(self) -> np.ndarray | None:
        """What is drawn, as it was given."""
        return self._values

    def restyle(self) -> None:
        super().restyle()
        self.set_change(self._values)

    def _colours(self, values: np.ndarray) -> np.ndarray:
        """(H, W, 4) in FINER times as many pixels."""
        look = theme.current()
        share = values / (np.abs(values).max() or 1.0)
        share = share.repeat(FINER, axis=0).repeat(FINER, axis=1)
        ink = np.where(share[..., None] > 0, _rgb(look.good), _rgb(look.bad))
        strength = np.sqrt(np.abs(share)) * (np.abs(share) > FAINTEST)
        row, column = np.indices(share.shape)
        between = (share < 0) & ((row + column) % STRIPE > 1)
        alpha = 255 * strength * np.where(between, 0.35, 0.9)
        return np.concatenate([ink, alpha[..., None]], axis=2).astype(np.uint8)


def _rgb(colour: str) -> np.ndarray:
    ink = QColor(colour)
    return np.array([ink.red(), ink.green(), ink.blue()], float)
