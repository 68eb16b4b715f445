"""What a conditional decoder is told: one list a discrete factor."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QWidget

from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.parts import choice
from playground.gui.widgets.number_boxes import ChoiceBox

ANY = -1


class LabelRow(QWidget):
    """Not there for a model that is told nothing."""

    def __init__(self, name: str, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._code = name, code
        self._factors: tuple[Any, ...] = ()
        self._boxes: list[ChoiceBox] = []
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        code.moved.connect(self._show)

    def show_factors(self, facts: Mapping[str, Any]) -> None:
        """The lists for this model, each at its factor's first value."""
        factors = facts["factors"] if facts["conditional"] else ()
        if factors != self._factors:
            for box in self._boxes:
                self._layout.removeWidget(box)
                box.hide()
                box.setParent(None)
                box.deleteLater()
            self._factors = factors
            self._boxes = [self._box(place, *factor) for place, factor in enumerate(factors)]
        self.setVisible(bool(factors))
        if factors:
            self._code.set_label(np.zeros(len(factors), dtype=np.int64))

    def _box(self, place: int, factor: str, values: tuple[str, ...]) -> ChoiceBox:
        name = f"{self._name}.label" if place == 0 else f"{self._name}.label.{factor}"
        box = choice(name, factor.capitalize(), f"The {factor} that the decoder is told; 'any' leaves it open")
        for index, value in enumerate(values):
            box.addItem(value, index)
        box.addItem("any", ANY)
        box.activated.connect(self._chosen)
        self._layout.addWidget(box)
        return box

    def _chosen(self) -> None:
        self._code.set_label(np.array([box.currentData() for box in self._boxes], dtype=np.int64))

    def _show(self) -> None:
        if self._code.label is not None:
            for box, value in zip(self._boxes, self._code.label, strict=True):
                box.setCurrentIndex(box.findData(int(value)))
