"""A file appears whole or not at all."""

import errno
import os
import time
from pathlib import Path

import pytest

from playground.core import durable
from playground.core.errors import PlaygroundError
from playground.core.whole_file import whole_file


def test_it_replaces_the_old_one_and_makes_its_folder(tmp_path):
    file = tmp_path / "new" / "a.txt"
    for text in ("first", "second"):
        with whole_file(file, "words") as part:
            part.write_text(text)
    assert file.read_text() == "second"
    assert list(file.parent.iterdir()) == [file]


def test_a_writer_that_breaks_leaves_the_old_one_and_nothing_else(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")

    def write() -> None:
        with whole_file(file, "words") as part:
            part.write_text("half of")
            raise OSError("the disk is full")

    with pytest.raises(PlaygroundError, match=r"The words cannot be written to .*a\.txt: the disk is full"):
        write()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("call", ["mkdir", "replace", "_open", "_fsync"])
def test_whatever_the_disk_refuses_the_old_one_stays(call, number, tmp_path, monkeypatch):
    file = tmp_path / "a.txt"
    file.write_text("old")

    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    def write() -> None:
        with whole_file(file, "words") as part:
            part.write_text("new")

    with monkeypatch.context() as patches:
        patches.setattr(durable if call.startswith("_") else Path, call, refuse)
        with pytest.raises(PlaygroundError, match=rf"The words cannot be written to .*a\.txt: {os.strerror(number)}"):
            write()
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
    write()
    assert file.read_text() == "new"


def test_it_is_on_the_disk_before_it_takes_its_name(tmp_path, monkeypatch):
    file, synced = tmp_path / "a.txt", []
    monkeypatch.setattr(durable, "_fsync", lambda handle: synced.append((os.fstat(handle).st_size, file.exists())))
    for lasting in (True, False):
        with whole_file(file, "words", lasting) as part:
            part.write_text("12345")
    assert synced == [(5, False)]


def test_what_a_killed_writer_left_is_swept_once_it_is_old(tmp_path):
    old, new = tmp_path / ".part-1-2.json", tmp_path / ".part-3-4.gif"
    for part in (old, new):
        part.write_text("half of")
    hours_ago = time.time() - 2 * 3600
    os.utime(old, (hours_ago, hours_ago))
    with whole_file(tmp_path / "a.txt", "words") as part:
        part.write_text("all")
    assert {file.name for file in tmp_path.iterdir()} == {"a.txt", new.name}  # another may still be at work on that
