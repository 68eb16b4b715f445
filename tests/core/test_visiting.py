"""Going back to stored weights: a worker answers with them until it trains again, and training knows nothing of it."""

import numpy as np
import pytest
import torch

from playground import registry, runs
from playground.core.experiment import Budget
from playground.core.messages import Change, Pause, Refused, Rested, Stored, Train, Trained, TrainSteps, Visit, Visited
from playground.core.random import stream
from playground.core.records import Answer
from playground.core.run_folder import RunFolder
from tests.core.fakes import Pulled
from tests.core.test_worker import TURN, _ask, _job, _only, _says, one_step_turns  # noqa: F401
from tests.helpers import tiny

pytestmark = pytest.mark.usefixtures("no_waiting", "one_step_turns")

STEPS = Budget("steps", 9)
TRAINED = (Train(STEPS), *[TURN] * 9)


def test_what_is_stored_is_told_at_each_save(tmp_path):
    said = _says(_job(tmp_path / "run"), *TRAINED)
    stored = _only(Stored, said)
    assert [told.steps for told in stored] == [(0, 1), (0, 1, 2), (0, 1, 2, 4), (0, 1, 2, 4, 8), (0, 1, 2, 4, 8, 9)]
    folder = RunFolder.open(tmp_path / "run")
    assert (stored[-1].steps, stored[-1].exact) == (tuple(folder.history()), tuple(folder.states()))
    assert set(stored[-1].exact) < set(stored[-1].steps)


def test_all_answers_come_from_the_visited_step_until_one_comes_back(tmp_path):
    script = (Visit(4), _ask("flag", 1), TURN, _ask("flag", 2, channel="b"), TURN, Visit(None), _ask("flag", 3))
    said = _says(_job(tmp_path / "run"), *TRAINED, *script)
    assert [(a.step, a.arrays["x"].item()) for a in _only(Answer, said)] == [(4, 4), (4, 4), (9, 9)]
    assert [visited.step for visited in _only(Visited, said)] == [4, None]


@pytest.mark.parametrize("command", [Train(Budget("steps", 12)), TrainSteps(1)])
def test_training_goes_back_to_now_and_on_from_there(command, tmp_path):
    said = _says(_job(tmp_path / "run"), *TRAINED, Visit(2), TURN, command, TURN, _ask("flag"))
    assert [visited.step for visited in _only(Visited, said)] == [2, None]
    assert _only(Answer, said)[0].step > 9
    straight = _says(_job(), Train(Budget("steps", 12)))
    together = zip(_only(Trained, said), _only(Trained, straight), strict=False)
    assert all(mine.record.values == theirs.record.values for mine, theirs in together)


def test_a_visit_holds_the_training(tmp_path):
    said = _says(_job(tmp_path / "run"), Train(Budget("steps", 99)), *[TURN] * 5, Visit(2), TURN, _ask("flag"))
    (rested,) = _only(Rested, said)
    assert (rested.state, rested.step) == ("paused", 5)
    assert _only(Answer, said)[0].step == 2


def test_of_visits_in_a_hurry_only_the_newest_is_made(tmp_path, monkeypatch):
    read = []
    load = RunFolder.load_weights
    monkeypatch.setattr(RunFolder, "load_weights", lambda self, step=None: read.append(step) or load(self, step))
    said = _says(_job(tmp_path / "run"), *TRAINED, Visit(1), Visit(2), _ask("flag"), Visit(4), TURN)
    assert read == [4]
    assert _only(Answer, said)[0].step == 4


def test_a_trajectory_under_way_keeps_its_weights(tmp_path):
    script = (_ask("sample_steps", n=2), TURN, TURN, Visit(1), _ask("flag", 9, "b"))
    said = _says(_job(tmp_path / "run"), *TRAINED, *script)
    steps = {channel: {a.step for a in _only(Answer, said) if a.query.channel == channel} for channel in "ab"}
    assert steps == {"a": {9}, "b": {1}}
    frames = [a.arrays for a in _only(Answer, said) if a.query.channel == "a"]
    for frame in frames[1:-1]:
        np.testing.assert_allclose(frame["pull"] + frame["x"], frames[0]["pull"] + frames[0]["x"], rtol=0, atol=1e-6)


def test_a_step_that_is_not_stored_is_a_sentence_and_all_stays(tmp_path):
    said = _says(_job(tmp_path / "run"), *TRAINED, Visit(2), TURN, Visit(3), TURN, _ask("flag"))
    (refused,) = _only(Refused, said)
    assert "weights-00000003" in refused.message
    assert [visited.step for visited in _only(Visited, said)] == [2, 2]
    assert _only(Answer, said)[0].step == 2
    (refused,) = _only(Refused, _says(_job(), Visit(3)))
    assert "training starts" in refused.message


def test_the_settings_are_those_of_the_visited_step(tmp_path, monkeypatch):
    job = _job(tmp_path / "run")
    script = (Train(STEPS), *[TURN] * 5, Pause(), Change({"pull": 3.0}), Train(STEPS), *[TURN] * 6, Visit(4))
    monkeypatch.setattr(Pulled, "mean_of", lambda self, x: x.mean(dim=0) + self.config.pull)
    question = _ask("mean_of", x=np.zeros((1, 1), np.float32))
    said = _says(job, *script, question, TURN, Visit(8), question)
    assert [answer.arrays["x"].item() for answer in _only(Answer, said)] == [1.0, 3.0]


def test_a_visit_shows_what_opening_the_run_at_that_step_shows(tmp_path):
    runs.train(runs.start(tiny("vae", "moons"), tmp_path / "run"), Budget("steps", 20))
    said = _says(lambda: runs.open_any(str(tmp_path / "run")), Visit(8), _ask("sample", seed=3, n=5))
    (answer,) = _only(Answer, said)
    assert answer.step == 8
    found = torch.from_numpy(answer.arrays["x"])
    for step, same in ((8, True), (4, False), (None, False)):
        model = registry.open_run(tmp_path / "run", step=step).model
        expected = model.sample(5, settings=model.SampleSettings(), generator=stream(3, "sampling"))
        assert torch.equal(found, expected) == same
