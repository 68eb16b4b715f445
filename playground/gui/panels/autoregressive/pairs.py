"""What training sees: pairs of a context and the pixel that follows it, cut out of a real image."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.autoregressive.parts import (
    levels_of,
    line_of,
    place_of,
    set_quietly,
    swatch_of,
    within_words,
    words_of,
)
from playground.gui.panels.base import Lens
from playground.gui.panels.base.parts import caption, int_box
from playground.gui.panels.base.views import Ask
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.number_boxes import INT_LIMIT
from playground.gui.widgets.pixel_canvas import PixelCanvas
from playground.gui.widgets.softmax_bars import SoftmaxBars

PAIRS = 8
REACH = 3  # pixels of context that are drawn of a pair; the model may see more


class Pairs(Lens):
    """The loss is the cross-entropy of the pixel that really follows, summed over all pairs of an image."""

    key, title = "pairs", "Training pairs"
    tooltip = "Pairs of a context and the next pixel, the softmax against what really follows, and the loss they make"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._p = self._costs = np.empty(0)  # (levels, D) and (D,) in nats
        self._loss = float("nan")
        self._numbers: list[int] = []  # those of the pairs on show
        self.canvas = PixelCanvas(f"{name}.canvas", "Real image")
        self.bars = SoftmaxBars(f"{name}.bars", cumulates=False)
        self.pairs = ImageGrid(f"{name}.pairs")
        self.pairs.set_columns(PAIRS)
        self.pairs.setToolTip("Contexts, each with the level that follows and its cross-entropy in nats; a click "
                              "chooses one")  # fmt: skip
        self.image = int_box(f"{name}.image", "Held-out image", "The real image that pairs are cut from", 0, 0)
        self.number = int_box(f"{name}.number", "Next pixel", "Which number of the image is to be guessed", 0, 0)
        self.draw = int_box(f"{name}.draw", "Draw of pairs", "Other random places", 0, INT_LIMIT)
        self.words = caption(f"{name}.words")
        self._lay_out()
        self.image.valueChanged.connect(lambda _: self.outdate())
        self.number.valueChanged.connect(lambda _: self._show())
        self.draw.valueChanged.connect(lambda _: self._deal())
        self.pairs.image_clicked.connect(lambda index: self.number.setValue(self._numbers[index]))
        self.canvas.pixel_picked.connect(
            lambda row, column: self.number.setValue(row * self.facts["shape"][2] + column)
        )

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images" and facts["density_kind"] == "exact")

    def start(self, facts: Mapping[str, Any]) -> None:
        self._p = self._costs = np.empty(0)
        self.image.setMaximum(len(facts["test"]) - 1)
        self.number.setMaximum(int(np.prod(facts["shape"])) - 1)
        set_quietly(self.number, 0)

    def refresh(self) -> None:
        """Every guess of the image at once, the loss of each, and the model's own."""
        x = self._image[None]
        self.ask("guesses", "conditionals", x=x)
        self.ask("costs", "costs", x=x)
        self.ask("loss", "log_density", seed=1, x=x)

    def trained(self, step: int) -> None:
        super().trained(step)
        if not self._asked:
            self._bring_up_to_date()

    def readings(self) -> Mapping[str, float]:
        """Cross-entropy of the pair on show, all of them added up, and the loss as the model computes it: nats. The
        first two in bits, the sum also per dim, how many pairs there are, and p of what really follows."""
        if not self._costs.size or self.number.value() >= self._costs.size:
            return {}
        cost, total, bit = float(self._costs[self.number.value()]), float(self._costs.sum()), float(np.log(2))
        return {"cost": cost, "sum": total, "loss": self._loss, "cost_bits": cost / bit, "sum_bits": total / bit,
                "bits_per_dim": total / bit / self._costs.size, "pairs": float(self._costs.size),
                "p": float(np.exp(-cost))}  # fmt: skip

    def answered(self, answer: Answer) -> None:
        what, x = answer.query.channel.rpartition("/")[2], answer.arrays["x"][0]
        if what == "guesses":
            self._p = np.exp(x.reshape(len(x), -1))
        elif what == "costs":
            self._costs = x.reshape(-1).astype(float)
        else:
            self._loss = -float(x)
        if not self._asked and self._p.size:
            self._deal()

    # -- showing ------------------------------------------------------------------------------------------------------

    @property
    def _image(self) -> np.ndarray:
        image: np.ndarray = self.facts["test"][self.image.value()]
        return image

    def _level(self, number: int) -> int:
        return round(float(self._image.flat[number]) * (levels_of(self.facts) - 1))

    def _deal(self) -> None:
        """Random pairs of this image; the same draw gives the same places."""
        if not self._costs.size:
            return
        rng = np.random.default_rng(self.draw.value())
        numbers = rng.choice(self._costs.size, size=min(PAIRS, self._costs.size), replace=False)
        self._numbers = sorted(int(number) for number in numbers)
        if self.number.value() == 0:  # nobody chose one yet: that which surprises the model most
            set_quietly(self.number, max(self._numbers, key=lambda number: self._costs[number]))
        cut = np.stack([self._context(number) for number in self._numbers])
        self.pairs.set_images(cut, [f"{self._level(n)}: {self._costs[n]:.2f}" for n in self._numbers])
        self._show()

    def _context(self, number: int) -> np.ndarray:
        """The part of the patch before the pixel as it is, the rest gray: (C, REACH + 1, 2 REACH + 1)."""
        colours, height, width = self.facts["shape"]
        _, row, column = place_of(number, self.facts["shape"])
        padded = np.full((colours, height + REACH, width + 2 * REACH), 0.5, np.float32)
        padded[:, REACH:, REACH:-REACH] = self._image
        patch = padded[:, row : row + REACH + 1, column : column + 2 * REACH + 1].copy()
        patch[:, -1, REACH:] = 0.5
        return patch

    def _show(self) -> None:
        if not self._p.size or not self._costs.size:
            return
        number, shape = self.number.value(), self.facts["shape"]
        place, level, levels = place_of(number, shape), self._level(number), levels_of(self.facts)
        before = np.arange(shape[1] * shape[2]).reshape(shape[1:]) < place.row * shape[2] + place.column
        self.canvas.set_picture(self._image, place.pixel, seen=before)
        self.bars.set_scale("level 0", str(levels - 1), swatch_of(place, shape))
        p = self._p[:, number]
        self.bars.set_distribution(p, level * len(p) // levels, words=f"really {level}")
        now = self.readings()
        self.words.setText(
            f"{words_of(place, shape).capitalize()}: cross-entropy {now['cost']:.3f} nats, {now['cost_bits']:.3f} bits"
            f"{within_words(len(p), levels)}. All {self._costs.size:,} pairs of this image add up to {now['sum']:,.3f} "
            f"nats, {now['bits_per_dim']:.3f} bits/dim; the model's loss, in one parallel pass: {self._loss:,.3f} "
            "nats, exact."
        )
        self.picture("context", self._image)

    def _lay_out(self) -> None:
        stage = QHBoxLayout()
        stage.addWidget(self.canvas, 4)
        stage.addWidget(self.bars, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(stage, 5)
        layout.addWidget(self.pairs, 3)
        layout.addLayout(line_of(("held-out image", self.image), ("next pixel", self.number), ("draw", self.draw)))
        layout.addWidget(self.words)
