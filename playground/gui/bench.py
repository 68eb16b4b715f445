"""Measures the window itself: how evenly its event loop beats while a model trains, and how fast it starts."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from playground.core.errors import PlaygroundError, UsageError

HEARTBEAT_MILLISECONDS = 10
WINDOWS = 3
_CHILD = "from playground.gui.bench import _start; _start({})"


def ui(family: str, seconds: float) -> dict[str, Any]:
    """Lateness of a 10 ms timer while `family` trains in its panel, in the best of three windows, beside an idle one.

    The window is real: loss curve and previews go on. ``p99`` decides which window is best. On the page "compare" all
    its families train at once.

    Raises UsageError for a panel that does not exist, PlaygroundError where the window does not get ready.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from playground.gui.app import application
    from playground.gui.main_window import MainWindow
    from playground.gui.preferences import Preferences
    from playground.gui.widgets import theme

    application()
    theme.apply("light")
    window = MainWindow(Preferences())
    window.show()
    try:
        panel: Any = window.show_page(family)
        sessions = panel.sessions()
        if not sessions:
            raise UsageError(f"Nothing trains on the page '{family}'; name a family, or compare.")
        _spin_until(lambda: all(session.is_open for session in sessions))
        _spin(2.0)  # first answers and formulae
        idle = _heartbeat(seconds)
        panel.transport.set_budget("steps", 10_000_000)
        panel.train()
        _spin_until(lambda: all(s.can_train and (s.step > 20 or s.state == "done") for s in sessions))
        began, first = time.perf_counter(), sum(session.step for session in sessions)
        training = [_heartbeat(seconds) for _ in range(WINDOWS)]
        pace = (sum(session.step for session in sessions) - first) / (time.perf_counter() - began)
        for session in sessions:
            session.stop()
        _spin_until(lambda: all(session.state == "done" for session in sessions))
    finally:
        window.close()
    best = min(training, key=lambda figures: figures["p99_ms"])
    return {
        "panel": family,
        "platform": os.environ["QT_QPA_PLATFORM"],
        "window_seconds": seconds,
        "idle": idle,
        "training_best": best,
        "training_all": training,
        "steps_per_second": round(pace, 1),
    }


def startup() -> dict[str, Any]:
    """Seconds from the start of a fresh process to the painted window and to a model that answers.

    Raises PlaygroundError where that process fails.
    """
    environment = dict(os.environ)
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    runs = []
    for _ in range(WINDOWS):
        began = time.time()
        child = subprocess.run(
            [sys.executable, "-c", _CHILD.format(began)],
            env=environment, capture_output=True, text=True, check=False, cwd=Path.cwd(),
        )  # fmt: skip
        if child.returncode:
            raise PlaygroundError(
                f"The window did not open in a fresh process ({_cause(child)}); nothing was measured. "
                "'playground doctor' says what is missing."
            )
        runs.append(json.loads(child.stdout.splitlines()[-1]))
    medians = {key: round(float(np.median([run[key] for run in runs])), 2) for key in runs[0]}
    return {"platform": environment["QT_QPA_PLATFORM"], "median_of": WINDOWS, **medians, "runs": runs}


def _cause(child: subprocess.CompletedProcess[str]) -> str:
    """The line that says why: Qt says it first and aborts, Python says it last."""
    lines = child.stderr.strip().splitlines() or [f"exit code {child.returncode}"]
    return lines[0 if child.returncode < 0 else -1].rstrip(". ")


def _start(began: float, patience: float = 120.0) -> None:
    """The child of `startup`: opens the window and prints when what was there."""
    from playground.display import load_torch_before_qt

    load_torch_before_qt()
    from playground.gui.app import application, open_window
    from playground.gui.preferences import Preferences

    application()
    window = open_window(Preferences(), panel="diffusion")
    try:
        figures = {"painted_s": round(time.time() - began, 3), "torch_at_paint": float("torch" in sys.modules)}
        worst = _Heartbeat()
        panel = window.panel
        assert panel is not None
        _spin_until(lambda: panel.views[0].is_settled(), patience)
        figures["live_s"] = round(time.time() - began, 3)
        figures["worst_stall_ms"] = worst.figures()["worst_ms"]
    finally:  # a worker left running would keep this process, and the one that waits for it, from ending
        window.close()
    sys.stdout.write(json.dumps(figures) + "\n")


def table(figures: Mapping[str, Any]) -> str:
    """For people."""
    return "\n".join(f"{key:<18}{value}" for key, value in figures.items() if key not in ("runs", "training_all"))


class _Heartbeat:
    """A precise 10 ms timer that notes how late each beat came."""

    def __init__(self) -> None:
        from PySide6.QtCore import Qt, QTimer

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


def _heartbeat(seconds: float) -> dict[str, float]:
    heart = _Heartbeat()
    _spin(seconds)
    return heart.figures()


def _spin(seconds: float) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()


def _spin_until(done: Any, patience: float = 120.0) -> None:
    deadline = time.monotonic() + patience
    while not done():
        if time.monotonic() > deadline:
            raise PlaygroundError(f"The window did not get ready within {patience:.0f} s, so nothing was measured.")
        _spin(0.02)
