"""Seconds of work, without those in which the machine slept or the process was held."""

import time

SUSPECT = 5.0  # seconds from which on it is asked whether anybody worked
IDLE = 0.1  # share of them in which a process that works has computed, on the busiest machine


class Stopwatch:
    """Started when it is made.

    A clock that goes on while the lid is closed, or while the process is stopped, would spend a budget of an hour in a
    night without a step. What the process has computed tells such a gap from a long step.
    """

    def __init__(self) -> None:
        self._began, self._computed = time.perf_counter(), time.process_time()

    def seconds(self) -> float:
        """Since the start."""
        passed = time.perf_counter() - self._began
        if passed < SUSPECT:
            return passed
        computed = time.process_time() - self._computed
        return passed if computed > IDLE * passed else computed
