"""The transport: which button may be pressed when, and what it tells."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QLabel, QProgressBar, QPushButton

from playground.gui.widgets.number_boxes import IntBox
from playground.gui.widgets.run_controls import RunControls, clock_text


@pytest.fixture
def controls(qtbot):
    widget = RunControls(id_prefix="gan")
    qtbot.addWidget(widget)
    widget.resize(1024, 200)
    widget.show()
    return widget


def button(controls, name):
    return controls.findChild(QPushButton, f"gan.{name}")


@pytest.mark.parametrize(
    ("state", "can_start", "face", "enabled"),
    [
        ("idle", True, "Train", {"start", "step", "reset", "reseed"}),
        ("idle", False, "Train", {"reset", "reseed"}),
        ("running", True, "Pause", {"start", "stop"}),
        ("running", False, "Pause", {"start", "stop"}),
        ("paused", True, "Resume", {"start", "step", "stop", "reset", "reseed"}),
        ("stopping", True, "Pause", set()),
        ("done", True, "Train", {"start", "step", "reset", "reseed"}),
        ("done", False, "Train", {"reset", "reseed"}),
        ("failed", False, "Train", {"reset", "reseed"}),
    ],
)
def test_state_decides_what_may_be_pressed(controls, state, can_start, face, enabled):
    controls.set_state(state, can_start)
    names = ("start", "step", "stop", "reset", "reseed")
    assert {name for name in names if button(controls, name).isEnabled()} == enabled
    assert button(controls, "start").text() == face
    assert button(controls, "start").accessibleName() == face


@pytest.mark.parametrize(
    ("state", "signal"), [("idle", "train_clicked"), ("running", "pause_clicked"), ("paused", "resume_clicked")]
)
def test_the_toggle_tells_what_it_reads(qtbot, controls, state, signal):
    controls.set_state(state, True)
    with qtbot.waitSignal(getattr(controls, signal)):
        qtbot.mouseClick(button(controls, "start"), Qt.MouseButton.LeftButton)


@pytest.mark.parametrize("name", ["step", "stop", "reset"])
def test_the_other_buttons(qtbot, controls, name):
    controls.set_state("paused", True)
    with qtbot.waitSignal(getattr(controls, f"{name}_clicked")):
        qtbot.mouseClick(button(controls, name), Qt.MouseButton.LeftButton)


def test_reseed_takes_the_next_seed(qtbot, controls):
    controls.set_seed(41)
    with qtbot.assertNotEmitted(controls.seed_changed), qtbot.waitSignal(controls.reseed_clicked) as caught:
        qtbot.mouseClick(button(controls, "reseed"), Qt.MouseButton.LeftButton)
    assert caught.args == [42]
    assert controls.seed() == 42


def test_a_typed_seed_is_told(qtbot, controls):
    box = controls.findChild(IntBox, "gan.seed")
    box.selectAll()
    with qtbot.waitSignal(controls.seed_changed) as caught:
        qtbot.keyClicks(box, "7")
        qtbot.keyClick(box, Qt.Key.Key_Return)
    assert caught.args == [7]


def test_each_unit_keeps_its_own_amount(qtbot, controls):
    with qtbot.assertNotEmitted(controls.budget_changed):
        controls.set_budget("steps", 3000)
    with qtbot.waitSignal(controls.budget_changed) as caught:
        controls.findChild(QComboBox, "gan.unit").setCurrentText("seconds")
    assert caught.args == ["seconds", 60.0]
    controls.findChild(IntBox, "gan.budget").stepUp()
    assert controls.budget() == ("seconds", 61.0)
    controls.findChild(QComboBox, "gan.unit").setCurrentText("steps")
    assert controls.budget() == ("steps", 3000.0)
    with pytest.raises(KeyError):
        controls.set_budget("epochs", 1)


def test_progress_in_words_and_as_a_bar(controls):
    words, bar = controls.findChild(QLabel, "gan.progress.text"), controls.findChild(QProgressBar, "gan.progress")
    controls.set_progress(0.25, 1240, 38.2, 21)
    assert words.text() == "1,240 steps · 38 steps/s · 0:21 left"
    assert bar.value() == bar.maximum() // 4
    controls.set_progress(1.0, 1, 2.34, None)
    assert words.text() == "1 step · 2.3 steps/s"


def test_an_unknown_end_is_busy_only_while_running(controls):
    bar = controls.findChild(QProgressBar, "gan.progress")
    controls.set_progress(None, 5, None, None)
    assert bar.maximum() > 0
    controls.set_state("running", True)
    controls.set_progress(None, 5, None, None)
    assert bar.maximum() == 0
    controls.set_state("paused", True)
    assert bar.maximum() > 0


def test_a_narrow_row_wraps_instead_of_clipping(controls):
    wide = controls.layout().heightForWidth(2000)
    narrow = controls.layout().heightForWidth(500)
    assert narrow > wide
    controls.resize(500, narrow)
    controls.layout().activate()
    assert all(controls.rect().contains(child.geometry()) for child in controls.children() if child.isWidgetType())


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (21.4, "0:21"), (61, "1:01"), (3661, "1:01:01"), (-3, "0:00")]
)
def test_clock_text(seconds, text):
    assert clock_text(seconds) == text


def test_a_pressed_stop_hands_the_keyboard_to_train_and_not_to_reset(qtbot):
    controls = RunControls(id_prefix="vae")
    qtbot.addWidget(controls)
    controls.show()
    controls.set_state("paused", can_start=True)
    controls.activateWindow()
    controls.stop_button.setFocus()
    qtbot.waitUntil(controls.stop_button.hasFocus)
    controls.set_state("done", can_start=True)
    assert controls.start_button.hasFocus()
