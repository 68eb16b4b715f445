"""Every scene there is, in the real window: it opens as it says, and doing what it asks ends it."""

import re

import pytest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.lessons import library
from playground.gui.lessons.player import document_of
from playground.gui.lessons.words import NOT_YET, PLACE, names
from playground.gui.widgets import controls
from tests.gui.driving import opened_window

LESSONS = library.load(registry.lessons())
MOST_WORDS = 20
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


def test_every_slide_has_a_scene_and_the_class_sees_eight_in_twenty_minutes():
    (lecture,) = [lesson for lesson in LESSONS if lesson.name == "lecture"]
    assert {slide for scene in lecture.scenes for slide in scene.numbers()} == set(range(5, 41))
    in_class = lecture.along("class")
    assert len(in_class) == 8
    assert sum(scene.minutes for scene in in_class) <= 20
    assert all(scene.minutes and scene.note and scene.question for scene in in_class)


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.key)
def test_its_sentences_are_short_and_no_number_is_typed(scene):
    """Every number in the words is live, and so true for the model on the stage."""
    question = scene.question.text if scene.question else ""
    for part in (scene.text, scene.reveal, question):
        bare = re.sub(r"\]\([^)]*\)", "", part).replace("**", "").replace("*", "")
        assert not re.search(r"\d", PLACE.sub("", bare)), bare
        for sentence in re.split(r"[.?!:](?:\s|$)", bare):
            assert len(sentence.split()) <= MOST_WORDS, sentence
    assert len(scene.text.split()) <= 90
    assert question.count("?") == bool(question)
    slides = {number for each in SCENES for number in each.numbers()}
    assert {int(slide) for slide in re.findall(r"\(#slide:(\d+)\)", scene.text + scene.reveal)} <= slides
    assert scene.solution, "a scene without a solution cannot be played"
    assert scene.shows or scene.live, "say under `shows` what is to be seen"


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
    player.show_solution(at_once=True)
    person.wait(lambda: player.is_done)
    person.wait(page.is_settled)
    for live in scene.live:
        assert live.fits(player.readings()[live.name]), (live, player.readings()[live.name])
    named = {widget.accessibleName() for widget in page.findChildren(QWidget) if widget.isVisible()}
    ids = {widget.objectName() for widget in page.findChildren(QWidget) if widget.isVisible()}
    assert set(scene.shows) <= named | ids
    quantities = player.quantities()
    for name in names(scene.text + scene.reveal):
        assert quantities.get(name) is not None, name
    player.look()
    told = [person.find("scene.words", QLabel).text()]
    told += [person.find("scene.reveal", QLabel).text()] if scene.reveal else []
    assert all(NOT_YET + " " not in words and "{" not in words for words in told)
    assert player.progress.is_done(scene.key)
