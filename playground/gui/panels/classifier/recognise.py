"""Recognition while it learns: real images, and what the classifier takes them for."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base import View
from playground.gui.panels.base.views import Ask
from playground.gui.widgets.image_grid import ImageGrid

SHOWN = 60
NAMED = 21  # of them where the labels are words: fewer pictures, so that both labels of a wrong one can be read
SHORT = 2  # letters of a label that is no word


class RecogniseView(View):
    """Held-out images with the most likely label and how sure the network is; wrong ones say what is right."""

    title = "Train"
    tooltip = "Held-out images and the labels that the network gives them"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.images = ImageGrid(f"{name}.images")
        self._sent = np.empty(0)  # images from other panels, the newest first
        self.words = QLabel()
        self.words.setObjectName(f"{name}.caption")
        self.words.setProperty("role", "caption")
        self.words.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.images, 1)
        layout.addWidget(self.words)

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self._sent = np.empty((0, *facts["shape"]), np.float32)
        super().opened(facts, experiment)

    def receive(self, x: np.ndarray) -> bool:
        """It is labelled in front of the held-out ones."""
        self._sent = np.concatenate([x[None].astype(np.float32), self._sent])
        self.outdate()
        return True

    def refresh(self) -> None:
        self.ask("labels", "recognise", x=np.concatenate([self._sent, self.facts["test"]]))

    def trained(self, step: int) -> None:
        super().trained(step)
        if not self._asked:
            self._bring_up_to_date()

    def answered(self, answer: Answer) -> None:
        x: Any = answer.query.arguments["x"]
        given, sure = answer.arrays["label"][:, 0], answer.arrays["probability"][:, 0]
        real, names = self.facts["test_labels"][:, 0], self.facts["factors"][0][1]
        sent = len(x) - len(real)
        shown = SHOWN if max(map(len, names)) <= SHORT else NAMED
        captions = [f"sent: {names[g]} {p:.0%}" for g, p in zip(given[:sent], sure[:sent], strict=True)]
        given, sure = given[sent:], sure[sent:]
        captions += [
            f"{names[g]} ✗ {names[r]}" if g != r else names[g] if p >= 0.995 else f"{names[g]} {p:.0%}"
            for g, p, r in zip(given[:shown], sure[:shown], real[:shown], strict=True)
        ]
        self.images.set_images(x[:shown], captions[:shown])
        right = float((given == real).mean())
        self.words.setText(
            f"After {answer.step:,} steps {right:.1%} of {len(real):,} held-out images are labelled right. "
            "✗: the right label; a percentage: not quite sure."
        )
