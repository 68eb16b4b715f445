"""A picture whose pixels are picked by hand."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from playground.gui.widgets import theme
from playground.gui.widgets.pixel_canvas import PixelCanvas

IMAGE = np.zeros((1, 4, 6), np.float32)


@pytest.fixture
def canvas(qapp, qtbot):
    theme.apply("light")
    canvas = PixelCanvas("some.canvas")
    qtbot.addWidget(canvas)
    canvas.resize(320, 240)
    canvas.show()
    canvas.set_picture(IMAGE)
    return canvas


def colour_at(canvas, row, column):
    return canvas.grab().toImage().pixelColor(canvas.pixel_rect(row, column).center().toPoint())


def test_a_click_and_the_keys_pick_a_pixel(canvas, qtbot):
    picked = []
    canvas.pixel_picked.connect(lambda *place: picked.append(place))
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=canvas.pixel_rect(2, 5).center().toPoint())
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Return):
        qtbot.keyClick(canvas, key)
    qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert picked == [(2, 5), (1, 5)]


def test_what_is_not_seen_is_veiled_and_what_is_held_bears_a_dot(canvas):
    seen, held = np.zeros((2, 4, 6), bool)
    seen[0, :3], held[1, 1] = True, True
    canvas.set_picture(IMAGE, (1, 3), seen=seen, held=held)
    assert colour_at(canvas, 0, 1) == QColor("black")
    assert colour_at(canvas, 3, 3).lightness() > 100
    assert colour_at(canvas, 1, 1) == QColor(theme.current().model)
    assert colour_at(canvas, 1, 3) == QColor("black")  # at the cursor the pixel itself shows
    assert canvas.accessibleDescription().startswith("cursor at row 2, column 4; 24 of 24")


def test_pixels_that_are_not_there_are_hatched(canvas):
    known = np.zeros((4, 6), bool)
    known[:2] = True
    canvas.set_picture(IMAGE, known=known)
    image, box = canvas.grab().toImage(), canvas.pixel_rect(3, 2).toRect()
    inside = {image.pixelColor(x, y).name() for x in range(box.left() + 3, box.right() - 3)
              for y in range(box.top() + 3, box.bottom() - 3)}  # fmt: skip
    assert "#000000" not in inside
    assert len(inside) > 1
    assert colour_at(canvas, 1, 2) == QColor("black")
