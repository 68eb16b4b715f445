"""Tiles in as many columns as there is room for."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from playground.gui.widgets import theme

MOST, WIDTH = 3, 18  # columns, and em that each needs


class TileGrid(QWidget):
    """Arranges its tiles anew when its width or the type size changes.

    Signals:
        rearranged: into so many columns.
    """

    rearranged = Signal(int)

    def __init__(self, tiles: Sequence[QWidget], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tiles = tiles
        self._columns = 0
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._arrange()

    @property
    def columns(self) -> int:
        """How many there are."""
        return self._columns

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_grid"):
            self._columns = 0
            self._arrange()

    def _arrange(self) -> None:
        columns = min(MOST, max(1, self.width() // theme.em(self, WIDTH)))
        if columns == self._columns:
            return
        self._columns = columns
        for place, tile in enumerate(self._tiles):
            self._grid.addWidget(tile, place // columns, place % columns)
        for line in range(len(self._tiles)):
            self._grid.setColumnStretch(line, int(line < columns))
            self._grid.setRowStretch(line, int(line < -(-len(self._tiles) // columns)))
        self.rearranged.emit(columns)
