"""A button that takes the next draw of something: other noise, another example."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPushButton, QWidget

MOST = 2**31 - 1


class NextButton(QPushButton):
    """Which draw is on show is its value, so that documents keep it and it can be undone.

    Signals:
        drawn(): another draw is wanted, `number`.

    Attributes:
        number: of the draw, from 0.
    """

    drawn = Signal()

    def __init__(self, words: str, name: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(words, parent)
        self.setObjectName(name)
        self.setAccessibleName(words)
        self.setToolTip(tooltip)
        self.number = 0
        self.clicked.connect(lambda: self._take(self.number + 1))

    def control_value(self) -> int:
        """What a document keeps."""
        return self.number

    def set_control_value(self, value: object) -> None:
        """Raises ValueError for what is no number of a draw."""
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= MOST:
            raise ValueError(f"{self.objectName()} cannot show draw {value!r}")
        self._take(value)

    def _take(self, number: int) -> None:
        if number != self.number:
            self.number = number
            self.drawn.emit()
