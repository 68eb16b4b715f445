"""A lesson on paper: no scene is cut by the end of a page, and what came out stands behind the questions."""

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage

from playground.core.errors import PlaygroundError
from playground.gui.lessons import scene_file
from playground.gui.lessons.handout import Handout, plain_links
from tests.gui.lessons.test_scene_file import GOOD


@pytest.fixture
def scene(tmp_path):
    (tmp_path / "own").mkdir()
    file = tmp_path / "own" / "one.md"
    file.write_text(GOOD, encoding="utf-8")
    return scene_file.read(file)


@pytest.fixture
def picture(qapp):
    image = QImage(600, 400, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    return image


def words_of(documents) -> str:
    return "\n".join(document.toPlainText() for document in documents)


def pages(path: Path) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", path.read_bytes()))


def test_questions_come_first_and_what_came_out_behind_them(scene, picture, tmp_path):
    handout = Handout("Own")
    quantities = dict.fromkeys([live.name for live in scene.live], 0.25)
    handout.begin(scene, {}, picture)
    handout.end(scene, quantities, picture)
    asked, told = words_of(handout._scenes), words_of(handout._outcomes)
    for words in (scene.title, f"Predict first: {scene.question.text}", *scene.question.choices):
        assert words in asked
    assert "](#" not in asked  # a link leads nowhere on paper
    right = scene.question.choices[scene.question.answer]
    assert f"Right is: {right}" in told
    assert "Right is" not in asked
    assert "It was 0.25." in told
    assert "KL(p | q)" not in told  # the words say it already
    assert "|z|: 0.25" in told
    handout.write(tmp_path / "own.pdf")
    assert (tmp_path / "own.pdf").read_bytes().startswith(b"%PDF")
    assert pages(tmp_path / "own.pdf") == 2
    assert sorted(file.name for file in tmp_path.iterdir()) == ["own", "own.pdf"]


def test_a_page_takes_whole_scenes_only(scene, picture, tmp_path):
    handout = Handout("Own")
    for _ in range(5):
        handout.begin(scene, {}, picture.scaled(600, 600))
    handout.write(tmp_path / "own.pdf")
    assert pages(tmp_path / "own.pdf") in (3, 5)  # one or two a page


def test_a_place_that_cannot_be_written_is_named(scene, picture, tmp_path):
    handout = Handout("Own")
    handout.begin(scene, {}, picture)
    (tmp_path / "file").write_text("")
    with pytest.raises(PlaygroundError, match="handout cannot be written"):
        handout.write(tmp_path / "file" / "own.pdf")


def test_links_become_emphasis():
    assert plain_links("[The mean](#a.mean) of [noise](#glossary:white noise).") == "**The mean** of *noise*."
