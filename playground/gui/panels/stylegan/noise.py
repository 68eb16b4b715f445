"""Noise: what each layer adds that no style decides, drawn anew, held, or left out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import captioned
from playground.gui.panels.stylegan.styles import StyleLens, seed_box
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.next_button import NextButton

DRAWS = 64  # of the noise, from which the map is computed
SHOWN = 4  # of them
MILLISECONDS = 125  # a picture, while it moves


class NoiseLens(StyleLens):
    """One style under many draws of the noise: what moves is left to chance, what stands is the style's."""

    key = "noise"
    title = "Noise"
    tooltip = "One style under many draws of the noise, and where they differ"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.noise = NameBox(
            f"{name}.noise",
            "Noise",
            "Fresh: each picture has its own draw.\nFixed: all have the one that is stored with the model.\n"
            "None: noise is left out.",
        )
        self.noise.set_choices([(word, word) for word in ("fresh", "fixed", "none")])
        self.seed = seed_box(f"{name}.seed", "Seed of z", "Decides the code, and with it the style", 1)
        self.reseed = NextButton("New noise", f"{name}.reseed", "Draws the noise anew; the style stays")
        self.animate = QPushButton("Animate")
        self.animate.setObjectName(f"{name}.animate")
        self.animate.setAccessibleName("Animate")
        self.animate.setToolTip("Shows one draw of the noise after the other")
        self.animate.setCheckable(True)
        self.still, self.drawn, self.map = (ImageGrid(f"{name}.{word}") for word in ("still", "drawn", "map"))
        self.says = caption()
        self.says.setObjectName(f"{name}.says")
        self._first = 0  # of the draws on show
        self._pictures = np.empty(0)
        self.deviation = np.empty(0)  # over the draws, (H, W)
        self._timer = QTimer(self)
        self._timer.setInterval(MILLISECONDS)
        self._timer.timeout.connect(self._turn)
        self.noise.chosen.connect(lambda _: self.outdate())
        self.seed.valueChanged.connect(self.outdate)
        self.reseed.drawn.connect(self.outdate)
        self.animate.toggled.connect(self._animate)
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        self._pictures, self.deviation = np.empty(0), np.empty(0)
        for grid in (self.still, self.drawn, self.map):
            grid.clear()

    def refresh(self) -> None:
        self.ask("style", "styles", z=self.codes(self.seed.value(), 1), label=self.labels(1))

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        match answer.query.channel.rpartition("/")[2]:
            case "style":
                self.ask("still", "synthesise", styles=x, noise="none")
                many = np.repeat(x, DRAWS, axis=0)
                self.ask("drawn", "synthesise", self.reseed.number, styles=many, noise=self.noise.name())
            case "still":
                self.still.set_images(x.clip(0, 1))
            case "drawn":
                self._pictures = x
                self.deviation = x.std(axis=0).mean(axis=0)
                self._show()

    def readings(self) -> Mapping[str, float]:
        return {"deviation": float(self.deviation.mean())} if self.deviation.size else {}

    def _animate(self, on: bool) -> None:
        if on and self.isVisible():
            self._timer.start()
        else:
            self._timer.stop()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.animate.setChecked(False)

    def _turn(self) -> None:
        self._first = (self._first + 1) % DRAWS
        self._show_draws()

    def _show_draws(self) -> None:
        if self._pictures.size:
            which = (self._first + np.arange(SHOWN)) % DRAWS
            self.drawn.set_images(self._pictures[which].clip(0, 1))
            self.picture("sample", self._pictures[self._first])

    def _show(self) -> None:
        self._show_draws()
        brightest = float(self.deviation.max())
        self.map.set_images((self.deviation / max(brightest, 1e-12))[None, None].astype(np.float32))
        if brightest < 1e-6:
            words = "All pictures are the same: the style alone decides."
        else:
            words = (
                f"The map is scaled: white is a standard deviation of {brightest:.4f}; the mean over pixels is "
                f"{self.deviation.mean():.4f}."
            )
        self.says.setText(f"Estimate from {DRAWS} draws of the noise under one style. {words}")

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (
            labelled("Noise", self.noise), labelled("Seed of z", self.seed), self.reseed, self.animate,
            self.label_field,
        ):  # fmt: skip
            row.addWidget(widget)
        pictures = QHBoxLayout()
        for grid, words in (
            (self.still, "without noise"), (self.drawn, f"{SHOWN} draws"), (self.map, "where they differ"),
        ):  # fmt: skip
            pictures.addWidget(captioned(grid, words), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(pictures, 1)
        layout.addWidget(self.says)
