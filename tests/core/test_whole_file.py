"""A file appears whole or not at all."""

import pytest

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
