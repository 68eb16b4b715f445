"""A picture that is painted on."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from playground.gui.widgets.pixel_brush import PixelBrush


@pytest.fixture
def brush(qtbot):
    widget = PixelBrush("brush")
    qtbot.addWidget(widget)
    widget.resize(200, 160)
    widget.set_image(np.full((1, 8, 8), 0.5, np.float32))
    widget.show()
    return widget


def test_a_stroke_paints_the_pixels_it_comes_by_and_is_told_once(qtbot, brush):
    told = []
    brush.painted.connect(told.append)
    at = [brush.pixel_rect(3, column).center().toPoint() for column in (2, 3, 4)]
    qtbot.mousePress(brush, Qt.MouseButton.LeftButton, pos=at[0])
    brush.set_image(np.zeros((1, 8, 8)))  # what comes meanwhile does not tear the stroke
    qtbot.mouseMove(brush, at[1])
    qtbot.mouseMove(brush, at[2])
    qtbot.mouseRelease(brush, Qt.MouseButton.LeftButton, pos=at[2])
    expected = np.full((1, 8, 8), 0.5)
    expected[0, 3, 2:5] = 1.0
    assert len(told) == 1
    np.testing.assert_array_equal(told[0], expected)
    qtbot.mouseClick(brush, Qt.MouseButton.RightButton, pos=at[1])
    assert told[1][0, 3, 3] == 0.0


def test_the_keyboard_paints_and_stays_within_the_picture(qtbot, brush):
    brush.setFocus()
    for _ in range(9):
        qtbot.keyClick(brush, Qt.Key.Key_Right)
    qtbot.keyClick(brush, Qt.Key.Key_Down)
    with qtbot.waitSignal(brush.painted):
        qtbot.keyClick(brush, Qt.Key.Key_Space)
    assert np.argwhere(brush.image()[0] == 1.0).tolist() == [[1, 7]]
    assert "row 1, column 7" in brush.accessibleDescription()
    qtbot.keyClick(brush, Qt.Key.Key_Delete)
    assert brush.image()[0, 1, 7] == 0.0


def test_large_pictures_have_a_broader_brush_and_colours_are_painted_together(qtbot, brush):
    brush.set_image(np.full((3, 32, 32), 0.5, np.float32))
    qtbot.mouseClick(brush, Qt.MouseButton.LeftButton, pos=brush.pixel_rect(10, 20).center().toPoint())
    painted = brush.image() == 1.0
    assert painted.sum() == 3 * 4
    assert painted[:, 10:12, 20:22].all()
