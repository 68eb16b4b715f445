"""Measures whether the window stays what it was: through many cycles of training, and through a long visit to every
page."""

import contextlib
import ctypes
import gc
import os
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication, QSlider, QTabWidget

from playground.core.errors import PlaygroundError, UsageError
from playground.gui.bench_window import bench_window, shown_page
from playground.gui.heartbeat import Heartbeat, spin, spin_until
from playground.gui.main_window import MainWindow
from playground.gui.panels.base import ModelPanel
from playground.gui.session import TrainingSession

WARM_UP = 20  # cycles before anything is counted
FEW_STEPS = 3
DWELL = 0.4  # seconds on each tab of a page
DRAG_MILLISECONDS = 50
TRAINS = "diffusion"
SETTLES = 30.0  # seconds until a page of a soak is left as it is
_ENDLESS = 10_000_000
_PROCESSES = Path("/proc")
_OWN = _PROCESSES / "self"
_SHOWN_WARNINGS = 5


def cycles(family: str, count: int, data: str = "", where: str = "", warm_up: int = WARM_UP) -> dict[str, Any]:
    """What `count` cycles of start, pause, resume, stop and reset leave behind, by the buttons of the real window.

    Threads, Qt objects, open files and child processes before and after; resident memory, what of the window's own heap
    is in use (what the allocator merely holds is not) and references to None as slopes a cycle. `data`: by default what
    the panel opens with. Nothing is kept on disk.

    Raises UsageError for a page that has no run of its own.
    """
    with bench_window(where) as window:
        panel = shown_page(window, family, data)
        if not isinstance(panel, ModelPanel):
            raise UsageError(f"The page '{family}' has no run of its own; name a family.")
        spin_until(lambda: panel.session.is_open)
        panel.transport.set_budget("steps", _ENDLESS)
        for _ in range(warm_up):
            _cycle(panel)
        before, memory, heap, nones = _counts(), [], [], []
        for _ in range(count):
            _cycle(panel)
            heap.append(_heap())
            memory.append(_memory())
            nones.append(sys.getrefcount(None))
        after = _counts()
    return {
        "panel": family,
        "cycles": count,
        "warm_up": warm_up,
        **{name: f"{before[name]} -> {after[name]}" for name in before},
        "left_behind": {name: after[name] - before[name] for name in before},
        "memory_kb_per_cycle": _slope(memory),
        "heap_kb_per_cycle": _slope(heap),
        "none_references_per_cycle": _slope(nones),
        "memory_mb": round(memory[-1] / 1024, 1),
    }


def _cycle(panel: ModelPanel) -> None:
    """A model that has nothing left to learn is done before it can be paused."""
    session, transport = panel.session, panel.transport
    for press, wanted in (
        (transport.start_button, "running"),
        (transport.start_button, "paused"),
        (transport.start_button, "running"),
        (transport.stop_button, "done"),
    ):
        if session.is_open and session.can_train and session.state == "done":
            break
        press.click()
        goal = session.step + FEW_STEPS if wanted == "running" else None
        spin_until(lambda wanted=wanted, goal=goal: _is_reached(session, wanted, goal))  # type: ignore[misc]
    if session.state == "failed":
        raise PlaygroundError(f"The training of {panel.family} failed, so nothing was measured.")
    transport.reset_button.click()
    spin_until(lambda: session.is_open and panel.is_settled())


def _is_reached(session: TrainingSession, state: str, step: int | None) -> bool:
    over = session.state in ("done", "failed")
    return session.can_train and (over or (session.state == state if step is None else session.step >= step))


def soak(seconds: float, where: str = "") -> dict[str, Any]:
    """What a visit to every page and every tab does to the window, again and again for so many seconds after a first
    round: growth of resident memory, warnings of Qt, and how late a 10 ms timer comes.

    The second round still fills caches: late growth, from the third quarter of the visits to the last, is what goes on.
    One model trains all the while, and where a page has sliders of a code the first of them is moved.
    """
    warnings: list[str] = []

    def note(kind: QtMsgType, context: object, message: str) -> None:
        warnings.append(message)

    before = qInstallMessageHandler(note)
    try:
        with bench_window(where) as window:
            window.show_panel(TRAINS)
            spin_until(lambda: window.panel is not None and window.panel.session.is_open)
            trained = window.panel
            assert trained is not None
            trained.transport.set_budget("steps", _ENDLESS)
            trained.train()
            drag = _Drag(window)
            for _ in _stops(window):
                pass
            first, gauge, heart, visits, step = _counts(), [_memory()], Heartbeat(), 0, trained.session.step
            begin = time.monotonic()
            while (passed := time.monotonic() - begin) < seconds:
                for _ in _stops(window):
                    visits += 1
                    passed = time.monotonic() - begin
                    gauge.append(_memory())
                    if passed >= seconds:
                        break
            beats, last, moved = heart.figures(), _counts(), drag.end()
            trained_steps = trained.session.step - step
            memory, late = gauge, max(len(gauge) // 4, 1)
    finally:
        qInstallMessageHandler(before)
    return {
        "seconds": round(passed, 1),
        "tabs_visited": visits,
        "steps_trained": trained_steps,
        "slider_moves": moved,
        **beats,
        "memory_mb": round(memory[-1] / 1024, 1),
        "memory_growth_mb": round((memory[-1] - memory[0]) / 1024, 1),
        "late_growth_mb": round(float(np.median(memory[-late:]) - np.median(memory[-2 * late : -late])) / 1024, 1),
        "left_behind": {name: last[name] - first[name] for name in first},
        "qt_warnings": len(warnings),
        "first_warnings": warnings[:_SHOWN_WARNINGS],
    }


def _stops(window: MainWindow) -> Iterator[str]:
    """Stays a while on every tab of every page."""
    for name in window.page_names():
        page = window.show_page(name)
        tabs = getattr(page, "tabs", None)
        there = range(tabs.count()) if isinstance(tabs, QTabWidget) else [0]
        for index in there:
            if isinstance(tabs, QTabWidget):
                if not tabs.isTabVisible(index):
                    continue
                tabs.setCurrentIndex(index)
            with contextlib.suppress(PlaygroundError):  # one that trains is never quite settled
                spin_until(page.is_settled, DWELL if name == TRAINS else SETTLES)
            spin(DWELL)
            yield name


class _Drag(QObject):
    """Moves the first slider of a code to and fro, wherever one is on the stage."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._moves = window, 0
        self._timer = QTimer(self, interval=DRAG_MILLISECONDS)
        self._timer.timeout.connect(self._move)
        self._timer.start()

    def _move(self) -> None:
        page = self._window.page
        sliders = page.findChildren(QSlider) if page else []
        for slider in sliders:
            if slider.objectName().endswith(".z.0") and slider.isVisible() and slider.isEnabled():
                self._moves += 1
                low, high = slider.minimum(), slider.maximum()
                slider.setValue(low + (self._moves * 7) % max(high - low, 1))
                return

    def end(self) -> int:
        """How often it was moved."""
        self._timer.stop()
        return self._moves


def _counts() -> dict[str, int]:
    """What there is in this process just now; 0 where the system does not tell."""
    spin(0.2)  # what is on its way out goes
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return {
        "threads": threading.active_count(),
        "system_threads": _entries("task"),
        "qt_objects": _qt_objects(),
        "open_files": _entries("fd"),
        "child_processes": len(_children()),
    }


def _entries(folder: str) -> int:
    place = _OWN / folder
    return len(list(place.iterdir())) if place.is_dir() else 0


def _qt_objects() -> int:
    """In the trees of the application and of all windows, and those that only Python knows."""
    roots: list[QObject] = [*QApplication.topLevelWidgets()]
    if app := QApplication.instance():
        roots.append(app)
    held = [each for root in roots for each in (root, *root.findChildren(QObject))]
    held += [each for each in gc.get_objects() if issubclass(type(each), QObject) and _is_alive(each)]
    return len({id(each) for each in held})


def _is_alive(thing: QObject) -> bool:
    try:
        thing.objectName()
    except RuntimeError:  # Qt has deleted it
        return False
    return True


def _memory() -> int:
    """Resident memory of the window and of the process that trains in KiB, or 0 where the system does not tell."""
    pages = 0
    for process in ("self", *_children()):
        with contextlib.suppress(OSError):  # it has just ended
            pages += int((_PROCESSES / process / "statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


class _HeapInfo(ctypes.Structure):
    """glibc's struct mallinfo2."""

    _fields_ = [(name, ctypes.c_size_t) for name in (
        "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost",
    )]  # fmt: skip


def _heap() -> int:
    """What of this process's heap is in use in KiB, once what is free went back to the system; 0 where that is not
    glibc's."""
    gc.collect()
    if sys.platform != "linux" or not hasattr(libc := ctypes.CDLL(None), "mallinfo2"):
        return 0
    libc.malloc_trim(0)
    libc.mallinfo2.restype = _HeapInfo
    info = libc.mallinfo2()
    return int(info.uordblks + info.hblkhd) // 1024


def _children() -> list[str]:
    return [child for file in _OWN.glob("task/*/children") for child in file.read_text().split()]


def _slope(values: Sequence[int]) -> float:
    """Of the line that fits best, a cycle."""
    return round(float(np.polyfit(np.arange(len(values)), np.asarray(values, dtype=float), 1)[0]), 3)
