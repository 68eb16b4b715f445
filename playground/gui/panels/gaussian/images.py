"""One Gaussian over images: its mean, the directions of its covariance, its blurry samples, and a count of what it
cannot tell apart."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.latent_sliders import LatentSliders
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.number_boxes import INT_LIMIT, IntBox
from playground.gui.widgets.tiles import SIGNED_LIMIT
from playground.gui.widgets.words import Words

DIRECTIONS = 6
COUNT = 12  # images in each row


class ImagesLens(Lens):
    """The Gaussian of greatest likelihood for the training images, beside real images and the trained mixture's."""

    key = "images"
    title = "Gaussian images"
    tooltip = "One Gaussian over all pixels: mean image, directions of its covariance, samples, and a count"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._mean = np.empty(0)  # (C, H, W)
        self._directions = np.empty(0)  # (k, C, H, W), one deviation long
        self._levels = 0  # of a pixel
        self.mean = ImageGrid(f"{name}.mean")
        self.moved = ImageGrid(f"{name}.moved")
        self.direction = ImageGrid(f"{name}.direction", signed=True)
        self.real, self.gaussian, self.mixture = (
            ImageGrid(f"{name}.{word}") for word in ("real", "gaussian", "mixture")
        )
        self.sliders = LatentSliders(id_prefix=name)
        self.sliders.setAccessibleName("Directions of the covariance")
        self.sliders.setToolTip("How far the image lies from the mean along the directions of greatest variance, "
                                "in standard deviations")  # fmt: skip
        self.seed = IntBox(0, INT_LIMIT)
        self.seed.setObjectName(f"{name}.seed")
        self.seed.setAccessibleName("Seed of the samples")
        self.seed.setToolTip("Another seed draws other samples, from the Gaussian and from the mixture")
        self.seed.setFixedWidth(theme.em(self, 5))
        self.words = Words(f"{name}.words")
        self._last = 0  # the direction that was moved last
        self._lay_out()
        self.sliders.values_changed.connect(self._moved)
        self.sliders.random_clicked.connect(self._random)
        self.seed.valueChanged.connect(lambda _: self.outdate())

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        self._mean, self._directions, self._last = np.empty(0), np.empty(0), 0
        self.real.set_images(facts["data"]["examples"][:COUNT])
        for grid in (self.mean, self.moved, self.direction, self.gaussian, self.mixture):
            grid.clear("on its way")

    def refresh(self) -> None:
        """The closed form, and samples of the trained mixture."""
        self.ask("fit", "fit", self.seed.value(), target="gaussians", directions=DIRECTIONS, count=COUNT)
        self.ask("mixture", "sample", self.seed.value(), n=COUNT, label=None, settings={})

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/mixture"):
            self.mixture.set_images(answer.arrays["x"].clip(0, 1))
            self.picture("sample", answer.arrays["x"][0])
            return
        arrays = answer.arrays
        fresh = not len(self._directions)
        self._mean, self._directions = arrays["mean"], arrays["directions"]
        if fresh:
            names = [f"Direction {i + 1}" for i in range(len(self._directions))]
            self.sliders.set_axes(names, [float(share) for share in arrays["shares"]])
        self.mean.set_images(self._mean[None].clip(0, 1))
        self.gaussian.set_images(arrays["samples"].clip(0, 1))
        self._show()
        self._levels = int(arrays["levels"])
        self.words.say(count_words(self._mean.shape, self._levels, int(arrays["used"])))

    def readings(self) -> Mapping[str, float]:
        """How far the image under the hand is from the mean; of the density's numbers, how many there are, and of the
        number of all images, how many digits it has."""
        numbers: dict[str, float] = {"distance": float(np.linalg.norm(self.sliders.values()))}
        if len(self._mean) and self._levels:
            values = self._mean.size
            numbers |= {"numbers": gaussian_numbers(values), "digits": digits(self._levels, values)}
        return numbers

    # -- the image under the hand -------------------------------------------------------------------------------------

    def _moved(self, code: np.ndarray) -> None:
        changed = np.flatnonzero(code)
        self._last = int(changed[np.abs(code[changed]).argmax()]) if len(changed) else 0
        self._show()

    def _random(self) -> None:
        """As the Gaussian would draw it, along these directions alone."""
        draw = np.random.default_rng().standard_normal(len(self._directions)).astype(np.float32)
        self.sliders.set_values(draw, emit=True)

    def _show(self) -> None:
        code = self.sliders.values()
        if not len(self._directions) or len(code) != len(self._directions):
            return
        image = self._mean + np.tensordot(code, self._directions, axes=1)
        self.moved.set_images(image[None].clip(0, 1).astype(np.float32))
        direction = self._directions[self._last]
        self._heading.setText(f"Direction {self._last + 1}")
        self.direction.set_images((SIGNED_LIMIT * direction / np.abs(direction).max())[None])

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "words"):
            self._fit()

    def _fit(self) -> None:
        for grid in (self.real, self.gaussian, self.mixture):
            grid.setMinimumHeight(theme.em(self, 3))
        for grid in (self.mean, self.moved, self.direction):
            grid.setMinimumHeight(theme.em(self, 5))

    def _lay_out(self) -> None:
        samples = QVBoxLayout()
        for grid, words in (
            (self.real, "Real"), (self.gaussian, "One Gaussian, closed form"), (self.mixture, "The trained mixture"),
        ):  # fmt: skip
            samples.addWidget(captioned(grid, words), 1)
        hand = QGridLayout()
        for column, (grid, words) in enumerate(
            ((self.mean, "Mean"), (self.moved, "Moved"), (self.direction, "Direction"))
        ):
            hand.addWidget(box := captioned(grid, words), 0, column)
        heading = box.findChild(QLabel)
        assert heading is not None
        self._heading = heading  # of the direction
        hand.addWidget(self.sliders, 1, 0, 1, 3)
        hand.setRowStretch(0, 1)
        pictures = QHBoxLayout()
        pictures.addLayout(hand, 1)
        pictures.addLayout(samples, 1)
        below = QHBoxLayout()
        below.addWidget(self.words, 1)
        below.addWidget(labelled("Seed", self.seed))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(pictures, 1)
        layout.addLayout(below)
        self._fit()


def count_words(shape: tuple[int, ...], levels: int, used: int) -> str:
    """How many images there are, against the numbers of one Gaussian."""
    pixels = int(np.prod(shape))
    gaussian = (
        f"One Gaussian has {gaussian_numbers(pixels):,} numbers, here computed in closed form from {used:,} training "
        "images; its only peak is the mean image, so its samples are blends of many."
    )
    if not levels:
        return gaussian
    beside = "" if (levels, pixels) == (256, 784) else f"(28×28 bytes: {power(256, 784)}.) "
    return (
        f"{levels} levels in each of {pixels:,} values: {power(levels, pixels)} images. {beside}"
        f"No table holds a density of them all. {gaussian}"
    )


def gaussian_numbers(values: int) -> int:
    """A mean and a covariance, which is the same on both sides of its diagonal."""
    return values + values * (values + 1) // 2


def digits(base: int, exponent: int) -> int:
    """How many digits a power has when it is written out."""
    return int(exponent * np.log10(base)) + 1


def power(base: int, exponent: int) -> str:
    """A power too large to write out, and the power of ten that is nearest."""
    return f"{base}{raised(exponent)} ≈ 10{raised(round(exponent * np.log10(base)))}"


def raised(number: int) -> str:
    """In small digits above the line."""
    return str(number).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
