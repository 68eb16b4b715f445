"""A run that somebody else trains appears here save by save."""

import pytest

from playground import runs
from playground.core import following
from playground.core.experiment import Budget
from playground.core.following import Following
from playground.core.messages import Changed, Opened, Stored, Trained, Visit, Visited
from playground.core.records import Answer
from playground.core.run_folder import RunFolder
from tests.core.test_worker import TURN, _ask, _only, _says
from tests.helpers import differing, tiny

pytestmark = pytest.mark.usefixtures("no_waiting")


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    monkeypatch.setattr(following, "EVERY", 0.0)


@pytest.fixture
def theirs(tmp_path):
    """A run that somebody holds, and what trains it on."""
    path = tmp_path / "run"
    runs.train(runs.start(tiny("gaussian", "moons", fit="gradient"), path), Budget("steps", 3))
    job = runs.open_any(str(path))

    def train(steps):
        runs.train(job, Budget("steps", steps))
        job.claim(path)

    yield path, train
    job.release()


def test_what_they_save_appears(theirs):
    path, train = theirs
    job = runs.open_any(str(path))
    assert job.followed
    assert "Followed: trained elsewhere" in job.notice
    said = _says(job, TURN, lambda: train(9), TURN, _ask("sample", 1, n=4), TURN, TURN)
    (opened,) = _only(Opened, said)
    assert (opened.step, opened.can_train, opened.facts["followed"]) == (3, False, True)
    records = [told.record for told in _only(Trained, said)]
    assert (records[0].first, records[-1].step) == (3, 9)
    assert records == list(RunFolder.open(path).records())[len(opened.records) :]
    assert _only(Stored, said)[-1].steps[-1] == 9
    assert _only(Changed, said)[-1].experiment.budget == Budget("steps", 9)
    (answer,) = _only(Answer, said)
    wanted = _only(Answer, _says(runs.look_at(str(path)), _ask("sample", 1, n=4), TURN))[0]
    assert answer.step == 9
    assert answer.arrays["x"].tolist() == wanted.arrays["x"].tolist()


def test_a_visited_step_stays_on_show(theirs):
    path, train = theirs
    said = _says(runs.open_any(str(path)), Visit(1), lambda: train(9), TURN, _ask("sample", 1, n=2), TURN, Visit(None),
                 _ask("sample", 2, n=2), TURN)  # fmt: skip
    assert [answer.step for answer in _only(Answer, said)] == [1, 9]
    assert [visited.step for visited in _only(Visited, said)] == [1, None]


def test_each_save_is_read_once_and_a_damaged_one_not_at_all(theirs, monkeypatch):
    path, train = theirs
    job = runs.open_any(str(path))
    looks = Following(job)
    assert looks.look() == []
    train(5)
    assert looks.look()[-1].step == 5
    read = []
    monkeypatch.setattr(following.RunFolder, "open", read.append)
    assert looks.look() == []
    assert read == []
    monkeypatch.undo()
    monkeypatch.setattr(following, "EVERY", 0.0)
    train(7)
    kept = (path / "weights.safetensors").read_bytes()
    before = {name: tensor.clone() for name, tensor in job.model.state_dict().items()}
    (path / "weights.safetensors").write_bytes(kept[:-1])
    assert looks.look() == []
    assert (job.step, differing(before, job.model.state_dict())) == (5, [])
    (path / "weights.safetensors").write_bytes(kept)
    assert looks.look()[-1].step == 7
    assert differing(before, job.model.state_dict()) != []


def test_a_run_that_nobody_else_holds_is_not_followed(tiny_job):
    assert not tiny_job.followed


@pytest.fixture
def tiny_job(tmp_path):
    runs.train(runs.start(tiny("gaussian", "moons"), tmp_path / "free"), Budget("steps", 2))
    job = runs.open_any(str(tmp_path / "free"))
    yield job
    job.release()
