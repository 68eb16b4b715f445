"""Steps per second, over whatever the clock does."""

from types import SimpleNamespace

from playground.core import pace as module
from playground.core.pace import Pace


def test_a_gap_in_which_the_machine_slept_does_not_slow_the_pace(monkeypatch):
    now, pace, step = [50.0], Pace(), 0
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def moved(times: int) -> float | None:
        nonlocal step
        for _ in range(times):
            now[0] += 0.5
            step += 10
            pace.moved(step)
        return pace.steps_per_second()

    assert moved(1) is None
    assert moved(20) == 20
    now[0] += 8 * 3600
    assert moved(1) is None  # rather unknown than wrong
    assert moved(5) == 20
