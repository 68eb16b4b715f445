"""The same image destroyed and rebuilt twice: pixel by pixel, and noise by noise."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from playground.core.records import Answer, Query
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.session import TrainingSession
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.next_button import NextButton
from playground.gui.widgets.step_scrubber import StepScrubber

GONE = 0.35  # the gray of a pixel that is not there
SHARES = {"quarter": 0.25, "half": 0.5, "all": 1.0}  # how much is destroyed
MOST = 256  # steps: a larger image loses and regains its last so many pixels, or noise levels out of as many
PARTNER = "autoregressive"


class BridgeLens(Lens):
    """Owns a second session with a run that writes the same data pixel by pixel.

    Frame k of the first half has lost k pixels, or taken k steps towards noise; each frame of the second half is one
    network call further.
    """

    key = "bridge"
    title = "Bridge"
    tooltip = "One image destroyed and rebuilt: by pixels (autoregressive) and by noise (this run)"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.share = NameBox(f"{name}.share", "Destroy", "How much of the image is destroyed before it is rebuilt")
        self.share.set_choices([("quarter", "a quarter"), ("half", "half"), ("all", "all")])
        self.share.show_name("half")
        self.another = NextButton("Another image", f"{name}.another", "The next held-out image")
        self.again = NextButton("Rebuild again", f"{name}.again", "Rebuilds with other random draws: another seed")
        self.original, self.by_pixel, self.by_noise = (
            ImageGrid(f"{name}.{word}") for word in ("original", "by_pixel", "by_noise")
        )
        self.scrubber = StepScrubber(id_prefix=name)
        self.says = caption(f"{name}.says")
        self.other: TrainingSession | None = None
        self.pixels: list[np.ndarray] = []  # the frames so far, (C, H, W) each
        self.noises: list[np.ndarray] = []
        self._steps = 0
        self._levels: tuple[np.ndarray, np.ndarray] = (np.empty(0), np.empty(0))  # α and σ, noisiest first, (K,)
        self._trouble = ""  # why nothing is built by pixel
        self.share.chosen.connect(lambda _: self._restart())
        self.another.drawn.connect(self.outdate)
        self.again.drawn.connect(self.outdate)
        self.scrubber.position_changed.connect(self._show)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images") and "sample_steps" in facts["capabilities"]

    def sessions(self) -> Sequence[TrainingSession]:
        return () if self.other is None else (self.other,)

    def stepper(self) -> StepScrubber:
        return self.scrubber

    def start(self, facts: Mapping[str, Any]) -> None:
        self._release()
        self._levels, self._trouble = (np.empty(0), np.empty(0)), ""
        self._steps = min(int(np.prod(facts["shape"])), MOST)

    # -- the partner --------------------------------------------------------------------------------------------------

    def _open_partner(self) -> None:
        assert self.experiment is not None
        learned = TrainingSession.runs_on(self.experiment.data, self.experiment.data_options)
        run = next((each.run for each in learned if each.experiment.model == PARTNER), "")
        if not run:
            self._fail("No autoregressive run has learned this data yet. Train one on its page, and come back.")
            return
        self._asked.add("partner")
        self.other = session = TrainingSession(self)
        session.opened.connect(self._partner_opened)
        session.answered.connect(self._partner_answered)
        session.failed.connect(lambda sentence, _: self._fail(sentence))
        session.open_run(run)

    def _release(self) -> None:
        session, self.other = self.other, None
        self._asked.discard("partner")
        if session is not None:
            session.let_go()

    def _partner_opened(self) -> None:
        assert self.other is not None
        if self.other.facts["data_hash"] != self.facts["data_hash"]:
            self._fail("The autoregressive run learned other data: another hash.")
        else:
            self._asked.discard("partner")
            self._rebuild_pixels()

    def _fail(self, sentence: str) -> None:
        self._release()
        self._trouble = sentence
        self._say()
        self._show(self.scrubber.position())

    # -- both ways ----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """The levels of noise first; they say how an image is destroyed."""
        self.ask("schedule", "schedule", steps=self._steps)
        if self.other is None and not self._trouble:
            self._open_partner()

    @property
    def count(self) -> int:
        """How many steps are destroyed, and rebuilt."""
        return max(1, round(SHARES[self.share.name() or "half"] * self._steps))

    def image(self) -> np.ndarray:
        """The held-out image, (C, H, W)."""
        result: np.ndarray = self.facts["test"][self.another.number % len(self.facts["test"])]
        return result

    def _label(self, facts: Mapping[str, Any]) -> np.ndarray | None:
        row = self.another.number % len(self.facts["test"])
        return self.facts["test_labels"][row : row + 1] if facts["conditional"] else None

    def _restart(self) -> None:
        if not self.facts or not self._levels[0].size or not self.isVisible():
            return
        self.original.set_images(self.image()[None])
        self.scrubber.set_total(2 * self.count + 1)
        self.pixels, self.noises = without_pixels(self.image(), self.count), []
        self.ask("noise", "corrupt", 1 + self.again.number, x=self.image()[None], t=0)  # for its noise
        if self.other is not None and self.other.is_open:
            self._rebuild_pixels()

    def _rebuild_pixels(self) -> None:
        """The raster's last pixels are drawn anew, one call each."""
        if self.other is None or not self._levels[0].size or not self.pixels:
            return
        self.pixels = self.pixels[: self.count + 1]
        image, total = self.image()[None], int(np.prod(self.facts["shape"]))
        start = {"index": total - self.count, "total": total, "x": image}
        known = {field.name for field in self.other.facts["sample_fields"]}
        settings = {"cached": False} if "cached" in known else {}  # a whole call each
        self._asked.add("pixels")
        arguments = {"n": 1, "label": self._label(self.other.facts), "settings": settings, "start": start}
        self.other.ask(Query(f"{self.objectName()}/pixels", "sample_steps", arguments, 1 + self.again.number))

    def _rebuild_noises(self, noise: np.ndarray) -> None:
        """The image with ever more of one noise, then the sampler from there."""
        signal, sigma = (levels[::-1][: self.count] for levels in self._levels)
        self.noises = with_noise(self.image(), noise, signal, sigma)
        start = {"index": self._steps - self.count, "total": self._steps, "x": self.noises[-1][None]}
        settings = {"sampler": "ddpm", "steps": self._steps, "guidance": 1.0}
        self.ask("noises", "sample_steps", 1 + self.again.number, n=1, label=self._label(self.facts), settings=settings,
                 start=start)  # fmt: skip

    def answered(self, answer: Answer) -> None:
        match answer.query.channel.rpartition("/")[2]:
            case "schedule":
                times = answer.arrays["times"]
                self._levels = answer.arrays["signal"][times], answer.arrays["sigma"][times]
                self._restart()
            case "noise":
                self._rebuild_noises(answer.arrays["noise"][0])
            case "noises":
                if answer.index > self._steps - self.count:  # the first state is the destroyed one
                    self.noises.append(answer.arrays["x"][0])
                self._grown()

    def _partner_answered(self, answer: Answer) -> None:
        if answer.error:
            self._fail(answer.error)
            return
        total = int(np.prod(self.facts["shape"]))
        if answer.last:
            self._asked.discard("pixels")
        if answer.index > total - self.count:
            known = min(answer.index, total)
            self.pixels.append(with_gone(answer.arrays["x"][0], total - known))
        self._grown()

    def _grown(self) -> None:
        """Another frame of one of the two; the film goes as far as both."""
        there = len(self.noises) if self._trouble else min(len(self.pixels), len(self.noises))
        self.scrubber.set_available(there)
        if there == 2 * self.count + 1 and not self.scrubber.is_placed():
            self.scrubber.set_position(self.count)
        self._show(self.scrubber.position())
        self._say()

    def _show(self, index: int) -> None:
        for grid, frames in ((self.by_pixel, self.pixels), (self.by_noise, self.noises)):
            if index < len(frames) and not (grid is self.by_pixel and self._trouble):
                grid.set_images(frames[index][None].clip(0, 1))
            else:
                grid.clear("not here" if grid is self.by_pixel and self._trouble else "on its way")
        if index <= self.count:
            self.scrubber.set_caption(f"destroyed: {index} of {self._steps} steps, no network")
        else:
            self.scrubber.set_caption(f"rebuilt: {index - self.count} of {self.count} network calls, each way")
        if index < len(self.noises):
            self.picture("x", self.image())
            self.picture("x_t", self.noises[index].clip(0, 1))

    def readings(self) -> Mapping[str, float]:
        """How far the images on show are from the original: the root of the mean squared difference of a number."""
        at, found = self.scrubber.position(), {}
        for name, frames in (("pixel_off", self.pixels), ("noise_off", self.noises)):
            if at < len(frames):
                found[name] = float(np.sqrt(np.square(frames[at].clip(0, 1) - self.image()).mean()))
        return found

    def _say(self) -> None:
        if self._trouble:
            self.says.setText(self._trouble)
            return
        pixels = int(np.prod(self.facts["shape"]))
        part = "" if pixels == self._steps else f" The image has {pixels} numbers; the last {self._steps} take part."
        self.says.setText(
            "By pixel: the last ones in reading order vanish, then a network draws one at a time. By noise: it comes, "
            f"then a network takes a little away at a time.{part}"
        )

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (labelled("Destroy", self.share), self.another, self.again):
            row.addWidget(widget)
        pictures = QGridLayout()
        titles = ("the image", "by pixel: autoregressive", "by noise: diffusion")
        for column, (grid, title) in enumerate(zip((self.original, self.by_pixel, self.by_noise), titles, strict=True)):
            pictures.addWidget(captioned(grid, title), 0, column)
            pictures.setColumnStretch(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(pictures, 1)
        layout.addWidget(self.scrubber)
        layout.addWidget(self.says)


def with_gone(image: np.ndarray, count: int) -> np.ndarray:
    """An image (C, H, W) whose last `count` numbers are gray: in reading order, a pixel's colours one after another."""
    channels = len(image)
    read = np.array(image, np.float32).reshape(channels, -1).T.reshape(-1)
    read[len(read) - count :] = GONE
    return read.reshape(-1, channels).T.reshape(image.shape)


def without_pixels(image: np.ndarray, count: int) -> list[np.ndarray]:
    """The image, then with ever more of its last numbers gone: count + 1 frames."""
    return [with_gone(image, gone) for gone in range(count + 1)]


def with_noise(image: np.ndarray, noise: np.ndarray, signal: np.ndarray, sigma: np.ndarray) -> list[np.ndarray]:
    """The image in [0, 1], then x_t of it at rising levels (K,) of one noise, as the model makes it: K + 1 frames."""
    frames = [0.5 + 0.5 * (a * (2 * image - 1) + s * noise) for a, s in zip(signal, sigma, strict=True)]
    return [image, *(frame.astype(np.float32) for frame in frames)]
