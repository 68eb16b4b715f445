"""A look at a model in training costs it no more than its share of the time."""

import pytest

from playground.gui.panels.base import alarm_desk, rest
from playground.gui.panels.base.rest import Rest


@pytest.fixture
def clock(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(rest.time, "monotonic", lambda: now[0])
    return now


@pytest.mark.parametrize(("look", "expected"), [(0.01, 0.5), (0.2, 1.0), (3.0, 6.0)])
def test_a_rest_is_so_many_times_as_long_as_the_look_within_bounds(clock, look, expected):
    pause = Rest(patience=5.0, shortest=0.5, longest=6.0)
    assert pause.is_over
    pause.begin_look()
    clock[0] += look
    pause.end_look()
    clock[0] += expected - 0.001
    assert not pause.is_over
    clock[0] += 0.002
    assert pause.is_over


def test_looks_leave_nine_tenths_of_the_time_to_training(clock):
    of_view, of_alarms = Rest(shortest=0.5), Rest(alarm_desk.PATIENCE)
    began, looked = clock[0], 0.0
    while clock[0] - began < 1000:
        for each in (of_view, of_alarms):
            if each.is_over:
                each.begin_look()
                clock[0] += 1.5
                looked += 1.5
                each.end_look()
        clock[0] += 0.1
    assert 0.05 < looked / (clock[0] - began) < 0.1


def test_something_else_is_looked_at_at_once(clock):
    pause = Rest(patience=5.0)
    pause.begin_look()
    clock[0] += 1.0
    pause.end_look()
    pause.forget()
    assert pause.is_over
