"""Shares training time between sessions that learn at once: one trains at a time, and whoever had least goes next.

A race between families is fair only if each gets as much of the machine as the others: as many seconds of training, or
as many steps. The workers arrange it among themselves. Each asks for its turn before it trains, for a moment only, and
serves its window in between; nobody waits for one that is paused, busy with a question, or gone.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

Unit = Literal["seconds", "steps"]


class FairShare:
    """What some sessions take turns at."""

    def __init__(self, unit: Unit = "seconds") -> None:
        self._lock = threading.Condition()
        self._unit: Unit = unit
        self._racing: list[Seat] = []  # those that train just now, whether or not it is their turn
        self._waiting: list[Seat] = []
        self._training: Seat | None = None

    def seat(self) -> "Seat":
        """A place for one more session; it counts from its first turn on."""
        return Seat(self)

    @property
    def unit(self) -> Unit:
        """What is shared: seconds of training or steps."""
        return self._unit

    def share_by(self, unit: Unit) -> None:
        """Shares something else from now on: what each had so far no longer counts."""
        with self._lock:
            self._unit = unit
            for seat in self._racing:
                seat.had = 0.0

    def _is_next(self, seat: "Seat") -> bool:
        return self._training is None and min(self._waiting, key=lambda other: other.had) is seat


class Seat:
    """One session's place. All methods are for its own worker's thread.

    Attributes:
        had: what it had since it joined the others, in the unit that is shared.
    """

    def __init__(self, share: FairShare) -> None:
        self._share = share
        self.had = 0.0

    @contextmanager
    def turn(self, patience: float) -> Iterator["Turn | None"]:
        """Waits up to `patience` seconds; gives the turn, over when the block ends, or None if others were served."""
        turn = Turn() if self._take(patience) else None
        try:
            yield turn
        finally:
            if turn is not None:
                self._give_back(turn)

    def leave(self) -> None:
        """Trains no more, for now or for good: the others share among themselves."""
        share = self._share
        with share._lock:
            if self in share._racing:
                share._racing.remove(self)
            share._lock.notify_all()

    def _take(self, patience: float) -> bool:
        share = self._share
        with share._lock:
            if self not in share._racing:  # it neither catches up on what it missed nor pays for what it had before
                self.had = min((seat.had for seat in share._racing), default=0.0)
                share._racing.append(self)
            share._waiting.append(self)
            try:
                mine = share._lock.wait_for(lambda: share._is_next(self), patience)
            finally:
                share._waiting.remove(self)
            if mine:
                share._training = self
            else:
                share._lock.notify_all()  # it may have been the next one, and is no longer
            return mine

    def _give_back(self, turn: "Turn") -> None:
        share = self._share
        with share._lock:
            share._training = None
            self.had += turn.seconds if share._unit == "seconds" else turn.steps
            share._lock.notify_all()


class Turn:
    """One turn; whoever had it writes down what it cost.

    Attributes:
        steps, seconds: of training.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.seconds = 0.0
