"""From noise to sample, one network call a step; a state can be changed by hand, and the rest follows."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base import SamplingForm, View
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.shelf import Shelf
from playground.gui.panels.base.views import button
from playground.gui.panels.diffusion.reverse_images import ReverseImages
from playground.gui.panels.diffusion.reverse_plane import ReversePlane
from playground.gui.widgets.step_scrubber import StepScrubber

POINTS, IMAGES = 400, 18


class ReverseView(View):
    """Every step is kept, so that going back costs no call."""

    title = "Sample"
    tooltip = "The reverse process: step forward and back, play, scrub, paint on a state"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.form = SamplingForm(name)
        self.form.changed.connect(self.outdate)
        self.scrubber = StepScrubber(id_prefix=name)
        self.scrubber.position_changed.connect(self._show)
        self.as_sampled = button(
            "As sampled", f"{name}.as_sampled", "Takes back what was painted or dragged: the samples as they came"
        )
        self.as_sampled.clicked.connect(self._take_back)
        self.words = caption(f"{name}.words")
        self.frames: list[Mapping[str, np.ndarray]] = []
        self._first: list[Mapping[str, np.ndarray]] = []  # the frames as sampled, while others are on show
        self._edits: set[int] = set()  # states that a person changed
        self._made: dict[str, Any] = {}  # what the trajectory was asked with
        self._total = 0  # network steps of the trajectory
        self._plane = ReversePlane(name, self.ask)
        self._images = ReverseImages(name)
        self._images.all.strip.frame_clicked.connect(self._jump)
        for stage in (self._images, self._plane):
            stage.edited.connect(self._go_on)
        self.shelf = Shelf(f"{name}.shelf", ask)
        self.shelf.kept.connect(self.kept)
        self.shelf.sent.connect(self.sent)
        self._images.all.denoised.image_clicked.connect(self._offer)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._images)
        self._stack.addWidget(self._plane)
        below = QHBoxLayout()
        below.addWidget(self.words, 1)
        below.addWidget(self.as_sampled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.scrubber)
        layout.addLayout(below)
        layout.addWidget(self.shelf)

    def side_form(self) -> QWidget:
        return self.form

    def askers(self) -> Sequence[Asker]:
        return (self, self.shelf)

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return bool(facts["shape"] != (1,))  # arrows and paths want a plane

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.form.show_fields(facts)
        self._stack.setCurrentWidget(self._plane if facts["kind"] == "points" else self._images)
        self._plane.opened(facts)
        self._forget()
        self.frames = []
        super().opened(facts, experiment)

    def refresh(self) -> None:
        """A new trajectory, from the seed's noise."""
        n = POINTS if self.is_points else IMAGES
        self._made = {"n": n, "label": self.form.label(n), "settings": self.form.settings()}
        self.ask("steps", "sample_steps", self.form.seed(), **self._made)

    def stepper(self) -> StepScrubber:
        return self.scrubber

    def is_settled(self) -> bool:
        return super().is_settled() and self._plane.is_settled() and (self.shelf.isHidden() or self.shelf.is_settled())

    def answered(self, answer: Answer) -> None:
        match answer.query.channel.rpartition("/")[2]:
            case "field":
                self._plane.show_learned(answer.arrays)
            case "exact":
                self._plane.show_exact(answer.arrays["x"])
            case "density":
                self._plane.show_density(answer.arrays["x"])
            case "steps":
                self._add(answer)

    def _offer(self, index: int) -> None:
        at = self.scrubber.position()
        words = f"seed {self.form.seed()}, #{index}" + (f" as predicted at step {at}" if at < self._total else "")
        self.shelf.offer(self._images.all.denoised.images()[index], words)

    def _add(self, answer: Answer) -> None:
        """The next state of a trajectory; one that begins anew, or in the middle, takes the place of what was there."""
        start: Any = answer.query.arguments.get("start")
        if answer.index == (start["index"] if start else 0):
            self.frames = self.frames[: answer.index]
            if not start:
                self._forget()
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

    # -- by hand ------------------------------------------------------------------------------------------------------

    def _go_on(self, state: np.ndarray) -> None:
        """The first sample's state on show becomes `state`; all that follows is computed anew with the same noise."""
        index = self.scrubber.position()
        frame = self.frames[index]
        x = frame["x"].copy()
        x[0] = state
        self._first = self._first or list(self.frames)
        self._edits = {edit for edit in self._edits if edit < index} | {index}
        start = {"index": index, "total": self._total, "x": x, "generator_state": frame["generator_state"]}
        self.ask("steps", "sample_steps", self.form.seed(), start=start, **self._made)

    def _take_back(self) -> None:
        frames = self._first
        self._forget()
        if len(frames) <= self._total:  # it had not come to its end
            self.outdate()
            return
        self.frames = frames
        self.scrubber.set_available(len(frames))
        if not self.is_points:
            self._images.set_trajectory(frames)
        self._show(self.scrubber.position())

    def _forget(self) -> None:
        self._first, self._edits = [], set()
        self.as_sampled.hide()

    # -- showing ------------------------------------------------------------------------------------------------------

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
            unedited = self._first[-1]["x"] if len(self._first) > self._total else None
            self._images.show_frame(self.frames, index, unedited)
        self.as_sampled.setVisible(bool(self._edits))
        self.words.setText(terms(self.frames, index, self._edits))
        self.picture("x_t", frame["x"][0])
        self.picture("noise", frame["noise"][0] if "noise" in frame else None, signed=True)
        self.picture("sample", frame.get("denoised", frame["x"])[0])


def terms(frames: Sequence[Mapping[str, np.ndarray]], index: int, edits: set[int]) -> str:
    """What the next state is made of, in numbers; the first sample's own where it is a point."""
    frame = frames[index]
    if "mean" not in frame:
        return "Finished: the last step adds no noise."
    if index + 1 in edits:
        return "The next state is yours: you changed it by hand, and the rest follows with the same noise."
    if index + 1 >= len(frames):
        return ""
    mean, added, after = frame["mean"], frame["added"], frames[index + 1]["x"]
    off = float(np.abs(mean + added - after).max())
    if after.ndim == 2:
        mean_words, added_words, after_words = (f"({x:z.2f}, {y:z.2f})" for x, y in (mean[0], added[0], after[0]))
        made = f"First sample: mean {mean_words} + noise {added_words} = next {after_words}.".replace("-", "−")
    else:
        made = f"Posterior mean + added noise (spread {float(added.std()):.3f}) = next state."
    return f"{made} The sum is right to {off:.0e}.".replace("-", "−") if off else f"{made} The sum is exact."
