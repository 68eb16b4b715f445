"""What is done with an error that nobody caught: it is logged in full, and one sentence reaches the window."""

import faulthandler
import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

from PySide6.QtCore import QObject, QtMsgType, Signal, qInstallMessageHandler

from playground import paths
from playground.core import session_log

_log = logging.getLogger("playground")


class ErrorHub(QObject):
    """Collects errors of slots and threads.

    Signals:
        error_met: (sentence, details). Emitted on whatever thread failed; Qt carries it to the window's.
    """

    error_met = Signal(str, str)
    last_crash = ""  # the native trace of an earlier session, told once
    logs: Path | None = None  # the folder, once it is there

    def install(self) -> None:
        """Takes over Python's and Qt's last resorts. Native crashes leave a trace in the log folder, which the next
        start finds in `last_crash`."""
        folder = paths.user_data() / "logs"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            logging.basicConfig(handlers=[session_log.begin_log(folder)])
            self.last_crash = session_log.set_crash_aside(folder)
            self.logs = folder
            self._crash_log = session_log.crash_file(folder).open("a", encoding="utf-8")
            faulthandler.enable(self._crash_log)
        except OSError:  # a read-only home must not keep the window from opening
            logging.basicConfig(stream=sys.stderr)
        sys.excepthook = self._uncaught
        threading.excepthook = lambda args: self._uncaught(args.exc_type, args.exc_value, args.exc_traceback)
        qInstallMessageHandler(_log_qt)

    def _uncaught(
        self, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None
    ) -> None:  # fmt: skip
        details = "".join(traceback.format_exception(kind, error, trace))
        _log.error("uncaught\n%s", details)
        self.error_met.emit(f"Something broke in the window: {kind.__name__}: {error}. Your runs are safe.", details)


def _log_qt(kind: QtMsgType, context: object, message: str) -> None:
    level = logging.ERROR if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg) else logging.WARNING
    _log.log(level, "Qt: %s", message)
