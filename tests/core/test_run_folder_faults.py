"""Each open, write, fsync and rename of a save is made to fail in turn: what is found is the old run or the new one."""

import errno
import os
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest
import safetensors.torch

from playground.core import durable
from playground.core.errors import PlaygroundError
from playground.core.run_folder import RunFolder
from tests.core.test_run_folder import own_files, record, snapshot

pytestmark = pytest.mark.usefixtures("no_waiting")

SAVE = (snapshot(20, score=0.4), [record(15), record(20)])


class Crash(BaseException):
    """The process dies here: nothing may catch it."""


class Fault:
    """Makes the k-th call to the disk fail.

    Attributes:
        struck: whether there was a k-th call.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch, k: int, error: BaseException, late: bool) -> None:
        self.k, self.error, self.late = k, error, late
        self.calls = 0
        for name in ("_open", "_write", "_fsync", "_replace"):
            monkeypatch.setattr(durable, name, self._failing(name, getattr(durable, name)))

    @property
    def struck(self) -> bool:
        return self.calls >= self.k

    def _failing(self, name: str, real: Callable) -> Callable:
        def call(*arguments):
            self.calls += 1
            if self.calls != self.k:
                return real(*arguments)
            if self.late and name == "_write":
                file, data = arguments
                real(file, data[: len(data) // 2])
            elif self.late:
                result = real(*arguments)
                if name == "_open":
                    result.close()
            raise self.error

        return call


FAULTS = {
    "ENOSPC": lambda: OSError(errno.ENOSPC, "No space left on device"),
    "EIO": lambda: OSError(errno.EIO, "Input/output error"),
    "EACCES": lambda: PermissionError(errno.EACCES, "Permission denied"),
    "crash": Crash,
}
each_fault = pytest.mark.parametrize("fault", FAULTS)
early_or_late = pytest.mark.parametrize("late", [False, True], ids=["before", "halfway"])


def facts(path: Path) -> dict:
    """All that a run folder gives to whoever opens it; opening has compared every file with the manifest."""
    folder = RunFolder.open(path)
    return {
        "manifest": folder.manifest,
        "weights": {step: safetensors.torch.save(folder.load_weights(step)) for step in folder.history()},
        "state": safetensors.torch.save(folder.load_state()[0]),
        "records": [repr(r) for r in folder.records()],
    }


def raised(call: Callable, *arguments, **keywords) -> BaseException | None:
    """What a call raised: our own error or the crash."""
    try:
        call(*arguments, **keywords)
    except (PlaygroundError, Crash) as error:
        return error
    return None


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


@each_fault
@early_or_late
def test_a_failed_save_leaves_the_old_run_or_the_new_one(fault, late, old_and_new, tmp_path, monkeypatch):
    found = []
    for k in count(1):
        folder = started(tmp_path / f"run-{k}")
        with monkeypatch.context() as patches:
            trap = Fault(patches, k, FAULTS[fault](), late)
            error = raised(folder.save, *SAVE)
        if not trap.struck:
            break
        if isinstance(error, Crash):
            folder = RunFolder.open(folder.path)
        else:
            message = str(error)
            assert trap.error.strerror in message
            assert str(folder.path) in message
            assert "intact" in message
        after = facts(folder.path)
        assert after in old_and_new, f"call {k}: neither the old run nor the new one"
        found.append(old_and_new.index(after))
        folder.save(*SAVE)
        assert facts(folder.path) == old_and_new[1]
        assert own_files(folder.path) == {*folder.manifest["files"], "manifest.json", "log.jsonl"}
    assert found == sorted(found)
    assert set(found) == {0, 1}


@each_fault
@early_or_late
def test_a_failed_first_save_leaves_nothing_or_the_run(fault, late, tmp_path, monkeypatch):
    expected = facts(RunFolder.create(tmp_path / "straight", snapshot(0)).path)
    for k in count(1):
        path = tmp_path / f"run-{k}"
        with monkeypatch.context() as patches:
            trap = Fault(patches, k, FAULTS[fault](), late)
            raised(RunFolder.create, path, snapshot(0))
        if not trap.struck:
            break
        if not (path / "manifest.json").exists():
            with pytest.raises(PlaygroundError, match="not a run folder"):
                RunFolder.open(path)
            RunFolder.create(path, snapshot(0))
        assert facts(path) == expected
    assert k > 10


@early_or_late
def test_a_roll_forward_may_be_killed_too(late, old_and_new, tmp_path, monkeypatch):
    def committed_only(path: Path) -> None:
        """A save that was killed right after its commit."""
        folder = started(path)
        with monkeypatch.context() as patches:
            replace = durable._replace

            def last_replace(source, target):
                replace(source, target)
                if target.name == "manifest.json":
                    raise Crash

            patches.setattr(durable, "_replace", last_replace)
            with pytest.raises(Crash):
                folder.save(*SAVE)

    for k in count(1):
        path = tmp_path / f"run-{k}"
        committed_only(path)
        assert facts(path) == old_and_new[1]
        with monkeypatch.context() as patches:
            trap = Fault(patches, k, Crash(), late)
            raised(RunFolder.open, path, for_writing=True)
        assert facts(path) == old_and_new[1]
        RunFolder.open(path, for_writing=True)
        assert not [name for name in own_files(path) if name.endswith(".new")]
        if not trap.struck:
            break
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
