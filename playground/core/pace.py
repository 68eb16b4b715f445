"""How fast something goes on, over its last seconds."""

import time
from collections import deque

RATE_SECONDS = 4.0  # measured over this long


class Pace:
    """Steps per second."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()  # when, and how far

    def clear(self) -> None:
        """Something else begins."""
        self._seen.clear()

    def moved(self, step: int) -> None:
        """It has come to this step just now."""
        now = time.monotonic()
        self._seen.append((now, step))
        while now - self._seen[0][0] > RATE_SECONDS:
            self._seen.popleft()

    def steps_per_second(self) -> float | None:
        """None before there are two moments to compare."""
        if len(self._seen) < 2:
            return None
        (t0, step0), (t1, step1) = self._seen[0], self._seen[-1]
        return (step1 - step0) / (t1 - t0) if t1 > t0 else None
