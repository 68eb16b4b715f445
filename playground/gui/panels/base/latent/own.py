"""A picture of one's own: drawn or dropped, encoded, and then edited as any other code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from playground.core import plain_picture
from playground.core.errors import PlaygroundError
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.labels import ANY
from playground.gui.panels.base.latent.pad import CodePad
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.parts import caption, choice
from playground.gui.panels.base.views import button
from playground.gui.widgets import picture_file
from playground.gui.widgets.draw_canvas import DrawCanvas
from playground.gui.widgets.flow_layout import FlowLayout

INKS = {
    "white": (1.0, 1.0, 1.0), "black": (0.0, 0.0, 0.0), "gray": (0.5, 0.5, 0.5), "red": (0.84, 0.15, 0.1),
    "orange": (0.95, 0.62, 0.0), "yellow": (0.97, 0.93, 0.3), "green": (0.0, 0.62, 0.35), "blue": (0.05, 0.4, 0.85),
    "purple": (0.65, 0.25, 0.75),
}  # fmt: skip
_MOST_PIXELS = 20_000_000  # of a kind that is quick to decode: the window waits for it
_GRAYS = 3  # inks that a gray picture can take


class OwnTool(Tool):
    """The drawing beside the ellipse of its code; on the right what the decoder makes of it."""

    title = "Draw"
    tooltip = "Draw a picture or drop a file: it is encoded, rebuilt, and can be edited by its code"

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, code, parent)
        self.canvas = DrawCanvas(f"{name}.canvas")
        self.pad = CodePad(f"{name}.pad", code)
        self.ink = choice(f"{name}.ink", "Ink", "The colour of the brush")
        self.open = button("Open ...", f"{name}.open", "Reads a picture file; dropping it on the drawing does the same")
        self.invert = button("Invert", f"{name}.invert", "Light becomes dark: most of these data are bright on black")
        self.clear = button("Clear", f"{name}.clear", "Makes the drawing black")
        self.words, self.spread = caption(), caption()
        self.ink.activated.connect(lambda _: self.canvas.set_ink(INKS[self.ink.currentText()]))
        self.open.clicked.connect(self._choose_file)
        self.invert.clicked.connect(lambda: self.show_image(1 - self.canvas.image()))
        self.clear.clicked.connect(self.canvas.clear)
        self.canvas.edited.connect(self._encode)
        self.canvas.dropped.connect(self._read)
        self._lay_out()

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return "encode" in facts["capabilities"] and facts["kind"] == "images"

    def start(self, facts: Mapping[str, Any]) -> None:
        self.canvas.set_shape(facts["shape"])
        chosen = self.ink.currentText() or "white"
        names = list(INKS) if facts["shape"][0] == 3 else list(INKS)[:_GRAYS]
        self.ink.clear()
        self.ink.addItems(names)
        self.ink.setCurrentText(chosen if chosen in names else "white")
        self.canvas.set_ink(INKS[self.ink.currentText()])
        self.pad.setVisible(facts["latent_dim"] > 1)
        self.spread.clear()
        self.words.setText(
            "Draw, or drop a picture file here. The encoder puts its code into the ellipse; on the right the decoder "
            "rebuilds the picture."
        )

    def answered(self, answer: Answer) -> None:
        self.code.take_posterior(np.asarray(answer.query.arguments["x"])[0], answer.arrays)
        if "std" in answer.arrays and self.pad.is_ready:
            across, up = np.sqrt(answer.arrays["std"][0] ** 2 @ self.pad.columns**2)
            self.spread.setText(f"q(z|x): σ {across:.2f} across, {up:.2f} up")

    def _encode(self) -> None:
        """Nobody has said what the picture shows: a label, where one is told, is left open."""
        if self.code.label is not None and (self.code.label != ANY).any():
            self.code.set_label(np.full_like(self.code.label, ANY))
        self.ask("encode", "posterior", x=self.canvas.image()[None], label=self.code.labels(1))

    def _choose_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Open picture", "", "Pictures (*.png *.jpg *.jpeg *.webp *.bmp)")
        if name:
            self._read(name)

    def _read(self, path: str) -> None:
        channels, height, width = self.facts["shape"]
        try:
            plain = plain_picture.read(Path(path), _MOST_PIXELS)
            stored = (channels, *((width, height) if plain.lies else (height, width)))
            image = plain.upright(picture_file.decoded(plain.data, plain.kind, stored))
        except PlaygroundError as error:
            self.words.setText(f"{error} The drawing is as it was.")
            return
        except ValueError as error:
            self.words.setText(f"{Path(path).name} was not opened: {error}. The drawing is as it was.")
            return
        self.words.setText("The picture at the size of the data. Bright on white? Press Invert.")
        self.show_image(image)

    def show_image(self, image: np.ndarray) -> None:
        """Puts a picture (C, H, W) in place of the drawing."""
        self.canvas.set_image(image)
        self._encode()

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (self.ink, self.open, self.invert, self.clear):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        both = QHBoxLayout()
        both.addWidget(self.canvas, 1)
        encoded = QVBoxLayout()
        encoded.addWidget(self.pad, 1)
        encoded.addWidget(self.spread)
        both.addLayout(encoded, 1)
        layout.addLayout(both, 1)
        layout.addWidget(self.words)
