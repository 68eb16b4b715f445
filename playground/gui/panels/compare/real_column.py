"""The reference beside the columns: held-out data, and that all of them learn the same."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground.gui.panels.base.views import SampleStage
from playground.gui.panels.compare.column import SHOWN, Column, share_the_width


class RealColumn(QWidget):
    """Test examples, and the hash of the training examples."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        heading = QLabel("Real data")
        heading.setProperty("role", "heading")
        self._heading = heading
        self.stage = SampleStage(name, legend=False)
        self.hash_label = QLabel()
        self.hash_label.setObjectName(f"{name}.hash")
        self.hash_label.setProperty("role", "caption")
        self.hash_label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.note = QLabel("held-out examples")
        self.note.setProperty("role", "caption")
        self.note.setAlignment(Qt.AlignmentFlag.AlignBottom)
        self.stage.caption.hide()
        self._gap = layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(self.stage, 1)
        layout.addWidget(self.note)
        layout.addWidget(self.hash_label)
        share_the_width(self)

    def match(self, column: Column) -> None:
        """Lines up with a column beside it."""
        share_the_width(self)
        self._heading.setFixedHeight(column.family.sizeHint().height())
        between = column.hold_button.sizeHint().height() + self._gap.spacing()
        self.note.setFixedHeight(between + column.when.sizeHint().height())
        self.hash_label.setMinimumHeight(column.facts_label.sizeHint().height())

    def show_data(self, facts: Mapping[str, Any], hashes: Mapping[str, str]) -> None:
        """The data of one opened column, and what all of them learn, by title."""
        self.stage.show_data(facts)
        if facts["kind"] == "images":
            self.stage.show_samples(facts["test"][:SHOWN], "")
        else:
            self.stage.show_samples(np.empty((0, *facts["shape"])), "")
        if len(set(hashes.values())) == 1:
            self.hash_label.setText(f"hash {facts['data_hash'][:8]}\nthe same in all")
        else:
            self.hash_label.setText("not the same:\n" + "\n".join(f"{name} {h[:8]}" for name, h in hashes.items()))
