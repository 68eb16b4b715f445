"""Predict, then reveal."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from playground.gui.lessons.question_box import QuestionBox
from playground.gui.lessons.scene import Question

QUESTION = Question("Is it zero?", ("Yes", "No", "Who knows"), 1)


def shown(box, name):
    (label,) = box.findChildren(QLabel, name)
    return label.text() if label.isVisibleTo(box) else ""


def test_a_choice_can_be_changed_until_the_answer_is_shown(qtbot):
    box = QuestionBox()
    qtbot.addWidget(box)
    assert box.isHidden()
    box.show_question(QUESTION)
    box.show()
    assert box.is_open()
    buttons = [b for b in box.findChildren(QPushButton) if b.isVisible()]
    assert [b.text() for b in buttons] == ["A  Yes", "B  No", "C  Who knows"]
    with qtbot.waitSignal(box.chosen) as first:
        qtbot.mouseClick(buttons[0], Qt.MouseButton.LeftButton)
    assert first.args == [0]
    assert box.choose(2)
    assert [b.isChecked() for b in buttons] == [False, False, True]
    assert not box.choose(3)
    box.reveal()
    assert shown(box, "scene.verdict") == "You said C; it is B: No."
    assert not box.choose(1)
    assert not buttons[1].isEnabled()


def test_the_verdict_names_what_was_predicted(qtbot):
    box = QuestionBox()
    qtbot.addWidget(box)
    box.show_question(QUESTION)
    box.choose(1)
    box.reveal()
    assert shown(box, "scene.verdict") == "You predicted it: B: No."
    box.show_question(QUESTION)
    assert not shown(box, "scene.verdict")
    box.reveal()
    assert shown(box, "scene.verdict") == "The answer is B: No."
