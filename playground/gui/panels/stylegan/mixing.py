"""Style mixing: some layers take the style of one code, the others that of another."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.stylegan.styles import StyleLens, layer_words, seed_box
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled

ROWS, COLUMNS = 4, 7  # codes of the first seed and of the second
LEVELS = ("coarse", "middle", "fine")


class MixingLens(StyleLens):
    """A row a code A, a column a code B; each picture in between takes the chosen layers from its B."""

    key = "mixing"
    title = "Mixing"
    tooltip = "Each picture takes its coarse, middle or fine layers from the style above it, the others from its left"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.level = NameBox(f"{name}.level", "Layers from B", "Which layers take the style of the picture above")
        self._offer_levels(0)
        self.seed_a = seed_box(f"{name}.seed_a", "Seed A", "Decides the codes of the rows", 1)
        self.seed_b = seed_box(f"{name}.seed_b", "Seed B", "Decides the codes of the columns", 2)
        self.grid = ImageGrid(f"{name}.grid")
        self.grid.set_columns(COLUMNS + 1)
        self.grid.set_heads(True)
        self.says = caption()
        self.says.setObjectName(f"{name}.says")
        self._average: np.ndarray | None = None  # style, (1, W)
        self._differs: dict[str, float] = {}  # a pixel of the mixed pictures from A's and from B's
        self._styles: np.ndarray | None = None  # of A, then of B, then the average one, each (layers, W)
        self.level.chosen.connect(lambda _: self._mix())
        for box in (self.seed_a, self.seed_b):
            box.valueChanged.connect(self.outdate)
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        self._styles = self._average = None
        self._differs = {}
        self.grid.clear("Pictures are on their way.")

    def refresh(self) -> None:
        z = np.concatenate([self.codes(self.seed_a.value(), ROWS), self.codes(self.seed_b.value(), COLUMNS)])
        self.ask("average", "average_style", label=self.labels(1), n=1)
        self.ask("styles", "styles", z=z, label=self.labels(len(z)))

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        match answer.query.channel.rpartition("/")[2]:
            case "average":
                self._average = x
            case "styles" if self._average is not None:
                average = np.repeat(self._average[:, None], x.shape[1], axis=1)
                self._styles = np.concatenate([x, average])
                self._offer_levels(x.shape[1])
                self._mix()
            case "grid":
                self.grid.set_images(x.clip(0, 1))
                self.picture("sample", x[COLUMNS + 2])
                self._say(x.reshape(ROWS + 1, COLUMNS + 1, *x.shape[1:]))

    def readings(self) -> Mapping[str, float]:
        """How much a pixel of the mixed pictures differs from A's and from B's, the mean."""
        return self._differs

    def _offer_levels(self, layers: int) -> None:
        """Three levels, all layers, none, and each layer alone."""
        each = [(f"layer {i + 1}", f"layer {i + 1}") for i in range(layers)]
        self.level.set_choices([*((level, level) for level in (*LEVELS, "all", "none")), *each])

    def from_b(self, layers: int) -> np.ndarray:
        """The layers that take the style of B."""
        level = self.level.name()
        if level in LEVELS:
            return levels(layers)[LEVELS.index(level)]
        if level.startswith("layer"):
            return np.array([int(level.split()[1]) - 1])
        return np.arange(layers if level == "all" else 0)

    def _mix(self) -> None:
        """Asks for the table: its head row is B, its head column A, its corner the average style."""
        if self._styles is None or not self.isVisible():
            return
        layers = self._styles.shape[1]
        a, b, average = self._styles[:ROWS], self._styles[ROWS:-1], self._styles[-1:]
        table = np.repeat(np.concatenate([average, a])[:, None], COLUMNS + 1, axis=1)  # (rows, columns, layers, W)
        table[0, 1:] = b
        own = self.from_b(layers)
        table[1:, 1:, own] = b[None, :, own]
        self.ask("grid", "synthesise", styles=table.reshape(-1, layers, table.shape[-1]))

    def _say(self, table: np.ndarray) -> None:
        """What is on show, and how near the mixed pictures are to either source."""
        assert self._styles is not None
        own = self.from_b(self._styles.shape[1])
        mixed = table[1:, 1:]
        self._differs = {
            name: float(np.abs(mixed - source).mean())
            for name, source in (("from_a", table[1:, :1]), ("from_b", table[:1, 1:]))
        }
        to_a, to_b = self._differs.values()
        taken = f"take {layer_words(own)} of {self._styles.shape[1]} from" if len(own) else "take no layer from"
        self.says.setText(
            f"Left: A. Top: B. Corner: the average style. The others {taken} B and the rest from A, with fixed noise. "
            f"A pixel differs from A's by {to_a:.3f}, from B's by {to_b:.3f} on average."
        )

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (
            labelled("Layers from B", self.level), labelled("Seed A", self.seed_a), labelled("Seed B", self.seed_b),
            self.label_field,
        ):  # fmt: skip
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.says)
        self.fit()

    def fit(self) -> None:
        if hasattr(self, "grid"):
            self.grid.setMinimumHeight(theme.em(self, 9))


def levels(layers: int) -> list[np.ndarray]:
    """Layers in three parts from coarse to fine, as equal as they can be."""
    return np.array_split(np.arange(layers), len(LEVELS))
