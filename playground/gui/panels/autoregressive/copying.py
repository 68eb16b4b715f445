"""The other way to guess the next pixel: copy it from the training image whose context is most like this one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.autoregressive.parts import line_of
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.parts import caption, int_box
from playground.gui.panels.base.views import Ask
from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.number_boxes import INT_LIMIT

SHOWN = 8
WIDEST = 5


class CopyLens(Lens):
    """Copies beside samples of the model: local context alone, and what a network makes of it."""

    key, title = "copying", "Copying"
    tooltip = "Pixels copied after the most similar context of training images, beside what the network draws"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._share = float("nan")  # of a copied image that is from one training image
        self._bits: dict[str, float] = {}  # the model's bits per dim of both kinds
        self.copies = ImageGrid(f"{name}.copies")
        self.samples = ImageGrid(f"{name}.samples")
        self.radius = int_box(f"{name}.radius", "Radius of the context",
                              "How many pixels up and to both sides two contexts are compared", 1, WIDEST)  # fmt: skip
        self.radius.setValue(2)
        self.seed = int_box(f"{name}.seed", "Seed", "Decides among contexts that are as good, and the model's samples",
                            0, INT_LIMIT)  # fmt: skip
        self.words = caption(f"{name}.words")
        self._lay_out()
        for box in (self.radius, self.seed):
            box.valueChanged.connect(lambda _: self.outdate())

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        self.copies.clear("Pixels are being copied.")
        self.samples.clear("Samples are on their way.")
        self._share, self._bits = float("nan"), {}

    def refresh(self) -> None:
        self.ask("copies", "copied", self.seed.value(), target="copying", n=SHOWN, radius=self.radius.value())
        self.ask("samples", "sample", self.seed.value(), n=SHOWN)

    def readings(self) -> Mapping[str, float]:
        """How much of a copied image is from one training image, and the model's bits per dim of both kinds."""
        return {"share": self._share, **self._bits}

    def answered(self, answer: Answer) -> None:
        what, x = answer.query.channel.rpartition("/")[2], answer.arrays["x"]
        if what in ("copies", "samples"):
            {"copies": self.copies, "samples": self.samples}[what].set_images(x.clip(0, 1))
            self.ask(f"bits_{what}", "log_density", seed=1, x=x)
        else:
            self._bits[what] = -float(x.mean()) / (np.log(2) * float(np.prod(self.facts["shape"])))
        if what == "copies":
            source = answer.arrays["source"].reshape(SHOWN, -1)
            self._share = float(np.mean([np.bincount(one).max() / one.size for one in source]))
            self._examples = int(answer.arrays["examples"])
        self._say()

    def _say(self) -> None:
        if np.isnan(self._share) or len(self._bits) < 2:
            return
        kind = "exact" if self.facts["density_kind"] == "exact" else "estimate of a bound"
        self.words.setText(
            f"Copied after Efros and Leung from {self._examples} training images: on average {self._share:.0%} of an "
            f"image is from a single one. In the model's own bits/dim ({kind}): copies "
            f"{self._bits['bits_copies']:.3f}, its samples {self._bits['bits_samples']:.3f}."
        )

    def _lay_out(self) -> None:
        stage = QHBoxLayout()
        stage.setSpacing(theme.em(self, 1))
        stage.addWidget(captioned(self.copies, "copied"), 1)
        stage.addWidget(captioned(self.samples, "drawn by the model"), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(stage, 1)
        layout.addLayout(line_of(("radius of the context", self.radius), ("seed", self.seed)))
        layout.addWidget(self.words)
