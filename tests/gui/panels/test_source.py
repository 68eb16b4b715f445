"""View source: the file beside the stage, the running stage lit, symbols that lead to their setting and their line."""

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QLabel, QLineEdit, QPushButton, QWidget

from playground import registry
from playground.core.worker import Worker
from playground.gui.panels.base import source as module
from playground.gui.panels.base.source import SourcePane
from playground.gui.session import TrainingSession
from playground.gui.widgets import controls
from tests.gui.driving import PATIENCE

RUN = "vae-digits"


@pytest.fixture
def reading(open_window):
    """The VAE's panel with its source open."""
    person = open_window(RUN)
    person.press("vae.source")
    return person


def _stage_lines(person, name):
    (lines,) = person.panel.source.outline().stages[name]
    return lines


def _keyboard(person):
    """The control that has the keyboard."""
    return person.window.focusWidget().objectName()


def _train_slowly(person, monkeypatch, act):
    """Acts in slow motion; returns each lit block with the words below it, in order. The model is held at a stage until
    the window has shown it."""
    shown, seen, pane = threading.Semaphore(0), [], person.panel.source
    monkeypatch.setattr(Worker, "_hold", lambda *_: shown.acquire(timeout=PATIENCE / 1000))

    def note(_):
        seen.append((pane.view.lit(), pane.stage.text()))
        shown.release()

    person.press("vae.source.slow")
    person.session.staged.connect(note)
    act()
    person.wait(lambda: seen and not seen[-1][0])
    return seen[:-1]


def test_the_source_opens_beside_the_stage_at_the_training_step(open_window):
    person = open_window(RUN)
    assert not person.panel.source.isVisible()
    person.window.actions_by_id["view.source"].trigger()
    view = person.find("vae.source.code")
    assert view.toPlainText() == registry.source("vae")
    assert view.isReadOnly()
    entries = {entry.name: entry for entry in person.panel.source.outline().entries}
    assert view.shows(entries["VAE.train_step"].first)
    assert person.find("vae.source").isChecked()
    person.press("vae.source.close")
    assert not person.panel.source.isVisible()
    assert not person.find("vae.source").isChecked()


def test_opening_it_does_not_widen_the_window(open_window):
    person = open_window(RUN)
    before = person.window.minimumSizeHint().width()
    person.press("vae.source")
    assert person.window.minimumSizeHint().width() <= before


def test_one_step_in_slow_motion_lights_stage_after_stage(reading, monkeypatch):
    names = ["encode", "draw z", "decode", "update"]
    seen = _train_slowly(reading, monkeypatch, lambda: reading.press("vae.step"))
    assert [lit for lit, _ in seen] == [[_stage_lines(reading, name)] for name in names]
    assert [words for _, words in seen] == [f"Step 1: {name}" for name in names]
    code = reading.find("vae.source.code").toPlainText().splitlines()
    for lit, words in seen:
        assert f'self.stage("{words.partition(": ")[2]}")' in code[lit[0][0] - 1]


def test_pause_and_stop_act_in_slow_motion(reading, monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 1000.0)
    reading.press("vae.source.slow")
    reading.press("vae.start")
    reading.wait(lambda: reading.panel.source.view.lit())
    reading.press("vae.start")  # now the word on it is Pause
    reading.until("paused")
    assert reading.session.step == 1
    assert not reading.panel.source.view.lit()


def test_slow_motion_scrolls_along_until_a_person_looks_elsewhere(reading, monkeypatch):
    view, source = reading.panel.source.view, registry.source("vae").splitlines()
    last = len(source)
    view.go_to(last)
    shown = []
    reading.session.staged.connect(lambda _: shown.append([view.shows(first) for first, _ in view.lit()]))
    _train_slowly(reading, monkeypatch, lambda: reading.press("vae.step"))
    assert shown[:-1] == [[True]] * 4
    shown.clear()
    reading.session.staged.connect(lambda _: reading.choose("vae.source.jump", "log_beta"))
    reading.press("vae.step")
    reading.wait(lambda: [] in shown)
    assert shown[1:-1]
    assert [True] not in shown[1:]


def test_closing_the_source_ends_the_slow_motion(reading, monkeypatch):
    monkeypatch.setattr(module, "PAUSE", 1000.0)
    reading.press("vae.source.slow")
    reading.press("vae.step")
    reading.wait(lambda: reading.panel.source.view.lit())
    reading.press("vae.source.close")
    reading.until("paused")
    assert reading.session.step == 1


def test_a_symbol_leads_to_its_line_and_its_setting(reading):
    reading.press("vae.source.symbol.KL")
    view = reading.find("vae.source.code")
    assert "self.config.beta * kl" in view.toPlainText().splitlines()[view.marked() - 1]
    assert view.shows(view.marked())
    beta = reading.find("vae.config.beta")
    assert _keyboard(reading) == "vae.config.beta"
    reading.wait(lambda: reading.panel.findChild(QWidget, "flash"))
    flash = reading.find("flash")
    assert flash.geometry().contains(beta.mapTo(flash.parentWidget(), beta.rect().center()))


def test_a_symbol_opens_what_hides_its_setting(reading):
    hidden = reading.panel.findChild(QLabel, "vae.config.hidden.label")
    assert not hidden.isVisible()
    reading.press("vae.source.symbol.q(z|x)")
    assert hidden.isVisible()
    assert _keyboard(reading) == "vae.config.hidden"


def test_a_symbol_of_the_sampler_shows_the_view_it_belongs_to(reading):
    reading.press("vae.source.symbol.p(z)")
    tabs = reading.panel.tabs
    assert tabs.tabText(tabs.currentIndex()) == "Sample"
    assert _keyboard(reading) == "vae.sample.sampler.temperature"
    reading.settle()


def test_the_keyboard_alone_searches_and_jumps(reading):
    reading.window.actions_by_id["view.search"].trigger()
    line = reading.find("vae.source.search", QLineEdit)
    assert _keyboard(reading) == "vae.source.search"
    view = reading.find("vae.source.code")
    reading.qtbot.keyClicks(line, "kl_to_prior")
    first = view.textCursor().blockNumber()
    assert view.textCursor().selectedText() == "kl_to_prior"
    reading.qtbot.keyClick(line, Qt.Key.Key_Return)
    assert view.textCursor().blockNumber() > first
    second = view.textCursor().blockNumber()
    reading.qtbot.keyClick(line, Qt.Key.Key_F3, Qt.KeyboardModifier.ShiftModifier)
    assert view.textCursor().blockNumber() == first < second
    reading.qtbot.keyClicks(line, "x")
    assert "'kl_to_priorx' is not in this file." in reading.texts()
    reading.choose("vae.source.jump", "VAE.sample_steps")
    assert view.toPlainText().splitlines()[view.marked() - 1].strip() == "@torch.no_grad()"
    reading.qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert not reading.panel.source.isVisible()


def test_undo_opens_and_closes_it_too(reading):
    reading.window.undo.undo()
    assert not reading.panel.source.isVisible()
    reading.window.undo.redo()
    assert reading.panel.source.isVisible()


@pytest.mark.parametrize("family", registry.models())
def test_every_family_has_its_source_and_symbols(family, qtbot):
    pane = SourcePane(family, TrainingSession())
    qtbot.addWidget(pane)
    pane.show_source()
    chips = [button for button in pane.findChildren(QPushButton) if ".symbol." in button.objectName()]
    assert len(chips) == len(pane.outline().symbols) >= 3
    assert any(pane.jump.itemText(row).endswith(".train_step") for row in range(pane.jump.count()))
    for widget in [*chips, pane.jump, pane.search, pane.view, pane.findChild(QCheckBox, f"{family}.source.slow")]:
        assert widget.accessibleName()
        assert widget.toolTip()
        assert widget.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert f"{family}.source.jump" in controls.find(pane)


def test_a_run_is_exported_as_a_script(open_window, tmp_path, monkeypatch):
    person = open_window(RUN)
    file = tmp_path / "mine.txt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(file), ""))
    person.window.actions_by_id["file.export_script"].trigger()
    person.wait(lambda: (tmp_path / "mine.npz").is_file())
    person.wait(lambda: any(words.startswith(f"Wrote {tmp_path / 'mine.py'}") for words in person.texts()))
    assert "class VAE" in (tmp_path / "mine.py").read_text()


def test_a_script_that_cannot_be_written_says_so(open_window, tmp_path, monkeypatch):
    person = open_window(RUN)
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(tmp_path / "no" / "mine.py"), ""))
    person.window.actions_by_id["file.export_script"].trigger()
    person.wait(lambda: not person.window.documents.scripts.busy)
    assert any(str(tmp_path / "no") in words for words in person.texts())
