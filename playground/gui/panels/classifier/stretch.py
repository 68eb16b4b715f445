"""The encoder and decoder recap: an image shrunk to a vector and back, and what its length costs."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.companions import Companions
from playground.gui.panels.base.parts import caption
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.model_diagram import Edge, ModelDiagram, Node
from playground.gui.widgets.name_box import NameBox, labelled

SHOWN = 10
TESTED = 500  # held-out images on which a learned pair is measured
LONGEST = 100  # numbers of a code
AT_FIRST = 8
LINEAR = "linear"


class StretchLens(Lens):
    """Held-out images above, what is rebuilt of their codes below, and the error of every length beside them."""

    key = "stretch"
    title = "Encode and decode"
    tooltip = "Shrink an image to a short vector and rebuild it: see the error change with the length"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.pair = NameBox(
            f"{name}.pair",
            "Encoder and decoder",
            "Principal components: the best linear pair of each length, exact.\nVAE: networks that learned one length.",
        )
        self.length = GrooveSlider()
        self.length.setObjectName(f"{name}.length")
        self.length.setAccessibleName("Length of the code")
        self.length.setToolTip("How many numbers the code has")
        self.diagram = ModelDiagram(f"{name}.diagram")
        self.before, self.after = ImageGrid(f"{name}.before"), ImageGrid(f"{name}.after")
        self.error = CurvePlot(f"{name}.error", "length", "error")
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self.learned = Companions(self)
        self.linear: dict[str, np.ndarray] = {}
        self._rebuilt = np.empty(0)  # by a learned pair
        self.length.valueChanged.connect(lambda _: self._show())
        self.error.marker_moved.connect(lambda x: self.length.setValue(round(x)))
        self.pair.chosen.connect(lambda _: self._choose())
        self.learned.opened.connect(self._encode)
        self.learned.answered.connect(self._learned_answer)
        self.learned.failed.connect(lambda _, sentence: self.words.setText(sentence))
        self._lay_out()

    def sessions(self) -> Sequence[TrainingSession]:
        return self.learned.all()

    def is_settled(self) -> bool:
        return super().is_settled() and self.learned.is_settled()

    def start(self, facts: Mapping[str, Any]) -> None:
        self.learned.let_go()
        self.linear, self._rebuilt = {}, np.empty(0)
        vaes = [(run, f"{run}: learned") for run in _learned(facts)]
        self.pair.set_choices([(LINEAR, "principal components (exact)"), *vaes])
        self.length.setRange(0, min(LONGEST, int(np.prod(facts["shape"]))))
        self.length.setValue(AT_FIRST)
        self.before.set_images(facts["test"][:SHOWN])
        self.after.clear("")

    def refresh(self) -> None:
        if not self.linear:
            self.ask("components", "components", target="moments", most=self.length.maximum())
        self.picture("x", self.facts["test"][0])
        self._choose()

    def trained(self, step: int) -> None:
        """What recognition learns meanwhile changes nothing here."""

    def answered(self, answer: Answer) -> None:
        self.linear = dict(answer.arrays)
        self._show()

    def readings(self) -> Mapping[str, float]:
        """The length of the code and the squared error of what is rebuilt of it."""
        return {"length": float(self._length()), "error": self._error()} if self.linear else {}

    # -- a learned pair -----------------------------------------------------------------------------------------------

    @property
    def _is_linear(self) -> bool:
        return self.pair.name() in (LINEAR, "")

    def _choose(self) -> None:
        self.length.setEnabled(self._is_linear)
        self._rebuilt = np.empty(0)
        if self._is_linear:
            self._show()
        elif self.learned.is_open(self.pair.name()):
            self._encode(self.pair.name())
        else:
            self.after.clear("The networks are loading.")
            self.learned.open({self.pair.name(): self.pair.name()})

    def _encode(self, run: str) -> None:
        if run == self.pair.name():
            self.learned.ask(run, "codes", "encode", x=self.facts["test"][:TESTED], label=self._label(run))

    def _label(self, run: str) -> np.ndarray | None:
        """A conditional pair is told the label of each image, so that its code need not hold it."""
        result: np.ndarray = self.facts["test_labels"][:TESTED]
        return result if self.learned.facts(run)["conditional"] else None

    def _learned_answer(self, run: str, answer: Answer) -> None:
        if run != self.pair.name():
            return
        if answer.query.channel == "codes":
            self.learned.ask(run, "rebuilt", "decode", z=answer.arrays["x"], label=self._label(run))
        else:
            self._rebuilt = answer.arrays["x"].clip(0, 1)
            self._show()

    # -- what is shown ------------------------------------------------------------------------------------------------

    def _length(self) -> int:
        if self._is_linear or not self.learned.is_open(self.pair.name()):
            return self.length.value()
        return int(self.learned.facts(self.pair.name())["latent_dim"])

    def _error(self) -> float:
        """The mean squared error of held-out images, a number."""
        if self._rebuilt.size:
            return float(np.square(self._rebuilt - self.facts["test"][: len(self._rebuilt)]).mean())
        return float(self.linear["error"][self.length.value()])

    def _linearly_rebuilt(self) -> np.ndarray:
        x = self.facts["test"][:SHOWN]
        kept = self.linear["directions"][: self.length.value()]
        code = (x.reshape(len(x), -1) - self.linear["mean"]) @ kept.T
        return (self.linear["mean"] + code @ kept).reshape(x.shape)

    def _show(self) -> None:
        self._draw_model()
        waiting = not self._is_linear and not self._rebuilt.size
        if not self.linear or waiting:
            return
        rebuilt = self._linearly_rebuilt() if self._is_linear else self._rebuilt[:SHOWN]
        self.after.set_images(rebuilt.clip(0, 1))
        lengths = np.arange(len(self.linear["error"]))
        self.error.set_curves({"PCA": (lengths, self.linear["error"])})
        self.error.set_floor(None if self._is_linear else self._error(), "learned")
        self.error.set_marker(self._length())
        self._say()
        self.diagram.set_thumbnail("x", self.facts["test"][0])
        self.diagram.set_thumbnail("sample", rebuilt[0].clip(0, 1))

    def _say(self) -> None:
        numbers, length, error = int(np.prod(self.facts["shape"])), self._length(), self._error()
        linear = float(self.linear["error"][length])
        how = "Exact: the principal components of the training images."
        if not self._is_linear:
            told = ", told the label" if self._label(self.pair.name()) is not None else ""
            how = f"Learned networks{told}; {length} principal components leave {linear:.4f}."
        self.words.setText(f"{numbers:,} numbers → {length} → {numbers:,}. Squared error {error:.4f} a pixel. {how}")

    def _draw_model(self) -> None:
        nodes = [
            Node("x", "observed", "x", 0, caption="image"),
            Node("encoder", "network", "encoder", 1, shape="narrow"),
            Node("z", "latent", "z", 2, caption=f"{self._length()} numbers"),
            Node("decoder", "network", "decoder", 3, shape="widen"),
            Node("sample", "observed", "x̂", 4, caption="rebuilt"),
        ]
        ends = [node.id for node in nodes]
        self.diagram.set_graph(nodes, [Edge(a, b) for a, b in pairwise(ends)])

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "learned"):
            self._fit()

    def _fit(self) -> None:
        self.diagram.setFixedHeight(theme.em(self, 4.8))
        self.error.setMinimumHeight(theme.em(self, 7))

    def _lay_out(self) -> None:
        choices = QWidget()
        row = FlowLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.6))
        row.addWidget(self.pair)
        row.addWidget(labelled("Length", self.length))
        images = QVBoxLayout()
        images.addWidget(captioned(self.before, "held-out images"), 1)
        images.addWidget(captioned(self.after, "rebuilt from their codes"), 1)
        both = QHBoxLayout()
        both.addLayout(images, 1)
        both.addWidget(self.error, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(choices)
        layout.addWidget(self.diagram)
        layout.addLayout(both, 1)
        layout.addWidget(self.words)
        self._fit()


def _learned(facts: Mapping[str, Any]) -> list[str]:
    """Bundled autoencoders of this data."""
    data, options = facts["data_name"], facts["data"]["options"]
    runs = (run for run in TrainingSession.bundled_runs() if run == f"vae-{data}" or run.startswith(f"vae-{data}-"))
    return [run for run in runs if TrainingSession.has_learned(run, data, options)]
