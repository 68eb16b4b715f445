"""The progress line of a training, and stopping between two turns."""

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playground.core.experiment import Budget
    from playground.core.records import TrainRecord


class StopAskedError(Exception):
    """Ctrl-C or a polite kill arrived; raised between two turns, so that no update is left half done."""


@contextmanager
def stop_between_turns() -> Iterator[list[int]]:
    """Collects signals instead of letting them break an update."""
    received: list[int] = []
    kept = {
        number: signal.signal(number, lambda n, _: received.append(n)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield received
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


class Progress:
    """One line that is overwritten in a terminal, or a line every ten seconds elsewhere."""

    def __init__(self, budget: "Budget", stopped: list[int]) -> None:
        self._budget, self._stopped = budget, stopped
        self._began: tuple[float, int] | None = None
        self._shown_at = 0.0
        self._terminal = sys.stderr.isatty()

    def show(self, record: "TrainRecord") -> None:
        """Called after each turn. Raises when the user asked to stop."""
        now = time.monotonic()
        self._began = self._began or (record.seconds, record.step)
        if now - self._shown_at > (0.2 if self._terminal else 10.0):
            self._shown_at = now
            sys.stderr.write(("\r\x1b[K" if self._terminal else "") + self._line(record))
            sys.stderr.write("" if self._terminal else "\n")
            sys.stderr.flush()
        if self._stopped:
            raise StopAskedError

    def end(self) -> None:
        """Leaves the line."""
        if self._terminal and self._shown_at:
            sys.stderr.write("\n")

    def _line(self, record: "TrainRecord") -> str:
        place = f"step {record.step}"
        if self._budget.kind == "steps":
            place += f"/{self._budget.amount:.0f}"
        terms = "  ".join(f"{name} {values[-1]:.4g}" for name, values in record.values.items())
        return f"{place}  {terms}{self._pace(record)}"

    def _pace(self, record: "TrainRecord") -> str:
        """Steps a second and what is left; nothing after the first turn, from which alone no pace is known."""
        assert self._began is not None
        began, first = self._began
        if record.step == first or record.seconds <= began:
            return ""
        rate = (record.step - first) / (record.seconds - began)
        if self._budget.kind == "steps":
            left = (self._budget.amount - record.step) / rate
        else:
            left = self._budget.amount - record.seconds
        return f"  {rate:.0f} steps/s  {max(left, 0):.0f} s left"
