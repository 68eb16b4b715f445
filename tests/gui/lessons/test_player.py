"""A person in a lesson: opens scenes, goes on and back, leaves, and finds their own work untouched."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from playground.core.backend import ThreadBackend
from playground.core.errors import PlaygroundError
from playground.gui.lessons import library
from playground.gui.widgets.flash import Flash
from tests.gui.driving import opened_window
from tests.gui.lessons.test_scene_file import GOOD

SECONDS = "1000"


@pytest.fixture(scope="module")
def shared(qapp, request):
    with opened_window(QtBot(request)) as person:
        yield person


@pytest.fixture
def person(shared):
    """At the page of lessons, with nothing done."""
    shared.window.lessons.leave()
    shared.window.lessons.progress.forget()
    shared.window.show_page("lecture").show_marks()
    yield shared
    shared.window.lessons.leave()
    shared.window.undo.settle()


def first_scene(person):
    return person.window.lessons.lessons[0].scenes[0]


def open_first(person):
    person.press(f"lecture.open.{first_scene(person).key.replace('/', '.')}")
    person.wait(lambda: person.window.lessons.is_ready)


def test_the_page_lists_the_scenes_in_the_order_of_the_slides_and_marks_what_is_done(person):
    lesson = person.window.lessons.lessons[0]
    texts = person.texts()
    assert [text for text in texts if text in {s.title for s in lesson.scenes}] == [s.title for s in lesson.scenes]
    assert f"0 of {len(lesson.scenes)} scenes done" in texts
    open_first(person)
    person.window.lessons.show_solution(at_once=True)
    person.wait(lambda: person.window.lessons.is_done)
    assert "Done." in person.texts()
    person.press("scene.leave")
    assert f"1 of {len(lesson.scenes)} scenes done" in person.texts()
    person.press("lecture.forget")
    assert f"0 of {len(lesson.scenes)} scenes done" in person.texts()


def test_page_keys_go_on_and_back(person):
    scenes = person.window.lessons.lessons[0].scenes
    open_first(person)
    assert not person.find("scene.previous").isEnabled()
    person.window.activateWindow()
    person.wait(person.window.isActiveWindow)
    person.qtbot.keyClick(person.window, Qt.Key.Key_PageDown)
    assert person.window.lessons.scene == scenes[1]
    assert scenes[1].title in person.texts()
    person.qtbot.keyClick(person.window, Qt.Key.Key_PageUp)
    assert person.window.lessons.scene == scenes[0]
    person.press("scene.next")
    person.press("scene.next")
    assert person.window.lessons.scene == scenes[2]
    person.press("scene.leave")
    assert person.window.lessons.scene is None
    assert not person.window.actions_by_id["lesson.next"].isEnabled()
    assert not person.window.lessons.strip.isVisible()


def test_leaving_brings_everything_back_and_training_went_on(qtbot, tiny_run):
    with opened_window(qtbot, tiny_run("vae", "moons")) as person:
        panel, session = person.panel, person.session
        person.choose("vae.unit", "seconds")
        person.type("vae.budget", SECONDS)
        person.press("vae.start")
        person.until("running")
        before = session.step
        person.window.lessons.open(first_scene(person))
        assert person.window.pages.get("vae") is not panel
        person.wait(lambda: session.step > before)
        person.window.lessons.leave()
        assert person.window.page is panel
        assert session.state == "running"
        assert panel.isVisible()
        person.press("vae.stop")
        person.until("done")


def test_a_window_closed_in_a_scene_closes_the_runs_that_were_put_away(qtbot, tiny_run):
    with opened_window(qtbot, tiny_run("vae", "moons")) as person:
        session = person.session
        person.window.lessons.open(first_scene(person))
        person.wait(lambda: person.window.lessons.is_ready)
        person.window.close()
        assert not session.is_open


def test_another_page_in_the_rail_ends_the_lesson(person):
    open_first(person)
    rail = person.window.rail
    (row,) = [i for i in range(rail.count()) if rail.item(i).data(Qt.ItemDataRole.UserRole) == "lecture"]
    person.qtbot.mouseClick(
        rail.viewport(), Qt.MouseButton.LeftButton, pos=rail.visualItemRect(rail.item(row)).center()
    )
    assert person.window.lessons.scene is None
    assert person.window.page.name == "lecture"


def test_a_scene_is_the_same_whatever_was_done_in_it_before(person):
    open_first(person)
    start = person.window.page.capture()
    person.window.lessons.show_solution(at_once=True)
    person.wait(lambda: person.window.lessons.is_done)
    assert person.window.page.capture() != start
    person.press("scene.leave")
    open_first(person)
    assert person.window.page.capture() == start


def test_a_link_points_at_its_control(person):
    open_first(person)
    name = first_scene(person).links()[0]
    words = person.find("scene.words", QLabel)
    words.linkActivated.emit(f"#{name}")
    person.wait(lambda: person.window.findChildren(Flash))
    (flash,) = person.window.findChildren(Flash)
    target = person.window.lessons.controls()[name]
    assert flash.geometry().contains(target.mapTo(person.window, target.rect().center()))
    person.wait(lambda: not person.window.findChildren(Flash))
    words.linkActivated.emit(f"#{name}")
    person.wait(lambda: person.window.findChildren(Flash))
    person.press("scene.leave")
    person.wait(lambda: not person.window.findChildren(Flash))  # gone with what it pointed at


def test_a_link_opens_the_scene_of_a_slide(person):
    open_first(person)
    words = person.find("scene.words", QLabel)
    number = next(scene.numbers()[0] for scene in person.window.lessons.lessons[0].scenes if 27 in scene.numbers())
    words.linkActivated.emit(f"#slide:{number}")
    person.wait(lambda: number in person.window.lessons.scene.numbers())
    words.linkActivated.emit("#slide:nowhere")  # leads nowhere, and breaks nothing
    assert number in person.window.lessons.scene.numbers()


def test_show_me_moves_a_slider_little_by_little(person):
    open_first(person)
    name, goal = first_scene(person).solution[0].name, first_scene(person).solution[0].value
    slider = person.window.lessons.controls()[name]
    seen = []
    slider.valueChanged.connect(seen.append)
    person.press("scene.show")
    person.wait(lambda: slider.value() == goal)
    assert len(seen) > 5
    assert seen == sorted(seen) or seen == sorted(seen, reverse=True)


def test_show_me_that_is_pressed_too_early_waits_for_the_scene(person):
    player = person.window.lessons
    player.open(first_scene(person))
    assert not player.is_ready
    person.press("scene.show")
    person.wait(lambda: player.is_done)


def test_what_was_so_from_the_start_does_not_end_a_scene(person, tmp_path):
    """And a scene that cannot be opened leaves the window as it was."""
    lesson = tmp_path / "own"
    lesson.mkdir()
    (lesson / "first.md").write_text(
        GOOD.replace("live gaussian.inside.line.kl < 0.65", "live gaussian.inside.line.kl > 0.1")
        .replace("gaussian.data = bumps", "gaussian.inside.line.spread = 60")
        .replace(", gaussian.views", "")
    )
    (lesson / "second.md").write_text(GOOD.replace("panel: gaussian", "panel: nothing"))
    (lesson / "third.md").write_text("no scene")
    (own,) = library.load({"own": lesson})
    assert own.title == "Own"
    assert len(own.broken) == 1
    player = person.window.lessons
    player.open(own.scenes[0])
    person.wait(lambda: player.is_ready)
    player.look()
    assert not player.is_done
    player.leave()
    with pytest.raises(PlaygroundError, match="nothing"):
        player.open(own.scenes[1])
    assert player.scene is None
    assert person.window.page.name == "lecture"


def test_nobody_waits_for_what_a_scene_still_loads_or_saves(person, monkeypatch):
    waits: list[float] = []
    ended = ThreadBackend.has_ended

    def noted(backend, timeout=0.0):
        if threading.current_thread() is threading.main_thread():
            waits.append(timeout)
        return ended(backend, timeout)

    monkeypatch.setattr(ThreadBackend, "has_ended", noted)
    person.press(f"lecture.open.{first_scene(person).key.replace('/', '.')}")
    person.press("scene.next")
    person.press("scene.leave")
    assert set(waits) == {0.0}


def test_a_slides_number_and_enter_open_its_scene(person):
    scenes = person.window.lessons.lessons[0].scenes
    person.window.activateWindow()
    number = scenes[-1].numbers()[-1]
    person.qtbot.keyClicks(person.window, str(number))
    person.qtbot.keyClick(person.window, Qt.Key.Key_Return)
    assert number in person.window.lessons.scene.numbers()
    person.qtbot.keyClicks(person.window, "99")
    person.qtbot.keyClick(person.window, Qt.Key.Key_Return)
    assert number in person.window.lessons.scene.numbers()
    assert any("No scene shows slide 99" in text for text in person.texts())


def test_a_prediction_is_kept_and_the_answer_comes_with_the_act(person, tmp_path):
    lesson = tmp_path / "own"
    lesson.mkdir()
    (lesson / "first.md").write_text(GOOD.replace("live gaussian.inside.line.kl < 0.65", "control gaussian.data == x"))
    (own,) = library.load({"own": lesson})
    player = person.window.lessons
    player.open(own.scenes[0])
    person.window.activateWindow()
    person.qtbot.keyClick(person.window, Qt.Key.Key_A)
    assert player.progress.answers["own/first"].choice == "Yes"
    person.press("scene.choice.b")
    assert player.progress.answers["own/first"].right
    assert not [text for text in person.texts() if "predicted" in text]
    player.strip.set_done(True)
    assert "You predicted it: B: No, never." in person.texts()


def test_a_teacher_makes_a_lesson_their_own_and_walks_a_track(person, tmp_path, monkeypatch):
    window = person.window
    bundled = window.lessons.lessons[0]
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    monkeypatch.setattr(window.pages["lecture"], "_own", tmp_path / "lessons")
    try:
        person.press(f"lecture.copy.{bundled.name}")
        mine = next(each for each in window.lessons.lessons if each.name == f"my-{bundled.name}")
        assert [scene.title for scene in mine.scenes] == [scene.title for scene in bundled.scenes]
        assert (tmp_path / "lessons" / "README.md").is_file()
        for scene in mine.scenes[1:]:
            scene.file.unlink()
        kept = mine.scenes[0].file
        words = kept.read_text()
        kept.write_text(words.replace("---\n", "---\ntracks: mine\n", 1) if "tracks" not in words
                        else words.replace("tracks: class", "tracks: mine"))  # fmt: skip
        (mine.folder / "odd.md").write_text("no scene")
        person.press("lecture.read")
        assert any("my-lecture/odd.md, line 1, header" in text for text in person.texts())
        person.choose("lecture.track", "mine")
        person.press("lecture.start")
        assert window.lessons.scene.file == kept
        assert not window.lessons.can_move(1)
    finally:
        monkeypatch.undo()
        window.lessons.read_again()
        window.lessons.track = ""


def test_the_speaker_sees_the_note_the_time_and_what_comes_next(person):
    window = person.window
    open_first(person)
    window.actions_by_id["lesson.notes"].trigger()
    words = {label.objectName(): label.text() for label in window.presenter.speaker.findChildren(QLabel)}
    scenes = window.lessons.lessons[0].scenes
    assert scenes[0].title in words["speaker.title"]
    assert words["speaker.note"] == (scenes[0].note or "No note.")
    assert words["speaker.next"] == f"Next: {scenes[1].title}"
    assert words["speaker.clock"].startswith("0:")
    window.lessons.next_scene()
    (title,) = window.presenter.speaker.findChildren(QLabel, "speaker.title")
    assert scenes[1].title in title.text()
    window.actions_by_id["lesson.notes"].trigger()
    assert not window.presenter.speaker.isVisible()


def test_the_spotlight_lies_on_what_the_scene_asks_for(person):
    person.window.actions_by_id["view.spotlight"].trigger()
    open_first(person)
    target = person.window.lessons.controls()[person.window.lessons.needed()[0]]
    person.wait(lambda: not person.window.presenter.spotlight.lit.isEmpty())
    assert person.window.presenter.spotlight.lit.contains(target.mapTo(person.window, target.rect().center()))
    person.window.actions_by_id["view.spotlight"].trigger()
    assert not person.window.presenter.spotlight.isVisible()
