"""A window that ended in the middle of training, as by kill -9 or a lost battery, offers at the next start to go on."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from playground import paths
from playground.gui import app, recovery, reports
from playground.gui.preferences import Preferences
from tests.gui.driving import Person

NOTE = "training.json"


@pytest.fixture
def start(qtbot, tmp_path, monkeypatch):
    """Starts the program as a person does, with one home; what is still open in the end is closed."""
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    windows = []

    def begin(*words) -> Person:
        app.application()
        windows.append(app.open_window(Preferences.load(), *words))
        return Person(windows[-1], qtbot)

    yield begin
    for window in windows:
        window.close()
        window.deleteLater()


def in_training(person: Person) -> Person:
    """The same, while its run goes on."""
    person.settle()
    person.panel.transport.set_budget("steps", 10_000)
    person.panel.train()
    person.wait(lambda: person.session.step > 22)
    return person


def killed(person: Person) -> None:
    """Ends a window; the disk is as if it had been killed when it last kept what is open."""
    home = paths.user_data()
    person.window.documents.keep()
    left = {name: (home / name).read_bytes() for name in (NOTE, "last-document.json")}
    person.window.close()
    assert not (home / NOTE).exists()
    for name, content in left.items():
        (home / name).write_bytes(content)


def test_a_run_that_was_interrupted_goes_on_by_one_press(start, tiny_run):
    first = in_training(start(tiny_run("vae", "moons")))
    killed(first)

    again = start()
    again.settle()
    stood = again.session.step
    assert stood > 22
    assert again.panel.messages.text().startswith(recovery.ENDED)
    assert again.panel.messages.level() == "warn"
    button = again.window.findChild(QPushButton, "vae.message.action")
    assert (button.text(), button.toolTip()) == (recovery.GO_ON, recovery.HINT)
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    again.window.reports.tell_crash("Fatal Python error")
    assert again.panel.messages.text().startswith(f"{reports.CRASHED} {recovery.ENDED}")
    assert "Fatal" in again.window.findChild(QPlainTextEdit, "vae.message.details.text").toPlainText()
    button.setFocus()
    again.qtbot.keyClick(button, Qt.Key.Key_Space)
    again.wait(lambda: again.session.step > stood + 2)
    assert again.session.budget.amount == 10_000
    assert not again.panel.messages.isVisible()
    again.panel.session.pause()
    again.until("paused")
    again.window.documents.keep()
    assert not (paths.user_data() / NOTE).exists()


def test_a_window_that_was_closed_offers_nothing(start, tiny_run):
    first = in_training(start(tiny_run("vae", "moons")))
    first.window.documents.keep()
    first.window.close()
    again = start()
    again.settle()
    assert recovery.ENDED not in again.panel.messages.text()


@pytest.mark.parametrize("note", [b"", b"[", b"[1, 2]", b'["vae"]', b'["vae", "/nowhere"]', b'["no page", "."]', b"{}"])
def test_a_note_that_makes_no_sense_offers_nothing(start, note):
    (paths.user_data() / NOTE).write_bytes(note)
    person = start(None, "home")
    assert recovery.ENDED not in person.window.page.messages.text()
    assert not (paths.user_data() / NOTE).exists()
