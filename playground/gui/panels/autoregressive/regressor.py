"""Why a softmax and not a regressor: where two levels are likely, their mean is a gray that hardly ever occurs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.autoregressive.parts import line_of, place_of, swatch_of, words_of
from playground.gui.panels.base import Lens
from playground.gui.panels.base.parts import caption, float_box, int_box
from playground.gui.panels.base.views import Ask
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.pixel_canvas import PixelCanvas
from playground.gui.widgets.softmax_bars import SoftmaxBars

REACH = 4  # pixels around the doubtful one that are drawn


class Regressor(Lens):
    """The most doubtful pixels of held-out images, and the least-squares answer there."""

    key, title = "regressor", "Regressor"
    tooltip = "Pixels whose distribution has two peaks: the mean, which least squares would answer, is unlikely"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._images = self._numbers = self._p = np.empty(0)
        self._reach = 0  # levels to either side that count as the same gray
        self.canvas = PixelCanvas(f"{name}.canvas", "Held-out image")
        self.bars = SoftmaxBars(f"{name}.bars", cumulates=False)
        self.answers = ImageGrid(f"{name}.answers")
        self.answers.set_columns(3)
        self.answers.setToolTip(
            "The surroundings with the pixel at either peak and at the mean between them: level and probability"
        )
        self.which = int_box(f"{name}.which", "Doubtful pixel", "0: the most doubtful one; each of another image", 0, 0)
        self.temperature = float_box(f"{name}.temperature", "Temperature",
                                     "Logits are divided by it before the softmax. Below 1 the likeliest level wins, "
                                     "above 1 all become alike.", 0.05, 3, 0.1)  # fmt: skip
        self.temperature.setValue(1.0)
        self.words = caption(f"{name}.words")
        self._lay_out()
        for box in (self.which, self.temperature):
            box.valueChanged.connect(lambda _: self._show())

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images" and facts["density_kind"] == "exact")

    def start(self, facts: Mapping[str, Any]) -> None:
        self._images = self._numbers = self._p = np.empty(0)
        self.words.setText("Held-out images are being searched.")

    def refresh(self) -> None:
        self.ask("doubtful", "doubtful", target="pixels")

    def answered(self, answer: Answer) -> None:
        self._images, self._numbers, self._p = (answer.arrays[name] for name in ("x", "number", "p"))
        self._reach = int(answer.arrays["reach"])
        self.which.setMaximum(len(self._images) - 1)
        if answer.arrays["p"].shape[1] < 4 * self._reach + 3:  # no room for two peaks and a mean between them
            self._p = np.empty(0)
            self.words.setText("With so few levels there is no gray between two peaks.")
        self._show()

    def readings(self) -> Mapping[str, float]:
        """The probability of the mean level and of the two peaks, each with the levels near it; the mean level itself,
        the probability of the likeliest level with those near it, and how many levels there are."""
        if not len(self._p):
            return {}
        p, near = self._tempered()
        three = dict(zip(("low", "mean", "high"), near[list(self._answers(p, near))].tolist(), strict=True))
        return {**three, "level": float((p * np.arange(len(p))).sum()), "most": float(near.max()),
                "levels": float(len(p))}  # fmt: skip

    def _tempered(self) -> tuple[np.ndarray, np.ndarray]:
        """The distribution of the pixel on show at the temperature, and the probability near each level, (K,) each.

        Logits divided by T make p to the power 1/T, normalised."""
        p = self._p[self.which.value()].astype(float)
        if (temperature := self.temperature.value()) != 1.0:
            logits = np.log(np.maximum(p, 1e-30)) / temperature
            p = np.exp(logits - logits.max())
            p /= p.sum()
        return p, np.convolve(p, np.ones(2 * self._reach + 1), "same")

    def _answers(self, p: np.ndarray, near: np.ndarray) -> tuple[int, int, int]:
        """The lower peak, the mean level and the upper peak."""
        apart = 2 * self._reach + 1
        mean = int(np.clip(np.round((p * np.arange(len(p))).sum()), apart, len(p) - 1 - apart))
        return int(near[: mean - apart + 1].argmax()), mean, mean + apart + int(near[mean + apart :].argmax())

    def _show(self) -> None:
        if not len(self._p):
            return
        k, shape = self.which.value(), self.facts["shape"]
        image, number, (p, near) = self._images[k], int(self._numbers[k]), self._tempered()
        place, chosen = place_of(number, shape), self._answers(p, near)
        known = np.arange(shape[1] * shape[2]).reshape(shape[1:]) < place.row * shape[2] + place.column
        self.canvas.set_picture(image * known, place.pixel, known)
        self.bars.set_scale("level 0", str(len(p) - 1), swatch_of(place, shape))
        self.bars.set_distribution(p, chosen[1], words=f"mean {chosen[1]}")
        filled = np.stack([self._filled(image, number, level / (len(p) - 1)) for level in chosen])
        names = ("", "mean ", "")
        self.answers.set_images(filled, [f"{name}{c}: {near[c]:.3f}" for name, c in zip(names, chosen, strict=True)])
        times = min(near[chosen[0]], near[chosen[2]]) / max(near[chosen[1]], 1e-12)
        more = f"{times:,.1f}" if times < 1000 else "over a thousand"
        within = f" within {self._reach} levels" if self._reach else ""
        likely = f"p = {near[chosen[1]]:.4f}" if near[chosen[1]] >= 1e-4 else "p < 0.0001"
        peaks = f"the lower of two peaks is {more} times as likely" if times > 1 else "there are no two peaks around it"
        how, answers = "the softmax as it is now", "Least squares answers its mean,"
        if (temperature := self.temperature.value()) != 1.0:
            how, answers = f"the softmax at temperature {temperature:g}", "Its mean is"
        self.words.setText(
            f"{words_of(place, shape).capitalize()}, {how}. {answers} level {(p * np.arange(len(p))).sum():.1f}. That "
            f"level has {likely}{within}; {peaks}."
        )

    def _filled(self, image: np.ndarray, number: int, value: float) -> np.ndarray:
        """The surroundings of the pixel with this value in it; what comes later is gray."""
        colours, height, width = self.facts["shape"]
        colour, row, column = place_of(number, self.facts["shape"])
        padded = np.full((colours, height + 2 * REACH, width + 2 * REACH), 0.5, np.float32)
        padded[:, REACH:-REACH, REACH:-REACH] = image
        patch = padded[:, row : row + REACH + 2, column : column + 2 * REACH + 1].copy()
        patch[:, -1] = patch[:, REACH, REACH + 1 :] = 0.5
        patch[colour:, REACH, REACH] = value  # later colours of the pixel are not known yet
        return patch

    def _lay_out(self) -> None:
        stage = QHBoxLayout()
        stage.addWidget(self.canvas, 3)
        stage.addWidget(self.bars, 5)
        stage.addWidget(self.answers, 6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(stage, 1)
        layout.addLayout(line_of(("doubtful pixel", self.which), ("temperature", self.temperature)))
        layout.addWidget(self.words)
