"""The worker's loop, run in the test's own thread by a script of commands, and the backend that runs it in a thread."""

import dataclasses
import functools
import math
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from playground.core import beside, durable
from playground.core import job as module
from playground.core import trainer as trainer_module
from playground.core import worker as worker_module
from playground.core.backend import ThreadBackend
from playground.core.errors import PlaygroundError
from playground.core.experiment import Budget
from playground.core.job import Job
from playground.core.messages import (
    Ask,
    Change,
    Changed,
    Close,
    Command,
    Failed,
    Message,
    Opened,
    Pause,
    Refused,
    Rested,
    Train,
    Trained,
    TrainSteps,
)
from playground.core.model import SampleStep
from playground.core.records import Answer, Query
from playground.core.run_folder import RunFolder
from playground.core.turns import FairShare
from playground.core.worker import Worker
from playground.data._mixture import Mixture
from tests.core.fakes import Pulled, dataset, experiment

pytestmark = pytest.mark.usefixtures("no_waiting", "one_step_turns")


@pytest.fixture
def one_step_turns(monkeypatch):
    """Each turn is one step, so that commands can be placed between them."""
    monkeypatch.setattr(trainer_module, "TURN_SECONDS", 0.0)


TURN = object()
"""In a script: let the worker do one round before the next command."""


class Script:
    """A queue of commands, and of functions to call on the way; when it is used up and the worker has nothing to do, it
    is told to close."""

    def __init__(self, *commands: Any) -> None:
        self.left = list(commands)

    def get(self, block: bool = True, timeout: float | None = None) -> Command:
        while self.left:
            command = self.left.pop(0)
            if callable(command):
                command()
            elif command is not TURN:
                return command
            elif not block or timeout is not None:
                raise queue.Empty
        if block:
            return Close()
        raise queue.Empty


def _job(path=None, **facts: Any) -> Job:
    cls = facts.pop("cls", Pulled)
    run = trainer_module.Trainer(cls, dataset(exact=facts.pop("exact", None)), experiment(**facts))
    return Job(run.experiment, run.dataset, run.sampler, run, path=path)


def _says(job: Job | Callable[[], Job], *commands: Any) -> list[Message]:
    said: list[Message] = []
    Worker(job if callable(job) else lambda: job, Script(*commands), said.append).run()  # type: ignore[arg-type]
    return said


def _ask(
    method: str, stamp: int = 0, channel: str = "a", target: str = "model", seed: int = 0, **arguments: Any
) -> Ask:
    return Ask(Query(channel, method, arguments, seed, target), stamp)


def _only(kind: type, said: list[Message]) -> list[Any]:
    return [message for message in said if isinstance(message, kind)]


# -- opening and closing --------------------------------------------------------------------------------------------


def test_it_says_first_what_it_opened():
    opened = _says(_job())[0]
    assert isinstance(opened, Opened)
    assert (opened.step, opened.can_train, opened.folder, opened.records) == (0, True, "", ())
    assert opened.facts["shape"] == (2,)
    assert opened.facts["parts"] == ("first", "second")
    assert opened.facts["parameters"] == 2
    assert opened.facts["test"].shape == (5, 2)
    assert [setting.name for setting in opened.facts["config_fields"]] == ["pull", "width"]


def test_what_training_needs_is_loaded_when_nobody_asks_any_more(monkeypatch):
    said: list[Any] = []
    monkeypatch.setattr(worker_module, "warm_up", lambda: said.append("warm"))
    monkeypatch.setattr(worker_module, "is_warm", lambda: "warm" in said)
    script = Script(_ask("sample", n=1), *[TURN] * 9)
    Worker(_job, script, said.append).run()  # type: ignore[arg-type]
    assert [word if word == "warm" else type(word) for word in said] == [Opened, Answer, "warm"]


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(PlaygroundError("The folder is gone."), "The folder is gone."), (ValueError("odd"), "Something broke")],
)
def test_a_run_that_cannot_be_opened_is_a_sentence(error, sentence):
    def fail() -> Job:
        raise error

    (failed,) = _says(fail)
    assert isinstance(failed, Failed)
    assert failed.message.startswith(sentence)
    assert "Traceback" in failed.details


def test_a_run_that_was_only_looked_at_leaves_no_folder(tmp_path):
    _says(_job(tmp_path / "run"), _ask("sample", n=2))
    assert not (tmp_path / "run").exists()


def test_closing_saves_what_was_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "is_milestone", lambda step: False)
    job = _job(tmp_path / "run")
    _says(job, Train(Budget("steps", 100)), *[TURN] * 7, Close())
    assert job.trainer.step == 7
    folder = RunFolder.open(tmp_path / "run")
    assert folder.step == 7
    assert [record.step for record in folder.records()] == list(range(1, 8))


def test_the_first_save_comes_before_the_first_step(tmp_path):
    class Breaks(Pulled):
        breaks_at = 0

    _says(_job(tmp_path / "run", cls=Breaks), Train(Budget("steps", 5)))
    assert RunFolder.open(tmp_path / "run").step == 0


def test_it_saves_on_the_way_when_it_is_time(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "is_milestone", lambda step: False)
    monkeypatch.setattr(module, "AUTOSAVE_SECONDS", -1.0)
    monkeypatch.setattr(module, "AUTOSAVE_SHARE", math.inf)
    job = _job(tmp_path / "run")
    _says(job, Train(Budget("steps", 100)), *[TURN] * 3, _stop_dead(job))
    assert RunFolder.open(tmp_path / "run").step == 3


def test_on_a_slow_disk_it_saves_less_often_so_that_training_goes_on(tmp_path, monkeypatch):
    now = [100.0]
    monkeypatch.setattr(module, "is_milestone", lambda step: False)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    job, saved = _job(), []
    recorder = module.Recorder(job)
    job.path = tmp_path / "run"

    def write(_: object) -> None:
        now[0] += disk
        saved.append(job.trainer.step)

    def saves_in(seconds: int) -> int:
        """With a turn a second."""
        before = len(saved)
        for _ in range(seconds):
            now[0] += 1.0
            recorder.add(job.trainer.turn(steps=1))
        return len(saved) - before

    monkeypatch.setattr(recorder, "_write", write)
    disk = 0.1
    assert saves_in(100) == 10
    disk = 4.0
    saves_in(60)  # by three slow saves a slow disk is known
    assert recorder.interval == 80.0
    assert saves_in(800) == 10  # four seconds each, of eighty
    disk = 3600.0  # asleep in the middle of a save
    saves_in(100)
    disk = 0.1
    saves_in(100)
    assert recorder.interval == module.AUTOSAVE_SECONDS
    disk = 1000.0
    saves_in(100)
    assert recorder.interval <= module.LONGEST_INTERVAL


def test_who_closes_a_run_that_cannot_be_saved_learns_what_is_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "is_milestone", lambda step: False)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    breaks = functools.partial(monkeypatch.setattr, durable, "_write", full)
    *_, failed = _says(_job(tmp_path / "run"), Train(Budget("steps", 100)), *[TURN] * 7, breaks, Close())
    assert isinstance(failed, Failed)
    assert (
        "No space left on device); its last save, at step 0, is intact. The 7 steps after it are lost" in failed.message
    )


def _stop_dead(job: Job) -> Close:
    """A close without a save, as if the process had been killed."""
    job.trainer.sound = False
    return Close()


# -- training -------------------------------------------------------------------------------------------------------


def test_it_trains_to_the_budget_and_rests():
    said = _says(_job(), Train(Budget("steps", 5)))
    assert [message.record.step for message in _only(Trained, said)] == [1, 2, 3, 4, 5]
    assert [(rested.state, rested.step) for rested in _only(Rested, said)] == [("done", 5)]


def test_a_pause_holds_and_training_goes_on_from_there():
    said = _says(
        _job(), Train(Budget("steps", 9)), TURN, TURN, Pause(), TURN, _ask("flag"), TURN, Train(Budget("steps", 4))
    )
    assert [(rested.state, rested.step) for rested in _only(Rested, said)] == [("paused", 2), ("done", 4)]
    straight = _says(_job(), Train(Budget("steps", 4)))
    assert [m.record.values for m in _only(Trained, said)] == [m.record.values for m in _only(Trained, straight)]


def test_steps_by_hand_are_counted_and_belong_to_their_part():
    job = _job()
    said = _says(job, TrainSteps(), TURN, TrainSteps(2, ("second",)))
    assert [message.record.trained for message in _only(Trained, said)] == [
        ("first", "second"), ("second",), ("second",)
    ]  # fmt: skip
    assert [(rested.state, rested.step) for rested in _only(Rested, said)] == [("paused", 1), ("paused", 3)]
    assert _only(Rested, said)[-1].experiment.events == job.trainer.experiment.events != ()


def test_a_live_change_is_confirmed_and_an_impossible_one_refused():
    said = _says(_job(), Change({"pull": 2.0}), Change({"width": 2}), Change({"nothing": 1}), TrainSteps(1, ("third",)))
    (changed,) = _only(Changed, said)
    assert changed.experiment.events[0].set == {"pull": 2.0}
    refusals = [refused.message for refused in _only(Refused, said)]
    assert len(refusals) == 2
    (rested,) = _only(Rested, said)
    assert rested.state == "idle"
    assert all(refusal.endswith(".") for refusal in [*refusals, rested.message])
    assert not _only(Trained, said)


def test_a_run_that_cannot_be_kept_does_not_start(tmp_path):
    (tmp_path / "file").touch()
    said = _says(_job(tmp_path / "file" / "run"), Train(Budget("steps", 5)), TrainSteps(2))
    assert [(rested.state, rested.step) for rested in _only(Rested, said)] == [("idle", 0)] * 2
    assert all("file" in rested.message for rested in _only(Rested, said))
    assert not _only(Trained, said)


def test_steps_asked_for_in_a_hurry_are_all_made():
    said = _says(_job(), TrainSteps(), TrainSteps(2), TrainSteps())
    assert len(_only(Trained, said)) == 4
    assert [rested.state for rested in _only(Rested, said)] == ["paused"]


def test_a_pause_that_comes_too_late_is_none():
    said = _says(_job(), Train(Budget("steps", 2)), *[TURN] * 4, Pause())
    assert [rested.state for rested in _only(Rested, said)] == ["done"]


def test_a_run_that_is_only_looked_at_is_not_written_to(tmp_path):
    _says(_job(tmp_path / "run"), TrainSteps(3))
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*")}
    job = _job()
    folder = RunFolder.open(tmp_path / "run")
    job.trainer.restore(*folder.load_state(), folder.step, 0.0)
    job.folder = folder
    _says(job, _ask("sample", n=3))
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "run").rglob("*")} == before


def test_a_run_without_its_training_state_can_only_be_asked():
    job = _job()
    job = Job(job.experiment, job.dataset, job.trainer.sampler, step=12)
    said = _says(job, Train(Budget()), Change({"pull": 2.0}), _ask("sample", n=3))
    assert not _only(Opened, said)[0].can_train
    assert len(_only(Refused, said)) == 1
    (rested,) = _only(Rested, said)
    assert (rested.state, rested.step) == ("idle", 12)
    assert _only(Answer, said)[0].arrays["x"].shape == (3, 2)
    assert _only(Answer, said)[0].step == 12


def test_an_update_that_breaks_leaves_the_worker_and_the_saved_run(tmp_path):
    class Breaks(Pulled):
        breaks_at = 5

    said = _says(_job(tmp_path / "run", cls=Breaks), Train(Budget("steps", 100)), *[TURN] * 8, _ask("sample", n=2))
    (rested,) = _only(Rested, said)
    assert rested.state == "failed"
    assert rested.message == "Something broke: RuntimeError: the update broke. The last saved state is kept."
    assert "Traceback" in rested.details
    assert _only(Answer, said)[0].error == ""
    assert RunFolder.open(tmp_path / "run").step == 4


def test_a_diverged_run_keeps_its_last_sound_state(tmp_path):
    job = _job(tmp_path / "run", config={"pull": 1e9})
    said = _says(job, Train(Budget("steps", 100)))
    (rested,) = _only(Rested, said)
    assert rested.state == "failed"
    assert "lower learning rate" in rested.message
    folder = RunFolder.open(tmp_path / "run")
    assert folder.step < job.trainer.step
    assert all(bool(tensor.isfinite().all()) for tensor in folder.load_weights().values())
    assert all(math.isfinite(record.values["loss"][-1]) for record in folder.records())


def test_an_update_that_breaks_the_weights_after_a_good_loss_is_not_saved(tmp_path):
    class BreaksLast(Pulled):
        def train_step(self, *arguments: Any) -> dict[str, torch.Tensor]:
            terms = super().train_step(*arguments)
            if len(self.seen) == 6:
                with torch.no_grad():
                    self.second.fill_(math.inf)  # as a step that is too long does, once its loss has been measured
            return terms

    said = _says(_job(tmp_path / "run", cls=BreaksLast), Train(Budget("steps", 6)))
    (rested,) = _only(Rested, said)
    assert rested.state == "failed"
    assert rested.message.startswith("Training diverged: second is no longer finite at step 6. The last saved state")
    folder = RunFolder.open(tmp_path / "run")
    assert folder.step == 4
    assert all(bool(tensor.isfinite().all()) for tensor in folder.load_state()[0].values())


@pytest.mark.parametrize("error", [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB."),
    RuntimeError("[enforce fail] DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes"),
    RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)"),
    MemoryError(),
], ids=["cuda", "cpu", "mps", "python"])  # fmt: skip
def test_where_memory_runs_out_the_cure_is_said_and_the_next_run_works(error, tmp_path):
    class Needs(Pulled):
        def train_step(self, batch: Any, *arguments: Any) -> dict[str, torch.Tensor]:
            if len(self.seen) == 5:
                raise error
            return super().train_step(batch, *arguments)

        def sample(self, n: int, *, generator: torch.Generator, **arguments: Any) -> torch.Tensor:
            if n > 100:
                raise error
            return super().sample(n, generator=generator, **arguments)

        @classmethod
        def capabilities(cls, spec: Any) -> frozenset[str]:
            return frozenset({"sample"})

    job = _job(tmp_path / "run", cls=Needs)
    said = _says(job, Train(Budget("steps", 9)), *[TURN] * 8, _ask("sample", n=101), TURN, _ask("sample", n=2))
    (rested,) = _only(Rested, said)
    many, few = _only(Answer, said)
    sentence = "Memory ran out. The last saved state is kept; try a smaller batch or fewer samples."
    assert (rested.state, rested.message, many.error, few.error) == ("failed", sentence, sentence, "")
    folder = RunFolder.open(tmp_path / "run")
    assert folder.step == 4
    said = _says(_job(tmp_path / "next", cls=Needs, batch=2), Train(Budget("steps", 3)))
    assert _only(Rested, said)[0].state == "done"


def test_a_pause_saves_what_was_trained(tmp_path):
    said = _says(_job(tmp_path / "run"), Train(Budget("steps", 100)), *[TURN] * 7, Pause())
    (rested,) = _only(Rested, said)
    assert rested.state == "paused"
    assert RunFolder.open(tmp_path / "run").step == rested.step == 7


def test_a_save_that_fails_at_a_pause_is_told_and_training_can_go_on(tmp_path, monkeypatch):
    full = OSError(28, "No space left on device")

    def refuse(*_: object) -> None:
        raise full

    job, said = _job(tmp_path / "run"), []
    write = durable.write

    def say(message: Message) -> None:
        said.append(message)
        if isinstance(message, Trained) and message.record.step == 3:
            monkeypatch.setattr(durable, "write", refuse)
        if isinstance(message, Rested):
            monkeypatch.setattr(durable, "write", write)

    script = Script(Train(Budget("steps", 100)), *[TURN] * 3, Pause(), TURN, Train(Budget("steps", 6)))
    Worker(lambda: job, script, say).run()  # type: ignore[arg-type]
    paused, done = _only(Rested, said)
    assert (paused.state, paused.step) == ("paused", 3)
    assert "No space left" in paused.message
    assert "intact" in paused.message
    assert (done.state, done.step) == ("done", 6)
    assert [record.step for record in RunFolder.open(tmp_path / "run").records()] == list(range(1, 7))


# -- questions ------------------------------------------------------------------------------------------------------


def test_on_each_channel_only_the_newest_question_counts():
    said = _says(_job(), *[_ask("sample", stamp, n=stamp) for stamp in (1, 2, 3)], _ask("sample", 4, channel="b", n=4))
    answers = _only(Answer, said)
    assert [(answer.stamp, len(answer.arrays["x"])) for answer in answers] == [(3, 3), (4, 4)]
    assert all(answer.last for answer in answers)


def test_an_answer_comes_from_the_seed_of_its_question():
    samples = [_only(Answer, _says(_job(), _ask("sample", seed=seed, n=2)))[0].arrays["x"] for seed in (5, 5, 6)]
    assert np.array_equal(samples[0], samples[1])
    assert not np.array_equal(samples[0], samples[2])


def test_a_stepwise_answer_is_complete_and_from_one_set_of_weights():
    said = _says(_job(), Train(Budget("steps", 20)), TURN, TURN, _ask("sample_steps", 1, n=2))
    answers = _only(Answer, said)
    assert [(answer.index, answer.total, answer.last) for answer in answers] == [
        (index, 4, index == 4) for index in range(5)
    ]
    assert {answer.step for answer in answers} == {3}
    assert set(answers[0].arrays) == {"x", "pull", "generator_state"}
    first, last = said.index(answers[0]), said.index(answers[-1])
    assert any(isinstance(message, Trained) for message in said[first:last])  # training did not wait


def test_other_questions_do_not_change_the_weights_under_a_stepwise_answer():
    others = [command for stamp in range(6) for command in (TURN, _ask("flag", stamp, channel="b"))]
    said = _says(_job(), Train(Budget("steps", 20)), _ask("sample_steps", n=1), *others)
    frames = [answer.arrays for answer in _only(Answer, said) if answer.query.channel == "a"]
    weights = [frame["pull"] + frame["x"] for frame in frames[:-1]]
    assert len(weights) == 4
    for later in weights[1:]:
        np.testing.assert_allclose(later, weights[0], rtol=0, atol=1e-6)


def test_a_newer_question_ends_a_stepwise_answer():
    said = _says(_job(), _ask("sample_steps", 1, n=2), TURN, TURN, _ask("sample_steps", 2, n=3))
    stamps = [answer.stamp for answer in _only(Answer, said)]
    assert stamps == [1, 1, 2, 2, 2, 2, 2]


def test_going_on_from_a_shown_step_gives_the_same_rest():
    frames = _only(Answer, _says(_job(), _ask("sample_steps", n=2)))
    shown = {"index": 2, "total": 4, **frames[2].arrays}
    rest = _only(Answer, _says(_job(), _ask("sample_steps", n=2, start=shown, seed=9)))
    assert [answer.index for answer in rest] == [2, 3, 4]
    assert all(np.array_equal(a.arrays["x"], b.arrays["x"]) for a, b in zip(frames[2:], rest, strict=True))


def test_what_is_given_reaches_the_sampler_as_tensors():
    known, mask = np.full((2, 2), 7.0, np.float32), np.array([[1, 0], [1, 0]], np.float32)
    *_, last = _only(Answer, _says(_job(), _ask("sample_steps", n=2, given=(known, mask))))
    assert last.error == ""
    assert (last.arrays["x"][:, 0] == 7).all()
    assert (last.arrays["x"][:, 1] != 7).all()


def test_an_answer_knows_the_newest_weights():
    said = _says(_job(), TrainSteps(3), *[TURN] * 4, _ask("flag"), TURN, TrainSteps(1), TURN, _ask("flag"))
    assert [(answer.step, answer.arrays["x"].item()) for answer in _only(Answer, said)] == [(3, 3), (4, 4)]


@pytest.mark.parametrize("method", ["breaks", "hidden", "train_step", "nothing", "__init__"])
def test_a_question_that_fails_is_a_sentence_and_training_goes_on(method):
    said = _says(_job(), Train(Budget("steps", 6)), TURN, _ask(method, 8))
    (answer,) = _only(Answer, said)
    assert (answer.stamp, answer.last, dict(answer.arrays)) == (8, True, {})
    assert answer.error.endswith(".")
    assert _only(Rested, said)[0].state == "done"
    assert len(_only(Trained, said)) == 6


def test_the_data_answer_too_where_their_density_is_known():
    exact = Mixture(torch.tensor([1.0]), torch.zeros(1, 2), 1.0)
    x = np.zeros((3, 2), np.float32)
    known = _only(Answer, _says(_job(exact=exact), _ask("log_density", target="data", x=x)))[0]
    np.testing.assert_allclose(known.arrays["x"], -math.log(2 * math.pi), rtol=1e-5)
    unknown = _only(Answer, _says(_job(), _ask("log_density", target="data", x=x)))[0]
    assert unknown.error


def test_the_training_examples_are_shown_as_they_would_be_under_other_edits():
    job = _job()
    plain = job.dataset.train.x.numpy()
    answer, refused = _only(Answer, _says(
        job, _ask("edited", target="dataset", samples=10, outliers=0.5), TURN,
        _ask("edited", 1, target="dataset", samples=2)))  # fmt: skip
    assert (int(answer.arrays["size"]), answer.arrays["examples"].shape) == (10, (10, 2))
    kept = [point.tolist() in plain.tolist() for point in answer.arrays["examples"]]
    assert sum(kept) == 5
    assert "at least" in refused.error
    np.testing.assert_array_equal(job.dataset.train.x.numpy(), plain)


class Twice:
    """A helper that works in two pieces."""

    answers = frozenset({"weights"})

    def weights(self, model, n, generator):
        yield SampleStep(0, 1, torch.empty(0))
        yield SampleStep(1, 1, model.first.detach() * n, {"drawn": torch.randn(2, generator=generator)})

    def hidden(self, model):
        return torch.zeros(1)


def test_a_helper_of_the_job_answers_about_the_model_that_samples_and_only_when_it_is_done():
    job = _job()
    job.helpers = {"twice": Twice()}
    said = _says(job, _ask("weights", target="twice", n=3), TURN, TURN, _ask("hidden", target="twice"))
    answer, refused = _only(Answer, said)
    np.testing.assert_allclose(answer.arrays["x"], 3 * job.model.first.detach())
    assert (answer.last, answer.arrays["drawn"].shape) == (True, (2,))
    assert refused.error


def test_a_question_waits_while_another_session_is_at_work():
    share, said, early = FairShare(), [], []
    with ExitStack() as turn:
        assert turn.enter_context(share.seat().turn(0.0)) is not None
        look = lambda: early.extend(_only(Answer, said))  # noqa: E731
        script = Script(_ask("flag"), TURN, TURN, look, turn.close)
        Worker(_job, script, said.append, share.seat()).run()  # type: ignore[arg-type]
    assert not early
    assert len(_only(Answer, said)) == 1


def test_questions_change_no_number_of_the_training():
    asked = _says(_job(), Train(Budget("steps", 12)), *[command for stamp in range(8) for command in (
        TURN, _ask("sample", stamp, n=3), _ask("sample_steps", stamp, channel="b", n=3))])  # fmt: skip
    alone = _says(_job(), Train(Budget("steps", 12)))
    assert len(_only(Answer, asked)) > 8
    assert [m.record.values for m in _only(Trained, asked)] == [m.record.values for m in _only(Trained, alone)]


def test_no_tensor_crosses():
    said = _says(_job(), Train(Budget("steps", 3)), _ask("sample_steps", n=2), Change({"pull": 2.0}))
    assert not [kind for message in said for kind in _kinds(message) if issubclass(kind, torch.Tensor)]


def _kinds(value: Any) -> set[type]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return set().union(*(_kinds(getattr(value, field.name)) for field in dataclasses.fields(value)))
    if isinstance(value, Mapping):
        return set().union(*(_kinds(item) for item in value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return set().union(*(_kinds(item) for item in value))
    return {type(value)}


# -- in a thread ----------------------------------------------------------------------------------------------------


def test_a_backend_works_in_a_thread_of_its_own_and_ends_when_told():
    backend = ThreadBackend(_job)
    backend.send(Train(Budget("steps", 6)))
    said: list[Message] = []
    while not _only(Rested, said):
        assert not backend.has_ended(0.001)
        said += backend.receive()
    backend.ask_to_close()
    assert backend.has_ended(30.0)
    said += backend.receive()
    assert len(_only(Trained, said)) == 6
    assert backend.receive() == []
    backend.send(Train(Budget()))  # nobody is there any more, and nobody minds


# -- questions during a long step ------------------------------------------------------------------------------------


class Long(Pulled):
    """Each step goes on until something that was asked in the meantime is answered."""

    answers = Pulled.answers | {"mark"}

    def train_step(self, *arguments):
        assert type(self).is_answered.wait(30)
        type(self).is_answered.clear()
        return super().train_step(*arguments)

    def mark(self) -> torch.Tensor:
        return self.first.detach().clone()


def test_a_question_is_answered_in_the_middle_of_a_long_step_by_the_weights_before_it(monkeypatch):
    monkeypatch.setattr(Long, "is_answered", threading.Event(), raising=False)
    monkeypatch.setattr(beside, "LONG", 0.0)
    commands: queue.SimpleQueue = queue.SimpleQueue()
    said: list[Message] = []

    def say(message: Message) -> None:
        said.append(message)
        if isinstance(message, Opened):
            commands.put(Train(Budget("steps", 3)))
            commands.put(_ask("mark", 0))
        elif isinstance(message, Answer):
            Long.is_answered.set()
        elif isinstance(message, Trained):
            commands.put(_ask("mark", message.record.step) if message.record.step < 3 else Close())

    job = _job(cls=Long)
    Worker(lambda: job, commands, say, beside=True).run()
    plain = _job()
    firsts = []
    for _ in range(3):
        firsts.append(float(plain.trainer.sampler.first))
        plain.trainer.turn(steps=1)
    answers = [message for message in said if isinstance(message, Answer)]
    assert [answer.stamp for answer in answers] == [answer.step for answer in answers] == [0, 1, 2]
    assert [float(answer.arrays["x"][0]) for answer in answers] == firsts


def test_what_cannot_be_done_in_a_long_step_comes_after_it_and_all_that_followed_it(monkeypatch):
    monkeypatch.setattr(Long, "is_answered", threading.Event(), raising=False)
    monkeypatch.setattr(beside, "LONG", 0.0)
    commands: queue.SimpleQueue = queue.SimpleQueue()
    said: list[Message] = []

    class Interrupted(Long):
        def train_step(self, *arguments):
            for command in (_ask("mark", 0), Pause(), _ask("mark", 1), Close()):
                commands.put(command)
            return super().train_step(*arguments)

    def say(message: Message) -> None:
        said.append(message)
        if isinstance(message, Opened):
            commands.put(Train(Budget("steps", 3)))
        elif isinstance(message, Answer):
            Interrupted.is_answered.set()

    job = _job(cls=Interrupted)
    Worker(lambda: job, commands, say, beside=True).run()
    assert [type(message) for message in said] == [Opened, Answer, Trained, Rested, Answer]
    assert [(answer.stamp, answer.step) for answer in _only(Answer, said)] == [(0, 0), (1, 1)]
