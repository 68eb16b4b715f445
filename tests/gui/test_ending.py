"""What could not be saved when a window was closed is said at the next start, once."""

import os

import pytest

from playground import paths
from playground.core import durable
from playground.gui import app, ending
from playground.gui.preferences import Preferences


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()


def test_a_run_that_could_not_be_saved_is_told_at_the_next_start(open_window, tiny_run, monkeypatch, caplog):
    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    person = open_window(tiny_run("vae", "moons"))
    with monkeypatch.context() as patches:
        patches.setattr(durable, "_write", full)
        person.press("vae.step")
        person.until("paused")
        assert "No space left on device" in person.panel.messages.text()
        person.window.close()
    kept = (
        "its last save, at step 20, is intact. The step after it is lost; make room, open the run again and train on."
    )
    assert kept in caplog.text
    again = app.open_window(Preferences.load())
    try:
        assert again.page.messages.text().startswith("When the window was closed last: The run could not be saved")
        assert kept in again.page.messages.text()
    finally:
        again.close()
        again.deleteLater()
    assert ending.unsaved() == ""


def test_nothing_is_told_where_all_was_saved():
    ending.end_all([])
    assert ending.unsaved() == ""
    assert not list(paths.user_data().iterdir())
