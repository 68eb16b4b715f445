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

from playground.core.aside import Aside
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.gui.heartbeat import Heartbeat, heartbeat, spin, spin_until

WINDOWS = 3
WARM_UP = 20  # steps before a run without a window is measured
_ALONE = "from playground.gui.bench import _alone; _alone()"
_CHILD = (
    "from playground.display import load_torch_before_qt; load_torch_before_qt(); "
    "from playground.gui.bench import _start; _start({}, '{}')"
)


def ui(family: str, seconds: float, data: str = "", where: str = "") -> dict[str, Any]:
    """Lateness of a 10 ms timer while `family` trains in its panel, in the best of three windows, beside an idle one;
    and steps a second there, beside the same run without a window, turn and turn about.

    The window is real: loss curve and previews go on. ``p99`` decides which window is best. On the page "compare" all
    its families train at once, and what they do without a window is not measured. `data`: by default what the panel
    opens with; `where` its workers run, see `core.engine.chosen`.

    Raises UsageError for a panel that does not exist, PlaygroundError where the window does not get ready.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from playground.core import engine
    from playground.gui.bench_window import bench_window, sessions_of, shown_page

    with bench_window(where) as window:
        kind = engine.current().name
        panel: Any = shown_page(window, family, data)
        sessions = sessions_of(panel, family)
        spin_until(lambda: all(session.is_open for session in sessions))
        spin(2.0)  # first answers and formulae
        idle = heartbeat(seconds)
        panel.transport.set_budget("steps", 10_000_000)
        panel.train()
        spin_until(lambda: all(s.can_train and (s.step > 20 or s.state == "done") for s in sessions))
        alone = Headless(sessions[0].experiment) if len(sessions) == 1 else None
        training, paces, alone_paces = [], [], []
        for _ in range(WINDOWS):
            began, first = time.perf_counter(), sum(session.step for session in sessions)
            training.append(heartbeat(seconds))
            paces.append((sum(session.step for session in sessions) - first) / (time.perf_counter() - began))
            if alone and sessions[0].state == "running":
                sessions[0].pause()
                spin_until(lambda: sessions[0].state == "paused")
                alone_paces.append(alone.steps_per_second(seconds))
                panel.transport.start_button.click()
                spin_until(lambda: sessions[0].state == "running")
        if alone:
            alone.end()
        size = "tiny" if sessions[0].facts["kind"] == "points" else "images"
        for session in sessions:
            session.stop()
        spin_until(lambda: all(session.state == "done" for session in sessions))
    best = min(training, key=lambda figures: figures["p99_ms"])
    figures: dict[str, Any] = {
        "panel": family,
        "platform": os.environ["QT_QPA_PLATFORM"],
        "engine": kind,
        "window_seconds": seconds,
        "idle": idle,
        "training_best": best,
        "training_all": training,
        "steps_per_second": round(float(np.median(paces)), 1),
    }
    if alone_paces:
        ratios = [inside / outside for inside, outside in zip(paces, alone_paces, strict=True)]
        figures["headless_steps_per_second"] = round(float(np.median(alone_paces)), 1)
        figures["window_to_headless"] = {f"{size} {kind}": round(float(np.median(ratios)), 2)}
    return figures


class Headless:
    """The same run in a process without a window, trained when it is told to, while the window rests."""

    def __init__(self, experiment: Experiment) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-c", _ALONE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._say(json.dumps(experiment.to_json()))

    def steps_per_second(self, seconds: float) -> float:
        """Trains for so long. Raises PlaygroundError where the process fails."""
        self._say(str(seconds))
        heard = Aside(self._hear)
        spin_until(heard.has_ended)
        if not (line := heard.result()):
            raise PlaygroundError("The run without a window broke off, so nothing was measured.")
        return float(line)

    def _say(self, line: str) -> None:
        assert self._child.stdin is not None
        self._child.stdin.write(f"{line}\n")
        self._child.stdin.flush()

    def _hear(self) -> str:
        assert self._child.stdout is not None
        return self._child.stdout.readline()

    def end(self) -> None:
        """Ends the process."""
        self._child.communicate()


def _alone() -> None:
    """The child of `Headless`: an experiment, then for each line of seconds a line of steps a second."""
    from playground import registry, runs

    experiment = Experiment.from_json(json.loads(sys.stdin.readline()))
    trainer = runs.start(registry.checked(experiment)).trainer
    assert trainer is not None
    while trainer.step < WARM_UP:
        trainer.turn()
    for line in sys.stdin:
        began, first = time.perf_counter(), trainer.step
        while time.perf_counter() - began < float(line):
            trainer.turn()
        sys.stdout.write(f"{(trainer.step - first) / (time.perf_counter() - began)}\n")
        sys.stdout.flush()


def startup() -> dict[str, Any]:
    """Seconds from the start of a fresh process to the painted window; and where it is opened on a family's panel, to
    that (``panel_painted_s``) and to a model that answers (``live_s``).

    Raises PlaygroundError where that process fails.
    """
    environment = dict(os.environ)
    environment.setdefault("QT_QPA_PLATFORM", "offscreen")
    runs = []
    for _ in range(WINDOWS):
        live, first = _started("diffusion", environment), _started("home", environment)
        runs.append({**live, "panel_painted_s": live["painted_s"], **first})
    medians = {key: round(float(np.median([run[key] for run in runs])), 2) for key in runs[0]}
    return {"platform": environment["QT_QPA_PLATFORM"], "median_of": WINDOWS, **medians, "runs": runs}


def _started(page: str, environment: Mapping[str, str]) -> dict[str, float]:
    """What `_start` tells in a fresh process."""
    child = subprocess.run(
        [sys.executable, "-c", _CHILD.format(time.time(), page)],
        env=environment, capture_output=True, text=True, check=False, cwd=Path.cwd(),
    )  # fmt: skip
    if child.returncode:
        raise PlaygroundError(
            f"The window did not open in a fresh process ({_cause(child)}); nothing was measured. "
            "'playground doctor' says what is missing."
        )
    figures: dict[str, float] = json.loads(child.stdout.splitlines()[-1])
    return figures


def _cause(child: subprocess.CompletedProcess[str]) -> str:
    """The line that says why: Qt says it first and aborts, Python says it last."""
    lines = child.stderr.strip().splitlines() or [f"exit code {child.returncode}"]
    return lines[0 if child.returncode < 0 else -1].rstrip(". ")


def _start(began: float, page: str, patience: float = 120.0) -> None:
    """The child of `startup`: opens the window on a page and prints when what was there."""
    from playground.core import engine
    from playground.gui.app import ENGINE, application, open_window
    from playground.gui.preferences import Preferences

    application()
    engine.use(engine.chosen(os.environ.get(ENGINE, "auto")))
    window = open_window(Preferences(), panel=page)
    try:
        figures = {"painted_s": round(time.time() - began, 3), "torch_at_paint": float("torch" in sys.modules)}
        if panel := window.panel:
            worst = Heartbeat()
            spin_until(lambda: panel.views[0].is_settled(), patience)
            figures["live_s"] = round(time.time() - began, 3)
            figures["worst_stall_ms"] = worst.figures()["worst_ms"]
    finally:  # a worker left running would keep this process, and the one that waits for it, from ending
        window.close()
        engine.current().close()
    sys.stdout.write(json.dumps(figures) + "\n")
