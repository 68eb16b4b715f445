"""Lets a window watch the stages of a training step: coalesced at full speed, one after the other in slow motion.

Watching draws nothing and touches no tensor, so a run gives the same numbers whether it is watched or not.
"""

import inspect
import sys
import time
from collections.abc import Callable

from playground.core.messages import Message, Staged, Watch
from playground.core.model import GenerativeModel

INTERVAL = 0.03  # seconds between two reports at full speed: about a window's frame


class Watching:
    """What one worker tells of its model's stages.

    Attributes:
        slow: whether the model is held for a while at each stage.
        waited: seconds held in the turn under way; they are no training time.
    """

    def __init__(self, say: Callable[[Message], None], wait: Callable[[float], bool]) -> None:
        """`wait` passes so many seconds in the middle of a step and returns whether all of them have passed; False
        lets the rest of the turn go at full speed."""
        self._say, self._wait = say, wait
        self._model: GenerativeModel | None = None
        self._file = ""
        self._pause = 0.0
        self._hurry = False
        self._step = 0
        self._met: list[str] = []
        self._said_at = 0.0
        self.waited = 0.0

    @property
    def slow(self) -> bool:
        return self._model is not None and self._pause > 0.0

    def follow(self, model: GenerativeModel, command: Watch) -> None:
        """Watches a model, or no longer."""
        model.watcher = self._meet if command.on else None
        self._model, self._pause = (model, command.pause) if command.on else (None, 0.0)
        self._file = inspect.getfile(type(model))

    def begin(self, step: int) -> None:
        """A turn begins; `step` steps are done."""
        self._step, self._hurry, self.waited = step, False, 0.0

    def rest(self) -> None:
        """Training has come to rest: no stage is running."""
        self._met.clear()
        if self._model is not None:
            self._say(Staged((), 0, self._step))

    def _meet(self, name: str) -> None:
        """The model begins a stage."""
        self._met = [*(met for met in self._met if met != name), name]
        slow = self._pause > 0.0 and not self._hurry
        if slow or time.monotonic() - self._said_at >= INTERVAL:
            self._said_at = time.monotonic()
            self._say(Staged(tuple(self._met), self._line(), self._step))
            self._met = []
        if slow:
            began = time.monotonic()
            self._hurry = not self._wait(self._pause)
            self.waited += time.monotonic() - began

    def _line(self) -> int:
        """The line of the model's own file on which the stage begins; 0 where it is not on the stack."""
        frame = sys._getframe()
        while frame.f_back is not None and frame.f_code.co_filename != self._file:
            frame = frame.f_back
        return frame.f_lineno if frame.f_code.co_filename == self._file else 0
