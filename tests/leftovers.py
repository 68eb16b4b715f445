"""Notices what a test leaves behind: threads, timers, windows. Each is named, with the line that began it.

A QThread that is dropped while it runs aborts the process, often in a later test that is not to blame.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QThread, QTimer
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

_GRACE = 2.0  # seconds for a thread that is already on its way out

_started: WeakKeyDictionary[QObject, str] = WeakKeyDictionary()


def watch() -> None:
    """From now on remembers each QThread and QTimer that Python code starts."""
    for kind in (QThread, QTimer):
        kind.start = _remembering(kind.start)  # type: ignore[method-assign]


class Before:
    """What was there before a test."""

    def __init__(self) -> None:
        self._threads = set(threading.enumerate())
        self._windows = set(_visible_windows())
        _started.clear()

    def leftovers(self) -> list[str]:
        """What is there now that was not, in words; timers are stopped and windows closed on the way."""
        if QCoreApplication.instance() is not None:
            QCoreApplication.processEvents()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        return [*self._running_threads(), *_running_qthreads(), *self._active_timers(), *self._open_windows()]

    def _running_threads(self) -> list[str]:
        found = []
        for thread in set(threading.enumerate()) - self._threads:
            # Qt's own threads appear as dummies while Python code runs in them; their QThread is what counts.
            if not isinstance(thread, threading._DummyThread):
                thread.join(_GRACE)
                if thread.is_alive():
                    found.append(f"the thread '{thread.name}' is running")
        return found

    def _active_timers(self) -> list[str]:
        """A window that was there before, shared by the tests of a file, may go on with what it does."""
        found = []
        for timer, where in list(_started.items()):
            if (
                isinstance(timer, QTimer)
                and isValid(timer)
                and timer.isActive()
                and _window(timer) not in self._windows
            ):
                found.append(f"the QTimer {_name(timer)}, started at {where}, is active")
                timer.stop()
        return found

    def _open_windows(self) -> list[str]:
        found = []
        for window in set(_visible_windows()) - self._windows:
            found.append(f"the window {_name(window)} is open")
            window.close()
        return found


def _running_qthreads() -> list[str]:
    return [
        f"the QThread {_name(thread)}, started at {where}, is running"
        for thread, where in list(_started.items())
        if isinstance(thread, QThread) and isValid(thread) and not thread.wait(int(_GRACE * 1000))
    ]


def _window(thing: QObject) -> QWidget | None:
    """The window that something belongs to."""
    owner: QObject | None = thing
    while owner is not None and not isinstance(owner, QWidget):
        owner = owner.parent()
    return owner.window() if isinstance(owner, QWidget) else None


def _visible_windows() -> list[QWidget]:
    if not isinstance(QCoreApplication.instance(), QApplication):
        return []
    return [window for window in QApplication.topLevelWidgets() if window.isVisible()]


def _remembering(start: Callable[..., None]) -> Callable[..., None]:
    def remembered(thing: QObject, *arguments: Any) -> None:
        caller = sys._getframe(1)
        _started[thing] = f"{caller.f_code.co_filename}:{caller.f_lineno}"
        start(thing, *arguments)

    return remembered


def _name(thing: QObject) -> str:
    return f"{type(thing).__name__} '{thing.objectName()}'"
