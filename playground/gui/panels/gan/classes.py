"""Classes: the same noise under each label, and the way from one label to another through their embedding."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.sampling import classes
from playground.gui.panels.gan.parts import FollowingLens
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import IntBox

CODES = 4  # rows: each has its own z
STEPS = 9  # columns from one class to another
MOST_SEEDS = 9999  # so that the box is no wider than it must be


class ClassesLens(FollowingLens):
    """Rows hold z and move y; the other way round a column is one y under several z."""

    key = "classes"
    title = "Classes"
    tooltip = "Hold z and move the label: through all classes, or from one to another through the shared embedding"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.way = NameBox(
            f"{name}.way",
            "Shown",
            "From one to another: the embedding of the label goes straight from the first class to the second.\n"
            "Every class: the same z under each label.",
        )
        self.way.set_choices([("between", "from one to another"), ("every", "every class")])
        self.first = NameBox(f"{name}.first", "From", "The class at the left")
        self.second = NameBox(f"{name}.second", "To", "The class at the right")
        self.seed = IntBox(0, MOST_SEEDS)
        self.seed.setObjectName(f"{name}.seed")
        self.seed.setAccessibleName("Seed")
        self.seed.setToolTip("Decides the codes z of the rows")
        self.seed.setValue(1)
        self.grid = ImageGrid(f"{name}.grid")
        self.says = caption(f"{name}.says")
        self._classes: list[tuple[str, tuple[int, ...]]] = []  # words and label of each
        for box in (self.way, self.first, self.second):
            box.chosen.connect(lambda _: self.outdate())
        self.seed.valueChanged.connect(self.outdate)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images" and facts["conditional"])

    def start(self, facts: Mapping[str, Any]) -> None:
        self._classes = classes(facts["factors"])
        names = [(words, words) for words, _ in self._classes]
        self.first.set_choices(names)
        self.second.set_choices(names)
        if self.second.currentIndex() == self.first.currentIndex():
            self.second.setCurrentIndex(len(names) - 1)
        self.grid.clear("Pictures are on their way.")

    def refresh(self) -> None:
        super().refresh()
        between = self.way.name() == "between"
        for box in (self.first, self.second):
            box.setEnabled(between)
        labels = np.array([label for _, label in self._classes], dtype=np.int64)
        columns = STEPS if between else len(labels)
        draw = np.random.default_rng(self.seed.value())
        z = draw.standard_normal((CODES, self.facts["latent_dim"])).astype(np.float32)
        z = np.repeat(z, columns, axis=0)  # a row's z stays
        if between:
            ends = (labels[[max(box.currentIndex(), 0)]] for box in (self.first, self.second))
            label, other = (np.repeat(end, len(z), axis=0) for end in ends)
            share = np.tile(np.linspace(0, 1, columns, dtype=np.float32), CODES)
            self.ask("grid", "between", z=z, label=label, other=other, share=share)
        else:
            self.ask("grid", "decode", z=z, label=np.tile(labels, (CODES, 1)))

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        columns = len(x) // CODES
        table = x.reshape(CODES, columns, -1)
        self.grid.set_columns(columns)
        self.grid.set_images(x.clip(0, 1))
        self.picture("sample", x[0])
        across = float(table.std(axis=1).mean())
        down = float(table.std(axis=0).mean())
        moved = np.sqrt(np.square(np.diff(table, axis=1)).mean(axis=(0, 2)))
        words = (
            f"Standard deviation of a pixel: {across:.3f} along a row (z held), {down:.3f} down a column (label held)."
        )
        if self.way.name() == "between" and moved.sum() > 0:
            words += (
                f" The largest of the {len(moved)} steps makes {moved.max() / moved.sum():.0%} of the change; even "
                f"ones would make {1 / len(moved):.0%}."
            )
        self.says.setText(words)
        self.rest.end_look()

    def _lay_out(self) -> None:
        row = FlowLayout()
        for words, box in (("Show", self.way), ("From", self.first), ("To", self.second), ("Seed", self.seed)):
            row.addWidget(labelled(words, box))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.says)
