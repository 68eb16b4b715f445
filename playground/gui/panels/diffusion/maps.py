"""What the layers of the network see in a sample on its way, and how much of it hangs on the time they are told."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, named
from playground.gui.panels.diffusion.words import X_T
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.next_button import NextButton
from playground.gui.widgets.step_scrubber import StepScrubber
from playground.gui.widgets.tiles import SIGNED_LIMIT

STEPS = 25  # of the sampler
FIRST = 12  # the step that is shown at first: half way


class MapsLens(Lens):
    """One sample, a step at a time; each step is asked for once more to see the layers at work."""

    key = "maps"
    title = "Feature maps"
    tooltip = "The channels of any layer of the network while a step is taken, and what the time t tells it"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.layer = NameBox(f"{name}.layer", "Layer", "Whose channels are shown, in the order in which they are made")
        self.told = named(GrooveSlider(), f"{name}.told", "Time that the network is told",
                          "Follows the true t of the step; drag it, and the network is told another one")  # fmt: skip
        self.another = NextButton("Another sample", f"{name}.another", "Another first noise, and the next class")
        self.x_t = ImageGrid(f"{name}.x_t")
        self.noise = ImageGrid(f"{name}.noise", signed=True)
        self.channels = ImageGrid(f"{name}.channels", signed=True)
        self.scrubber = StepScrubber(id_prefix=name)
        self.says = caption(f"{name}.says")
        self.frames: list[Mapping[str, np.ndarray]] = []
        self._maps: dict[str, np.ndarray] = {}  # by layer, (C, 1, h, w)
        self._true = self._found = np.empty(0)  # the noise predicted when told the true t, and when told another
        self._looked = 0  # the step that was asked about
        self.layer.chosen.connect(lambda _: self._draw())
        self.told.valueChanged.connect(lambda _: self._look())
        self.another.drawn.connect(self.outdate)
        self.scrubber.position_changed.connect(self._show)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def stepper(self) -> StepScrubber:
        return self.scrubber

    def start(self, facts: Mapping[str, Any]) -> None:
        assert self.experiment is not None
        default = next(field.default for field in facts["config_fields"] if field.name == "timesteps")
        self.told.blockSignals(True)
        self.told.setRange(0, int(self.experiment.settings().get("timesteps", default)) - 1)  # type: ignore[arg-type]
        self.told.blockSignals(False)
        self.layer.clear()
        self._maps = {}

    def refresh(self) -> None:
        """The sample from its first noise; a label takes one call a step as well."""
        settings = {"steps": STEPS, "guidance": 1.0}
        self.ask("steps", "sample_steps", 1 + self.another.number, n=1, label=self._label(), settings=settings)

    def _label(self) -> np.ndarray | None:
        """The classes in turn, (1, F); other factors are left open."""
        if not self.facts["conditional"]:
            return None
        factors = self.facts["factors"]
        return np.array([[self.another.number % len(factors[0][1]), *[-1] * (len(factors) - 1)]], np.int64)

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/maps"):
            self._take_maps(answer)
            return
        if answer.index == 0:
            self.frames = []
            self.scrubber.set_total(answer.total)  # the finished sample takes no call
        if answer.index < answer.total:
            self.frames.append(answer.arrays)
            self.scrubber.set_available(len(self.frames))
        if answer.last:
            if not self.scrubber.is_placed():
                self.scrubber.set_position(FIRST)
            self._show(self.scrubber.position())

    # -- one step -----------------------------------------------------------------------------------------------------

    @property
    def t(self) -> int:
        """The true time of the step on show."""
        return int(self.frames[self.scrubber.position()]["t"])

    def _show(self, index: int) -> None:
        """Another step: the network is told the truth again."""
        if index >= len(self.frames):
            return
        self.scrubber.set_caption(f"step {index} of {STEPS}   t = {self.t}")
        self.x_t.set_images(self.frames[index]["x"].clip(0, 1))
        self.picture("x_t", self.frames[index]["x"][0].clip(0, 1))
        self.told.blockSignals(True)
        self.told.setValue(self.t)
        self.told.blockSignals(False)
        self._look()

    def _look(self) -> None:
        if self.frames and self.isVisible():
            x = self.frames[self.scrubber.position()]["x"]
            self._looked = self.scrubber.position()
            told, label = self.told.value(), self._label()
            self.ask("maps", "watch", target="layers", call="score", x=x, t=told, label=label)

    def _take_maps(self, answer: Answer) -> None:
        if self._looked != self.scrubber.position():
            return  # of a step that is no longer on show
        self._found = -answer.arrays["x"] * answer.arrays["sigma"]
        if answer.query.arguments["t"] == self.t:
            self._true = self._found
        self._maps = {name: maps for name, maps in answer.arrays.items() if maps.ndim == 4 and name != "x"}
        self.layer.set_choices([(name, name) for name in self._maps])
        self.noise.set_images(self._found)
        self.picture("noise", self._found[0], signed=True)
        self._draw()

    def readings(self) -> Mapping[str, float]:
        """How far the predicted noise is from the one when told the true t, as a share of that."""
        if not self._found.size or self._true.shape != self._found.shape:
            return {}
        return {"off": float(np.linalg.norm(self._found - self._true) / np.linalg.norm(self._true))}

    def _draw(self) -> None:
        maps = self._maps.get(self.layer.name())
        if maps is None:
            return
        most = float(np.abs(maps).max()) or 1.0
        self.channels.set_images(maps / most * SIGNED_LIMIT)
        count, _, height, width = maps.shape
        told = self.told.value()
        wrong = "" if told == self.t else f" Told t = {told} instead of {self.t}, it predicts noise that is off by "
        if wrong:
            wrong += f"{self.readings().get('off', float('nan')):.0%} of its length."
        self.says.setText(
            f"{self.layer.name()}: {count} channels of {height} × {width} numbers, of one real call. White is 0, the "
            f"strongest colour ±{most:.3g}.{wrong}"
        )

    def _lay_out(self) -> None:
        row = FlowLayout()
        told = labelled("Tell it t =", self.told)
        told.setMinimumWidth(theme.em(self, 14))
        for widget in (labelled("Layer", self.layer), told, self.another):
            row.addWidget(widget)
        left = QVBoxLayout()
        left.addWidget(captioned(self.x_t, f"{X_T}, what goes in"), 1)
        left.addWidget(captioned(self.noise, "<i>ε̂</i>, what comes out"), 1)
        stage = QHBoxLayout()
        stage.addLayout(left, 1)
        stage.addWidget(captioned(self.channels, "the channels of the layer"), 4)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(stage, 1)
        layout.addWidget(self.scrubber)
        layout.addWidget(self.says)
