"""Classifier-free guidance in the plane: the score without a label, that of a class, and what becomes of the two."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.next_button import NextButton
from playground.gui.widgets.scatter_view import ScatterView

FIELD_SIDE = 9  # arrows along one side of the plane
SAMPLES = 300
TENTHS = 10  # slider values a unit of the scale
STRONGEST = 8


class GuidanceLens(Lens):
    """Three arrows at every place, and samples that move with the scale; the noise they start from stays."""

    key = "guidance"
    title = "Guidance arrows"
    tooltip = "What guidance adds: the scores with and without the class, and where they lead"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.plane = ScatterView(f"{name}.plane")
        self.label = NameBox(f"{name}.label", "Class", "The class that is asked for")
        self.scale = _slider(f"{name}.scale", "Guidance scale w", "0 ignores the class, 1 follows it, more exaggerates "
                             "the difference between the two scores; in tenths")  # fmt: skip
        self.scale.setRange(0, STRONGEST * TENTHS)
        self.scale.setValue(3 * TENTHS)
        self.time = _slider(f"{name}.time", "Time t", "At which noise level the arrows are drawn; t = 0 is clean")
        self.again = NextButton("Other noise", f"{name}.again", "Samples from other noise: another seed")
        self.words = caption(f"{name}.words")
        self._grid = np.empty((0, 2), np.float32)
        self._free, self._told = np.empty((0, 2)), np.empty((0, 2))  # scores on the grid, without and with the class
        self._spread = self._real_spread = float("nan")  # of the samples, and of real data of the class
        self.label.chosen.connect(lambda _: self._refreshed())
        self.scale.valueChanged.connect(self._rescaled)
        self.time.valueChanged.connect(lambda _: self._ask_scores())
        self.again.drawn.connect(self.outdate)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["conditional"]) and facts["shape"] == (2,)

    def start(self, facts: Mapping[str, Any]) -> None:
        reach = facts["extent"]
        self.plane.clear()
        self.plane.set_extent(-reach, reach)
        axis = np.linspace(-reach * 0.92, reach * 0.92, FIELD_SIDE, dtype=np.float32)
        self._grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)
        self._free, self._told = np.empty((0, 2)), np.empty((0, 2))
        self.label.set_choices([(value, value) for value in facts["factors"][0][1]])
        assert self.experiment is not None
        default = next(field.default for field in facts["config_fields"] if field.name == "timesteps")
        self.time.setRange(0, int(self.experiment.settings().get("timesteps", default)) - 1)  # type: ignore[arg-type]
        if self.time.value() == 0:
            self.time.setValue((self.time.maximum() + 1) * 2 // 5)

    @property
    def w(self) -> float:
        """The guidance scale as the slider stands."""
        return self.scale.value() / TENTHS

    def labels(self, n: int) -> np.ndarray:
        """The class for n examples, int64 (n, F); other factors are left open."""
        result = np.full((n, len(self.facts["factors"])), -1, np.int64)
        result[:, 0] = max(self.label.currentIndex(), 0)
        return result

    def refresh(self) -> None:
        self._ask_scores()
        self._ask_samples()

    def _refreshed(self) -> None:
        if self.facts and self.isVisible():
            self.refresh()

    def _ask_scores(self) -> None:
        if self.facts and self.isVisible():
            self.ask("free", "score", x=self._grid, t=self.time.value())
            self.ask("told", "score", x=self._grid, t=self.time.value(), label=self.labels(len(self._grid)))

    def _ask_samples(self) -> None:
        if self.facts and self.isVisible():
            settings = {"guidance": self.w, "steps": 25}
            seed, label = 1 + self.again.number, self.labels(SAMPLES)
            self.ask("samples", "sample", seed, n=SAMPLES, label=label, settings=settings)

    def _rescaled(self, _: int) -> None:
        """Arrows need no question: the guided score is a mix of two that are known."""
        self._draw()
        self._ask_samples()

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        match answer.query.channel.rpartition("/")[2]:
            case "free":
                self._free = x
            case "told":
                self._told = x
            case "samples":
                of_class = self.facts["test"][self.facts["test_labels"][:, 0] == max(self.label.currentIndex(), 0)]
                self.plane.set_points("real data of the class", of_class, "data")
                self.plane.set_points("samples", x, "model")
                self._spread = float(x.std(axis=0).mean())
                self._real_spread = float(of_class.std(axis=0).mean())
        self._draw()

    def guided(self) -> np.ndarray:
        """The score that guidance follows, (G, 2): from the one without a label towards and beyond that of the class.

        Ho, Salimans 2022, with w = 1 for the class's own score.
        """
        result: np.ndarray = self._free + self.w * (self._told - self._free)
        return result

    def readings(self) -> Mapping[str, float]:
        """How far the guided arrows are from the class's own and from those without a label."""
        if not self._free.size or not self._told.size:
            return {}
        off = {"class": self._told, "free": self._free}
        return {name: float(np.abs(self.guided() - arrows).mean()) for name, arrows in off.items()}

    def _draw(self) -> None:
        if not self._free.size or not self._told.size:
            return
        self.plane.set_arrows("score, no label", self._grid, self._free, "plain")
        self.plane.set_arrows("score of the class", self._grid, self._told, "other")
        self.plane.set_arrows("guided score", self._grid, self.guided(), "model")
        self._say()

    def _say(self) -> None:
        case = {0.0: "w = 0: the class is ignored", 1.0: "w = 1: the class's own score"}.get(
            self.w, f"w = {self.w:g}: " + ("between the two" if self.w < 1 else "beyond the class's own score")
        )
        self.words.setText(
            f"{case}, at t = {self.time.value()}. Guided = no label + w (class − no label). Spread of the samples: "
            f"{self._spread:.3f}; of real data of this class: {self._real_spread:.3f}."
        )

    def _lay_out(self) -> None:
        row = FlowLayout()
        sliders = [labelled("w", self.scale), labelled("t", self.time)]
        for slider in sliders:
            slider.setMinimumWidth(theme.em(self, 10))
        for widget in (labelled("Class", self.label), *sliders, self.again):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self.plane, 1)
        layout.addWidget(self.words)


def _slider(name: str, words: str, tooltip: str) -> GrooveSlider:
    slider = GrooveSlider()
    slider.setObjectName(name)
    slider.setAccessibleName(words)
    slider.setToolTip(tooltip)
    return slider
