"""Scrubbing through a trajectory that still grows."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton

from playground.gui.widgets.step_scrubber import FrameSlider, StepScrubber


@pytest.fixture
def scrubber(qtbot):
    widget = StepScrubber(id_prefix="diffusion")
    qtbot.addWidget(widget)
    widget.frames_per_second = 200
    widget.set_total(10)
    widget.set_available(4)
    widget.resize(600, 100)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def press(qtbot, scrubber, name):
    qtbot.mouseClick(scrubber.findChild(QPushButton, f"diffusion.{name}"), Qt.MouseButton.LeftButton)


def slider(scrubber):
    return scrubber.findChild(FrameSlider, "diffusion.frame")


def test_the_buttons_move_and_tell(qtbot, scrubber):
    seen = []
    scrubber.position_changed.connect(seen.append)
    for name in ("forward", "forward", "back", "last", "first"):
        press(qtbot, scrubber, name)
    assert seen == [1, 2, 1, 3, 0]
    assert "1 / 10" in [label.text() for label in scrubber.findChildren(QLabel)]


def test_the_keys_move(qtbot, scrubber):
    seen = []
    scrubber.position_changed.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Left, Qt.Key.Key_Home):
        qtbot.keyClick(slider(scrubber), key)
    assert seen == [1, 3, 2, 0]


def test_the_slider_stops_where_the_frames_stop(qtbot, scrubber):
    target = slider(scrubber)
    qtbot.mouseClick(target, Qt.MouseButton.LeftButton, pos=QPoint(target.width() - 1, target.height() // 2))
    assert scrubber.position() == 3


def test_a_step_beyond_asks_once_and_goes_on_when_it_comes(qtbot, scrubber):
    scrubber.set_position(3)
    asked = []
    scrubber.next_needed.connect(lambda: asked.append(1))
    press(qtbot, scrubber, "forward")
    press(qtbot, scrubber, "forward")
    assert asked == [1]
    assert scrubber.position() == 3
    with qtbot.waitSignal(scrubber.position_changed) as caught:
        scrubber.set_available(6)
    assert caught.args == [4]


def test_the_last_frame_needs_no_next(qtbot, scrubber):
    scrubber.set_available(10)
    scrubber.set_position(9)
    with qtbot.assertNotEmitted(scrubber.next_needed):
        qtbot.keyClick(slider(scrubber), Qt.Key.Key_Right)
    assert not scrubber.findChild(QPushButton, "diffusion.forward").isEnabled()


def test_setting_the_position_is_silent_and_stays_within(qtbot, scrubber):
    with qtbot.assertNotEmitted(scrubber.position_changed):
        scrubber.set_position(8)
    assert scrubber.position() == 3


def test_the_film_waits_for_frames_and_stops_at_the_end(qtbot, scrubber):
    with qtbot.waitSignal(scrubber.next_needed):
        qtbot.keyClick(slider(scrubber), Qt.Key.Key_Space)
    assert scrubber.position() == 3
    assert scrubber.is_playing()
    assert scrubber.findChild(QPushButton, "diffusion.play").accessibleName() == "Pause"
    scrubber.set_available(10)
    qtbot.waitUntil(lambda: not scrubber.is_playing())
    assert scrubber.position() == 9
    assert scrubber.findChild(QPushButton, "diffusion.play").accessibleName() == "Play"


def test_play_at_the_end_starts_over(qtbot, scrubber):
    scrubber.set_available(10)
    scrubber.set_position(9)
    press(qtbot, scrubber, "play")
    assert scrubber.position() == 0
    assert scrubber.is_playing()


def test_hiding_holds_the_film(qtbot, scrubber):
    press(qtbot, scrubber, "play")
    scrubber.hide()
    assert not scrubber.is_playing()


def test_a_step_by_hand_holds_the_film(qtbot, scrubber):
    press(qtbot, scrubber, "play")
    press(qtbot, scrubber, "forward")
    assert scrubber.position() == 1
    assert not scrubber.is_playing()


def test_a_new_trajectory_starts_at_the_beginning(qtbot, scrubber):
    scrubber.set_position(2)
    scrubber.set_total(5)
    assert scrubber.position() == 0
    assert not slider(scrubber).isEnabled()


def test_caption_and_speed(scrubber):
    scrubber.set_caption("t = 0.6")
    assert scrubber.findChild(QLabel, "diffusion.caption").text() == "t = 0.6"
    scrubber.frames_per_second = 8
    assert scrubber.frames_per_second == 8


def test_a_film_that_is_started_before_there_is_a_frame_begins_with_the_first(scrubber, qtbot):
    scrubber.set_total(0)
    scrubber.toggle_play()
    assert scrubber.is_playing()
    scrubber.set_total(5)
    assert scrubber.is_playing()
    scrubber.set_available(3)
    qtbot.waitUntil(lambda: scrubber.position() == 2, timeout=5000)
    scrubber.toggle_play()
    assert not scrubber.is_playing()


def test_a_film_that_was_not_begun_can_be_held_again(scrubber):
    scrubber.set_total(0)
    scrubber.toggle_play()
    scrubber.toggle_play()
    scrubber.set_total(5)
    scrubber.set_available(5)
    assert not scrubber.is_playing()
