"""The loss by t, measured on held-out data, and one answer of the network as any target would have said it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.core.noise_targets import TARGETS, converted, target_of
from playground.core.records import Answer
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.diffusion.words import X_0, X_T
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.next_button import NextButton

BINS = 20
IMAGES, POINTS = 96, 1000  # examples looked at in one piece
ROUNDS = {"images": 12, "points": 4}  # pieces, each with every example at another time
WIDE = 30.0  # from the least to the greatest error, above which the axis is logarithmic
WRITTEN = {"epsilon": "<i>ε̂</i>", "x_0": f"{X_0}", "v": "<i>v</i>", "flow": "flow"}


class LossesLens(Lens):
    """Which times are hard, counted as the error of whichever target; and why all targets know the same."""

    key = "losses"
    title = "Loss by t"
    tooltip = "The error at every noise level, and one prediction written as ε, x₀, v or flow"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.counted = NameBox(
            f"{name}.counted", "Error of",
            "The squared error of which quantity, a number of the data. One network's answer gives all of them; "
            "training weighs the times by the one it is asked for",
        )  # fmt: skip
        self.plot = CurvePlot(f"{name}.plot", "time t", "error")
        self.time = GrooveSlider()
        self.time.setObjectName(f"{name}.time")
        self.time.setAccessibleName("Time t")
        self.time.setToolTip("How noisy the example below is; t = 0 is clean")
        self.another = NextButton("Another example", f"{name}.another", "The next held-out example")
        self.x_t, self.words = ImageGrid(f"{name}.x_t"), caption(f"{name}.words")
        self.said = {key: ImageGrid(f"{name}.{key}", signed=key != "x_0") for key in TARGETS}
        self.points = QLabel()
        self.points.setObjectName(f"{name}.points")
        self._sums = np.zeros((len(TARGETS), BINS))
        self._counts = np.zeros(BINS, int)
        self._round = 0
        self._step = 0  # of the weights that answer
        self._conversion = ""
        self.counted.chosen.connect(lambda _: self._draw())
        self.time.valueChanged.connect(self._jump)
        self.another.drawn.connect(self._jump)
        self.plot.marker_moved.connect(lambda t: self.time.setValue(round(t)))
        self._lay_out()

    # -- the curve ----------------------------------------------------------------------------------------------------

    def start(self, facts: Mapping[str, Any]) -> None:
        trained_on = self.target()
        self.counted.set_choices(
            [(key, f"{word} (trained)" if key == trained_on else word) for key, word in TARGETS.items()]
        )
        self.counted.show_name(trained_on)
        self.time.setRange(0, self.timesteps() - 1)
        if self.time.value() == 0:
            self.time.setValue(self.timesteps() * 2 // 5)
        self.points.setVisible(facts["kind"] == "points")
        self._pictures.setVisible(facts["kind"] != "points")

    def target(self) -> str:
        """What this network was trained to predict."""
        return str(self._setting("target"))

    def timesteps(self) -> int:
        """How many times t there are."""
        return int(self._setting("timesteps"))  # type: ignore[call-overload, no-any-return]

    def _setting(self, key: str) -> object:
        assert self.experiment is not None
        default = next(field.default for field in self.facts["config_fields"] if field.name == key)
        return self.experiment.settings().get(key, default)

    def refresh(self) -> None:
        """Measures anew, piece by piece."""
        self._sums[:], self._counts[:], self._round = 0.0, 0, 0
        self._ask_piece()
        self._jump()

    def _ask_piece(self) -> None:
        """Each example at a time of its own, spread evenly over all; in the next round it has another one."""
        n = min(POINTS if self.is_points else IMAGES, len(self.facts["test"]))
        rounds = ROUNDS[self.facts["kind"]]
        rows = (np.arange(n) + self._round * n) % len(self.facts["test"])
        place = (np.arange(n) * rounds + self._round + 0.5) / (n * rounds)
        t = np.random.default_rng(self._round).permutation(place) * self.timesteps()
        self._look("piece", self._round + 1, rows, t.astype(np.int64))

    def _look(self, what: str, seed: int, rows: np.ndarray, t: np.ndarray) -> None:
        label = self.facts["test_labels"][rows] if self.facts["conditional"] else None
        self.ask(what, "look", seed, x=self.facts["test"][rows], t=t, label=label)

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/one"):
            self._show_example(answer.arrays)
            return
        self._step = answer.step
        t: Any = answer.query.arguments["t"]
        errors = errors_by_target(answer.arrays, self.target())
        bins = t * BINS // self.timesteps()
        for row, key in enumerate(TARGETS):
            np.add.at(self._sums[row], bins, errors[key])
        np.add.at(self._counts, bins, 1)
        self._round += 1
        self._draw()
        if self._round < ROUNDS[self.facts["kind"]] and self.isVisible():
            self._ask_piece()

    def readings(self) -> Mapping[str, float]:
        """The trained target's error at both ends of time, and at the time that is chosen."""
        if not self._counts.all():
            return {}
        mean = self._sums[list(TARGETS).index(self.target())] / self._counts
        here = mean[self.time.value() * BINS // self.timesteps()]
        return {"clean": float(mean[0]), "noisy": float(mean[-1]), "here": float(here)}

    def _draw(self) -> None:
        seen = self._counts > 0
        if not seen.any():
            return
        key = self.counted.name()
        middles = (np.arange(BINS)[seen] + 0.5) * self.timesteps() / BINS
        mean = self._sums[list(TARGETS).index(key)][seen] / self._counts[seen]
        self.plot.set_log(bool(mean.max() > WIDE * max(mean.min(), 1e-12)))
        self.plot.set_curves({f"error of {TARGETS[key]}": (middles, mean)})
        self.plot.set_marker(self.time.value())
        self._say()

    def _say(self) -> None:
        own = self._sums[list(TARGETS).index(self.target())].sum() / max(self._counts.sum(), 1)
        few, most = self._counts.min(), self._counts.max()
        each = f"{most}" if few == most else f"{few} to {most}"
        self.words.setText(
            f"Held-out data after {self._step:,} steps: {BINS} bins of t, {each} looks in each; an estimate. "
            f"Mean over all t, which training lowers: {own:.4f}. {self._conversion}"
        )

    # -- one example --------------------------------------------------------------------------------------------------

    def _jump(self) -> None:
        if self.facts and self.isVisible():
            self.plot.set_marker(self.time.value())
            self._look(
                "one", 3, np.array([self.another.number % len(self.facts["test"])]), np.array([self.time.value()])
            )

    def _show_example(self, arrays: Mapping[str, np.ndarray]) -> None:
        """What the network said, as each target; there and back again through all of them."""
        own, x = self.target(), arrays["x"].astype(float)
        levels = arrays["signal"].astype(float), arrays["sigma"].astype(float)
        said = {key: converted(arrays["prediction"], x, own, key, *levels) for key in TARGETS}
        back = arrays["prediction"].astype(float)
        for source, target in zip([own, *TARGETS], [*TARGETS, own], strict=True):
            back = converted(back, x, source, target, *levels)
        off = float(np.abs(back - arrays["prediction"]).max())
        self._conversion = f"Converted through all four and back: off by {off:.0e}.".replace("-", "−")
        if self.is_points:
            rows = [(X_T, x[0])] + [(f"{WRITTEN[key]}{' (trained)' * (key == own)}", said[key][0]) for key in TARGETS]
            self.points.setText("<br>".join(f"{word}:&nbsp; {_numbers(value)}" for word, value in rows))
        else:
            self.x_t.set_images((x / 2 + 0.5).clip(0, 1))
            for key, grid in self.said.items():
                grid.set_images((said[key] / 2 + 0.5).clip(0, 1) if key == "x_0" else said[key])
            self.picture("x", (arrays["image"][0] / 2 + 0.5).clip(0, 1))
            self.picture("x_t", (x[0] / 2 + 0.5).clip(0, 1))
            self.picture("noise", said["epsilon"][0], signed=True)
        self._say()

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "plot"):
            self._fit()

    def _fit(self) -> None:
        self.plot.setMinimumHeight(theme.em(self, 7))

    def _lay_out(self) -> None:
        self._pictures = QWidget()
        row = QHBoxLayout(self._pictures)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(captioned(self.x_t, X_T))
        for key, grid in self.said.items():
            row.addWidget(captioned(grid, f"as {WRITTEN[key]}"))
        controls = FlowLayout()
        slider = labelled("t", self.time)
        slider.setMinimumWidth(theme.em(self, 12))
        for widget in (labelled("Error of", self.counted), slider, self.another):
            controls.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot, 3)
        layout.addLayout(controls)
        layout.addWidget(self._pictures, 2)
        layout.addWidget(self.points)
        layout.addWidget(self.words)
        self._fit()


def errors_by_target(look: Mapping[str, np.ndarray], trained: str) -> dict[str, np.ndarray]:
    """The mean squared error of each example, counted as each target, (B,): what the model's `look` gives, and what
    its network was trained to predict."""
    levels = look["signal"].astype(float), look["sigma"].astype(float)
    found = {}
    for key in TARGETS:
        said = converted(look["prediction"], look["x"], trained, key, *levels)
        truth = target_of(key, look["noise"].astype(float), look["image"].astype(float), *levels)
        found[key] = ((said - truth) ** 2).reshape(len(said), -1).mean(axis=1)
    return found


def _numbers(values: np.ndarray) -> str:
    return ", ".join(f"{value:+.3f}" for value in values).replace("-", "−")
