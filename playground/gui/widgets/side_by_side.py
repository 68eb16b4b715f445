"""A main part with another beside it that can be opened; where there is no room for both, the other takes it all."""

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSplitter, QWidget


class SideBySide(QSplitter):
    """Keeps its minimum when the side is opened: the main part is folded away instead, and comes back with the room."""

    def __init__(
        self, main: QWidget, side: QWidget, wanted_width: Callable[[], int], parent: QWidget | None = None
    ) -> None:
        """`wanted_width`: what the side takes if there are so many pixels."""
        super().__init__(Qt.Orientation.Horizontal, parent)
        self._main, self._side = main, side
        self._wanted_width = wanted_width
        self.addWidget(main)
        self.addWidget(side)
        self.setCollapsible(1, False)
        self.handle(1).setToolTip("Drag to give either side more room")
        side.hide()

    def show_side(self, shown: bool) -> None:
        """Opens the side, or closes it."""
        self._side.setVisible(shown)
        self._share()

    def minimumSizeHint(self) -> QSize:
        hints = [part.minimumSizeHint() for part in (self._main, self._side) if not part.isHidden()]
        return QSize(max(hint.width() for hint in hints), max(hint.height() for hint in hints))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width() and not self._side.isHidden():
            self._share()

    def _share(self) -> None:
        room, least = self.width(), self._main.minimumSizeHint().width()
        if self._side.isHidden():
            self.setSizes([room, 0])
            return
        left = room - max(self._wanted_width(), room // 2)
        self.setSizes([left if left >= least else 0, room])
