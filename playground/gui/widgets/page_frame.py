"""Room for a page: as large as the window lets it be, and scrolled where it needs more than that."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget


class PageFrame(QScrollArea):
    """Gives its page the whole view, but never less than the page's minimum.

    `setWidgetResizable` would give a page with wrapped words the height that it would like to have.
    """

    def __init__(self, page: QWidget) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(page)
        page.installEventFilter(self)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        page = self.widget()
        if page is None:
            return
        room = self.maximumViewportSize()
        least = self._least(page, room.width())
        bar = self.verticalScrollBar().sizeHint().width()
        if least.height() > room.height():  # what the bar takes from the width may wrap a line more
            least = self._least(page, room.width() - bar)
        across, down = least.width() > room.width(), least.height() > room.height()
        across = across or (down and least.width() > room.width() - bar)
        down = down or (across and least.height() > room.height() - bar)
        view = room - QSize(bar * down, bar * across)
        page.resize(view.expandedTo(least))

    @staticmethod
    def _least(page: QWidget, width: int) -> QSize:
        """What a page needs that is so wide, or wider where it cannot be less."""
        least = page.minimumSizeHint()
        layout = page.layout()
        if layout is not None and layout.hasHeightForWidth():
            least.setHeight(max(least.height(), layout.minimumHeightForWidth(max(width, least.width()))))
        return least
