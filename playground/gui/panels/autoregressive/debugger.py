"""The pixel debugger: an image in the making, and for each pixel what it sees, what it may become, and the draw."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.autoregressive.parts import (
    levels_of,
    line_of,
    place_of,
    set_quietly,
    swatch_of,
    within_words,
    words_of,
)
from playground.gui.panels.base import Lens
from playground.gui.panels.base.parts import caption, choice, float_box, int_box
from playground.gui.panels.base.views import Ask, button
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.controls import follow_run
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.number_boxes import INT_LIMIT
from playground.gui.widgets.pixel_canvas import PixelCanvas
from playground.gui.widgets.softmax_bars import SoftmaxBars
from playground.gui.widgets.step_scrubber import StepScrubber

NOTHING, HALF = "nothing", "half an image"
SENT = "half of the sent image"
OPENS_FROM, OPENS_TO = 0.35, 0.85  # of the way through the image: there is some context by then
AHEAD = 24  # frames, while the film runs
SECONDS = 40.0  # that the film of a large image takes
PROBED = 4  # real images at which the gradient is taken: a unit that is off for one of them hides nothing


class HeldCanvas(PixelCanvas):
    """The picture, and as a control the numbers that a person forced: their places and levels, as in "12:5 13:0"."""

    held_changed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__(name, "Image in the making")
        self.setToolTip("Outlined: what the pixel at the cursor sees, measured by gradient. A dot: forced by hand.\n"
                        "A click, or the arrow keys and Enter, goes to where a pixel is drawn.")  # fmt: skip
        self.levels: dict[int, int] = {}

    def control_value(self) -> str:
        """All that is forced."""
        return " ".join(f"{place}:{level}" for place, level in sorted(self.levels.items()))

    def set_control_value(self, value: object) -> None:
        """Forces these; where they are so already the image stays. Raises ValueError for other words."""
        levels = {int(place): int(level) for place, level in (pair.split(":") for pair in str(value).split())}
        if levels != self.levels:
            self.levels = levels
            self.held_changed.emit()


class Debugger(Lens):
    """One sample, number by number; each frame is a real state of the sampler, so going back costs nothing."""

    key, title = "debugger", "Pixel debugger"
    tooltip = "An image in the making: step through its pixels, see each draw, force a value and go on"

    receives = True

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._sent = np.empty(0)  # an image from another panel
        self.frames: list[Mapping[str, np.ndarray]] = []
        self.nll = float("nan")  # the model's own, of the finished image, in bits
        self._seen: dict[int, np.ndarray] = {}  # (H, W) by number: what moves its distribution
        self.canvas = HeldCanvas(f"{name}.canvas")
        self.bars = SoftmaxBars(f"{name}.bars")
        self.bits = CurvePlot(f"{name}.bits", "numbers drawn", "bits")
        self.scrubber = StepScrubber(id_prefix=name)
        self.value = int_box(f"{name}.value", "Level of this pixel",
                             "The level at the cursor. Another is forced, and the rest goes on with the same noise.",
                             0, 255)  # fmt: skip
        follow_run(self.value)  # what is forced is the canvas's to keep
        self.free = button("Let go", f"{name}.free", "Forgets all that was forced: every pixel is drawn again")
        self.temperature = float_box(f"{name}.temperature", "Temperature",
                                     "Logits are divided by it. Below 1 likely levels become likelier; 0: only the "
                                     "likeliest.", 0, 3, 0.1)  # fmt: skip
        self.temperature.setValue(1.0)
        self.top_k = int_box(f"{name}.top_k", "Top k", "Draws only among so many likeliest levels; 0 for all", 0, 256)
        self.given = choice(f"{name}.given", "Begin with",
                                "Nothing, or the upper half of a real held-out image, which the model completes",
                                (NOTHING, HALF))  # fmt: skip
        self.example = int_box(f"{name}.example", "Held-out image", "Which one is completed", 0, 0)
        self.seed = int_box(f"{name}.seed", "Seed", "Decides the uniform numbers u, one a pixel", 0, INT_LIMIT)
        self.label = choice(f"{name}.label", "Label", "Which class to ask for, or none")
        self.words = caption(f"{name}.words")
        self._lay_out()
        self._connect()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        self.frames, self.canvas.levels, self.nll = [], {}, float("nan")
        self.scrubber.set_total(int(np.prod(facts["shape"])) + 1)
        self.scrubber.frames_per_second = max(8.0, np.prod(facts["shape"]) / SECONDS)
        self.value.setMaximum(levels_of(facts) - 1)
        if (row := self.given.findText(SENT)) >= 0:
            self.given.removeItem(row)
        self.example.setMaximum(len(facts["test"]) - 1)
        chosen = self.label.currentText()
        self.label.clear()
        self.label.addItems(["none", *(facts["factors"][0][1] if facts["conditional"] else ())])
        self.label.setCurrentIndex(max(self.label.findText(chosen), 0))
        self.label.setEnabled(bool(facts["conditional"]))

    def receive(self, x: np.ndarray) -> None:
        """Its upper half is kept, on the model's levels, and the rest is drawn."""
        highest = levels_of(self.facts) - 1
        self._sent = np.rint(x.clip(0, 1) * highest).astype(np.float32) / highest
        if self.given.findText(SENT) < 0:
            self.given.addItem(SENT)
        self.given.setCurrentText(SENT)
        self.outdate()

    def stepper(self) -> StepScrubber:
        return self.scrubber

    def readings(self) -> Mapping[str, float]:
        """Bits up to the frame and of all, the model's own number for the image, and how sure the drawn level was."""
        if not self._finished:
            return {}
        bits, at = self._running(), self.scrubber.position()
        return {"so_far": float(bits[at]), "bits": float(bits[-1]), "nll": self.nll}

    # -- asking -------------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The whole image from its first number."""
        self._seen = {}
        self._write(0)

    def _write(self, begin: int) -> None:
        """The image from number `begin` on, which its frame must be there for."""
        start = None
        if begin:
            frame = self.frames[begin]
            start = {"index": begin, "total": self._count, "x": frame["x"], "generator_state": frame["generator_state"]}
        settings = {"temperature": self.temperature.value(), "top_k": self.top_k.value()}
        self.nll = float("nan")
        self.ask("steps", "sample_steps", self.seed.value(), n=1, label=self._label(), settings=settings, start=start,
                 given=self._given())  # fmt: skip

    def _given(self) -> tuple[np.ndarray, np.ndarray]:
        """What is not drawn, and where that is: (1, *shape) each."""
        shape, top = self.facts["shape"], self.facts["shape"][1] // 2
        x, mask = np.zeros((1, *shape), np.float32), np.zeros((1, *shape), np.float32)
        if (begin := self.given.currentText()) != NOTHING:
            whole = self._sent if begin == SENT else self.facts["test"][self.example.value()]
            x[0, :, :top] = whole[:, :top]
            mask[0, :, :top] = 1
        for place, level in self.canvas.levels.items():
            if place < x.size:
                x.flat[place] = min(level / (levels_of(self.facts) - 1), 1.0)
                mask.flat[place] = 1
        return x, mask

    def _label(self) -> np.ndarray | None:
        if not self.facts["conditional"]:
            return None
        label = np.full((1, len(self.facts["factors"])), -1, np.int64)
        label[0, 0] = self.label.currentIndex() - 1
        return label

    def answered(self, answer: Answer) -> None:
        what = answer.query.channel.rpartition("/")[2]
        if what == "steps":
            self._take_frame(answer)
        elif what == "seen":
            cursor = int(answer.query.arguments["cursor"])  # type: ignore[call-overload]
            self._seen[cursor] = np.any(answer.arrays["x"] > 0, axis=0)
            self._show(self.scrubber.position())
        else:
            self.nll = -float(answer.arrays["x"][0]) / np.log(2)
            self._show(self.scrubber.position())

    def _take_frame(self, answer: Answer) -> None:
        """A frame takes the place of that of an image before, and of all that followed it there."""
        del self.frames[answer.index :]
        self.frames.append(answer.arrays)
        if answer.last:
            self.bits.set_curves({"bits": (np.arange(len(self.frames)), self._running())})
            self.ask("nll", "log_density", seed=1, x=answer.arrays["x"], label=self._label())
        self.scrubber.set_available(len(self.frames))
        if answer.last and not self.scrubber.is_placed():
            self.scrubber.set_position(self._most_open())
        if answer.last or answer.index == self.scrubber.position():
            self._show(self.scrubber.position())

    # -- acting -------------------------------------------------------------------------------------------------------

    def _picked(self, row: int, column: int) -> None:
        """Goes to where a pixel is drawn, its first colour first."""
        at = [i for i, frame in enumerate(self.frames[: self._count]) if self._place(frame).pixel == (row, column)]
        if at:
            now = self.scrubber.position()
            self.scrubber.pause()
            self.scrubber.go_to(at[(at.index(now) + 1) % len(at)] if now in at else at[0])

    def _force(self, level: int) -> None:
        """The number at the cursor has this level, and what follows goes on with the same noise."""
        index = self.scrubber.position()
        if not 0 <= index < min(len(self.frames), self._count):
            return
        self.scrubber.pause()
        self.canvas.levels[int(self.frames[index]["cursor"][0])] = level
        self._write(0 if self._any_order else index)

    def _force_bin(self, chosen: int) -> None:
        """A bar may stand for several levels: the middle one."""
        levels, bins = levels_of(self.facts), len(self.bars.probabilities())
        first, after = -(-chosen * levels // bins), -(-(chosen + 1) * levels // bins)
        self._force((first + after - 1) // 2)

    def _let_go(self) -> None:
        self.canvas.levels = {}
        self.outdate()

    # -- showing ------------------------------------------------------------------------------------------------------

    @property
    def _count(self) -> int:
        """Numbers of an image."""
        return int(np.prod(self.facts["shape"]))

    @property
    def _finished(self) -> bool:
        return bool(self.facts) and len(self.frames) == self._count + 1

    @property
    def _any_order(self) -> bool:
        return bool(self.facts["density_kind"] == "lower bound")

    def _place(self, frame: Mapping[str, np.ndarray]) -> Any:
        return place_of(int(frame["cursor"][0]), self.facts["shape"])

    def _running(self) -> np.ndarray:
        """Bits up to each frame, (frames,)."""
        costs = [-float(frame["log_prob"][0]) / np.log(2) for frame in self.frames if "log_prob" in frame]
        return np.concatenate([[0.0], np.cumsum(costs)])[: len(self.frames)]

    def _most_open(self) -> int:
        """Where the outcome in the middle of the image is most open: a frame worth opening with."""
        low, high = round(OPENS_FROM * self._count), round(OPENS_TO * self._count)
        p = np.stack([frame["probabilities"][0] for frame in self.frames[low:high]])
        entropy = -(p * np.log(np.maximum(p, 1e-12))).sum(axis=1)
        return low + int(entropy.argmax())

    def _show(self, index: int) -> None:
        """Frame `index`: the number at its cursor is being drawn."""
        if not 0 <= index < len(self.frames):
            return
        self.bits.set_marker(index if self._finished else None)
        self.value.setEnabled(index < self._count)
        self.free.setEnabled(bool(self.canvas.levels))
        if index == self._count:
            self._show_finished()
        else:
            self._show_draw(index)

    def _show_draw(self, index: int) -> None:
        frame, shape, levels = self.frames[index], self.facts["shape"], levels_of(self.facts)
        number, place = int(frame["cursor"][0]), self._place(frame)
        p, u, cost = frame["probabilities"][0], float(frame["uniform"][0]), -float(frame["log_prob"][0]) / np.log(2)
        following = self.frames[index + 1]["x"][0] if index + 1 < len(self.frames) else frame["x"][0]
        level = round(float(following.flat[number]) * (levels - 1))
        mask = self._given()[1][0] > 0
        given = bool(mask.flat[number])
        shown = frame["x"][0].copy()
        shown[:, place.row, place.column] = following[:, place.row, place.column]
        self.canvas.set_picture(shown, place.pixel, self._there(index), self._lit(index, number), self._held())
        self.bars.set_scale("level 0", str(levels - 1), swatch_of(place, shape))
        self.bars.set_distribution(p, level * len(p) // levels, None if given else u, str(level))
        set_quietly(self.value, level)
        how, more = ", given" if given else "", within_words(len(p), levels)
        self.scrubber.set_caption(f"{words_of(place, shape)}: level {level}{how}, {cost:.2f} bits{more}")
        self._say(index)
        self.picture("context", frame["x"][0])
        self.picture("sample", following if self._finished else None)

    def _show_finished(self) -> None:
        image = self.frames[-1]["x"][0]
        self.canvas.set_picture(image, held=self._held())
        self.scrubber.set_caption("finished")
        self._say(self._count)
        self.picture("context", image)
        self.picture("sample", image)

    def _there(self, index: int) -> np.ndarray:
        """Which pixels have at least one colour by that frame, (H, W)."""
        known = self._given()[1][0] > 0
        for frame in self.frames[:index]:
            known.flat[int(frame["cursor"][0])] = True
        return np.asarray(known.any(axis=0))

    def _lit(self, index: int, number: int) -> np.ndarray | None:
        """What the number at the cursor sees, (H, W); asked for when it is first needed."""
        if self._any_order:
            return self._there(index)
        ahead = self.frames[index : index + (AHEAD if self.scrubber.is_playing() else 1)]
        wanted = [int(frame["cursor"][0]) for frame in ahead if "cursor" in frame]
        unknown = [one for one in wanted if one not in self._seen]
        if unknown and "seen" not in self._asked:
            self.ask("seen", "receptive_field", x=self.facts["test"][:PROBED], cursor=unknown[0])
        return self._seen.get(number)

    def _held(self) -> np.ndarray:
        held = np.zeros(self.facts["shape"], bool)
        for place in self.canvas.levels:
            if place < held.size:
                held.flat[place] = True
        return np.asarray(held.any(axis=0))

    def _say(self, index: int) -> None:
        if not self._finished:
            self.words.setText("The rest of the image is on its way.")
            return
        bits = self._running()
        words = f"{bits[index]:,.2f} of {bits[-1]:,.2f} bits so far."
        if np.isfinite(self.nll):
            kind = "a bound over all orders, estimate" if self._any_order else "exact"
            words += f" The model's own NLL of the image: {self.nll:,.2f} bits, {kind}."
        self.words.setText(words)

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        stage = QHBoxLayout()
        stage.addWidget(self.canvas, 5)
        stage.addWidget(self.bars, 6)
        stage.addWidget(self.bits, 5)
        seldom = QWidget()
        form = QFormLayout(seldom)
        form.setContentsMargins(0, 0, 0, 0)
        for words, box in (("label", self.label), ("held-out image", self.example), ("seed", self.seed)):
            form.addRow(words, box)
        form.addRow(self.free)
        below = QHBoxLayout()
        below.addWidget(self.words, 1)
        below.addWidget(Collapsible(seldom, id_prefix=self.objectName()))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(stage, 1)
        layout.addWidget(self.scrubber)
        layout.addLayout(line_of(("level", self.value), ("temperature", self.temperature),
                                 ("top k", self.top_k), ("from", self.given)))  # fmt: skip
        layout.addLayout(below)

    def _connect(self) -> None:
        self.scrubber.position_changed.connect(self._show)
        self.canvas.pixel_picked.connect(self._picked)
        self.canvas.held_changed.connect(self.outdate)
        self.bars.level_clicked.connect(self._force_bin)
        self.bits.marker_moved.connect(lambda x: self.scrubber.go_to(round(x)))
        self.value.valueChanged.connect(self._force)
        self.free.clicked.connect(self._let_go)
        for box in (self.temperature, self.top_k, self.seed, self.example):
            box.valueChanged.connect(lambda _: self.outdate())
        for entries in (self.given, self.label):
            entries.activated.connect(lambda _: self.outdate())
