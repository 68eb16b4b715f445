"""One page of the data dock: something to look at and act on, and beside it what can be set, with the way to use it."""

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from playground.gui.widgets import theme


class DataPage(QWidget):
    """Base of the dock's pages.

    Signals:
        wanted: (name of a data set, its options by their keys on the command line) to build a fresh model on.

    Attributes:
        side: where subclasses put their settings.
        use_button: builds the fresh model.
    """

    wanted = Signal(str, dict)

    def __init__(self, name: str, stage: QWidget, words: str, use_tip: str, parent: QWidget | None = None) -> None:
        """`stage` is what is looked at; `words` explain the page in a sentence or two."""
        super().__init__(parent)
        self.setObjectName(name)
        explained = QLabel(words)
        explained.setProperty("role", "caption")
        explained.setWordWrap(True)
        self.use_button = QPushButton("Use this data")
        self.use_button.setObjectName(f"{name}.use")
        self.use_button.setAccessibleName("Use this data")
        self.use_button.setProperty("role", "primary")
        self._use_tip = use_tip
        self.use_button.setToolTip(use_tip)
        self.use_button.clicked.connect(self.use)
        self._content = QWidget()
        column = QVBoxLayout(self._content)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(explained)
        self.side = QVBoxLayout()
        column.addLayout(self.side)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._content)
        self._content.installEventFilter(self)
        right = QVBoxLayout()
        right.addWidget(self._scroll, 1)
        right.addWidget(self.use_button)
        layout = QHBoxLayout(self)
        layout.addWidget(stage, 1)
        layout.addLayout(right)
        self._fit()

    def use(self) -> None:
        """What the button does."""
        raise NotImplementedError

    def set_running(self, running: bool) -> None:
        """While a model trains, no other takes its place by accident."""
        self.use_button.setEnabled(not running)
        self.use_button.setToolTip("Pause or stop the training first" if running else self._use_tip)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_scroll"):
            self._fit()

    def _fit(self) -> None:
        """As wide as what it holds, so that nothing is cut at any type size."""
        wanted = self._content.minimumSizeHint().width() + self._scroll.verticalScrollBar().sizeHint().width()
        self._scroll.setFixedWidth(max(wanted, theme.em(self, 15)))


def describe(widget: QWidget, name: str, title: str, tooltip: str) -> None:
    """Gives a control its id and its words."""
    widget.setObjectName(name)
    widget.setAccessibleName(title)
    widget.setToolTip(tooltip)
