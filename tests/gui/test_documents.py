"""Documents in the window: the same picture again, undo of every control, what is hidden, and the next start."""

import json

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QCheckBox, QComboBox, QFileDialog, QSlider, QTabWidget

from playground import registry
from playground.core.experiment import Experiment
from playground.gui import app
from playground.gui.document import Document, ViewState
from playground.gui.preferences import Preferences
from playground.gui.widgets import controls
from tests.gui.driving import Person

FAMILIES = [name for name, card in registry.models().items() if card.extra.get("in_rail", True)]

QUICK = ("vae",)  # in every run of the tests; the others are slow ones


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def picture(person):
    """The window once it has come to rest: curves are drawn ten times a second at most."""
    person.settle()
    person.wait(lambda: not any(asker._asked for asker in person.view.askers()))  # a sweep goes on after it is settled
    seen: list[np.ndarray] = []

    def at_rest():
        seen.append(pixels(person.window))
        return len(seen) > AT_REST and all(np.array_equal(seen[-1], each) for each in seen[-AT_REST:])

    person.qtbot.waitUntil(at_rest, timeout=20_000)
    return seen[-1]


AT_REST = 25  # equal pictures in a row; the event loop turns between them


def pixels(window):
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)[..., :3].copy()


def settled(person):
    """Also what follows from the last answers."""
    person.wait(lambda: person.panel.session.is_open and person.view.is_settled())
    person.settle()


def drop(window, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    action, button, modifier = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(5, 5), action, data, button, modifier))


def arranged(open_window):
    """A window in which a few things were set by hand."""
    person = open_window("vae-digits")
    person.show_view("Latent")
    slider = person.find("vae.latent.z.0", QSlider)
    person.ask_again(lambda: slider.setValue(137))
    person.ask_again(lambda: person.find("vae.latent.z.1", QSlider).setValue(-61))
    return person


@pytest.mark.parametrize("form", ["png", "string", pytest.param("json", marks=pytest.mark.slow)])
def test_a_document_that_is_saved_and_opened_gives_the_same_picture(open_window, tmp_path, form):
    person = arranged(open_window)
    before = picture(person)
    document = person.window.documents.current()
    other = open_window()
    if form == "json":
        document.save(tmp_path / "a.json")
        other.window.documents.open_path(str(tmp_path / "a.json"))
    elif form == "png":
        person.window.documents.write_picture(tmp_path / "a.png")
        drop(other.window, tmp_path / "a.png")
    else:
        person.window.documents.copy_state()
        assert QGuiApplication.clipboard().text().startswith("playground:")
        other.window.actions_by_id["file.paste"].trigger()
    settled(other)
    other.wait(lambda: other.find("vae.latent.z.1", QSlider).value() == -61)
    settled(other)
    after = picture(other)
    assert before.shape == after.shape
    assert np.array_equal(before, after), f"{(before != after).any(axis=2).sum()} pixels differ"


@pytest.mark.parametrize(
    "family", [pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in FAMILIES]
)
def test_every_view_of_every_family_comes_back_pixel_by_pixel(open_window, family):
    person = open_window()
    person.window.show_panel(family)
    person.settle()
    other = open_window()
    for place in person.tour():
        before = picture(person)
        other.window.documents.apply(person.window.documents.current())
        settled(other)
        other.wait(lambda: not other.panel.unsettled())
        after = picture(other)
        assert np.array_equal(before, after), f"{place}: {(before != after).any(axis=2).sum()} pixels differ"


def test_a_picture_of_the_window_opens_again_when_it_is_dropped(open_window, tmp_path):
    person = arranged(open_window)
    person.window.documents.write_picture(tmp_path / "a.png")
    assert "Drop it on the window" in person.panel.messages.text()
    assert Document.load(tmp_path / "a.png").pages["vae"].experiment == person.session.experiment


def test_an_experiment_that_is_dropped_becomes_a_fresh_model(open_window, tmp_path):
    person = open_window("diffusion-digits")
    Experiment("vae", "moons", config={"latent_dim": 3}, seed=5).save(tmp_path / "e.json")
    drop(person.window, tmp_path / "e.json")
    person.settle()
    assert person.panel.family == "vae"
    assert (person.session.experiment.data, person.session.experiment.seed) == ("moons", 5)
    assert person.session.experiment.config["latent_dim"] == 3
    assert person.session.step == 0


@pytest.mark.parametrize(
    ("content", "words"),
    [("{", "json"), ('{"stage": "vae"}', "vae|model|key"), ('{"stage": "mars", "pages": {}}', "needs a page 'mars'")],
)
def test_a_file_that_is_none_is_said_and_nothing_changes(open_window, tmp_path, content, words):
    person = open_window("vae-digits")
    (tmp_path / "bad.json").write_text(content, encoding="utf-8")
    before = person.window.documents.current()
    drop(person.window, tmp_path / "bad.json")
    assert person.panel.messages.isVisible()
    import re

    assert re.search(words, person.panel.messages.text(), re.IGNORECASE)
    assert person.window.documents.current() == before


def test_a_run_that_is_not_here_comes_back_as_a_fresh_model_with_its_settings(open_window, tiny_run):
    run = tiny_run("vae", "moons")
    person = open_window(run)
    document = person.window.documents.current().to_json()
    document["pages"]["vae"]["run"] = "/somewhere/else"
    other = open_window()
    other.window.documents.apply(Document.from_json(document))
    other.settle()
    assert other.session.experiment.config == person.session.experiment.config
    assert other.session.step == 0
    assert "not on this machine" in other.panel.messages.text()


# -- undo -------------------------------------------------------------------------------------------------------------


def nudge(person, widget):
    """What a person would do to a control; False where it has no other value."""
    before = controls.value(widget)
    person.window.undo.begin()
    match widget:
        case _ if hasattr(widget, "control_value") and isinstance(before, list):
            controls.set_value(widget, [value + 0.5 for value in before])
        case QTabWidget():
            person.window.actions_by_id["view.next"].trigger()
        case QCheckBox() | QAbstractButton():
            widget.click()
        case QComboBox():
            person.qtbot.keyClick(widget, Qt.Key.Key_Down if widget.currentIndex() == 0 else Qt.Key.Key_Up)
        case QAbstractSpinBox():
            widget.stepBy(1 if widget.text() != widget.textFromValue(widget.maximum()) else -1)
        case QSlider():
            person.qtbot.keyClick(widget, Qt.Key.Key_Left if widget.value() == widget.maximum() else Qt.Key.Key_Right)
    return controls.value(widget) != before


@pytest.mark.parametrize(
    "run",
    [
        *(pytest.param(f"{name}-digits", marks=() if name in QUICK else pytest.mark.slow) for name in FAMILIES),
        pytest.param("diffusion-eight-gaussians", marks=pytest.mark.slow),
        "gaussian-bumps",
    ],
)
def test_undo_restores_each_control_and_redo_sets_it_again(open_window, run):
    person = open_window(run)
    person.settle()
    tried = 0
    for _ in person.tour():
        ids = [name for name, shown in controls.values(person.panel).items()]
        for name in ids:
            widget = controls.find(person.panel).get(name)
            if widget is None or not widget.isVisible() or not widget.isEnabled() or isinstance(widget, QTabWidget):
                continue
            person.wait(person.panel.is_settled)
            before = controls.value(widget)
            if not nudge(person, widget):
                continue
            tried += 1
            person.window.undo.settle()
            after = controls.value(controls.find(person.panel)[name])
            person.window.actions_by_id["edit.undo"].trigger()
            person.wait(person.panel.is_settled)
            assert controls.value(controls.find(person.panel)[name]) == before, f"{name} was not undone"
            person.window.actions_by_id["edit.redo"].trigger()
            person.wait(person.panel.is_settled)
            assert controls.value(controls.find(person.panel)[name]) == after, f"{name} was not done again"
            person.window.actions_by_id["edit.undo"].trigger()
            person.wait(person.panel.is_settled)
    assert tried > 5


def test_undo_goes_back_to_the_run_that_was_open(open_window):
    person = open_window("vae-digits")
    person.choose("vae.data", registry.data()["moons"].title)
    person.settle()
    assert person.session.experiment.data == "moons"
    person.window.actions_by_id["edit.undo"].trigger()
    person.settle()
    assert person.session.run == "vae-digits"


def test_what_the_program_does_by_itself_is_not_undone(open_window):
    person = open_window("diffusion-digits")
    view = person.show_view("Sample")
    person.window.undo.settle()
    acts = len(person.window.undo._done)
    view.scrubber.set_position(3)  # as the film does
    person.window.undo.settle()
    assert view.scrubber.position() == 3
    assert len(person.window.undo._done) == acts


def test_typing_in_a_box_is_one_act(open_window):
    person = open_window("vae-digits")
    box = person.find("vae.seed", QAbstractSpinBox)
    person.type("vae.seed", "17")
    assert box.value() == 17
    person.window.undo.undo()
    assert box.value() != 17


# -- hidden and locked ------------------------------------------------------------------------------------------------


def test_controls_are_hidden_and_locked_by_id_whatever_happens(open_window):
    person = open_window("vae-digits")
    document = person.window.documents.current().to_json()
    document |= {"hidden": ["vae.seed"], "locked": ["vae.config.latent_dim", "vae.start"]}
    person.window.documents.apply(Document.from_json(document))
    person.settle()
    there = controls.find(person.window)
    assert not there["vae.seed"].isVisible()
    assert not there["vae.start"].isEnabled()
    assert there["vae.start"].toolTip().startswith("Locked")
    person.window.open_run("vae-digits-2d")  # builds its form anew and would enable the transport
    person.settle()
    there = controls.find(person.window)
    assert not there["vae.config.latent_dim"].isEnabled()
    assert not there["vae.start"].isEnabled()
    there["vae.seed"].show()
    assert not there["vae.seed"].isVisible()
    person.window.documents.apply(Document("vae"))
    assert controls.find(person.window)["vae.start"].isEnabled()
    assert there["vae.seed"].isVisible()


def test_what_the_program_keeps_out_of_sight_stays_so_when_a_document_frees_it(open_window):
    person = open_window("vae-digits")
    name, unused = next((name, each) for name, each in controls.find(person.panel).items() if each.isHidden())
    person.window.documents.apply(Document("vae", hidden=(name, "vae.seed")))
    person.window.documents.apply(Document("vae"))
    assert unused.isHidden()
    assert controls.find(person.window)["vae.seed"].isVisible()


# -- the next start ---------------------------------------------------------------------------------------------------


@pytest.fixture
def start(qtbot, own_home):
    opened = []

    def begin(**arguments):
        opened.append(app.open_window(Preferences.load(), **arguments))
        return Person(opened[-1], qtbot)

    yield begin
    for window in opened:
        window.close()
        window.deleteLater()


def test_the_next_start_finds_what_was_open(start, own_home):
    first = start(open_path="vae-digits-2d")
    first.show_view("Latent")
    first.find("vae.latent.z.0", QSlider).setValue(44)
    first.window.close()
    second = start()
    second.settle()
    assert second.session.run == "vae-digits-2d"
    second.wait(lambda: second.find("vae.latent.z.0", QSlider).value() == 44)


def test_a_crash_loses_at_most_the_last_seconds(start, own_home):
    first = start(open_path="vae-digits-2d")
    first.settle()
    first.window.documents.keep()  # the timer's work; then nothing is closed properly
    first.window.documents._timer.stop()
    first.window.documents._lock.release()  # the system's work
    second = start()
    second.settle()
    assert second.session.run == "vae-digits-2d"


def test_a_document_that_brings_the_program_down_is_not_opened_again(start, own_home):
    first = start(open_path="vae-digits-2d")
    first.settle()
    first.window.close()
    (own_home / "last-document.opening").touch()  # as a crash while it was being opened leaves it
    second = start()
    assert "was not opened again" in second.window.page.messages.text()
    assert json.loads((own_home / "last-document.json").read_text(encoding="utf-8"))["stage"] == "vae"


def test_recent_files_are_listed_newest_first(start, own_home, tmp_path):
    person = start(open_path="vae-digits-2d")
    person.settle()
    for name in ("a.json", "b.json"):
        person.window.documents.current().save(tmp_path / name)
        person.window.documents.open_path(str(tmp_path / name))
    person.window.documents.recent_menu.aboutToShow.emit()
    entries = [action.text() for action in person.window.documents.recent_menu.actions()]
    assert entries == [str(tmp_path / "b.json"), str(tmp_path / "a.json")]
    (tmp_path / "b.json").unlink()
    person.window.documents.recent_menu.aboutToShow.emit()
    assert [action.text() for action in person.window.documents.recent_menu.actions()] == [str(tmp_path / "a.json")]


def test_what_was_saved_is_recent_too(start, own_home, tmp_path, monkeypatch):
    person = start(open_path="vae-digits-2d")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "saved.json"), ""))
    person.window.actions_by_id["file.save"].trigger()
    assert person.window.preferences.recent[0] == str(tmp_path / "saved.json")
    assert Document.load(tmp_path / "saved.json").stage == "vae"
    (tmp_path / "taken").mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "taken"), ""))
    person.window.actions_by_id["file.save"].trigger()
    assert any("cannot be written" in words and "nothing else changed" in words for words in person.texts())


def test_a_view_that_a_document_leaves_at_once_asks_the_model_nothing(open_window):
    person = open_window()
    page = person.window.show_panel("gan", open_default=False)
    answered = []
    page.session.answered.connect(lambda answer: answered.append(answer.query.channel))
    state = ViewState("gan", "gan-eight-gaussians", values={"gan.views": "Sample"})
    person.window.documents.apply(Document("gan", {"gan": state}))
    person.settle()
    assert person.view.title == "Sample"
    assert page.tabs.isVisible()
    assert any(channel.startswith("gan.sample/") for channel in answered)
    assert not [channel for channel in answered if channel.startswith("gan.train/")]
