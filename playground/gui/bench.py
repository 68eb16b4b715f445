"""Measures the window itself: how evenly its event loop beats while a model trains, and how fast it starts."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from playground.core.errors import PlaygroundError, UsageError
from playground.gui.heartbeat import Heartbeat, heartbeat, spin, spin_until

WINDOWS = 3
_CHILD = (
    "from playground.display import load_torch_before_qt; load_torch_before_qt(); "
    "from playground.gui.bench import _start; _start({})"
)


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
        spin_until(lambda: all(session.is_open for session in sessions))
        spin(2.0)  # first answers and formulae
        idle = heartbeat(seconds)
        panel.transport.set_budget("steps", 10_000_000)
        panel.train()
        spin_until(lambda: all(s.can_train and (s.step > 20 or s.state == "done") for s in sessions))
        began, first = time.perf_counter(), sum(session.step for session in sessions)
        training = [heartbeat(seconds) for _ in range(WINDOWS)]
        pace = (sum(session.step for session in sessions) - first) / (time.perf_counter() - began)
        for session in sessions:
            session.stop()
        spin_until(lambda: all(session.state == "done" for session in sessions))
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
    from playground.gui.app import application, open_window
    from playground.gui.preferences import Preferences

    application()
    window = open_window(Preferences(), panel="diffusion")
    try:
        figures = {"painted_s": round(time.time() - began, 3), "torch_at_paint": float("torch" in sys.modules)}
        worst = Heartbeat()
        panel = window.panel
        assert panel is not None
        spin_until(lambda: panel.views[0].is_settled(), patience)
        figures["live_s"] = round(time.time() - began, 3)
        figures["worst_stall_ms"] = worst.figures()["worst_ms"]
    finally:  # a worker left running would keep this process, and the one that waits for it, from ending
        window.close()
    sys.stdout.write(json.dumps(figures) + "\n")
