"""What the window leaves behind when it is used again and again: nothing."""

import gc
import os
import weakref

import pytest

from playground.core.errors import UsageError
from playground.core.trainer import Trainer
from playground.gui import endurance
from playground.gui.session import TrainingSession


def test_cycles_leave_no_thread_object_file_or_child_behind(qapp, monkeypatch):
    home = os.environ["PLAYGROUND_HOME"]
    prepare = TrainingSession.prepare
    monkeypatch.setattr(
        TrainingSession, "prepare",
        lambda self, model, data, assignments, *rest: prepare(
            self, model, data, {**assignments, "hidden": 16, "train.batch": 16}, *rest
        ),
    )  # fmt: skip
    figures = endurance.cycles("vae", 5, "moons", warm_up=2)
    assert figures["left_behind"] == dict.fromkeys(figures["left_behind"], 0)
    assert figures["none_references_per_cycle"] > -1  # a reference lost on each call would end the process one day
    assert os.environ["PLAYGROUND_HOME"] == home


def test_what_is_left_behind_is_counted(qapp):
    before = endurance._counts()
    kept = open(os.devnull)  # noqa: SIM115
    found = endurance._counts()
    kept.close()
    assert found["open_files"] == before["open_files"] + (before["open_files"] > 0)


def test_what_is_in_use_of_the_heap_is_seen():
    before = endurance._heap()
    kept = bytearray(40 * 2**20)
    assert before == 0 or endurance._heap() - before > 39 * 2**10
    del kept


def test_a_worker_that_has_ended_keeps_no_model(qtbot):
    """Also without a collection of garbage, which may be minutes away."""
    before = {id(each) for each in trainers()}
    session = TrainingSession()
    session.prepare("vae", "moons", {"hidden": 16, "latent_dim": 2}, 0, keep=False)
    qtbot.waitUntil(lambda: session.is_open, timeout=30_000)
    session.steps(2)
    qtbot.waitUntil(lambda: session.state == "paused", timeout=30_000)
    gc.collect()
    gc.disable()
    (trainer,) = [weakref.ref(each) for each in trainers() if id(each) not in before]
    assert session.close()
    assert trainer() is None


def trainers():
    return [each for each in gc.get_objects() if type(each) is Trainer]


def test_a_page_without_a_run_of_its_own_is_named(qapp):
    with pytest.raises(UsageError, match="The page 'home' has no run of its own"):
        endurance.cycles("home", 2)
