"""How many modes the generator reaches, and how that goes on while it learns."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import SampleStage
from playground.gui.panels.gan.parts import FollowingLens
from playground.gui.widgets import theme
from playground.gui.widgets.class_bars import ClassBars
from playground.gui.widgets.curve_plot import CurvePlot

DRAWN = {"points": 2000, "images": 200}  # samples that are looked at
OF_DATA = {1: 0.9973, 2: 0.9889}  # share of a Gaussian within 3 sigma, by dimensions
SEED = 5


class ModesLens(FollowingLens):
    """Samples near each known mode; of images, those that the project's classifier takes for each class."""

    key = "modes"
    title = "Modes"
    tooltip = "How many modes of the data the samples reach, and how many samples lie near any, as training goes on"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.history: dict[int, tuple[int, float]] = {}  # by step: modes hit, share within 3 sigma
        self.counter = QLabel()
        self.counter.setObjectName(f"{name}.counter")
        self.counter.setProperty("role", "title")
        self.bars = ClassBars(f"{name}.bars", "Samples a mode", "How many samples fall to each mode", made=True)
        self.bars.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.curves = CurvePlot(f"{name}.curves", "training step", "share")
        self.words = caption(f"{name}.words")
        self.stage = SampleStage(name, legend=False)
        self.stage.caption.hide()
        plots = QVBoxLayout()
        plots.addWidget(self.bars, 2)
        plots.addWidget(self.curves, 3)
        both = QHBoxLayout()
        both.setSpacing(theme.em(self, 0.8))
        both.addWidget(self.stage, 2)
        both.addLayout(plots, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.em(self, 0.3), 0, 0)
        layout.addWidget(self.counter)
        layout.addLayout(both, 1)
        layout.addWidget(self.words)

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return facts["data"]["modes"] is not None or bool(facts["kind"] == "images" and facts["factors"])

    def start(self, facts: Mapping[str, Any]) -> None:
        self.history = {}
        self.counter.setText("Counting ...")
        self.words.setText("")
        self.bars.set_counts([], [])
        self.stage.show_data(facts)
        self.curves.set_curves({})
        self.curves.hide()
        self.curves.set_floor(1.0 if facts["data"]["modes"] is None else OF_DATA[facts["shape"][0]], "data")

    def refresh(self) -> None:
        super().refresh()
        self.ask("modes", "modes", SEED, target="census", n=DRAWN[self.facts["kind"]])

    def answered(self, answer: Answer) -> None:
        self.rest.end_look()
        counts, drawn = answer.arrays["x"], int(answer.arrays["drawn"])
        self.bars.setVisible(len(counts) > 0)  # the samples take their place
        if not len(counts):
            self.counter.setText("The project has no classifier for these images.")
            self.stage.show_samples(answer.arrays["samples"], "")
            self.words.setText("Samples, label left open: nobody counts their classes.")
            return
        knows = self.facts["data"]["modes"] is not None
        names = [str(k) for k in range(len(counts))] if knows else list(self.facts["factors"][0][1])
        shown = answer.arrays["samples"]
        self.stage.show_samples(shown, "", None if knows else [names[k] for k in answer.arrays["mode"]])
        self.picture("sample", shown[0])
        hit, share = int(answer.arrays["hit"]), float(answer.arrays["share"])
        self.history[answer.step] = hit, share
        self.bars.set_counts(counts.tolist(), names, drawn / len(counts) / 5)
        self._draw()
        words = f"{'Modes' if knows else 'Classes'} hit: {hit} of {len(counts)}"
        self.counter.setText(words + (f"  ·  within 3 σ of a mode: {share:.1%}" if knows else ""))
        enough = f"{drawn / len(counts) / 5:.0f} of {drawn:,} samples"
        fair = f"Hit: at least a fifth of its share, here {enough}, the dashed line."
        judge = "" if knows else " Judged by the project's classifier" + (
            ", label left open." if self.facts["conditional"] else ".")  # fmt: skip
        self.words.setText(f"{fair}{judge}" + (" Train to follow this." if len(self.history) < 2 else ""))

    def readings(self) -> Mapping[str, float]:
        """The newest numbers."""
        if not self.history:
            return {}
        hit, share = self.history[max(self.history)]
        return {"hit": hit} | ({} if np.isnan(share) else {"share": share})

    def _draw(self) -> None:
        """One look is no curve: the plot comes with the second."""
        self.curves.setVisible(len(self.history) > 1)
        steps = np.array(sorted(self.history), float)
        hits, shares = np.array([self.history[int(step)] for step in steps], float).T
        name = "modes" if self.facts["data"]["modes"] is not None else "classes"
        curves = {name: (steps, hits / len(self.bars.counts()))}
        self.curves.set_curves(curves if np.isnan(shares).all() else curves | {"in 3 σ": (steps, shares)})
