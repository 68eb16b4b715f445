"""How far a download or a reading has come, told to whoever watches; the watcher can stop it by raising."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_OFTEN = 0.2  # seconds between two words to a watcher
_SELDOM = 5.0  # and between two lines on standard error


@dataclass(frozen=True)
class Progress:
    """How far something has come.

    Attributes:
        what: is being done ("Downloading cifar10").
        done, total: in `unit`; a total of None is not known.
    """

    what: str
    done: float
    total: float | None
    unit: str

    def __str__(self) -> str:
        whole = "" if self.total is None else f" of {self.total:.{self._digits}f}"
        return f"{self.what}: {self.done:.{self._digits}f}{whole} {self.unit}"

    @property
    def _digits(self) -> int:
        return 1 if self.unit == "MB" else 0


Watch = Callable[[Progress], None]


class _Lines:
    """A line on standard error now and then; a window that was started without a terminal has none."""

    def __init__(self) -> None:
        self._what, self._at = "", 0.0

    def __call__(self, progress: Progress) -> None:
        now = time.monotonic()
        if sys.stderr is None or (progress.what == self._what and now < self._at + _SELDOM):
            return
        self._what, self._at = progress.what, now
        sys.stderr.write(f"{progress}\n")
        sys.stderr.flush()


_watch: ContextVar[Watch] = ContextVar("watch", default=_Lines())  # noqa: B039  (its state is only a clock)


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """Inside, in this thread, `watch` hears of all progress several times a second. What it raises stops the work and
    arrives here; what has been downloaded by then is kept."""
    token = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(token)


class Meter:
    """Tells the watcher of one piece of work, which begins now and is worth a word after `quiet` seconds."""

    def __init__(self, what: str, total: float | None, unit: str, quiet: float = 0.0) -> None:
        self._what, self._total, self._unit = what, total, unit
        self._next = time.monotonic() + quiet

    def show(self, done: float) -> None:
        """Called as often as one likes."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _OFTEN
            _watch.get()(Progress(self._what, done, self._total, self._unit))
