"""Codes to start from: those of real examples, or where nothing encodes them draws from the prior."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.parts import caption
from playground.gui.widgets.image_grid import ImageGrid

SHOWN = 24


class ExamplesTool(Tool):
    """A grid; a click goes to the code of what was clicked."""

    title = "Examples"
    tooltip = "Start from the code of an example"

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, code, parent)
        self.grid = ImageGrid(name + ".grid")
        self.words = caption()
        self._codes = np.empty((0, 0), dtype=np.float32)  # of the draws
        self._told: tuple[int, ...] = ()  # the label of the draws on show
        self.grid.image_clicked.connect(self._go)
        code.released.connect(self._draw)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.grid, 1)
        layout.addWidget(self.words)

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        if self.encodes:
            self.grid.set_images(facts["test"][:SHOWN])
            self.words.setText("Real examples that were not trained on; a click encodes one.")
        else:
            draw = np.random.default_rng(0)
            self._codes = draw.standard_normal((SHOWN, facts["latent_dim"])).astype(np.float32)
            self.grid.clear("")
            self.words.setText("Draws from the prior: this model has no encoder that could read a real example.")

    def refresh(self) -> None:
        if not self.encodes:
            self._told = self.code.told
            self.ask("draws", "decode", z=self._codes, label=self.code.labels(SHOWN))

    def _draw(self) -> None:
        if self.facts and self.isVisible() and self._told != self.code.told:
            self.refresh()

    def _go(self, index: int) -> None:
        if not self.encodes:
            self.code.set_z(self._codes[index], released=True)
            return
        label = self.facts["test_labels"][index : index + 1] if self.facts["conditional"] else None
        self.ask("encode", "posterior", x=self.facts["test"][index : index + 1], label=label)

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/draws"):
            self.grid.set_images(answer.arrays["x"].clip(0, 1))
            return
        label = answer.query.arguments["label"]
        if label is not None:
            self.code.set_label(np.asarray(label)[0])
        self.code.take_posterior(np.asarray(answer.query.arguments["x"])[0], answer.arrays)
