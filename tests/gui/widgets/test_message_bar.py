"""The inline message."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from playground.gui.widgets.message_bar import MessageBar


@pytest.fixture
def bar(qtbot):
    widget = MessageBar(id_prefix="vae")
    qtbot.addWidget(widget)
    return widget


def button(bar, name):
    return bar.findChild(QPushButton, f"vae.message.{name}")


def test_hidden_until_there_is_something_to_say(bar):
    assert bar.isHidden()
    bar.show_message("good", "Saved.")
    assert bar.isVisible()
    assert bar.text() == "Saved."
    assert not button(bar, "details").isVisible()
    assert not button(bar, "action").isVisible()
    bar.clear()
    assert bar.isHidden()
    assert bar.text() == ""


@pytest.mark.parametrize(("level", "word"), [("info", "Note"), ("good", "Done"), ("warn", "Warning"), ("bad", "Error")])
def test_the_level_is_a_word_for_those_who_listen(bar, level, word):
    bar.show_message(level, "Text.")
    assert bar.accessibleName() == f"{word}: Text."


def test_details_unfold_and_fold_again_with_the_next_message(qtbot, bar):
    bar.show_message("bad", "It failed.", details="Traceback")
    text = bar.findChild(QPlainTextEdit)
    assert not text.isVisible()
    qtbot.mouseClick(button(bar, "details"), Qt.MouseButton.LeftButton)
    assert text.isVisible()
    assert text.toPlainText() == "Traceback"
    bar.show_message("bad", "Again.", details="Other")
    assert not text.isVisible()


def test_the_action_may_show_the_next_message(qtbot, bar):
    bar.show_message("warn", "Too fast.", action_text="Slow down", action=lambda: bar.show_message("good", "Slower."))
    assert button(bar, "action").text() == "Slow down"
    qtbot.mouseClick(button(bar, "action"), Qt.MouseButton.LeftButton)
    assert bar.text() == "Slower."
    assert bar.isVisible()


def test_dismissed_by_the_cross_and_by_escape(qtbot, bar):
    bar.show_message("info", "One.")
    with qtbot.waitSignal(bar.dismissed):
        qtbot.mouseClick(button(bar, "dismiss"), Qt.MouseButton.LeftButton)
    assert bar.isHidden()
    bar.show_message("info", "Two.")
    with qtbot.waitSignal(bar.dismissed):
        qtbot.keyClick(button(bar, "dismiss"), Qt.Key.Key_Escape)
    assert bar.isHidden()
