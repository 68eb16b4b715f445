"""The film strip."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from playground.gui.widgets.film_strip import FilmStrip


@pytest.fixture
def strip(qtbot):
    widget = FilmStrip("diffusion.steps")
    qtbot.addWidget(widget)
    widget.resize(700, 240)
    return widget


def test_few_frames_are_all_shown(strip):
    strip.set_frames({"x_t": np.zeros((4, 1, 8, 8)), "noise": np.zeros((4, 1, 8, 8))}, signed={"noise"})
    assert strip.shown_steps() == [0, 1, 2, 3]
    assert strip.frame_rect(1, 0).top() > strip.frame_rect(0, 0).bottom()


def test_many_frames_are_thinned_but_never_the_current_one(strip):
    strip.set_frames({"x_t": np.zeros((200, 1, 8, 8))})
    for current in (0, 7, 101, 199):
        strip.set_current(current)
        steps = strip.shown_steps()
        assert current in steps
        assert 5 < len(steps) < 60
        assert steps == sorted(set(steps))
        assert strip.frame_rect(0, steps[-1]).right() <= strip.width()


def test_click_and_keys_choose_a_step(strip, qtbot):
    strip.set_frames({"x_t": np.zeros((5, 1, 8, 8))})
    with qtbot.waitSignal(strip.frame_clicked) as clicked:
        qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip.frame_rect(0, 3).center().toPoint())
    assert clicked.args == [3]
    with qtbot.waitSignal(strip.frame_clicked) as clicked:
        qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert clicked.args == [4]
    with qtbot.assertNotEmitted(strip.frame_clicked):
        qtbot.keyClick(strip, Qt.Key.Key_Right)
    assert strip.accessibleDescription() == "x t; step 4 of 4"


def test_rows_of_different_length_are_refused(strip):
    with pytest.raises(ValueError, match="same number"):
        strip.set_frames({"a": np.zeros((4, 1, 8, 8)), "b": np.zeros((5, 1, 8, 8))})


def test_frames_are_painted(strip):
    strip.set_frames({"x": np.ones((3, 1, 8, 8))})
    assert strip.grab().toImage().pixelColor(strip.frame_rect(0, 2).center().toPoint()).name() == "#ffffff"
