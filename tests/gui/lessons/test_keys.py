"""The keys of a lecture."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QSpinBox, QVBoxLayout, QWidget

from playground.gui.lessons.keys import LessonKeys


@pytest.fixture
def stage(qtbot):
    """A window with one control of each kind, what was heard from its keys, and the keys themselves."""
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    list_ = QComboBox()
    list_.addItems(["8x8", "bumps"])
    widgets = {"button": QPushButton(), "line": QLineEdit(), "box": QSpinBox(), "list": list_}
    for widget in widgets.values():
        column.addWidget(widget)
    keys = LessonKeys(window)
    heard = []
    keys.slide_wanted.connect(lambda number: heard.append(("slide", number)))
    keys.choice_wanted.connect(lambda place: heard.append(("choice", place)))
    window.show()
    yield window, widgets, keys, heard
    keys.deleteLater()


def sign(window):
    (label,) = window.findChildren(QLabel, "lesson.number")
    return label.text() if label.isVisible() else ""


def test_a_number_and_enter_ask_for_a_slide(qtbot, stage):
    window, widgets, _, heard = stage
    qtbot.keyClicks(widgets["button"], "32")
    assert sign(window) == "Slide 32: press Enter"
    assert heard == []
    qtbot.keyClick(widgets["button"], Qt.Key.Key_Return)
    assert heard == [("slide", 32)]
    assert not sign(window)
    qtbot.keyClicks(widgets["button"], "7")
    qtbot.keyClick(widgets["button"], Qt.Key.Key_Escape)
    qtbot.keyClick(widgets["button"], Qt.Key.Key_Return)
    assert heard == [("slide", 32)]


def test_letters_answer_while_a_question_is_on(qtbot, stage):
    _, widgets, keys, heard = stage
    qtbot.keyClick(widgets["button"], Qt.Key.Key_B)
    assert heard == []
    keys.asks = lambda: True
    qtbot.keyClick(widgets["button"], Qt.Key.Key_B)
    qtbot.keyClick(widgets["button"], Qt.Key.Key_E)
    qtbot.keyClick(widgets["button"], Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert heard == [("choice", 1)]


def test_what_a_control_uses_is_left_to_it(qtbot, stage):
    window, widgets, keys, heard = stage
    keys.asks = lambda: True
    qtbot.keyClicks(widgets["line"], "19a")
    widgets["box"].selectAll()
    qtbot.keyClicks(widgets["box"], "7")
    qtbot.keyClicks(widgets["list"], "b")
    assert widgets["line"].text() == "19a"
    assert widgets["box"].value() == 7
    assert widgets["list"].currentText() == "bumps"
    assert heard == []
    assert not sign(window)
    qtbot.keyClicks(widgets["list"], "5")
    assert sign(window) == "Slide 5: press Enter"
