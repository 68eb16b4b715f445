"""How often a model in training is looked at: so that a look costs it no more than its share of the time."""

import math
import time

PATIENCE = 15.0  # what is on show takes one part in 16 of the time, and with the alarms' looks less than a tenth


class Rest:
    """After each look a rest that is so many times as long.

    Attributes:
        patience: how many times; with 15 looks take one part in 16 of the time.
        shortest, longest: of a rest, in seconds.
    """

    def __init__(self, patience: float = PATIENCE, shortest: float = 0.0, longest: float = math.inf) -> None:
        self.patience, self.shortest, self.longest = patience, shortest, longest
        self._began_at = self._next_at = 0.0

    @property
    def is_over(self) -> bool:
        """Whether it is time for another look."""
        return time.monotonic() >= self._next_at

    def begin_look(self) -> None:
        """A question is on its way."""
        self._began_at = time.monotonic()

    def end_look(self) -> None:
        """Its answer is there: the rest begins."""
        now = time.monotonic()
        self._next_at = now + min(max(self.shortest, self.patience * (now - self._began_at)), self.longest)

    def forget(self) -> None:
        """Something else is looked at, which may begin at once."""
        self._next_at = 0.0
