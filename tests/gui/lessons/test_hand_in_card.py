"""A student hands in, on the page itself, what they predicted and trained; the file is what grade reads."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLineEdit

from playground import paths
from playground.core import durable, hand_in, hand_in_file
from playground.evaluation.grading import measure
from playground.gui.lessons.progress import Answer


@pytest.fixture
def student(open_window, tiny_run, tmp_path, monkeypatch):
    """Before a window with a run of their own; another one is stored."""
    monkeypatch.setattr(durable, "_fsync", lambda handle: None)
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *a: (str(tmp_path / Path(a[2]).stem), ""))
    paths.runs().mkdir(parents=True)
    Path(tiny_run("gaussian", "bumps", 3)).rename(paths.runs() / "old")
    person = open_window(tiny_run("vae", "moons"))
    person.window.lessons.progress.finish("lecture/a")
    person.window.lessons.progress.answer("lecture/a", Answer("Is it so?", "No", False))
    return person


def said(person) -> str:
    page = person.window.page
    return page.messages.text() if page.messages.isVisible() else ""


def hand_in_as(person, name: str) -> None:
    box = person.find("lecture.handin.student", QLineEdit)
    box.setFocus()
    box.selectAll()
    box.insert(name)  # as an input method does: key presses have no accents
    person.press("lecture.handin.write")


def test_the_menu_leads_to_a_file_that_measures(student, tmp_path):
    window = student.window
    window.actions_by_id["lesson.handin"].trigger()
    assert window.page.name == "lecture"
    boxes = [student.find(f"lecture.handin.run.{number}", QCheckBox) for number in (1, 2)]
    assert [(box.text().rpartition(", ")[2], box.isChecked()) for box in boxes] == [("moons", True), ("bumps", False)]
    boxes[1].click()
    hand_in_as(student, "Zoë  Ångström")
    student.wait(lambda: said(student).startswith("Wrote"))
    assert "2 runs, 1 scene done, 1 prediction" in said(student)
    content = hand_in_file.read(tmp_path / "zoë-ångström.handin")
    assert content.student == "Zoë Ångström"
    assert content.done == ("lecture/a",)
    assert content.answers == {"lecture/a": hand_in.Prediction("Is it so?", "No", False)}
    assert [(run.experiment.model, run.step) for run in content.runs] == [("vae", 20), ("gaussian", 3)]
    assert content.runs[0].sheet
    assert measure(content.runs[1], 20).consistent
    window.documents.open_or_say(str(tmp_path / "zoë-ångström.handin"))  # as if it were dropped on the window
    assert "is a hand-in; playground report" in said(student)


def test_a_name_is_asked_for_on_the_page(student, tmp_path):
    student.window.show_page("lecture")
    student.press("lecture.handin")
    student.press("lecture.handin.write")
    assert "Type your name first" in said(student)
    student.press("lecture.handin")
    assert not student.window.findChild(QLineEdit, "lecture.handin.student").isVisible()


def test_a_run_that_is_gone_is_named(student):
    student.window.show_page("lecture")
    student.press("lecture.handin")
    student.find("lecture.handin.run.2", QCheckBox).click()
    (paths.runs() / "old" / "manifest.json").unlink()
    hand_in_as(student, "Ada")
    student.wait(lambda: "old is not a run folder" in said(student))
    assert student.find("lecture.handin.write").isEnabled()
