"""A run folder gives back what was saved, bounds what it keeps, and opens nothing that it did not save itself."""

import json
import os
import shutil
from collections import namedtuple

import pytest
import torch

from playground.core import manifest
from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import Event, Experiment
from playground.core.history import NEWEST_STATES, WEIGHTS_COUNT
from playground.core.records import TrainRecord
from playground.core.run_folder import RunFolder, Snapshot

pytestmark = pytest.mark.usefixtures("no_waiting")

EXPERIMENT = Experiment("vae", "moons", seed=3)


def snapshot(step: int, score: float | None = None, **changes) -> Snapshot:
    """A run's state as a function of its step."""
    shared = torch.arange(6.0).reshape(2, 3) + step
    return Snapshot(
        **{
            "experiment": EXPERIMENT,
            "step": step,
            "seconds": step / 10,
            "weights": {"net.weight": shared.T, "net.bias": shared[0]},
            "state": {"raw/net.weight": shared, "generator/order": torch.Generator().manual_seed(step).get_state()},
            "position": {"epoch": step // 10, "row": step % 10, "best": [step, 0.5]},
            "score": score,
        }
        | changes
    )


def record(step: int) -> TrainRecord:
    """The turn of five steps that ends at `step`."""
    values = {"loss": (1.5, 1.25, 1.125, float("inf"), 1 / 3), "kl": (0.0, 0.1, 0.2, 0.3, 0.4)}
    return TrainRecord(step - 5, step, step / 10, values, {step: {"loss": 1.0}})


@pytest.fixture
def run(tmp_path):
    """A run of twenty steps, saved at 0, 10 and 20."""
    folder = RunFolder.create(tmp_path / "run", snapshot(0))
    folder.save(snapshot(10, score=0.5), [record(5), record(10)])
    folder.save(snapshot(20, score=0.7), [record(15), record(20)])
    return folder


def refusal(call, *arguments, **keywords) -> str:
    with pytest.raises(PlaygroundError) as caught:
        call(*arguments, **keywords)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    return message


def rewrite_manifest(path, **changes) -> None:
    """Changes a manifest by hand, its own checksum included."""
    content = json.loads((path / "manifest.json").read_text())
    (path / "manifest.json").write_bytes(manifest.to_bytes(content | changes))


def own_files(path) -> set[str]:
    return {file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file()}


def assert_same(found, expected) -> None:
    assert found.keys() == expected.keys()
    for name, tensor in expected.items():
        assert torch.equal(found[name], tensor)


def test_everything_comes_back(run):
    opened = RunFolder.open(run.path)
    assert opened.experiment == EXPERIMENT
    assert opened.step == opened.manifest["step"] == 20
    assert_same(opened.load_weights(), dict(snapshot(20).weights))
    state, position = opened.load_state()
    assert_same(state, dict(snapshot(20).state))
    assert position == snapshot(20).position
    records = list(opened.records())
    assert [r.step for r in records] == [5, 10, 15, 20]
    assert records[0].values["kl"] == record(5).values["kl"]
    assert torch.tensor(records[0].values["loss"][3]).isnan()
    assert records[0].held_out == {5: {"loss": 1.0}}


def test_the_manifest_says_how_the_run_was_made(run):
    content = RunFolder.open(run.path).manifest
    assert content["format_version"] == 1
    assert set(content["versions"]) == {"playground", "torch", "python"}
    assert (content["seconds"], content["device"], content["threads"]) == (2.0, "cpu", 1)
    assert (content["finished"], content["score"]) == (False, 0.7)
    assert content["files"]["weights.safetensors"]["bytes"] == (run.path / "weights.safetensors").stat().st_size


def test_the_past_comes_back(run):
    opened = RunFolder.open(run.path)
    assert opened.history() == [0, 10, 20]
    for step in opened.history():
        assert_same(opened.load_weights(step), dict(snapshot(step).weights))
        state, position = opened.load_state(step)
        assert_same(state, dict(snapshot(step).state))
        assert position == snapshot(step).position
    assert "weights-00000007" in refusal(opened.load_weights, 7)


def test_a_resumed_run_goes_on_where_it_was(run):
    opened = RunFolder.open(run.path, for_writing=True)
    changed = EXPERIMENT.with_event(Event(25, set={"train.lr": 0.1}))
    opened.save(snapshot(30, experiment=changed, finished=True), [record(25), record(30)])
    again = RunFolder.open(run.path)
    assert again.experiment == changed
    assert again.manifest["finished"] is True
    assert [r.step for r in again.records()] == [5, 10, 15, 20, 25, 30]


def test_records_are_neither_doubled_nor_ahead_of_the_snapshot(run):
    run.save(snapshot(30), [record(20), record(25), record(30), record(35)])
    assert [r.step for r in RunFolder.open(run.path).records()] == [5, 10, 15, 20, 25, 30]


def test_a_run_only_goes_forward(run):
    assert "step 20" in refusal(run.save, snapshot(10), [])
    assert RunFolder.open(run.path).step == 20


def test_saving_twice_at_a_step_keeps_the_second(run):
    run.save(snapshot(20, weights={"a": torch.ones(2)}), [])
    opened = RunFolder.open(run.path)
    assert_same(opened.load_weights(), {"a": torch.ones(2)})
    assert_same(opened.load_weights(10), dict(snapshot(10).weights))
    assert opened.history() == [0, 10, 20]


def test_the_past_is_bounded_and_the_best_state_stays(run):
    for step in range(30, 600, 10):
        run.save(snapshot(step, score=0.9), [])
    opened = RunFolder.open(run.path)
    assert len(opened.history()) == WEIGHTS_COUNT
    assert opened.history()[0] == 0
    assert set(opened.manifest["states"]) == {"10", "570", "580", "590"}
    assert len(opened.manifest["states"]) == NEWEST_STATES + 1
    assert own_files(run.path) == {*opened.manifest["files"], "manifest.json", "log.jsonl"}
    assert_same(opened.load_state(10)[0], dict(snapshot(10).state))


def test_a_score_that_is_no_number_is_never_the_best(run):
    run.save(snapshot(30, score=float("nan")), [])
    run.save(snapshot(40, score=float("-inf")), [])
    run.save(snapshot(50), [])
    assert "10" in RunFolder.open(run.path).manifest["states"]


def test_a_used_folder_is_refused(run, tmp_path):
    with pytest.raises(UsageError, match="not empty"):
        RunFolder.create(run.path, snapshot(0))
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        RunFolder.create(tmp_path / "file", snapshot(0))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "weights.safetensors").write_text("precious")
    with pytest.raises(UsageError, match="not empty"):
        RunFolder.create(tmp_path / "mine", snapshot(0))
    assert (tmp_path / "mine" / "weights.safetensors").read_text() == "precious"


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    message = refusal(RunFolder.create, tmp_path / "file" / "run", snapshot(0))
    assert str(tmp_path / "file") in message
    assert "nothing was kept" in message


def test_an_empty_folder_will_do(tmp_path):
    (tmp_path / "run").mkdir()
    assert RunFolder.create(tmp_path / "run", snapshot(0)).step == 0


def test_other_peoples_files_in_the_folder_stay(run):
    (run.path / "notes.txt").write_text("mine")
    (run.path / "history" / "weights-00000003.safetensors").write_text("thinned out, but its removal failed")
    (run.path / "state.safetensors.new").write_text("left by a failed save")
    RunFolder.open(run.path)
    assert (run.path / "state.safetensors.new").exists()
    RunFolder.open(run.path, for_writing=True)
    assert own_files(run.path) == {*run.manifest["files"], "manifest.json", "log.jsonl", "notes.txt"}


def test_what_stands_after_the_log_s_end_is_ignored_and_cut_off(run):
    size = (run.path / "log.jsonl").stat().st_size
    with open(run.path / "log.jsonl", "ab") as file:
        file.write(b'{"first":20,"step":25,"sec')
    assert [r.step for r in RunFolder.open(run.path).records()] == [5, 10, 15, 20]
    opened = RunFolder.open(run.path, for_writing=True)
    assert (run.path / "log.jsonl").stat().st_size == size
    opened.save(snapshot(30), [record(25), record(30)])
    assert [r.step for r in RunFolder.open(run.path).records()] == [5, 10, 15, 20, 25, 30]


def test_damage_anywhere_is_noticed(run, tmp_path):
    def flip(file):
        content = bytearray(file.read_bytes())
        content[len(content) // 2] ^= 1
        file.write_bytes(content)

    def cut(file):
        file.write_bytes(file.read_bytes()[:-2])

    def link(file):
        file.rename(tmp_path / "elsewhere")
        file.symlink_to(tmp_path / "elsewhere")

    for name in sorted(own_files(run.path)):
        for damage in (flip, cut, os.remove, link):
            copy = tmp_path / "copy"
            shutil.copytree(run.path, copy)
            damage(copy / name)
            assert str(copy) in refusal(RunFolder.open, copy)
            shutil.rmtree(copy)


def test_a_linked_history_is_refused(run, tmp_path):
    (run.path / "history").rename(tmp_path / "elsewhere")
    (run.path / "history").symlink_to(tmp_path / "elsewhere")
    assert "link" in refusal(RunFolder.open, run.path)


def test_a_newer_format_is_refused_kindly(run):
    rewrite_manifest(run.path, format_version=2)
    message = refusal(RunFolder.open, run.path)
    assert "format 2" in message
    assert "install a newer one" in message


@pytest.mark.parametrize(
    "name", ["../outside", "/etc/passwd", "history/../../outside", "notes.txt", "history/x", "a\x00b"]
)
def test_a_manifest_names_nothing_but_a_run_s_own_files(run, name):
    content = run.manifest["files"]
    rewrite_manifest(run.path, files=content | {name: content["weights.safetensors"]})
    assert "damaged" in refusal(RunFolder.open, run.path)


@pytest.mark.parametrize(
    "changes",
    [{"step": -1}, {"step": "20"}, {"files": {}}, {"files": []}, {"log": {}}, {"states": {"5": {}}}, {"score": "good"},
     {"log": {"sha256": "0" * 64, "bytes": True}}, {"position": None}],
    ids=str,
)  # fmt: skip
def test_a_manifest_of_another_shape_is_refused(run, changes):
    rewrite_manifest(run.path, **changes)
    assert "damaged" in refusal(RunFolder.open, run.path)


def test_a_run_of_very_many_files_is_refused_before_they_are_read(run, monkeypatch):
    content = run.manifest["files"]
    more = {manifest.history_name("weights", step): content["weights.safetensors"] for step in range(100, 2000)}
    rewrite_manifest(run.path, files=content | more)
    monkeypatch.setattr("playground.core.run_folder.verified", lambda *_: pytest.fail("they were read"))
    assert "damaged" in refusal(RunFolder.open, run.path)


def test_a_folder_without_a_manifest_is_no_run(tmp_path):
    assert "no manifest.json" in refusal(RunFolder.open, tmp_path)
    assert "no such folder" in refusal(RunFolder.open, tmp_path / "missing")


def test_a_line_that_is_no_record_is_named(run):
    line = b'{"first":"a"}\n'
    (run.path / "log.jsonl").write_bytes(line)
    rewrite_manifest(run.path, log=manifest.entry(line))
    assert "Line 1" in refusal(lambda: list(RunFolder.open(run.path).records()))


def test_a_full_disk_is_noticed_before_anything_is_written(run, monkeypatch):
    before = own_files(run.path)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 1000, 1000))
    message = refusal(run.save, snapshot(30), [])
    assert "too full" in message
    assert "intact" in message
    assert own_files(run.path) == before
    monkeypatch.undo()
    run.save(snapshot(30), [])
    assert RunFolder.open(run.path).step == 30


def test_file_systems_without_hard_links_do(run, tmp_path, monkeypatch):
    def no_links(*_):
        raise PermissionError

    monkeypatch.setattr(os, "link", no_links)
    other = RunFolder.create(tmp_path / "other", snapshot(0))
    other.save(snapshot(10, score=0.5), [record(5), record(10)])
    other.save(snapshot(20, score=0.7), [record(15), record(20)])
    assert RunFolder.open(other.path).manifest == run.manifest


def test_nothing_is_written_through_a_planted_link(run, tmp_path):
    (tmp_path / "precious").write_text("mine")
    (run.path / "weights.safetensors.new").symlink_to(tmp_path / "precious")
    run.save(snapshot(30), [])
    assert (tmp_path / "precious").read_text() == "mine"
    assert_same(RunFolder.open(run.path).load_weights(), dict(snapshot(30).weights))


def test_an_export_rounds_the_weights_that_it_is_told_to(run, tmp_path):
    whole = run.load_weights()
    name = next(name for name, tensor in whole.items() if tensor.is_floating_point())
    found = run.export(tmp_path / "bundle", {name}).load_weights()
    assert found[name].dtype == torch.float16
    torch.testing.assert_close(found.pop(name).float(), whole.pop(name), rtol=1e-3, atol=1e-6)
    assert_same(found, whole)


def test_an_export_has_what_it_takes_to_sample(run, tmp_path):
    run.export(tmp_path / "bundle")
    bundle = RunFolder.open(tmp_path / "bundle")
    assert own_files(bundle.path) == {"experiment.json", "weights.safetensors", "manifest.json", "log.jsonl"}
    assert bundle.experiment == EXPERIMENT
    assert (bundle.step, bundle.history(), bundle.manifest["seconds"]) == (20, [20], 2.0)
    assert_same(bundle.load_weights(), run.load_weights())
    (whole,) = bundle.records()
    assert (whole.first, whole.step) == (0, 20)
    curve = [value for r in run.records() for value in r.values["loss"]]
    assert whole.values["loss"] == pytest.approx(curve, rel=1e-4, nan_ok=True)
    assert whole.held_out == {step: terms for r in run.records() for step, terms in r.held_out.items()}
    assert "no state" in refusal(bundle.load_state)
    with pytest.raises(UsageError, match="not empty"):
        run.export(tmp_path / "bundle")
