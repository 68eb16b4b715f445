"""The dock's first page: the data that are open, with outliers, imbalance, sample size and their own options."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.hyperparams import Value
from playground.gui.panels.base.data_page import DataPage
from playground.gui.panels.base.data_section import EDITS
from playground.gui.widgets.class_bars import ClassBars
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.data_picture import DataPicture
from playground.gui.widgets.hyperparam_form import HyperparamForm

_WORDS = (
    "What the model trains on. Only the training examples are edited: validation, test and the exact density stay, so "
    "every floor and number keeps its meaning."
)


class DataEditsPage(DataPage):
    """Shows the training examples as they would be under the settings beside them.

    Signals:
        edits_changed: the edits, of which examples are wanted.
    """

    edits_changed = Signal(dict)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self.picture = DataPicture(f"{name}.picture")
        super().__init__(name, self.picture, _WORDS, "Builds a fresh model on the data as they stand here", parent)
        self._data = ""
        self._forms: dict[str, HyperparamForm] = {}
        self._place = QVBoxLayout()
        self._size = QLabel()
        self._size.setObjectName(f"{name}.size")
        self._size.setWordWrap(True)
        self.bars = ClassBars(f"{name}.classes")
        self.side.addLayout(self._place)
        self.side.addWidget(self._size)
        self.side.addWidget(self.bars)
        self._names: tuple[str, ...] = ()
        self._all = 0

    def show_run(self, experiment: Experiment, facts: Mapping[str, Any]) -> None:
        """Shows the data of a run under its own options."""
        data = facts["data"]
        self._data = experiment.data
        self._names = facts["factors"][0][1] if facts["factors"] else ()
        self._all = data["original_size"]
        self.picture.extent = facts["extent"]
        self._make_forms(data["fields"])
        for form in self._forms.values():
            form.set_values({name: data["options"][name] for name in form.values()})
        self.show_examples({**data, "size": np.array(data["sizes"][0])})

    def show_examples(self, arrays: Mapping[str, Any]) -> None:
        """Shows training examples under some edits, see `core.data_facts`."""
        self.picture.set_examples(arrays["examples"], self.picture.extent)
        size = int(arrays["size"])
        left = f"{size:,} of {self._all:,}" if size < self._all else f"all {size:,}"
        self._size.setText(f"Trains on {left} examples")
        self.bars.set_counts(arrays["counts"].tolist(), self._names)

    def edits(self) -> dict[str, Value]:
        """The edits as they stand."""
        return self._forms["edits"].values() if self._forms else {}

    def use(self) -> None:
        values = {name: value for form in self._forms.values() for name, value in form.values().items()}
        if self._data:
            self.wanted.emit(self._data, {f"data.{name}": value for name, value in values.items()})

    def _make_forms(self, fields: tuple[Any, ...]) -> None:
        groups = {
            "edits": [field for field in fields if field.name in EDITS],
            "options": [field for field in fields if field.name not in EDITS],
        }
        groups = {kind: chosen for kind, chosen in groups.items() if chosen}
        if groups.keys() == self._forms.keys() and all(self._forms[kind].restart(groups[kind]) for kind in groups):
            return
        while (item := self._place.takeAt(0)) is not None:
            if widget := item.widget():
                widget.setParent(None)  # at once: its controls' ids are taken over
                widget.deleteLater()
        self._forms = {}
        for kind, chosen in groups.items():
            form = HyperparamForm(chosen, id_prefix=f"{self.objectName()}.{kind}")
            self._forms[kind] = form
            folded = kind == "options"
            title = "Options of this data set"
            shown = Collapsible(form, id_prefix=f"{self.objectName()}.own", title=title) if folded else form
            self._place.addWidget(shown)
        self._forms["edits"].value_changed.connect(lambda *_: self.edits_changed.emit(self.edits()))
