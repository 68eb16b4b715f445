"""Measuring the window, where it does not open or has not what was asked for."""

import pytest

from playground.core.errors import PlaygroundError, UsageError
from playground.gui import bench


def test_a_window_that_does_not_get_ready_is_a_sentence(qapp):
    with pytest.raises(PlaygroundError, match=r"did not get ready within 0 s, so nothing was measured\."):
        bench.spin_until(lambda: False, patience=0.0)


def test_a_child_that_aborts_is_a_sentence_with_the_cause(monkeypatch):
    monkeypatch.setenv("QT_QPA_PLATFORM", "holodeck")
    with pytest.raises(
        PlaygroundError, match=r"did not open in a fresh process \(.*holodeck.*\); nothing was measured"
    ):
        bench.startup()


def test_an_unknown_panel_is_named(qapp):
    with pytest.raises(UsageError, match="There is no panel 'gaan'"):
        bench.ui("gaan", 0.1)


def test_a_child_whose_model_never_answers_ends_all_the_same(monkeypatch):
    monkeypatch.setattr(bench, "_CHILD", bench._CHILD.replace("'{}')", "'{}', 1e-3)"))
    with pytest.raises(PlaygroundError, match="The window did not get ready within 0 s"):
        bench.startup()


@pytest.mark.slow
def test_a_run_is_measured_in_the_window_and_without_one_turn_and_turn_about(qapp):
    """Trains in a process beside the tests: -m slow tests/gui/test_bench.py."""
    figures = bench.ui("vae", 0.5, "moons", "thread")
    assert figures["engine"] == "thread"
    assert len(figures["training_all"]) == bench.WINDOWS
    assert figures["window_to_headless"]["tiny thread"] > 0


def test_a_page_that_has_no_data_is_named(qapp):
    with pytest.raises(UsageError, match="has no data of its own"):
        bench.ui("home", 0.1, "moons")
