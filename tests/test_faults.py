"""What is written beside runs, with each call that changes the disk made to fail in turn: the old file or the new one,
never a third, nothing left beside it, and the next save works."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QImage

from playground.core import hand_in_file
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.gui.document import Document
from playground.gui.lessons.progress import Answer, Progress
from playground.gui.preferences import Preferences
from tests.core.test_hand_in_file import a_hand_in
from tests.faults import Crash, each_fault, each_way
from tests.gui.test_document import WHOLE

WORDS = ("old", "new")


@dataclass(frozen=True)
class Kept:
    """Something that is kept as one file.

    Attributes:
        name: of the file.
        write: given the file and one of WORDS, keeps it.
        read: the word that is found.
        says: whether a failure is said; else what was to be remembered is only lost.
    """

    name: str
    write: Callable[[Path, str], Any]
    read: Callable[[Path], str]
    says: bool = True


def _document(word: str) -> Document:
    return replace(WHOLE, stage=word)


def _remember(file: Path, word: str) -> None:
    preferences = Preferences.load()
    preferences.remember(word, count=1)
    preferences.save()


def _remembered(file: Path) -> str:
    return Preferences.load().recent[0]


def _predict(file: Path, word: str) -> None:
    Progress(file).answer("scene", Answer("Is it so?", word, right=True))


KEPT = (
    Kept("a.json", lambda file, word: _document(word).save(file), lambda file: Document.load(file).stage),
    Kept("a.png", lambda file, word: _document(word).save_picture(QImage(20, 10, QImage.Format.Format_RGB32), file),
         lambda file: Document.load(file).stage),
    Kept("b.json", lambda file, word: Experiment("vae", word).save(file), lambda file: Experiment.load(file).data),
    Kept("a.handin", lambda file, word: hand_in_file.write(a_hand_in(student=word), file),
         lambda file: hand_in_file.read(file).student),
    Kept("preferences.json", _remember, _remembered, says=False),
    Kept("progress.json", _predict, lambda file: Progress(file).answers["scene"].choice, says=False),
)  # fmt: skip


@each_way
@pytest.mark.parametrize("kept", KEPT, ids=lambda kept: kept.name)
def test_the_old_file_or_the_new_one(kept, way, tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    file, found = tmp_path / kept.name, set()

    def work(_: int) -> Callable[[], Any]:
        kept.write(file, "old")
        return lambda: kept.write(file, "new")

    work(0)
    beside = sorted(tmp_path.iterdir())
    for k, fault, error in each_fault(monkeypatch, way, work):
        where = f"call {k}, {fault.calls[k - 1]}"
        word = kept.read(file)
        assert word in WORDS, where
        found.add(word)
        if error is None:
            assert word == "new" or not kept.says, f"{where}: nothing was said, and nothing saved"
        elif not isinstance(error, Crash):
            assert isinstance(error, PlaygroundError), f"{where}: {error!r}"
            assert str(file) in str(error)
            assert kept.says
        if not (isinstance(error, Crash) or way[2]):  # who is dead, or may not delete, cannot tidy
            assert sorted(tmp_path.iterdir()) == beside, where
        kept.write(file, "newer")
        assert kept.read(file) == "newer", where
    assert found == set(WORDS)
    assert k > 4
