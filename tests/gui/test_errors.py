"""An error that nobody caught is a sentence on the stage, and the panel can be used afterwards."""

import logging
import sys

import pytest
from PySide6.QtWidgets import QPlainTextEdit

from playground.gui.errors import ErrorHub
from playground.gui.widgets.loss_plot import LossPlot


@pytest.fixture
def hub(monkeypatch):
    made = ErrorHub()
    monkeypatch.setattr(sys, "excepthook", made._uncaught)
    return made


def test_a_slot_that_breaks_is_said_and_logged_and_the_panel_goes_on(open_window, tiny_run, hub, monkeypatch, caplog):
    person = open_window(tiny_run("vae", "moons"))
    hub.error_met.connect(person.window.error_met)

    def broken(*_):
        raise ZeroDivisionError("injected")

    with monkeypatch.context() as patch, caplog.at_level(logging.ERROR, "playground"):
        patch.setattr(LossPlot, "add", broken)
        person.press("vae.step")
        person.until("paused")
    assert "Something broke in the window: ZeroDivisionError: injected" in person.panel.messages.text()
    assert "in broken" in person.window.findChild(QPlainTextEdit, "vae.message.details.text").toPlainText()
    assert "in broken" in caplog.text
    person.press("vae.step")
    person.until("paused")
    assert person.session.step == 22
