"""Exports through the menu: what is written is what is on show, and what the command line writes."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog

from playground import cli
from playground.core.records import CurveOrder
from playground.evaluation.exports import carry_out
from playground.gui.panels.base.exporting import words_for


@pytest.fixture
def vae(open_window, tiny_run):
    """A conditional run of twenty steps."""
    person = open_window(tiny_run("vae", "digits", conditional=True))
    person.show_view("Sample")
    return person


@pytest.fixture
def answer(monkeypatch):
    """Says what the dialog for a file's name gives."""

    def give(path: Path | str, kind: str = "") -> None:
        monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), kind))

    return give


def export(person, what: str) -> None:
    """Takes the entry of the menu and waits for what came of it."""
    with person.qtbot.waitSignal(person.session.written, timeout=60_000):
        person.window.actions_by_id[what].trigger()


def said(person) -> str:
    return person.panel.messages._text.text()


def details(person) -> str:
    return person.panel.messages._details.toPlainText()


def test_an_array_holds_what_is_on_show_and_what_the_command_line_writes(vae, answer, tmp_path):
    vae.type("vae.sample.seed", "5")
    vae.wait(lambda: "seed 5." in " ".join(vae.texts()) and vae.view.is_settled())
    answer(tmp_path / "samples.npz")
    export(vae, "export.samples")
    assert said(vae) == f"Wrote 60 samples after 20 steps to {tmp_path / 'samples.npz'}."
    words = shlex.split(details(vae).splitlines()[-1])
    words[words.index("--out") + 1] = str(tmp_path / "again.npz")
    assert cli.run(words[1:]) == 0
    with np.load(tmp_path / "samples.npz") as mine, np.load(tmp_path / "again.npz") as theirs:
        np.testing.assert_array_equal(mine["samples"], vae.view.stage.images.images())
        assert set(mine) == {"samples", "labels"}
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


def test_in_the_past_the_old_weights_are_exported(vae, answer, tmp_path):
    vae.qtbot.keyClick(vae.find("vae.history"), Qt.Key.Key_Home)
    vae.settle()
    answer(tmp_path / "samples.npz")
    export(vae, "export.samples")
    assert "after 0 steps" in said(vae)
    assert "--step 0" in details(vae)
    with np.load(tmp_path / "samples.npz") as arrays:
        np.testing.assert_array_equal(arrays["samples"], vae.view.stage.images.images())


def test_without_a_suffix_the_chosen_kind_counts(vae, answer, tmp_path):
    answer(tmp_path / "samples", "Picture (*.png)")
    export(vae, "export.samples")
    with Image.open(tmp_path / "samples.png") as picture:
        assert min(picture.size) > 100


def test_what_cannot_be_written_is_said_in_a_sentence(vae, answer, tmp_path):
    (tmp_path / "file").touch()
    for name, told in (("samples.gif", "samples in one step"), ("file/a.npz", "cannot be written")):
        answer(tmp_path / name)
        export(vae, "export.samples")
        assert told in said(vae)
    answer(tmp_path / "file" / "curves.png")
    vae.window.actions_by_id["export.curves"].trigger()
    assert "was not written" in said(vae)
    assert [file.name for file in tmp_path.iterdir() if file.is_file()] == ["file"]


def test_a_dialog_without_an_answer_does_nothing(vae, answer, tmp_path):
    answer("")
    vae.window.actions_by_id["export.samples"].trigger()
    vae.window.actions_by_id["export.curves"].trigger()
    assert not vae.panel.messages.isVisible()


def test_nothing_is_exported_of_a_run_that_is_not_stored(vae, answer, tmp_path):
    vae.press("vae.reset")
    vae.wait(lambda: vae.session.is_open)
    vae.settle()
    answer(tmp_path / "samples.npz")
    for action in ("export.samples", "export.curves", "copy.curves"):
        vae.panel.messages.clear()
        vae.window.actions_by_id[action].trigger()
        assert "train it first" in said(vae)


def test_curves_as_a_table_and_as_a_picture(vae, answer, tmp_path):
    answer(tmp_path / "curves.csv")
    export(vae, "export.curves")
    assert str(tmp_path / "curves.csv") in said(vae)
    assert (tmp_path / "curves.csv").read_text() == carry_out(CurveOrder(vae.session.run)).text
    answer(tmp_path / "curves.png")
    vae.window.actions_by_id["export.curves"].trigger()
    with Image.open(tmp_path / "curves.png") as picture:
        assert picture.size == (vae.panel.loss.width(), vae.panel.loss.height())


def test_the_clipboard_takes_the_curves_and_the_picture(vae):
    export(vae, "copy.curves")
    content = QGuiApplication.clipboard().mimeData()
    lines = content.text().splitlines()
    assert lines[0].split("\t")[:2] == ["step", "loss"]
    assert [line.split("\t")[0] for line in lines[1:]] == [str(step) for step in range(20)]
    assert content.hasImage()
    vae.window.actions_by_id["copy.picture"].trigger()
    picture = QGuiApplication.clipboard().image()
    assert (picture.width(), picture.height()) == (vae.view.width(), vae.view.height())
    assert "Sample" in said(vae)


@pytest.mark.parametrize(("where", "entries"), [
    ("vae.sample.images", ["Copy the picture", "Export samples ..."]),
    ("vae.loss.plot", ["Copy the curves", "Export curves ..."]),
])  # fmt: skip
@pytest.mark.qt_log_ignore("This plugin does not support")  # offscreen says so of every menu that pops up
def test_a_right_click_offers_them_too(vae, where, entries):
    widget = vae.find(where)
    place = widget.rect().center()
    click = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, widget.mapToGlobal(place))
    seen: list[str] = []

    def look() -> None:
        menu = QApplication.activePopupWidget()
        seen.extend(action.text().replace("&", "") for action in menu.actions())
        menu.close()

    QTimer.singleShot(0, look)  # the menu holds the click until it is closed
    QApplication.sendEvent(getattr(widget, "viewport", lambda: widget)(), click)
    assert seen == entries


def test_a_bundled_run_is_exported_by_its_name(open_window, answer, tmp_path):
    person = open_window("vae-digits")
    person.show_view("Train")
    answer(tmp_path / "a.npz")
    export(person, "export.samples")
    assert "playground sample vae-digits --out" in details(person)
    assert "--step" not in details(person)
    with np.load(tmp_path / "a.npz") as arrays:
        np.testing.assert_array_equal(arrays["samples"], person.view.stage.images.images())


@pytest.mark.parametrize(("label", "words"), [
    (None, None),
    ([[0, -1], [1, -1]], None),
    ([[1, -1], [1, -1]], "shape=disc"),
    ([[1, 0]], "shape=disc,colour=red"),
    ([[-1, -1]], "none"),
])  # fmt: skip
def test_labels_as_the_command_line_says_them(label, words):
    facts = {"factors": (("shape", ("square", "disc")), ("colour", ("red", "green")))}
    assert words_for(label if label is None else np.array(label), facts) == words
