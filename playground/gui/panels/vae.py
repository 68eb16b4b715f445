"""The VAE's own view: drag z and watch what it decodes to; start from a real example; walk between two."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base import ModelPanel, SampleView, TrainView, View, captioned
from playground.gui.panels.base.views import Ask, button
from playground.gui.widgets.film_strip import FilmStrip
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.latent_sliders import LatentSliders
from playground.gui.widgets.model_diagram import Edge, Node
from playground.gui.widgets.number_boxes import ChoiceBox
from playground.gui.widgets.scatter_view import ScatterView

SHOWN = 24  # real examples to start from
FILM = 9  # pictures on the way between two
PATH = 121  # codes along an axis of z, for its path in the plane


class LatentView(View):
    """One slider an axis of z, those that move the output most first; the decoded output follows the hand."""

    title = "Latent"
    tooltip = "Drag the code z, encode a real example, walk between two"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.sliders = LatentSliders(id_prefix=name)
        self.decoded = ImageGrid(f"{name}.decoded")
        self.plane = ScatterView(f"{name}.plane")
        self.examples = ImageGrid(f"{name}.examples")
        self.film = FilmStrip(f"{name}.film")
        self.words = QLabel()
        self.words.setProperty("role", "caption")
        self.words.setWordWrap(True)
        self.label = ChoiceBox(())
        self.label.setObjectName(f"{name}.label")
        self.label.setAccessibleName("Label")
        self.label.setToolTip("The label that the decoder is told")
        self.set_start = button("From here", f"{name}.from", "The walk starts at the code of the sliders")
        self.set_end = button("To here", f"{name}.to", "The walk ends at the code of the sliders")
        self._order = np.empty(0, dtype=np.int64)  # slider -> axis of z
        self._ends: list[np.ndarray | None] = [None, None]
        self._lay_out()
        self.sliders.values_changed.connect(self._moved)
        self.sliders.random_clicked.connect(self._random)
        self.examples.image_clicked.connect(self._encode)
        self.film.frame_clicked.connect(self._jump)
        self.label.activated.connect(self._moved)
        self.set_start.clicked.connect(lambda: self._set_end(0))
        self.set_end.clicked.connect(lambda: self._set_end(1))
        self._random_state = np.random.default_rng(0)

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return "decode" in facts["capabilities"] and facts["shape"] != (1,)

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self._order = np.empty(0, dtype=np.int64)
        self._ends = [None, None]
        points = facts["kind"] == "points"
        self._stack.setCurrentWidget(self.plane if points else self.decoded)
        self._below.setVisible(not points)
        self.plane.clear()
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])
            self.plane.set_points("real data", facts["test"][:1500], "data")
        else:
            self.examples.set_images(facts["test"][:SHOWN])
        self.label.clear()
        for index, value in enumerate(facts["factors"][0][1] if facts["conditional"] else ()):
            self.label.addItem(value, index)
        self.label.setVisible(facts["conditional"])
        super().opened(facts, experiment)

    def refresh(self) -> None:
        self.ask("effects", "directions", target="latent", basis="axes", label=self._labels(1))

    # -- the code -----------------------------------------------------------------------------------------------------

    def z(self) -> np.ndarray:
        """The code (latent_dim,) that the sliders show, in the model's own order of axes."""
        z = np.zeros(len(self._order), dtype=np.float32)
        z[self._order] = self.sliders.values()
        return z

    def show_z(self, z: np.ndarray) -> None:
        """Puts the sliders on a code and decodes it."""
        self.sliders.set_values(z[self._order])
        self._moved()

    def _moved(self) -> None:
        if self._order.size:
            self.ask("decode", "decode", z=self.z()[None], label=self._labels(1))

    def _random(self) -> None:
        self.show_z(self._random_state.standard_normal(len(self._order)).astype(np.float32))

    def _encode(self, index: int) -> None:
        row = np.array([index])
        labels = self.facts["test_labels"][row] if self.facts["conditional"] else None
        if labels is not None:
            self.label.setCurrentIndex(int(labels[0, 0]))
        self.picture("x", self.facts["test"][index])
        self.ask("encode", "encode", x=self.facts["test"][row], label=labels)

    def _labels(self, n: int) -> np.ndarray | None:
        if not self.facts["conditional"]:
            return None
        labels = np.full((n, len(self.facts["factors"])), -1, dtype=np.int64)
        labels[:, 0] = self.label.currentData()
        return labels

    # -- the walk -----------------------------------------------------------------------------------------------------

    def _set_end(self, which: int) -> None:
        self._ends[which] = self.z()
        self._ask_for_walk()

    def _ask_for_walk(self) -> None:
        start, end = self._ends
        if start is not None and end is not None:
            self.ask("walk", "decode", z=self._codes_between(start, end), label=self._labels(FILM))

    def _codes_between(self, start: np.ndarray, end: np.ndarray) -> np.ndarray:
        share = np.linspace(0, 1, FILM, dtype=np.float32)[:, None]
        return start + share * (end - start)

    def _jump(self, index: int) -> None:
        start, end = self._ends
        if start is not None and end is not None:
            self.show_z(self._codes_between(start, end)[index])

    # -- answers ------------------------------------------------------------------------------------------------------

    def answered(self, answer: Answer) -> None:
        what = answer.query.channel.rpartition("/")[2]
        x = answer.arrays["x"]
        if what == "effects":
            self._show_axes(x @ answer.arrays["share"])
        elif what == "encode":
            self.show_z(x[0])
            self.words.setText("The code of this real example, as the encoder sees it.")
        elif what == "ends":
            self._ends = [x[0], x[1]]
            self._ask_for_walk()
        elif what == "paths":
            self.plane.set_trails(x.reshape(PATH, -1, 2))
        elif what == "walk":
            self.film.set_frames({"": x.clip(0, 1)})
        elif self.is_points:
            self.plane.set_points("decoded", x, "model")
        else:
            self.decoded.set_images(x.clip(0, 1))
            self.picture("sample", x[0])

    def _show_axes(self, effects: np.ndarray) -> None:
        """Sliders in the order of their measured effect. A code on show stays the same code."""
        kept = self.z() if self._order.size else np.zeros(len(effects), dtype=np.float32)
        self._order = np.argsort(-effects, kind="stable")
        shares = effects[self._order] / max(float(effects.sum()), 1e-9)
        self.sliders.set_axes([f"z_{axis + 1}" for axis in self._order], [float(share) for share in shares])
        paths = " Paths: where each axis alone would take the output." if self.is_points else ""
        self.words.setText(f"Sorted by how much each axis moves the output, in sigmas of the prior.{paths}")
        self.show_z(kept)
        if self.is_points:
            self.ask("paths", "decode", z=self._along_axes(len(effects)), label=self._labels(PATH * len(effects)))
        elif all(end is None for end in self._ends):
            rows = self._two_kinds()
            labels = self.facts["test_labels"][rows] if self.facts["conditional"] else None
            self.ask("ends", "encode", x=self.facts["test"][rows], label=labels)

    def _two_kinds(self) -> np.ndarray:
        """The first real example, and the first one of another label."""
        labels = self.facts["test_labels"]
        other = np.flatnonzero((labels != labels[0]).any(axis=1))
        return np.array([0, other[0] if other.size else 1])

    @staticmethod
    def _along_axes(axes: int) -> np.ndarray:
        """Codes along each axis from -3 to 3 sigma, the others at 0: (PATH * axes, axes)."""
        codes = np.zeros((PATH, axes, axes), dtype=np.float32)
        codes[:, np.arange(axes), np.arange(axes)] = np.linspace(-3, 3, PATH)[:, None]
        return codes.reshape(-1, axes)

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self.decoded)
        self._stack.addWidget(self.plane)
        left = QVBoxLayout()
        left.addWidget(self.label)
        left.addWidget(self.sliders)
        left.addWidget(self.words)
        left.addStretch(1)
        upper = QHBoxLayout()
        upper.addLayout(left, 1)
        upper.addWidget(captioned(self._stack, "decoded from z"), 1)
        self._below = QWidget()
        below = QHBoxLayout(self._below)
        below.setContentsMargins(0, 0, 0, 0)
        below.addWidget(captioned(self.examples, "start from a real example"), 5)
        below.addWidget(captioned(self.film, "walk between two codes"), 4)
        ends = QVBoxLayout()
        ends.addStretch(1)
        ends.addWidget(self.set_start)
        ends.addWidget(self.set_end)
        below.addLayout(ends)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(upper, 3)
        layout.addWidget(self._below, 1)


class Panel(ModelPanel):
    """The VAE in the window."""

    view_classes = (TrainView, SampleView, LatentView)
    first_view = "Latent"

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        nodes = [
            Node("x", "observed", "x", 0, caption="real"),
            Node("encoder", "network", "encoder", 1, shape="narrow", part="model"),
            Node("z", "latent", "z", 2, caption=f"{facts['latent_dim']} numbers"),
            Node("decoder", "network", "decoder", 3, shape="widen", part="model"),
            Node("sample", "observed", "x̂", 4, caption="decoded"),
        ]
        edges = [
            Edge("x", "encoder"),
            Edge("encoder", "z", dashed=True),
            Edge("z", "decoder"),
            Edge("decoder", "sample"),
        ]
        return nodes, edges
