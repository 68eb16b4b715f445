"""The choice of data for all columns, points of one's own included once they were named."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from playground.gui.panels.compare.choices import data_choices, data_title
from playground.gui.session import TrainingSession
from playground.gui.widgets.name_box import NameBox


class DataBox(NameBox):
    """All data sets; one from a file joins the list when it is first shown."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Data", "What all columns learn", parent)
        self.set_choices(data_choices())

    def show_name(self, name: str) -> bool:
        if self.findData(name) < 0 and _is_there(name):
            self.addItem(data_title(name), name)
        return super().show_name(name)


def _is_there(name: str) -> bool:
    kind, _, path = name.partition(":")
    card = TrainingSession.data_sets().get(kind)
    return bool(card and card.extra.get("takes") and path and Path(path).exists())
