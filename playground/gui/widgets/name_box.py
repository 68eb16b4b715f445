"""A drop-down list whose entries have a name beside the words that are read."""

from collections.abc import Iterable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from playground.gui.widgets.number_boxes import ChoiceBox


class NameBox(ChoiceBox):
    """A choice that a document keeps by name, whatever it is called on show.

    Signals:
        chosen: the name of the entry that a person took; not sent by `set_choices` and `show_name`.
    """

    chosen = Signal(str)

    def __init__(self, name: str, title: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__((), parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tooltip)
        self.setSizeAdjustPolicy(self.SizeAdjustPolicy.AdjustToContents)  # its entries may be others later
        self.activated.connect(lambda _: self.chosen.emit(self.name()))

    def set_choices(self, choices: Iterable[tuple[str, str]]) -> None:
        """Lists (name, words); the entry on show stays if it is still there, else the first is shown."""
        kept = self.name()
        self.clear()
        for name, words in choices:
            self.addItem(words, name)
        self.show_name(kept)

    def names(self) -> list[str]:
        """All names, in order."""
        return [self.itemData(row) for row in range(self.count())]

    def name(self) -> str:
        """Of the entry on show; "" where there is none."""
        return str(self.currentData() or "")

    def show_name(self, name: str) -> bool:
        """Shows an entry, if there is one of that name."""
        row = self.findData(name)
        if row >= 0:
            self.setCurrentIndex(row)
        return row >= 0

    def control_value(self) -> str:
        return self.name()

    def set_control_value(self, value: object) -> None:
        if not self.show_name(str(value)):
            raise ValueError(f"{self.objectName()} has no entry {value!r} now")
        self.activated.emit(self.currentIndex())


def labelled(words: str, editor: QWidget) -> QWidget:
    """A control with words in front of it, to stand in a row of such."""
    result = QWidget()
    layout = QHBoxLayout(result)
    layout.setContentsMargins(0, 0, 0, 0)
    label = QLabel(words)
    label.setObjectName(f"{editor.objectName()}.label")
    label.setBuddy(editor)
    layout.addWidget(label)
    layout.addWidget(editor)
    return result
