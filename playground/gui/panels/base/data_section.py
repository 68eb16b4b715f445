"""The data in the column of settings: which, how they look, what is known of them, and the way to edit them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.gui.session import TrainingSession
from playground.gui.widgets import controls
from playground.gui.widgets.data_picture import DataPicture
from playground.gui.widgets.number_boxes import ChoiceBox

_MOST_DRAWINGS = 5  # of one's own in the list; any other opens from its file
EDITS = ("samples", "outliers", "imbalance")  # options that every data set has, see `core.data_edits`


class DataSection(QWidget):
    """Choice, picture and facts.

    Signals:
        data_chosen: the name of another data set.
        edit_toggled: the place where data are edited shall be shown or not.
    """

    data_chosen = Signal(str)
    edit_toggled = Signal(bool)

    def __init__(self, family: str, session: TrainingSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._groups = session.models()[family].extra.get("data_groups")
        self._choice = ChoiceBox(())
        self._choice.setObjectName(f"{family}.data")
        self._choice.setAccessibleName("Data")
        self._choice.setToolTip("What the model learns; another choice opens its bundled run, or a fresh model")
        self._choice.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self._choice.setMinimumContentsLength(16)  # a long file name must not widen the column
        controls.follow_run(self._choice)
        for card in session.data_sets().values():
            if self.learns(card.group) and not card.extra.get("takes"):
                self._choice.addItem(card.title, card.name)
        self._bundled = self._choice.count()
        if self.learns("plane"):
            for file in session.drawings()[:_MOST_DRAWINGS]:
                self._add(f"drawn:{file}")
        self._choice.activated.connect(lambda _: self.data_chosen.emit(self.data()))
        self.picture = DataPicture(f"{family}.data.picture", compact=True)
        self._facts = QLabel()
        self._facts.setObjectName(f"{family}.data.facts")
        self._facts.setProperty("role", "caption")
        self._facts.setWordWrap(True)
        self._facts.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.edit_button = QPushButton("Edit data ...")
        self.edit_button.setObjectName(f"{family}.data.edit")
        self.edit_button.setAccessibleName("Edit data")
        self.edit_button.setToolTip("Draw points, build a mixture, add outliers, or open a file of your own")
        self.edit_button.setCheckable(True)
        self.edit_button.toggled.connect(self._toggled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._choice, self.picture, self._facts, self.edit_button):
            layout.addWidget(widget)

    def learns(self, group: str) -> bool:
        """Whether the family learns such data: "line", "plane" or "images"."""
        return self._groups is None or group in self._groups

    def data(self) -> str:
        """The chosen data set."""
        return str(self._choice.currentData())

    def data_names(self) -> list[str]:
        """The data sets to choose from that come with the playground."""
        return [self._choice.itemData(index) for index in range(self._bundled)]

    def show_data(self, name: str) -> None:
        """Chooses a data set without opening it; one of a person's own joins the list."""
        if self._choice.findData(name) < 0:
            self._add(name)
        self._choice.setCurrentIndex(self._choice.findData(name))

    def show_run(self, experiment: Experiment, facts: Mapping[str, Any], tested: bool) -> None:
        """Shows what a run was trained on."""
        self.show_data(experiment.data)
        data = facts["data"]
        self.picture.set_examples(data["examples"], facts["extent"])
        about = self._session.data_sets()[experiment.data.partition(":")[0]].about
        known = f"{data['sizes'][0]:,} examples to train on"
        if data["entropy"] is not None:
            known += f"; exact entropy {data['entropy']:.3f} nats"
        edits = [f"{name} {experiment.data_options[name]:g}" for name in EDITS if name in experiment.data_options]
        lines = [about, f"{known}.", f"Data hash {facts['data_hash'][:8]}"]
        if edits:
            lines.append(f"Edited: {', '.join(edits)}.")
        lines.append(f"{facts['parameters']:,} parameters")
        if not tested:
            lines.append("No receipt for this pair: untested settings.")
        self._facts.setText("\n".join(lines))
        self._facts.setToolTip(f"SHA-256 of the examples to train on and their labels:\n{facts['data_hash']}")

    def _toggled(self, shown: bool) -> None:
        self.edit_button.setText("Back to the model" if shown else "Edit data ...")
        self.edit_toggled.emit(shown)

    def _add(self, name: str) -> None:
        kind, _, path = name.partition(":")
        title = self._session.data_sets()[kind].title
        self._choice.addItem(f"{title}: {Path(path).stem}" if path else title, name)
        self._choice.setItemData(self._choice.count() - 1, path or title, Qt.ItemDataRole.ToolTipRole)
