"""How evenly a window's event loop beats, and waiting in it: what every measurement of the window is made of."""

import time
from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer

from playground.core.errors import PlaygroundError

HEARTBEAT_MILLISECONDS = 10


class Heartbeat:
    """A precise 10 ms timer that notes how late each beat came."""

    def __init__(self) -> None:
        self._late: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer(timerType=Qt.TimerType.PreciseTimer, interval=HEARTBEAT_MILLISECONDS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        now = time.perf_counter()
        self._late.append(max((now - self._last) * 1000 - HEARTBEAT_MILLISECONDS, 0.0))
        self._last = now

    def figures(self) -> dict[str, float]:
        """Stops; lateness in milliseconds."""
        self._timer.stop()
        late = np.array(self._late or [0.0])
        p50, p95, p99 = np.percentile(late, (50, 95, 99))
        named = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "worst_ms": late.max(), "beats": len(late)}
        return {key: round(float(value), 1) for key, value in named.items()}


def heartbeat(seconds: float) -> dict[str, float]:
    """The figures of so many seconds."""
    heart = Heartbeat()
    spin(seconds)
    return heart.figures()


def spin(seconds: float) -> None:
    """Lets the window do what it has to for so long."""
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def spin_until(done: Callable[[], object], patience: float = 120.0) -> None:
    """The same until something is so. Raises PlaygroundError where it does not come to be."""
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            raise PlaygroundError(f"The window did not get ready within {patience:.0f} s, so nothing was measured.")
        spin(0.02)
