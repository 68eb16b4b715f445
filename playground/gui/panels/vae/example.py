"""One held-out example, chosen from a strip of images or, in the plane, one after another."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal

from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.number_boxes import IntBox

STRIP = 10  # images to choose from


class ExampleChoice(QObject):
    """Holds the choice and its two controls, which their owner lays out: the number, and for images the strip.

    Signals:
        chosen: a person chose another example.
    """

    chosen = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._facts: Mapping[str, Any] = {}
        self.number = IntBox(1, 1)
        self.number.setObjectName(f"{name}.example")
        self.number.setAccessibleName("Held-out example")
        self.number.setToolTip("Which held-out example is looked at; it was not trained on")
        self.strip = ImageGrid(f"{name}.strip")
        self.strip.setToolTip("Held-out images; a click looks at one")
        self.number.valueChanged.connect(lambda _: self.chosen.emit())
        self.strip.image_clicked.connect(lambda index: self.number.setValue(index + 1))

    def start(self, facts: Mapping[str, Any]) -> None:
        """Another model: the first example again."""
        self._facts = facts
        self.number.blockSignals(True)
        self.number.setRange(1, len(facts["test"]))
        self.number.setValue(1)
        self.number.blockSignals(False)
        self.strip.setVisible(facts["kind"] == "images")
        if facts["kind"] == "images":
            self.strip.set_columns(STRIP)
            self.strip.set_images(facts["test"][:STRIP])

    def fit(self) -> None:
        """One row of small images, which in a presentation are large enough to be seen."""
        self.strip.setFixedHeight(max(theme.em(self.strip, 2.6), round(1.2 * theme.least_sample())))

    @property
    def x(self) -> np.ndarray:
        """The example, (1, *shape)."""
        index = self.number.value() - 1
        result: np.ndarray = self._facts["test"][index : index + 1]
        return result

    @property
    def label(self) -> np.ndarray | None:
        """What a conditional model is told of it, (1, F)."""
        return self.labels(self.number.value() - 1, 1)

    def labels(self, first: int, count: int) -> np.ndarray | None:
        """The labels of some held-out examples, (count, F); None for a model that is told none."""
        if not self._facts["conditional"]:
            return None
        result: np.ndarray = self._facts["test_labels"][first : first + count]
        return result
