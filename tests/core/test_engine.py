"""Workers in a process of their own: the same numbers, answers that wake the window, and what a death leaves."""

import functools
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from playground import openings, runs
from playground.core import engine as module
from playground.core.backend import Backend
from playground.core.engine import ProcessEngine, ThreadEngine
from playground.core.errors import UsageError
from playground.core.experiment import Budget
from playground.core.hosting import Begin, Host, Say, ShareBy, Tell
from playground.core.messages import Ask, Close, Failed, Message, Opened, Rested, Train, Trained
from playground.core.records import Answer, Query
from playground.core.run_folder import RunFolder
from playground.core.turns import FairShare
from tests.helpers import losses_of, tiny, trainer_of

PATIENCE = 120.0  # seconds; a machine may be busy, and a process imports torch first
ENDLESS = Train(Budget("steps", 1e6))


@contextmanager
def running() -> Iterator[ProcessEngine]:
    """An engine that is ended afterwards."""
    engine = ProcessEngine()
    engine.warm()
    yield engine
    engine.close()
    assert engine.last_child is not None
    assert engine.last_child.has_died(PATIENCE)


@pytest.fixture(scope="module")
def engine() -> Iterator[ProcessEngine]:
    """One process for most tests of this file."""
    with running() as engine:
        Talk(engine, functools.partial(openings.stored, "vae-digits")).close()  # its threads belong to no test
        yield engine


@pytest.fixture
def own_engine() -> Iterator[ProcessEngine]:
    """A process that a test may kill."""
    with running() as engine:
        yield engine


class Talk:
    """A worker, and what it said so far."""

    def __init__(self, engine: ProcessEngine, opening: Callable, after: tuple[Backend, ...] = ()) -> None:
        self.woken = threading.Event()
        self.backend = engine.start(opening, None, after, self.woken.set)
        self.said: list[Message] = []

    def wait(self, enough: Callable[[], object]) -> None:
        """Reads on until there is enough."""
        deadline = time.monotonic() + PATIENCE
        while not enough():
            assert time.monotonic() < deadline, self.said
            self.backend.has_ended(0.01)
            self.said += self.backend.receive()
        self.said += self.backend.receive()  # with its end came its last words

    def of(self, kind: type) -> list:
        """Messages of a kind."""
        return [message for message in self.said if isinstance(message, kind)]

    def close(self) -> None:
        """Saves and ends."""
        self.backend.ask_to_close()
        self.wait(self.backend.has_ended)


def test_it_trains_what_is_trained_here_and_its_answers_wake_the_window(engine):
    talk = Talk(engine, functools.partial(openings.described, tiny("vae", "moons")))
    talk.backend.send(Train(Budget("steps", 30)))
    talk.wait(lambda: talk.of(Rested))
    assert not talk.woken.is_set()  # a turn is shown with the next frame
    losses = [loss for message in talk.of(Trained) for loss in message.record.values["loss"]]
    assert tuple(losses) == losses_of(trainer_of(tiny("vae", "moons")), 30)
    talk.backend.send(Ask(Query("a", "sample", {"n": 5}), 1))
    assert talk.woken.wait(PATIENCE)
    talk.wait(lambda: talk.of(Answer))
    assert talk.of(Answer)[0].arrays["x"].shape == (5, 2)
    talk.close()


def test_a_run_is_opened_when_the_worker_before_has_saved_it(engine):
    first = Talk(engine, functools.partial(openings.described, tiny("gan", "moons")))
    first.backend.send(ENDLESS)
    first.wait(lambda: len(first.of(Trained)) > 3)
    place = first.of(Opened)[0].place
    first.backend.ask_to_close()
    second = Talk(engine, functools.partial(openings.stored, place), (first.backend,))
    second.wait(lambda: second.of(Opened))
    first.wait(first.backend.has_ended)
    opened = second.of(Opened)[0]
    assert opened.can_train  # nobody else holds the run any more
    assert opened.step == first.of(Trained)[-1].record.step
    second.close()


def test_what_cannot_be_opened_is_said_and_the_process_lives_on(engine):
    talk = Talk(engine, functools.partial(openings.stored, "no-such-run"))
    talk.wait(talk.backend.has_ended)
    assert "no-such-run" in talk.of(Failed)[0].message
    assert Talk(engine, functools.partial(openings.stored, "vae-digits")).close() is None


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="Windows has no kill -9")
def test_when_it_is_killed_its_runs_are_whole_and_a_new_one_takes_its_place(own_engine):
    talk = Talk(own_engine, functools.partial(openings.described, tiny("vae", "moons")))
    talk.backend.send(ENDLESS)
    talk.wait(lambda: len(talk.of(Trained)) > 3)
    killed = own_engine.last_child
    os.kill(killed.pid, signal.SIGKILL)
    talk.wait(talk.backend.has_ended)
    place = talk.of(Opened)[0].place
    assert RunFolder.open(Path(place)).step >= 0
    again = Talk(own_engine, functools.partial(openings.stored, place))
    again.wait(lambda: again.of(Opened))
    assert again.of(Opened)[0].can_train
    assert own_engine.last_child is not killed
    again.close()


def test_a_process_that_cannot_be_started_says_so(monkeypatch):
    def refuse(process):
        raise OSError("no more processes")

    monkeypatch.setattr(multiprocessing.get_context("spawn").Process, "start", refuse)
    talk = Talk(ProcessEngine(), functools.partial(openings.stored, "vae-digits"))
    talk.wait(talk.backend.has_ended)
    assert "no more processes" in talk.of(Failed)[0].message
    assert "PLAYGROUND_ENGINE=thread" in talk.of(Failed)[0].message


def test_a_process_is_chosen_where_there_is_a_core_for_it(monkeypatch):
    monkeypatch.setattr(module, "_cores", lambda: 1)
    assert isinstance(module.chosen("auto"), ThreadEngine)
    assert isinstance(module.chosen("process"), ProcessEngine)
    monkeypatch.setattr(module, "_cores", lambda: 2)
    assert isinstance(module.chosen("auto"), ProcessEngine)
    assert isinstance(module.chosen("thread"), ThreadEngine)
    with pytest.raises(UsageError, match="PLAYGROUND_ENGINE"):
        module.chosen("proces")


# -- the other side, in a thread of the test ------------------------------------------------------------------------


class Hosted:
    """A host at the other end of a pipe."""

    def __init__(self) -> None:
        self.pipe, theirs = multiprocessing.Pipe()
        self.host = Host(theirs)
        self._thread = threading.Thread(target=self.host.run)
        self._thread.start()

    def wait(self, kind: type) -> Message:
        """The next message of a kind."""
        while self.pipe.poll(PATIENCE):
            said: Say = self.pipe.recv()
            if isinstance(said.message, kind):
                return said.message
        pytest.fail(f"no {kind.__name__} came")

    def is_over(self) -> bool:
        """Waits for its end."""
        self._thread.join(PATIENCE)
        return not self._thread.is_alive()


def test_when_the_window_is_gone_each_worker_saves(tmp_path):
    hosted = Hosted()
    hosted.pipe.send(Begin(0, functools.partial(runs.start, tiny("vae", "moons"), tmp_path / "run")))
    hosted.pipe.send(Tell(0, ENDLESS))
    seen = 0
    while seen < 5:
        seen = hosted.wait(Trained).record.step
    hosted.pipe.close()
    assert hosted.is_over()
    assert RunFolder.open(tmp_path / "run").step >= 5


def test_workers_share_there_what_they_share_here():
    share, hosted = FairShare("seconds"), Hosted()
    share.followers.append(lambda unit: hosted.pipe.send(ShareBy(share.number, unit)))
    opening = functools.partial(runs.start, tiny("vae", "moons"))
    hosted.pipe.send(Begin(0, opening, share=(share.number, share.unit)))
    hosted.wait(Opened)
    share.share_by("steps")
    hosted.pipe.send(Begin(1, opening, share=(share.number, share.unit)))
    hosted.wait(Opened)
    (theirs,) = hosted.host.shares.values()
    assert theirs.unit == "steps"
    for slot in (0, 1):
        hosted.pipe.send(Tell(slot, Close()))
    hosted.pipe.send(None)
    assert hosted.is_over()
