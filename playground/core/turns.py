"""Shares the machine between sessions that learn at once: one works at a time, and whoever trained least goes next.

A race between families is fair only if each gets as much of the machine as the others: as many seconds of training, or
as many steps. The workers arrange it among themselves. Each asks for its turn before it trains, for a moment only, and
serves its window in between; nobody waits for one that is paused, busy, or gone. Questions are answered in errands
between two turns: two threads that compute at once would fight for the interpreter, and the window would stutter.
"""

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Literal

Unit = Literal["seconds", "steps"]


class FairShare:
    """What some sessions take turns at.

    Attributes:
        number: its own among those of this process.
        followers: told of another unit; those who share the same elsewhere.
    """

    _numbers = itertools.count()

    def __init__(self, unit: Unit = "seconds") -> None:
        self.number = next(self._numbers)
        self.followers: list[Callable[[Unit], None]] = []
        self._lock = threading.Condition()
        self._unit: Unit = unit
        self._racing: list[Seat] = []  # those that train just now, whether or not it is their turn
        self._waiting: list[Seat] = []  # for a turn
        self._errands: list[Seat] = []  # waiting for an errand
        self._at_work: Seat | None = None
        self._was_turn = False  # what was done last

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
        for follower in self.followers:
            follower(unit)

    # Turns and errands alternate where both are wanted, so that neither keeps the other from going on.

    def _turn_is_for(self, seat: "Seat") -> bool:
        if self._at_work is not None or (self._errands and self._was_turn):
            return False
        return min(self._waiting, key=lambda other: other.had) is seat

    def _errand_is_for(self, seat: "Seat") -> bool:
        return self._at_work is None and (self._was_turn or not self._waiting) and self._errands[0] is seat


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
        share, turn = self._share, Turn()
        with share._lock:
            if self not in share._racing:  # it neither catches up on what it missed nor pays for what it had before
                self.had = min((seat.had for seat in share._racing), default=0.0)
                share._racing.append(self)
            mine = self._wait(share._waiting, lambda: share._turn_is_for(self), patience)
        try:
            yield turn if mine else None
        finally:
            if mine:
                with share._lock:
                    self.had += turn.seconds if share._unit == "seconds" else turn.steps
                    self._end(was_turn=True)

    @contextmanager
    def errand(self, patience: float) -> Iterator[bool]:
        """The same for something short that is no training; it counts for nobody. Gives whether it may be done."""
        share = self._share
        with share._lock:
            mine = self._wait(share._errands, lambda: share._errand_is_for(self), patience)
        try:
            yield mine
        finally:
            if mine:
                with share._lock:
                    self._end(was_turn=False)

    def leave(self) -> None:
        """Trains no more, for now or for good: the others share among themselves."""
        share = self._share
        with share._lock:
            if self in share._racing:
                share._racing.remove(self)
            share._lock.notify_all()

    def _wait(self, line: "list[Seat]", mine: Callable[[], bool], patience: float) -> bool:
        """Stands in line for a while; whether it may begin. Called with the lock held, which waiting lets go."""
        line.append(self)
        try:
            begins = self._share._lock.wait_for(mine, patience)
        finally:
            line.remove(self)
        if begins:
            self._share._at_work = self
        else:
            self._share._lock.notify_all()  # it may have been the next one, and is no longer
        return begins

    def _end(self, was_turn: bool) -> None:
        self._share._at_work, self._share._was_turn = None, was_turn
        self._share._lock.notify_all()


class Turn:
    """One turn; whoever had it writes down what it cost.

    Attributes:
        steps, seconds: of training.
    """

    def __init__(self) -> None:
        self.steps = 0
        self.seconds = 0.0
