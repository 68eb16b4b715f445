"""Garbage is collected in the window's thread, and still collected."""

import gc
import threading
import weakref

from PySide6.QtCore import QThread

from playground.gui.app import application


class _Cycle:
    def __init__(self) -> None:
        self.me = self


def test_collection_is_left_to_the_window_s_own_thread(qtbot) -> None:
    app = application()
    assert not gc.isenabled()
    where: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        where.append(threading.get_ident())

    gc.callbacks.append(note)
    try:
        gone = weakref.ref(_Cycle())
        kept = [[] for _ in range(5 * gc.get_threshold()[0])]  # enough new objects for a collection to be due
        qtbot.waitUntil(lambda: gone() is None, timeout=20_000)
    finally:
        gc.callbacks.remove(note)
    assert len(kept) > 0
    assert set(where) == {threading.get_ident()}
    assert QThread.currentThread() is app.thread()
