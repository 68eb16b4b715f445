"""Every scene there is, in the real window: it opens as it says, and doing what it asks ends it."""

import re

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.lessons import library
from playground.gui.lessons.player import document_of
from playground.gui.widgets import controls
from tests.gui.driving import opened_window

LESSONS = library.load(registry.lessons())
SCENES = [scene for lesson in LESSONS for scene in lesson.scenes]


@pytest.fixture(scope="module")
def person(qapp, request):
    with opened_window(QtBot(request)) as person:
        person.window.show_page("lecture")
        yield person


@pytest.fixture(autouse=True)
def left(request):
    """No scene stays on after a test."""
    yield
    if "person" in request.fixturenames:
        request.getfixturevalue("person").window.lessons.leave()


def test_every_file_makes_sense():
    assert [sentence for lesson in LESSONS for sentence in lesson.broken] == []
    assert len(SCENES) >= 3


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.key)
def test_its_words_are_short_and_ask_one_question(scene):
    words = re.sub(r"\]\([^)]*\)", "", scene.text)
    sentences = [part for part in words.replace("?", ".").split(".") if part.strip()]
    assert 2 <= len(sentences) <= 5
    assert scene.text.count("?") == 1
    assert "Predict" in scene.text
    assert len(words.split()) <= 90


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.key)
def test_it_opens_as_it_says_and_its_act_ends_it(person, scene):
    player = person.window.lessons
    player.open(next(each for lesson in player.lessons for each in lesson.scenes if each.key == scene.key))
    person.wait(lambda: player.is_ready)
    page, there = person.window.page, player.controls()
    assert page.name == document_of(scene).stage

    wanted = document_of(scene).pages[page.name].values
    assert {name: controls.value(there[name]) for name in wanted} == wanted
    for name in scene.hidden:
        parts = page.findChildren(QWidget, name)
        assert len(parts) == 1, name
        assert not parts[0].isVisible(), name
    for name in scene.locked:
        assert not there[name].isEnabled(), name
        assert "Locked by this scene" in there[name].toolTip() or not there[name].isVisible()
    for name in player.needed():
        assert there[name].isVisible(), name
        assert name not in scene.hidden + scene.locked

    readings = player.readings()
    assert {live.name for live in scene.live} <= set(readings)
    assert not player.is_done
    assert scene.solution, "a scene without a solution cannot be played"
    player.show_solution(at_once=True)
    person.wait(lambda: player.is_done)
    person.wait(page.is_settled)
    for live in scene.live:
        assert live.fits(player.readings()[live.name]), live
    assert player.progress.is_done(scene.key)
