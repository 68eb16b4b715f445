"""The bridge between worker and window: its states, and that nothing is lost, mixed up or left running."""

import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest

from playground import paths, registry, runs
from playground.core import engine
from playground.core.engine import ThreadEngine
from playground.core.experiment import Budget, Event
from playground.core.messages import Opened, Stored, Trained
from playground.core.records import Answer, Query, TrainRecord
from playground.core.run_folder import RunFolder
from playground.gui import session as session_module
from playground.gui.session import POLL_MILLISECONDS, TrainingSession

TINY = {"latent_dim": 2, "hidden": 16, "train.batch": 32}
ENDLESS = Budget("steps", 1e6)
PATIENCE = 30_000  # milliseconds


class Watched:
    """A session, and all that it said."""

    def __init__(self, qtbot) -> None:
        self.session = TrainingSession()
        self._qtbot = qtbot
        self.states: list[str] = []
        self.bursts: list[list[TrainRecord]] = []
        self.answers: list[Answer] = []
        self.failures: list[tuple[str, str]] = []
        self.refusals: list[str] = []
        self.session.state_changed.connect(self.states.append)
        self.session.records_added.connect(self.bursts.append)
        self.session.answered.connect(self.answers.append)
        self.session.failed.connect(lambda *words: self.failures.append(words))
        self.session.refused.connect(self.refusals.append)

    def fresh(self, keep: bool = False, data: str = "moons", seed: int = 0, **settings: object) -> TrainingSession:
        """A small VAE, ready to train."""
        self.session.prepare("vae", data, TINY | settings, seed, keep=keep)
        self.wait(lambda: self.session.is_open)
        return self.session

    def wait(self, done: Callable[[], object]) -> None:
        self._qtbot.waitUntil(lambda: bool(done()), timeout=PATIENCE)

    def until(self, state: str) -> None:
        self.wait(lambda: self.session.state == state)

    def losses(self) -> list[float]:
        return [loss for burst in self.bursts for record in burst for loss in record.values["loss"]]


@pytest.fixture
def watch(qtbot) -> Iterator:
    """Makes watched sessions, and ends them all."""
    made: list[Watched] = []

    def make() -> Watched:
        made.append(Watched(qtbot))
        return made[-1]

    yield make
    ended = [watched.session.close() for watched in made]
    assert all(ended)
    assert workers() == 0


@pytest.fixture
def watched(watch) -> Watched:
    return watch()


def workers() -> int:
    """Threads that train or answer."""
    return sum(thread.name == "playground-worker" for thread in threading.enumerate())


# -- states ---------------------------------------------------------------------------------------------------------


def test_idle_running_paused_running_stopping_done(watched):
    session = watched.fresh()
    assert session.state == "idle"
    session.start(ENDLESS)
    watched.wait(lambda: session.step > 5)
    session.pause()
    watched.until("paused")
    rested_at = session.step
    session.start(ENDLESS)
    watched.wait(lambda: session.step > rested_at)
    session.stop()
    watched.until("done")
    assert watched.states == ["running", "paused", "running", "stopping", "done"]
    assert [record.first for burst in watched.bursts for record in burst][1:] == [
        record.step for burst in watched.bursts for record in burst
    ][:-1]  # nothing skipped, nothing twice


def test_a_paused_run_is_stopped_at_once(watched):
    session = watched.fresh()
    session.steps()
    watched.until("paused")
    session.stop()
    assert session.state == "done"


def test_one_step_is_exactly_one_and_then_rests(watched):
    session = watched.fresh()
    for expected in (1, 2):
        session.steps()
        watched.until("paused")
        assert session.step == expected
    session.start(Budget("steps", 20))
    watched.until("done")
    session.steps()
    watched.until("paused")
    assert session.step == 21
    assert len(watched.losses()) == 21


def test_a_budget_is_a_total(watched):
    session = watched.fresh()
    session.start(Budget("steps", 30))
    watched.until("done")
    assert session.fraction() == 1.0
    session.start(Budget("steps", 40))
    watched.until("done")
    assert session.step == len(watched.losses()) == 40


def test_a_bundled_run_can_be_asked_but_not_trained(watched):
    session = watched.session
    session.open_run("vae-digits")
    watched.wait(lambda: session.is_open)
    assert not session.can_train
    assert session.step == watched.bursts[-1][-1].step > 100  # its log is there to be drawn
    session.steps()
    watched.wait(lambda: watched.refusals)
    assert "can only be sampled" in watched.refusals[0]
    assert session.state == "idle"


def test_closing_ends_every_thread(watch):
    several = [watch(), watch()]
    for watched in several:
        watched.fresh().start(ENDLESS)
    several[0].wait(lambda: all(watched.session.step > 5 for watched in several))
    assert workers() == 2
    assert all(watched.session.close() for watched in several)
    assert workers() == 0


def test_opening_another_run_saves_and_retires_the_one_that_trains(watched):
    before = set(paths.runs().glob("*"))
    session = watched.fresh(keep=True)
    session.start(ENDLESS)
    watched.wait(lambda: session.step > 20)
    seen = session.step
    session.open_run("vae-digits")
    watched.wait(lambda: session.is_open and workers() == 1)
    assert session.experiment.data == "digits"
    assert session.state == "idle"
    (kept,) = set(paths.runs().glob("*")) - before
    assert RunFolder.open(kept).manifest["step"] >= seen
    session.open_run(str(kept))
    watched.wait(lambda: session.is_open and session.can_train)
    at = session.step
    session.steps()
    watched.until("paused")
    assert session.step == at + 1


# -- failures -------------------------------------------------------------------------------------------------------


def test_an_unknown_run_is_one_sentence(watched):
    watched.session.open_run("no-such-run")
    watched.until("failed")
    ((sentence, details),) = watched.failures
    assert "no-such-run" in sentence
    assert "\n" not in sentence
    assert "Traceback" in details


def test_a_loss_that_explodes_fails_in_words_and_leaves_the_saved_run_whole(watched):
    before = set(paths.runs().glob("*"))
    session = watched.fresh(keep=True, **{"train.lr": 1000.0, "train.warmup": 0})
    session.start(Budget("steps", 2000))
    watched.until("failed")
    ((sentence, _),) = watched.failures
    assert "learning rate" in sentence
    (kept,) = set(paths.runs().glob("*")) - before
    session.open_run(str(kept))
    watched.wait(lambda: session.is_open)
    session.ask(Query("test/x", "sample", {"n": 5}))
    watched.wait(lambda: watched.answers)
    assert np.isfinite(watched.answers[0].arrays["x"]).all()


def test_an_update_that_breaks_fails_in_words(watched, monkeypatch):
    def broken(self, batch, generator):
        raise ValueError("shapes do not fit")

    session = watched.fresh()
    monkeypatch.setattr(registry.model_class("vae"), "objective", broken)
    session.start(ENDLESS)
    watched.until("failed")
    ((sentence, details),) = watched.failures
    assert "shapes do not fit" in sentence
    assert "in broken" in details


# -- what a person does becomes part of the experiment --------------------------------------------------------------


def test_a_live_change_becomes_an_event(watched):
    session = watched.fresh()
    session.steps()
    watched.until("paused")
    session.change({"beta": 2.0, "train.lr": 0.01})
    watched.wait(lambda: session.experiment.events)
    assert session.experiment.events == (Event(1, set={"beta": 2.0, "train.lr": 0.01}),)


def test_a_change_that_needs_a_fresh_model_is_refused(watched):
    session = watched.fresh()
    session.change({"hidden": 64})
    watched.wait(lambda: watched.refusals)
    assert "fresh model" in watched.refusals[0]
    assert session.experiment.events == ()


def test_the_exported_experiment_trained_headless_gives_the_same_losses(watched, tmp_path):
    session = watched.fresh(seed=5)
    session.start(ENDLESS)
    watched.wait(lambda: session.step > 10)
    session.change({"train.lr": 0.02, "beta": 0.5})
    watched.wait(lambda: session.experiment.events and session.step > session.experiment.events[0].step + 10)
    session.pause()
    watched.until("paused")
    session.steps()
    watched.until("paused")
    file = tmp_path / "experiment.json"
    session.exported().save(file)

    experiment = session.experiment.load(file)
    headless: list[float] = []
    job = runs.start(experiment, tmp_path / "run")
    runs.train(job, experiment.budget, lambda record: headless.extend(record.values["loss"]))
    assert headless == watched.losses()


def test_two_sessions_at_once_give_the_losses_that_each_gives_alone(watch):
    def train(*several: Watched) -> None:
        for watched in several:
            watched.session.start(Budget("steps", 60))
        for watched in several:
            watched.until("done")

    settings = ({"data": "moons", "seed": 1}, {"data": "digits", "seed": 2})
    alone, together = (watch(), watch()), (watch(), watch())
    for watched, each in zip((*alone, *together), (*settings, *settings), strict=True):
        watched.fresh(**each)
    train(alone[0])
    train(alone[1])
    train(*together)
    for one, other in zip(alone, together, strict=True):
        assert len(one.losses()) == 60
        assert one.losses() == other.losses()


# -- questions and records ------------------------------------------------------------------------------------------


def test_only_the_newest_question_on_a_channel_is_answered(watched):
    session = watched.fresh()
    for seed in range(20):
        newest = session.ask(Query("view/x", "sample", {"n": 3}, seed=seed))
    other = session.ask(Query("other/x", "sample", {"n": 4}))
    watched.wait(lambda: {answer.stamp for answer in watched.answers} >= {newest, other})
    assert [answer.query.seed for answer in watched.answers if answer.query.channel == "view/x"] == [19]


def test_a_question_asked_before_the_model_is_there_is_answered(watched):
    watched.session.open_run("vae-digits")
    stamp = watched.session.ask(Query("view/x", "sample", {"n": 3}))
    watched.wait(lambda: watched.answers)
    assert watched.answers[0].stamp == stamp
    assert watched.answers[0].arrays["x"].shape == (3, 1, 8, 8)


def test_a_question_that_nothing_answers_is_a_sentence(watched):
    session = watched.fresh()
    session.ask(Query("view/x", "state_dict"))
    watched.wait(lambda: watched.answers)
    assert "state_dict" in watched.answers[0].error
    assert session.state == "idle"


class ScriptedBackend:
    """Says between two frames whatever a test wants said."""

    to_say: ClassVar[list] = []

    def __init__(self) -> None:
        self.to_say.clear()
        self.to_say.append(Opened(registry.experiment("vae", "moons", "", {}), 0, 0.0, {"kind": "points"}, True))

    def receive(self) -> list:
        said = list(self.to_say)
        self.to_say.clear()
        return said

    def send(self, command) -> None:
        pass

    def ask_to_close(self) -> None:
        pass

    def has_ended(self, timeout: float = 0.0) -> bool:
        return True


class ScriptedEngine(ThreadEngine):
    def start(self, opening, share, after, wake) -> ScriptedBackend:
        return ScriptedBackend()


@pytest.fixture
def scripted(watched, monkeypatch) -> Watched:
    """A session whose worker says what `ScriptedBackend.to_say` holds."""
    monkeypatch.setattr(engine, "current", ScriptedEngine)
    watched.session.open_run("vae-digits")
    watched.wait(lambda: watched.session.is_open)
    return watched


def test_records_are_emitted_once_a_frame_however_many_there_are(scripted):
    said: list = []
    stamp = scripted.session.ask(Query("view/x", "sample"))
    for step in range(100):
        said.append(Trained(TrainRecord(step, step + 1, 0.01 * step, {"loss": (float(step),)})))
        if step % 10 == 0:
            said.append(Answer(Query("view/x", "sample"), stamp, step, step, 90, {}))
    ScriptedBackend.to_say.extend(said)
    scripted.wait(lambda: scripted.bursts)
    assert [len(burst) for burst in scripted.bursts] == [100]
    assert scripted.losses() == list(range(100))
    assert len(scripted.answers) == 10


def test_training_is_shown_ten_times_a_second_and_at_once_where_something_else_is_said(scripted, monkeypatch):
    session, clock = scripted.session, [1000.0]
    session._timer.stop()
    monkeypatch.setattr(ScriptedBackend, "has_ended", lambda self, timeout=0.0: False)
    monkeypatch.setattr(session_module, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def frame(*words: object) -> list[int]:
        clock[0] += POLL_MILLISECONDS / 1000
        ScriptedBackend.to_say.extend(words)
        session.poll()
        return [len(burst) for burst in scripted.bursts]

    def step(number: int) -> Trained:
        return Trained(TrainRecord(number, number + 1, 0.01 * number, {"loss": (float(number),)}))

    seen = [frame(step(number)) for number in range(10)]
    assert seen[-1] == [1, 4, 4]
    assert frame(Stored()) == [1, 4, 4, 1]
    assert scripted.losses() == list(range(10))


def test_an_answer_that_a_newer_question_has_overtaken_is_dropped(scripted):
    query = Query("view/x", "sample")
    old, new = scripted.session.ask(query), scripted.session.ask(query)
    ScriptedBackend.to_say.extend(Answer(query, stamp, 0, 0, 0, {}) for stamp in (old, new, old))
    scripted.wait(lambda: not ScriptedBackend.to_say)
    assert [answer.stamp for answer in scripted.answers] == [new]


def test_of_several_watchers_the_slowest_counts_and_each_leaves_for_itself(watch):
    session = watch().session
    session.watch(True)
    session.watch(True, 0.7, "source")
    session.watch(True, 0.2, "views")
    assert (session.watching.on, session.watching.pause) == (True, 0.7)
    session.watch(False, 0.7, "source")
    assert (session.watching.on, session.watching.pause) == (True, 0.2)
    session.watch(False, 0.0, "views")
    session.watch(False)
    assert not session.watching.on


# -- a process that dies ---------------------------------------------------------------------------------------------


class DeadBackend(ScriptedBackend):
    """Its process was killed."""


def _dies(watched) -> None:
    """The worker ends, and what stands in its place has died without a word."""
    watched.session._retire()
    watched.wait(lambda: workers() == 0)
    watched.session._backend = DeadBackend()
    DeadBackend.to_say.clear()
    watched.session.poll()


def test_a_run_whose_process_died_is_opened_again_as_it_was_saved(watched):
    session = watched.fresh(keep=True)
    session.start(ENDLESS)
    watched.wait(lambda: session.step > 5)
    _dies(watched)
    watched.wait(lambda: session.is_open)
    assert session.can_train
    assert session.step > 5
    assert session.state == "idle"
    assert "opened again" in watched.refusals[-1]
    assert watched.failures == []
    session.steps()
    watched.until("paused")


def test_what_died_while_nothing_was_trained_is_not_opened_again(watched):
    watched.session.open_run("vae-digits")
    watched.wait(lambda: watched.session.is_open)
    _dies(watched)
    assert watched.session.state == "failed"
    assert "ended unexpectedly" in watched.failures[-1][0]
