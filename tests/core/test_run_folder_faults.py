"""Each call of a save that changes the disk is made to fail in turn: what is found is the old run or the new one."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import safetensors.torch

from playground.core import durable
from playground.core.errors import PlaygroundError
from playground.core.run_folder import RunFolder
from tests.core.test_run_folder import own_files, record, snapshot
from tests.faults import Crash, each_fault, each_way

SAVE = (snapshot(20, score=0.4), [record(15), record(20)])


def facts(path: Path) -> dict:
    """All that a run folder gives to whoever opens it; opening has compared every file with the manifest."""
    folder = RunFolder.open(path)
    return {
        "manifest": folder.manifest,
        "weights": {step: safetensors.torch.save(folder.load_weights(step)) for step in folder.history()},
        "state": safetensors.torch.save(folder.load_state()[0]),
        "records": [repr(r) for r in folder.records()],
    }


def started(path: Path) -> RunFolder:
    folder = RunFolder.create(path, snapshot(0, score=0.6))
    folder.save(snapshot(10, score=0.5), [record(5), record(10)])
    return folder


@pytest.fixture
def old_and_new(tmp_path):
    """The facts before and after a save in which nothing fails."""
    folder = started(tmp_path / "straight")
    old = facts(folder.path)
    folder.save(*SAVE)
    return old, facts(folder.path)


@each_way
def test_a_failed_save_leaves_the_old_run_or_the_new_one(way, old_and_new, tmp_path, monkeypatch):
    folder, found, calls = None, set(), []

    def work(k):
        nonlocal folder
        folder = started(tmp_path / f"run-{k}")
        return lambda: folder.save(*SAVE)

    for k, fault, error in each_fault(monkeypatch, way, work):
        calls = fault.calls
        if isinstance(error, Crash):
            folder = RunFolder.open(folder.path)
        elif error is not None:
            message = str(error)
            assert isinstance(error, PlaygroundError), f"call {k}, {calls[k - 1]}: {error!r}"
            assert fault.error.strerror in message
            assert str(folder.path) in message
            assert "intact" in message
        after = facts(folder.path)
        assert after in old_and_new, f"call {k}, {calls[k - 1]}: neither the old run nor the new one"
        assert error is not None or after == old_and_new[1], f"call {k}: nothing was said, and nothing saved"
        found.add(old_and_new.index(after))
        folder.save(*SAVE)
        assert facts(folder.path) == old_and_new[1]
        assert own_files(folder.path) == {*folder.manifest["files"], "manifest.json", "log.jsonl"}
    assert found == {0, 1}
    assert {"open", "write", "truncate", "flush", "fsync", "replace", "link", "unlink"} <= set(calls)


@each_way
def test_a_failed_first_save_leaves_nothing_or_the_run(way, tmp_path, monkeypatch):
    expected, calls = facts(RunFolder.create(tmp_path / "straight", snapshot(0)).path), []

    def work(k):
        return lambda: RunFolder.create(tmp_path / f"run-{k}", snapshot(0))

    for k, fault, error in each_fault(monkeypatch, way, work):
        path, calls = tmp_path / f"run-{k}", fault.calls
        assert error is None or isinstance(error, PlaygroundError | Crash), f"call {k}, {calls[k - 1]}: {error!r}"
        if not (path / "manifest.json").exists():
            assert error is not None
            with pytest.raises(PlaygroundError, match="not a run folder"):
                RunFolder.open(path)
            RunFolder.create(path, snapshot(0))
        assert facts(path) == expected
    assert {"mkdir", "open", "write", "fsync", "replace"} <= set(calls)


@pytest.mark.parametrize("late", [False, True], ids=["before", "halfway"])
def test_a_roll_forward_may_be_killed_too(late, old_and_new, tmp_path, monkeypatch):
    def committed_only(k: int) -> Callable:
        """A run whose last save was killed right after its commit."""
        folder = started(tmp_path / f"run-{k}")
        with monkeypatch.context() as patches:
            replace = durable._replace

            def last_replace(source, target):
                replace(source, target)
                if target.name == "manifest.json":
                    raise Crash

            patches.setattr(durable, "_replace", last_replace)
            with pytest.raises(Crash):
                folder.save(*SAVE)
        assert facts(folder.path) == old_and_new[1]
        return lambda: RunFolder.open(folder.path, for_writing=True)

    for k, _, error in each_fault(monkeypatch, ("crash", late, False), committed_only):
        path = tmp_path / f"run-{k}"
        assert error is None or isinstance(error, Crash)
        assert facts(path) == old_and_new[1]
        RunFolder.open(path, for_writing=True)
        assert not [name for name in own_files(path) if name.endswith(".new")]
    assert k > 3


def test_everything_is_on_the_disk_before_the_commit_and_renamed_after_it(tmp_path, monkeypatch):
    folder = started(tmp_path / "run")
    root = folder.path.stat().st_ino
    unsynced, renamed = set(), []
    real_open, real_replace = durable._open, durable._replace

    def opened(path, mode):
        assert path.name != "manifest.json.new" or not unsynced, "the new manifest is begun before its files are safe"
        file = real_open(path, mode)
        unsynced.update({os.fstat(file.fileno()).st_ino, root})
        return file

    def renaming(source, target):
        assert unsynced <= {root}, f"{target.name} is renamed while something is still on its way to the disk"
        assert renamed != ["manifest.json"] or not unsynced, "files are renamed before the commit is safe"
        renamed.append(target.name)
        unsynced.add(root)
        real_replace(source, target)

    monkeypatch.setattr(durable, "_open", opened)
    monkeypatch.setattr(durable, "_fsync", lambda handle: unsynced.discard(os.fstat(handle).st_ino))
    monkeypatch.setattr(durable, "_replace", renaming)
    folder.save(*SAVE)
    assert not unsynced
    assert renamed[0] == "manifest.json"
    assert set(renamed[1:]) == {"weights.safetensors", "state.safetensors",
                                "weights-00000020.safetensors", "state-00000020.safetensors"}  # fmt: skip
