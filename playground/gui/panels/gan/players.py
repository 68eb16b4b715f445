"""The two players: who moves, what D says of real data and of samples, and what either loses by it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from playground.core.hyperparams import Value
from playground.core.messages import Change, TrainSteps, Watch
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, switch
from playground.gui.panels.base.views import button, captioned
from playground.gui.panels.gan.parts import NO_GAME, FollowingLens, Threshold, contrast, verdict
from playground.gui.widgets import controls, theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.number_boxes import IntBox

JUDGED = {"points": 1000, "images": 128}  # of either kind
SHOWN = 4  # images of either kind
BINS = 30
PAUSE = 1.0  # seconds for which slow motion holds each stage
SEED = 3
K = "discriminator_steps"
OF_ONE_VALUE = ("minimax", "non-saturating")  # D lowers −V in these games


class PlayersLens(FollowingLens):
    """Step one player alone and see what it does to the scores of both.

    Signals:
        judged: (words) what D says of samples and of real data on average, for the drawing; "" when it is not seen.
    """

    judged = Signal(str)
    key = "players"
    title = "Players"
    tooltip = "Step D or G alone, in slow motion if you like, and see what D says of real data and of samples"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.losses: dict[str, float] = {}
        self._means: dict[str, float] = {}  # what D says of real data and of samples
        self.step_d = self._stepper("Step D", "d", "One step that moves the discriminator alone", ("discriminator",))
        self.step_g = self._stepper("Step G", "g", "One step that moves the generator alone", ("generator",))
        self.step_both = self._stepper("Step both", "both", "One step: first D, k times, then G", ())
        self.k = IntBox(1, 10)
        self.k.setObjectName(f"{name}.k")
        self.k.setAccessibleName("Discriminator steps k")
        self.k.setToolTip("Updates of the discriminator for each of the generator; may change while training runs")
        controls.follow_run(self.k)
        self.slow = switch(
            "Slow motion", f"{name}.slow",
            f"Holds each stage of a step for {PAUSE:g} s, and lights what is at work in the drawing above", on=False,
        )  # fmt: skip
        self.scores = CurvePlot(f"{name}.scores", "FAKE → REAL", "share")
        self.items = ImageGrid(f"{name}.items")
        self.words = caption(f"{name}.words")
        self._lay_out()
        self.k.valueChanged.connect(lambda k: self.wish.emit(Change({K: k})))
        self.slow.toggled.connect(self._watch)

    def _stepper(self, words: str, key: str, tooltip: str, parts: tuple[str, ...]) -> QPushButton:
        result = button(words, f"{self.objectName()}.step.{key}", tooltip)
        result.clicked.connect(lambda: self.wish.emit(TrainSteps(1, parts)))
        return result

    # -- asking -------------------------------------------------------------------------------------------------------

    def start(self, facts: Mapping[str, Any]) -> None:
        assert self.experiment is not None
        self.losses, self._means = {}, {}
        (k,) = (field.default for field in facts["config_fields"] if field.name == K)
        self.show_setting(K, self.experiment.settings().get(K, k))
        self._items_box.setVisible(facts["kind"] == "images")
        for each in (self.step_d, self.step_g, self.step_both, self.k):
            each.setEnabled(self.plays)

    def show_setting(self, key: str, value: Value) -> None:
        """Shows a setting that was changed elsewhere."""
        if key == K:
            self.k.blockSignals(True)
            self.k.setValue(int(value))
            self.k.blockSignals(False)

    def refresh(self) -> None:
        super().refresh()
        if not self.plays:
            self.words.setText(NO_GAME)
            return
        x = self.facts["test"][: JUDGED[self.facts["kind"]]]
        label = self.facts["test_labels"][: len(x)] if self.facts["conditional"] else None
        self.ask("round", "round", SEED, x=x, label=label)

    def answered(self, answer: Answer) -> None:
        self.rest.end_look()
        found = answer.arrays
        real, fake, is_share = found["real"], found["fake"], bool(found["is_share"])
        self.losses = {part: float(found[part]) for part in ("discriminator", "generator")}
        self._show_scores(real, fake, is_share)
        threshold = Threshold.of(real, fake, is_share)
        if not self.is_points:
            self._show_images(found["made"].clip(0, 1), np.concatenate([real[:SHOWN], fake[:SHOWN]]), threshold)
        self.judged.emit(verdict(real, fake, is_share))
        caught = threshold.right(real, fake)
        self._means = {"real": float(real.mean()), "fake": float(fake.mean()), "right": caught}
        lost = f"D's loss {self.losses['discriminator']:.3f}, G's loss {self.losses['generator']:.3f}"
        if (value := self.value) is not None:
            lost = f"V = {value:.3f}, {lost}".replace("-", "−")
        self.words.setText(
            f"Step {answer.step:,}: {lost}. D says REAL above {threshold.words}, and is right about "
            f"{caught:.0%} of held-out data and samples."
        )

    def readings(self) -> Mapping[str, float]:
        """Both losses now, by player; the value of the game, where it has one; what D says of real data and of samples
        on average, and the share that it is right about."""
        return self.losses | self._means | ({} if self.value is None else {"value": self.value})

    @property
    def value(self) -> float | None:
        """V = E log D(x) + E log(1 − D(G(z))), which D raises; None in games of another kind."""
        assert self.experiment is not None
        known = self.experiment.settings().get("objective") in OF_ONE_VALUE
        return -self.losses["discriminator"] if known and self.losses else None

    # -- what is on show ----------------------------------------------------------------------------------------------

    def _show_scores(self, real: np.ndarray, fake: np.ndarray, is_share: bool) -> None:
        edges = np.linspace(*contrast(np.concatenate([real, fake]), real, fake, is_share), BINS + 1)
        curves = {}
        for name, says in (("real data", real), ("samples", fake)):
            share = np.histogram(says.clip(edges[0], edges[-1]), edges)[0] / len(says)
            curves[name] = np.repeat(edges, 2)[1:-1], np.repeat(share, 2)
        self.scores.set_curves(curves)

    def _show_images(self, made: np.ndarray, says: np.ndarray, threshold: Threshold) -> None:
        """Each with D's word, and what it says where there is room for that."""
        words = [threshold.word(d) for d in says]
        images = np.concatenate([self.facts["test"][:SHOWN], made[:SHOWN]])
        self.items.set_images(images, words)
        room = self.items.tile_rect(1).left() - self.items.tile_rect(0).left()
        if room > self.items.fontMetrics().horizontalAdvance("REAL 0.0000"):
            self.items.set_images(images, [f"{word} {d:.3f}" for word, d in zip(words, says, strict=True)])
        self.picture("sample", made[0])

    # -- slow motion --------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Only while it is seen."""
        on = self.slow.isChecked() and self.isVisible()
        self.wish.emit(Watch(on, PAUSE if on else 0.0))

    def showEvent(self, event: QShowEvent) -> None:
        self._is_current = False  # so that the drawing hears it again
        super().showEvent(event)
        self._watch()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.judged.emit("")
        self._watch()

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        row = FlowLayout()
        row.setSpacing(theme.em(self, 0.5))
        for widget in (self.step_d, self.step_g, self.step_both, labelled("k", self.k), self.slow):
            row.addWidget(widget)
        self.items.set_columns(SHOWN)
        self.items.setToolTip("What D says of each; of a share: the number beside the word")
        both = QHBoxLayout()
        both.setSpacing(theme.em(self, 0.8))
        self._items_box = captioned(self.items, "Above real data, below samples")
        both.addWidget(self._items_box, 4)
        both.addWidget(self.scores, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(both, 1)
        layout.addWidget(self.words)
