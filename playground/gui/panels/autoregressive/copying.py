"""The other way to guess the next pixel: copy it from the training image whose context is most like this one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.autoregressive.parts import levels_of, line_of, place_of, set_quietly, swatch_of
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.parts import caption, counted, int_box
from playground.gui.panels.base.views import Ask
from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.number_boxes import INT_LIMIT
from playground.gui.widgets.pixel_canvas import PixelCanvas
from playground.gui.widgets.softmax_bars import SoftmaxBars

SHOWN = 8
WIDEST = 5


class CopyLens(Lens):
    """One pixel guessed both ways, and whole images made both ways: local context alone, and what a network makes of
    it."""

    key, title = "copying", "Copying"
    tooltip = "Pixels copied after the most similar context of training images, beside what the network says and draws"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._share = float("nan")  # of a copied image that is from one training image
        self._bits: dict[str, float] = {}  # the model's bits per dim of both kinds
        self._follows = self._said = np.empty(0)  # p of each level: in training images, and the network's of each bin
        self._alike = self._contexts = 0  # how many contexts were as similar, of how many
        self.canvas = PixelCanvas(f"{name}.canvas", "Held-out image")
        self.canvas.setToolTip("Outlined: the context that is compared. A click chooses the next pixel.")
        self.bars = SoftmaxBars(f"{name}.bars", cumulates=False, frames_are_exact=False)
        self.bars.setToolTip("Bars: what followed the most similar contexts in training images.\n"
                             "Frames: what the network says of the same pixel.")  # fmt: skip
        self.copies = ImageGrid(f"{name}.copies")
        self.samples = ImageGrid(f"{name}.samples")
        self.radius = int_box(f"{name}.radius", "Radius of the context",
                              "How many pixels up and to both sides two contexts are compared", 1, WIDEST)  # fmt: skip
        self.radius.setValue(2)
        self.image = int_box(f"{name}.image", "Held-out image", "The real image whose next pixel is guessed", 0, 0)
        self.pixel = int_box(f"{name}.pixel", "Next pixel", "Which pixel is guessed, in raster order", 0, 0)
        self.seed = int_box(f"{name}.seed", "Seed", "Decides among contexts that are as good, and the model's samples",
                            0, INT_LIMIT)  # fmt: skip
        self.words = caption(f"{name}.words")
        self._lay_out()
        for box in (self.radius, self.seed):
            box.valueChanged.connect(lambda _: self.outdate())
        for box in (self.image, self.pixel):
            box.valueChanged.connect(lambda _: self._guess())
        self.canvas.pixel_picked.connect(lambda row, column: self.pixel.setValue(row * self._width + column))

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        self.copies.clear("Pixels are being copied.")
        self.samples.clear("Samples are on their way.")
        self._share, self._bits = float("nan"), {}
        self._follows = self._said = np.empty(0)
        _, height, width = facts["shape"]
        self.image.setMaximum(len(facts["test"]) - 1)
        self.pixel.setMaximum(height * width - 1)
        set_quietly(self.pixel, height // 2 * width + width // 2)

    def refresh(self) -> None:
        """The single pixel first; whole images take a while."""
        self._guess()
        self.ask("copies", "copied", self.seed.value(), target="copying", n=SHOWN, radius=self.radius.value())
        self.ask("samples", "sample", self.seed.value(), n=SHOWN)

    def readings(self) -> Mapping[str, float]:
        """How much of a copied image is from one training image, and the model's bits per dim of both kinds; of the
        single pixel how many contexts are as similar, and p of what really follows, copied and said."""
        found = {"share": self._share, **self._bits}
        if self._follows.size:
            found |= {"alike": float(self._alike), "copied": float(self._follows[self._level])}
        if self._said.size:
            found |= {"said": float(self._said[self._level * len(self._said) // levels_of(self.facts)])}
        return found

    def _guess(self) -> None:
        """The next pixel, both ways."""
        if not self.facts:
            return
        x = self.facts["test"][self.image.value()][None]
        self.ask("follows", "followers", target="copying", x=x, pixel=self.pixel.value(), radius=self.radius.value())
        if self.facts["density_kind"] == "exact":
            self.ask("said", "conditionals", x=x)

    def answered(self, answer: Answer) -> None:
        what, x = answer.query.channel.rpartition("/")[2], answer.arrays["x"]
        if what in ("copies", "samples"):
            {"copies": self.copies, "samples": self.samples}[what].set_images(x.clip(0, 1))
            self.ask(f"bits_{what}", "log_density", seed=1, x=x)
        elif what == "follows":
            self._follows, self._alike = x.astype(float), int(answer.arrays["alike"])
            self._contexts = int(answer.arrays["contexts"])
        elif what == "said":
            self._said = np.exp(x[0, :, 0].reshape(x.shape[1], -1)[:, self.pixel.value()].astype(float))
        else:
            self._bits[what] = -float(x.mean()) / (np.log(2) * float(np.prod(self.facts["shape"])))
        if what == "copies":
            source = answer.arrays["source"].reshape(SHOWN, -1)
            self._share = float(np.mean([np.bincount(one).max() / one.size for one in source]))
            self._examples = int(answer.arrays["examples"])
        if what in ("follows", "said"):
            self._show_guess()
        self._say()

    @property
    def _width(self) -> int:
        return int(self.facts["shape"][2])

    @property
    def _level(self) -> int:
        """What really follows, of the first colour."""
        image = self.facts["test"][self.image.value()]
        return round(float(image[0].flat[self.pixel.value()]) * (levels_of(self.facts) - 1))

    def _show_guess(self) -> None:
        """The bars have as many levels as the network tells apart."""
        if not self._follows.size:
            return
        shape, pixel, levels = self.facts["shape"], self.pixel.value(), levels_of(self.facts)
        place, bins = place_of(pixel, shape), len(self._said) or levels
        rows, columns = np.indices(shape[1:])
        before = np.arange(shape[1] * shape[2]).reshape(shape[1:]) < pixel
        near = np.maximum(abs(rows - place.row), abs(columns - place.column)) <= self.radius.value()
        image = self.facts["test"][self.image.value()]
        self.canvas.set_picture(image, place.pixel, seen=before & near)
        share = np.bincount(np.arange(levels) * bins // levels, weights=self._follows, minlength=bins)
        really = self._level
        self.bars.set_scale("level 0", str(levels - 1), swatch_of(place, shape))
        other = self._said if self._said.size else None
        self.bars.set_distribution(share, really * bins // levels, words=f"really {really}", other=other)

    def _say(self) -> None:
        words = ""
        if self._follows.size:
            words = f"Bars: what followed {counted(self._alike, 'context')} most like this, of {self._contexts:,}. "
            words += "Frames: the network. " * bool(self._said.size)
        if not np.isnan(self._share) and len(self._bits) == 2:
            kind = "exact" if self.facts["density_kind"] == "exact" else "estimate of a bound"
            words += (
                f"Copied after Efros and Leung from {self._examples} images: on average {self._share:.0%} of a copy is "
                f"from a single one. The model's own bits/dim ({kind}): copies {self._bits['bits_copies']:.3f}, its "
                f"samples {self._bits['bits_samples']:.3f}."
            )
        self.words.setText(words)

    def _lay_out(self) -> None:
        stage = QHBoxLayout()
        stage.setSpacing(theme.em(self, 1))
        stage.addWidget(captioned(self.canvas, "next pixel"), 3)
        stage.addWidget(self.bars, 4)
        stage.addWidget(captioned(self.copies, "copied"), 4)
        stage.addWidget(captioned(self.samples, "drawn by the model"), 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(stage, 1)
        layout.addLayout(line_of(("radius of the context", self.radius), ("held-out image", self.image),
                                 ("next pixel", self.pixel), ("seed", self.seed)))  # fmt: skip
        layout.addWidget(self.words)
