"""Waits for a piece of work in a thread of its own while the window goes on."""

from PySide6.QtCore import QObject, QTimer, Signal

from playground.core.aside import Aside

POLL_MILLISECONDS = 50


class Waiter(QObject):
    """One piece of work after the other.

    Signals:
        ended: what the work gave; None where it broke.
    """

    ended = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._work: Aside[object] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return self._work is not None

    def wait_for(self, work: Aside[object]) -> None:
        """Takes the next one; only while none is under way."""
        assert self._work is None
        self._work = work
        self._timer.start()

    def close(self, timeout: float = 10.0) -> None:
        """Gives the one under way its time to end; nobody hears of it any more."""
        self._timer.stop()
        if self._work is not None:
            self._work.has_ended(timeout)
            self._work = None

    def _look(self) -> None:
        if self._work is not None and self._work.has_ended():
            result, self._work = self._work.result(), None
            self._timer.stop()
            self.ended.emit(result)
