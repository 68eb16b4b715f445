"""The forward process: real data and one noise, at any time t in one jump."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.noise_chain import apart, chain
from playground.core.records import Answer
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, switch
from playground.gui.panels.diffusion.words import X_0, X_T
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.next_button import NextButton
from playground.gui.widgets.scatter_view import ScatterView

ACROSS, DOWN = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom


class CorruptLens(Lens):
    """x_0, ε and what they make together."""

    key = "corrupt"
    title = "Corrupt"
    tooltip = "Corrupt real data: any time t in one jump"

    receives = True

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.clean = ImageGrid(f"{name}.clean")
        self.noise = ImageGrid(f"{name}.noise", signed=True)
        self.corrupted = ImageGrid(f"{name}.corrupted")
        self.plane = ScatterView(f"{name}.plane")
        self.levels = CurvePlot(f"{name}.levels", "time t", "weight")
        self.snr = CurvePlot(f"{name}.snr", "time t", "log₁₀ SNR")
        self.time = GrooveSlider()
        self.time.setObjectName(f"{name}.time")
        self.time.setAccessibleName("Time t")
        self.time.setToolTip("How far the corruption has gone; t = 0 is clean")
        self.words = caption(f"{name}.words")
        self.another = NextButton("Another example", f"{name}.another", "Corrupts the next real examples")
        self.chain = switch("Step by step", f"{name}.chain", "Beside the one jump: the same examples noised in many "
                            "small steps, each with fresh noise", on=False)  # fmt: skip
        self._sent = np.empty(0, np.float32)  # an image from another panel
        self._signal, self._sigma = np.empty(0), np.empty(0)
        self._centre, self._scale = np.empty(0), 1.0  # of the data, in the model's units
        self._apart: Mapping[str, float] = {}
        self.stepped = ImageGrid(f"{name}.stepped")

        pictures = QWidget()
        row = QHBoxLayout(pictures)
        row.setContentsMargins(0, 0, 0, 0)
        titles = (f"{X_0}, real", "<i>ε</i>, the noise", f"{X_T} = α {X_0} + σ <i>ε</i>")
        for grid, words in zip((self.clean, self.noise, self.corrupted), titles, strict=True):
            row.addWidget(captioned(grid, words), 1)
        self._by_steps = captioned(self.stepped, f"{X_T}, step by step")
        self._by_steps.hide()
        row.addWidget(self._by_steps, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(pictures)
        self._stack.addWidget(self.plane)
        self._curves, self._stage = QBoxLayout(DOWN), QBoxLayout(ACROSS)
        self._curves.addWidget(self.levels)
        self._curves.addWidget(self.snr)
        self._stage.addWidget(self._stack, 3)
        self._stage.addLayout(self._curves, 2)
        controls = QHBoxLayout()
        controls.addWidget(QLabel("t"))
        controls.addWidget(self.time, 1)
        controls.addWidget(self.chain)
        controls.addWidget(self.another)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._stage, 1)
        layout.addLayout(controls)
        layout.addWidget(self.words)
        self.time.valueChanged.connect(self._jump)
        self.another.drawn.connect(self.outdate)
        self.chain.toggled.connect(lambda _: self._jump())
        self.levels.marker_moved.connect(self._marker_moved)
        self.snr.marker_moved.connect(self._marker_moved)

    def receive(self, x: np.ndarray) -> None:
        """It is corrupted in front of the real examples."""
        self._sent = x[None].clip(0, 1).astype(np.float32)
        self.another.set_control_value(0)
        self._jump()

    def start(self, facts: Mapping[str, Any]) -> None:
        self._sent = np.empty((0, *facts["shape"]), np.float32)
        points = facts["kind"] == "points"
        self._stack.setCurrentIndex(1 if points else 0)
        # A plane is square: the curves stand beside it. Pictures take the whole width: the curves stand below.
        self._stage.setDirection(ACROSS if points else DOWN)
        self._curves.setDirection(DOWN if points else ACROSS)
        self.plane.clear()
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])

    def refresh(self) -> None:
        """The schedule first; it says which times there are."""
        self.ask("schedule", "schedule")

    def _examples(self) -> np.ndarray:
        test = self.facts["test"]
        count, first = 1500 if self.is_points else 18, 18 * self.another.number
        real = np.take(test, range(first, first + count), axis=0, mode="wrap")
        return np.concatenate([self._sent, real])[:count] if first == 0 else real

    def _marker_moved(self, t: float) -> None:
        self.time.setValue(round(t))

    def _jump(self) -> None:
        if self._signal.size and self.isVisible():
            self.ask("corrupt", "corrupt", seed=3, x=self._examples(), t=self.time.value())

    def answered(self, answer: Answer) -> None:
        if answer.query.method == "schedule":
            self._show_schedule(**answer.arrays)
            return
        t = int(answer.query.arguments["t"])  # type: ignore[call-overload]
        self.levels.set_marker(t)
        self.snr.set_marker(t)
        x = answer.arrays["x"]
        stepped = self._step_to(t, x)
        if self.is_points:
            self.plane.set_points("real data", self._examples(), "data")
            self.plane.set_points("corrupted", x, "model")
            self.plane.set_points("step by step", stepped, "other")
        else:
            self._by_steps.setVisible(self.chain.isChecked())
            self.stepped.set_images(stepped.clip(0, 1))
            self.clean.set_images(self._examples())
            self.noise.set_images(answer.arrays["noise"])
            self.corrupted.set_images(x.clip(0, 1))
            self.picture("x", self._examples()[0])
            self.picture("x_t", x[0])
            self.picture("noise", None)
            self.picture("sample", None)

    def _step_to(self, t: int, jumped: np.ndarray) -> np.ndarray:
        """The examples at t by many steps, none unless that is wanted; how far they are from those of the one jump."""
        self._apart, more = {}, ""
        stepped, x_0, draw = jumped[:0], self._examples(), np.random.default_rng(t)
        if self.chain.isChecked():
            clean = (x_0 - self._centre) / self._scale
            stepped, steps = chain(clean, self._signal[: t + 1], self._sigma[: t + 1], draw)
            stepped = (stepped * self._scale + self._centre).astype(np.float32)
            if self.is_points:
                again = self._signal[t] * clean + self._sigma[t] * draw.standard_normal(clean.shape)
                other = again * self._scale + self._centre
                self._apart = {"gap": apart(stepped, jumped), "floor": apart(other, jumped)}
                more = (
                    f"  One jump and {steps} steps give clouds that are {self._apart['gap']:.3f} apart; two jumps "
                    f"{self._apart['floor']:.3f} (sliced Wasserstein distance, an estimate)."
                )
        self.words.setText(f"t = {t}:  signal α = {self._signal[t]:.3f},  noise σ = {self._sigma[t]:.3f}.{more}")
        return stepped

    def readings(self) -> Mapping[str, float]:
        """How far the cloud of many steps is from that of one jump, and a second jump from the first."""
        return self._apart

    def _show_schedule(
        self, signal: np.ndarray, sigma: np.ndarray, log_snr: np.ndarray, centre: np.ndarray, scale: np.ndarray,
        **_: np.ndarray,
    ) -> None:  # fmt: skip
        self._signal, self._sigma = signal, sigma
        self._centre, self._scale = centre, float(scale)
        times = np.arange(len(signal))
        self.levels.set_curves({"signal α": (times, signal), "noise σ": (times, sigma)})
        self.snr.set_curves({"log₁₀ SNR": (times, log_snr)})
        self.time.setRange(0, len(signal) - 1)
        if self.time.value() == 0:
            self.time.setValue(len(signal) * 2 // 5)
        self._jump()
