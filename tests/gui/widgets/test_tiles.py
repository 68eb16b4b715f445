"""Numbers become the right bytes."""

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QImage, QPainter

from playground.gui.widgets.tiles import SIGNED_LIMIT, TileSheet, crisp_factor, to_pixels


def test_gray_and_colour_keep_their_values():
    gray = np.array([0.0, 0.5, 1.0, 2.0, np.nan]).reshape(1, 1, 1, 5)
    assert to_pixels(gray)[0, 0, :, 0].tolist() == [0, 128, 255, 255, 0]
    colour = np.array([1.0, 0.5, 0.0]).reshape(1, 3, 1, 1)
    assert to_pixels(colour)[0, 0, 0].tolist() == [255, 128, 0]


def test_signed_values_go_from_blue_over_white_to_vermilion():
    signed = np.array([-SIGNED_LIMIT, 0.0, 9.0]).reshape(1, 1, 1, 3)
    assert to_pixels(signed, signed=True)[0, 0].tolist() == [[0, 114, 178], [255, 255, 255], [213, 94, 0]]


def test_another_shape_is_refused():
    with pytest.raises(ValueError, match="shape"):
        to_pixels(np.zeros((2, 4, 8, 8)))


def test_each_tile_of_a_sheet_is_its_own_picture(qtbot):
    images = np.linspace(0, 1, 7).reshape(7, 1, 1, 1) * np.ones((7, 1, 3, 2))
    sheet = TileSheet(images)
    canvas = QImage(20, 20, QImage.Format.Format_RGB32)
    for index in range(7):
        painter = QPainter(canvas)
        sheet.draw(painter, index, QRectF(0, 0, 20, 20))
        painter.end()
        assert canvas.pixelColor(10, 10).red() == to_pixels(images)[index, 0, 0, 0]
        assert canvas.pixelColor(19, 19) == canvas.pixelColor(0, 0)


def test_magnification_is_whole_where_there_is_room():
    assert crisp_factor(5.9, 1.0) == 5.0
    assert crisp_factor(2.9, 1.0) == 2.75
    assert crisp_factor(2.9, 2.0) == 2.5
    assert crisp_factor(0.4, 1.0) == 0.4
