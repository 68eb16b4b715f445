"""The signals that ask a program to end, while a window is open: they close it as a person would, so runs are saved."""

import logging
import signal
import socket
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier, Signal

_log = logging.getLogger("playground")


class EndSignals(QObject):
    """Ctrl-C, a request to end, and a terminal that is gone. Qt's loop runs no Python while it waits, so each signal
    also writes a byte to a socket that the loop listens to. The second signal ends the process at once.

    Signals:
        met: once, in the window's thread.
    """

    met = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._notifier = QSocketNotifier(self._reader.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._wake)
        self._number = 0
        self._before = {number: signal.signal(number, self._came) for number in _numbers()}
        self._wakeup = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def _came(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        for each in self._before:
            signal.signal(each, signal.SIG_DFL)

    def _wake(self) -> None:
        try:
            self._reader.recv(64)
        except BlockingIOError:
            return
        if self._number:
            _log.warning("%s: the window closes", signal.Signals(self._number).name)
            self._number = 0
            self.met.emit()

    def close(self) -> None:
        """Gives the signals back."""
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._notifier.setEnabled(False)
        self._reader.close()
        self._writer.close()


def _numbers() -> list[signal.Signals]:
    """Those that this system has."""
    return [signal.Signals[name] for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
