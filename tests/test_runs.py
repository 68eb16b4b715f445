"""Forks of runs: each is where its parent was, to the last bit, and its experiment alone gives it again."""

import json
from pathlib import Path

import numpy as np
import pytest

from playground import registry, runs
from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import Budget, Event, Experiment
from playground.core.run_folder import RunFolder
from tests.helpers import differing, tiny

STEPS = 40
FAMILIES = ("gan", "diffusion", "vae", "energy", "gaussian")  # two optimizers; noise; a bound; a buffer; no gradients


def _parent(path: Path, model: str, *events: Event, steps: int = STEPS, **settings: object) -> str:
    experiment = tiny(model, "moons", **settings)
    for event in events:
        experiment = experiment.with_event(event)
    return str(runs.train(runs.start(experiment, path), Budget("steps", steps)).path)


def _losses(run: str | Path) -> list[float]:
    return [loss for record in RunFolder.open(Path(run)).records() for loss in next(iter(record.values.values()))]


def _middle(run: str) -> int:
    """A step before the last with a full state."""
    return max(step for step in RunFolder.open(Path(run)).states() if step < STEPS)


@pytest.mark.parametrize("model", FAMILIES)
def test_a_fork_goes_on_exactly(model, tmp_path):
    parent = _parent(tmp_path / "parent", model)
    job = runs.fork(parent, _middle(parent), tmp_path / "fork")
    assert job.step == _middle(parent) > 0
    runs.train(job, Budget("steps", STEPS))
    assert _losses(tmp_path / "fork") == _losses(parent)
    ends = [RunFolder.open(Path(run)) for run in (parent, tmp_path / "fork")]
    assert not differing(ends[0].load_weights(), ends[1].load_weights())
    assert not differing(ends[0].load_state()[0], ends[1].load_state()[0])


def test_a_fork_keeps_the_weights_and_the_log_up_to_its_step(tmp_path):
    parent = _parent(tmp_path / "parent", "vae")
    step = _middle(parent)
    runs.fork(parent, step, tmp_path / "fork")
    mine, theirs = RunFolder.open(tmp_path / "fork"), RunFolder.open(Path(parent))
    assert (mine.step, mine.states()) == (step, [step])
    assert mine.history() == [old for old in theirs.history() if old <= step]
    for old in mine.history():
        assert not differing(mine.load_weights(old), theirs.load_weights(old))
    assert _losses(mine.path) == _losses(parent)[:step]
    assert 0 < mine.manifest["seconds"] < theirs.manifest["seconds"]


@pytest.mark.parametrize(("step", "begins", "events"), [
    (0, 0, ()),  # the start is stored without its state
    (5, 1, (Event(3, set={"train.lr": 0.01}),)),
])  # fmt: skip
def test_between_full_states_a_fork_trains_up_to_its_step_again(step, begins, events, tmp_path):
    parent = _parent(tmp_path / "parent", "vae", *events)
    assert [s for s in RunFolder.open(Path(parent)).states() if s <= step] == [begins] * (begins > 0)
    job = runs.fork(parent, step, tmp_path / "fork")
    assert job.step == begins
    runs.train(job, Budget("steps", STEPS))
    assert _losses(tmp_path / "fork") == _losses(parent)


def test_a_fork_with_another_setting_parts_from_its_parent_there(tmp_path):
    parent = _parent(tmp_path / "parent", "vae")
    step = _middle(parent) + 2  # two steps from the state are trained again
    _fork_and_change(parent, step, tmp_path / "fork")
    mine, theirs = _losses(tmp_path / "fork"), _losses(parent)
    assert mine[: step + 1] == theirs[: step + 1]  # a loss is measured before the step that it decides
    assert mine[step + 1] != theirs[step + 1]


def _fork_and_change(parent: str, step: int, path: Path) -> None:
    job = runs.fork(parent, step, path)
    runs.train(job, Budget("steps", step))
    assert job.trainer is not None
    job.trainer.change({"train.lr": 0.5})
    runs.train(job, Budget("steps", STEPS))


def test_the_experiment_of_a_fork_gives_it_again(tmp_path):
    parent = _parent(tmp_path / "parent", "vae", Event(2, set={"beta": 0.5}), Event(38, set={"beta": 4.0}))
    step = _middle(parent)
    _fork_and_change(parent, step, tmp_path / "fork")
    file = json.loads((tmp_path / "fork" / "experiment.json").read_text())
    assert file["events"] == [
        {"step": 2, "set": {"beta": 0.5}},
        {"step": step, "set": {"train.lr": 0.5}},  # what the parent did later is left out
    ]
    runs.train(runs.start(Experiment.from_json(file), tmp_path / "again"), Budget("steps", STEPS))
    assert _losses(tmp_path / "again") == _losses(tmp_path / "fork")


def test_without_a_step_a_fork_goes_on_from_the_last_save(tmp_path):
    job = runs.fork(_parent(tmp_path / "parent", "vae"), None, tmp_path / "fork")
    assert job.step == STEPS


def test_a_fork_whose_data_have_changed_is_refused_and_nothing_written(tmp_path):
    points = np.random.default_rng(0).normal(size=(300, 2))
    np.savetxt(tmp_path / "points.csv", points, delimiter=",")
    experiment = registry.experiment("gaussian", f"drawn:{tmp_path / 'points.csv'}")
    parent = runs.train(runs.start(experiment, tmp_path / "parent"), Budget("steps", 3)).path
    np.savetxt(tmp_path / "points.csv", points[::-1] ** 2, delimiter=",")
    with pytest.raises(UsageError, match="have changed"):
        runs.fork(str(parent), 1, tmp_path / "fork")
    assert not (tmp_path / "fork").exists()


def test_a_damaged_state_is_a_sentence_and_no_fork(tmp_path):
    parent = _parent(tmp_path / "parent", "vae")
    step = _middle(parent)
    folder = RunFolder.open(Path(parent))
    file = folder.path / "history" / f"state-{step:08d}.safetensors"
    damaged = bytearray(file.read_bytes())
    damaged[-1] ^= 1
    file.write_bytes(damaged)
    with pytest.raises(PlaygroundError, match="damaged"):
        folder.fork(tmp_path / "fork", step, folder.experiment)
    assert not (tmp_path / "fork" / "manifest.json").exists()
