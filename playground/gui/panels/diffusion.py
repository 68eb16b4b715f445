"""Diffusion's own views: corruption in one jump, and the reverse process step by step."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base import ModelPanel, SamplingForm, TrainView, View, captioned
from playground.gui.panels.base.views import Ask, button
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.film_strip import FilmStrip
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.model_diagram import Edge, Node
from playground.gui.widgets.scatter_view import ScatterView
from playground.gui.widgets.step_scrubber import StepScrubber

FIELD_SIDE = 17  # arrows along one side of the plane
X_0, X_T = "<i>x</i><sub>0</sub>", "<i>x<sub>t</sub></i>"


class ReverseView(View):
    """From noise to sample, one network call a step; every step is kept, so that going back costs no call."""

    title = "Sample"
    tooltip = "The reverse process: step forward and back, play, scrub"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.form = SamplingForm(name)
        self.form.changed.connect(self.outdate)
        self.scrubber = StepScrubber(id_prefix=name)
        self.scrubber.position_changed.connect(self._show)
        self.frames: list[Mapping[str, np.ndarray]] = []
        self._plane = _ReversePlane(name, self.ask)
        self._images = _ReverseImages(name)
        self._images.strip.frame_clicked.connect(self._jump)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._images)
        self._stack.addWidget(self._plane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.scrubber)
        self._total = 0  # network steps of the trajectory

    def side_form(self) -> QWidget:
        return self.form

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return bool(facts["shape"] != (1,))  # arrows and paths want a plane

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.form.show_fields(facts)
        self._stack.setCurrentWidget(self._plane if facts["kind"] == "points" else self._images)
        self._plane.opened(facts)
        self.frames = []
        super().opened(facts, experiment)

    def refresh(self) -> None:
        """A new trajectory, from the seed's noise."""
        n = 400 if self.is_points else 18
        label, settings = self.form.label(n), self.form.settings()
        self.ask("steps", "sample_steps", self.form.seed(), n=n, label=label, settings=settings)

    def stepper(self) -> StepScrubber:
        return self.scrubber

    def is_settled(self) -> bool:
        return super().is_settled() and self._plane.is_settled()

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/field"):
            self._plane.show_learned(answer.arrays)
            return
        if answer.query.channel.endswith("/exact"):
            self._plane.show_exact(answer.arrays["x"])
            return
        if answer.index == 0:
            self.frames = []
            self._total = answer.total
            self.scrubber.set_total(answer.total + 1)
        self.frames.append(answer.arrays)
        self.scrubber.set_available(len(self.frames))
        if answer.last:
            if not self.is_points:
                self._images.set_trajectory(self.frames)
            if not self.scrubber.is_placed():
                self.scrubber.set_position(len(self.frames) - 1)
        self._show(self.scrubber.position())

    def _jump(self, index: int) -> None:
        self.scrubber.set_position(index)
        self._show(index)

    def _show(self, index: int) -> None:
        """Frame `index`, as it was computed."""
        if not 0 <= index < len(self.frames):
            return
        frame = self.frames[index]
        total = self._total
        if "t" in frame:
            t, signal, sigma = int(frame["t"]), float(frame["signal"]), float(frame["sigma"])
            self.scrubber.set_caption(f"step {index} of {total}   t = {t}   α = {signal:.3f}, σ = {sigma:.3f}")
        else:
            self.scrubber.set_caption(f"step {index} of {total}   finished")
        if self.is_points:
            self._plane.show_frame(self.frames, index)
        else:
            self._images.show_frame(frame, index)
        self.picture("x_t", frame["x"][0])
        self.picture("noise", frame["noise"][0] if "noise" in frame else None, signed=True)
        self.picture("sample", frame.get("denoised", frame["x"])[0])


class _ReverseImages(QWidget):
    """x_t, the predicted noise and the predicted x_0 side by side, and one sample's whole film below."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_t = ImageGrid(f"{name}.x_t")
        self.noise = ImageGrid(f"{name}.noise", signed=True)
        self.denoised = ImageGrid(f"{name}.denoised")
        self.strip = FilmStrip(f"{name}.strip")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        titles = (f"{X_T}, the state", "predicted noise <i>ε̂</i>", f"predicted {X_0}")
        for column, (grid, title) in enumerate(zip((self.x_t, self.noise, self.denoised), titles, strict=True)):
            layout.addWidget(captioned(grid, title), 0, column)
        layout.addWidget(self.strip, 1, 0, 1, 3)
        layout.setRowStretch(0, 3)
        layout.setRowStretch(1, 2)

    def set_trajectory(self, frames: Sequence[Mapping[str, np.ndarray]]) -> None:
        """The film of the first sample; the finished state predicts nothing, its x_0 is itself."""
        x_t = np.stack([frame["x"][0].clip(0, 1) for frame in frames])
        x_0 = np.stack([frame.get("denoised", frame["x"])[0].clip(0, 1) for frame in frames])
        self.strip.set_frames({"x_t": x_t, "predicted x_0": x_0})

    def show_frame(self, frame: Mapping[str, np.ndarray], index: int) -> None:
        """One state."""
        self.x_t.set_images(frame["x"].clip(0, 1))
        if "noise" in frame:
            self.noise.set_images(frame["noise"])
        else:
            self.noise.clear("finished: no noise left to predict")
        self.denoised.set_images(frame.get("denoised", frame["x"]).clip(0, 1))
        self.strip.set_current(index)


class _ReversePlane(QWidget):
    """Points that flow from noise to data, their trails, and the learned score field over the exact one."""

    def __init__(self, name: str, ask: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self.view = ScatterView(f"{name}.plane")
        self.truth = QLabel("Arrows: the score at this t. Broad and pale: exact mathematics; thin: learned.")
        self.truth.setProperty("role", "caption")
        self.truth.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.truth)
        self._grid = np.empty((0, 2), dtype=np.float32)
        self._asked_t = self._shown_t = -1

    def opened(self, facts: Mapping[str, Any]) -> None:
        """Another model."""
        self.view.clear()
        self._asked_t = self._shown_t = -1
        if facts["kind"] == "points":
            reach = facts["extent"]
            self.view.set_extent(-reach, reach)
            self.view.set_points("real data", facts["test"][:1000], "data")
            axis = np.linspace(-reach * 0.94, reach * 0.94, FIELD_SIDE, dtype=np.float32)
            self._grid = np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2)

    def is_settled(self) -> bool:
        """Whether the field belongs to the frame."""
        return self._asked_t == self._shown_t

    def show_frame(self, frames: Sequence[Mapping[str, np.ndarray]], index: int) -> None:
        """The points of one state, their way so far, and the field there."""
        self.view.set_points("samples", frames[index]["x"], "model")
        path = np.stack([frame["x"][:60] for frame in frames[: index + 1]])
        self.view.set_trails(path if index else None)
        # A finished sample has no t: its field is that of the last network call.
        t = next(int(frame["t"]) for frame in reversed(frames[: index + 1]) if "t" in frame)
        if t != self._asked_t:
            self._asked_t = t
            self._ask("field", "score", x=self._grid, t=t)

    def show_learned(self, arrays: Mapping[str, np.ndarray]) -> None:
        """The learned score; asks for the exact one at the same noise."""
        self.view.set_arrows("learned score", self._grid, arrays["x"], "model")
        signal, sigma = float(arrays["signal"][0]), float(arrays["sigma"][0])
        x = self._grid - arrays["shift"].astype(np.float32)
        self._ask("exact", "score", target="exact", x=x, signal=signal, noise=sigma)

    def show_exact(self, score: np.ndarray) -> None:
        """The exact score of the data at this noise."""
        self.view.set_arrows("exact score", self._grid, score.astype(np.float32), "exact")
        self._shown_t = self._asked_t


class CorruptView(View):
    """The forward process: real data and one noise, at any t in one jump."""

    title = "Inside"
    tooltip = "Corrupt real data: any time t in one jump"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.clean = ImageGrid(f"{name}.clean")
        self.noise = ImageGrid(f"{name}.noise", signed=True)
        self.corrupted = ImageGrid(f"{name}.corrupted")
        self.plane = ScatterView(f"{name}.plane")
        self.levels = CurvePlot(f"{name}.levels", "time t", "share of x_t")
        self.snr = CurvePlot(f"{name}.snr", "time t", "log10 SNR")
        self.time = GrooveSlider()
        self.time.setObjectName(f"{name}.time")
        self.time.setAccessibleName("Time t")
        self.time.setToolTip("How far the corruption has gone; t = 0 is clean")
        self.words = QLabel()
        self.words.setObjectName(f"{name}.words")
        self.another = button("Another example", f"{name}.another", "Corrupts the next real examples")
        self._first = 0
        self._signal, self._sigma = np.empty(0), np.empty(0)

        pictures = QWidget()
        row = QHBoxLayout(pictures)
        row.setContentsMargins(0, 0, 0, 0)
        titles = (f"{X_0}, real", "<i>ε</i>, the noise", f"{X_T} = α {X_0} + σ <i>ε</i>")
        for grid, words in zip((self.clean, self.noise, self.corrupted), titles, strict=True):
            row.addWidget(captioned(grid, words))
        self._stack = QStackedWidget()
        self._stack.addWidget(pictures)
        self._stack.addWidget(self.plane)
        curves = QHBoxLayout()
        curves.addWidget(self.levels)
        curves.addWidget(self.snr)
        controls = QHBoxLayout()
        controls.addWidget(QLabel("t"))
        controls.addWidget(self.time, 1)
        controls.addWidget(self.another)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack, 3)
        layout.addLayout(controls)
        layout.addWidget(self.words)
        layout.addLayout(curves, 2)
        self.time.valueChanged.connect(self._jump)
        self.another.clicked.connect(self._next)
        self.levels.marker_moved.connect(self._marker_moved)
        self.snr.marker_moved.connect(self._marker_moved)

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        points = facts["kind"] == "points"
        self._stack.setCurrentIndex(1 if points else 0)
        self.plane.clear()
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])
        super().opened(facts, experiment)

    def refresh(self) -> None:
        """The schedule first; it says which times there are."""
        self.ask("schedule", "schedule")

    def _examples(self) -> np.ndarray:
        test = self.facts["test"]
        count = 1500 if self.is_points else 18
        return np.take(test, range(self._first, self._first + count), axis=0, mode="wrap")

    def _next(self) -> None:
        self._first += 18
        self._jump()

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
        self.words.setText(f"t = {t}:  signal α = {self._signal[t]:.3f},  noise σ = {self._sigma[t]:.3f}")
        x = answer.arrays["x"]
        if self.is_points:
            self.plane.set_points("real data", self._examples(), "data")
            self.plane.set_points("corrupted", x, "model")
        else:
            self.clean.set_images(self._examples())
            self.noise.set_images(answer.arrays["noise"])
            self.corrupted.set_images(x.clip(0, 1))
            self.picture("x", self._examples()[0])
            self.picture("x_t", x[0])
            self.picture("noise", None)
            self.picture("sample", None)

    def _show_schedule(self, signal: np.ndarray, sigma: np.ndarray, log_snr: np.ndarray) -> None:
        self._signal, self._sigma = signal, sigma
        times = np.arange(len(signal))
        self.levels.set_curves({"signal α": (times, signal), "noise σ": (times, sigma)})
        self.snr.set_curves({"SNR": (times, log_snr)})
        self.time.setRange(0, len(signal) - 1)
        if self.time.value() == 0:
            self.time.setValue(len(signal) * 2 // 5)
        self._jump()


class Panel(ModelPanel):
    """Diffusion in the window."""

    view_classes = (TrainView, ReverseView, CorruptView)

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("x", "observed", "x_0", 0, caption="real"),
            Node("corrupt", "operation", "+ noise", 1),
            Node("x_t", "latent", "x_t", 2, caption="corrupted"),
            Node("net", "network", "U-Net" if facts["kind"] == "images" else "MLP", 3, shape="box", part="model"),
            Node("noise", "latent", "ε̂", 4, caption="predicted noise"),
            Node("undo", "operation", "− noise", 5),
            Node("sample", "observed", "x̂_0", 6, caption="sample"),
        ]
        edges = [
            Edge("x", "corrupt"),
            Edge("corrupt", "x_t"),
            Edge("x_t", "net", "t, label" if facts["conditional"] else "t"),
            Edge("net", "noise"),
            Edge("noise", "undo"),
            Edge("undo", "sample"),
        ]
        return nodes, edges
