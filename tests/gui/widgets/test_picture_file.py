"""Pixels of a picture file at the shape of the data."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, qRgb

from playground.gui.widgets import picture_file


def read(file, shape, kind="PNG"):
    return picture_file.decoded(Path(file).read_bytes(), kind, shape)


def saved(path, colours, kind="PNG"):
    """A picture with these rows of colours."""
    image = QImage(len(colours[0]), len(colours), QImage.Format.Format_ARGB32)
    for y, row in enumerate(colours):
        for x, colour in enumerate(row):
            image.setPixelColor(x, y, QColor(colour))
    assert image.save(str(path), kind)
    return str(path)


def test_colours_come_in_the_order_of_the_data(tmp_path):
    file = saved(tmp_path / "a.png", [["#ff0000", "#00ff00"], ["#0000ff", "#ffffff"]])
    picture = read(file, (3, 2, 2))
    assert picture.dtype == np.float32
    np.testing.assert_array_equal(picture, [[[1, 0], [0, 1]], [[0, 1], [0, 1]], [[0, 0], [1, 1]]])


def test_gray_pictures_of_odd_width_keep_their_rows(tmp_path):
    rows = [["#000000", "#ffffff", "#000000"], ["#ffffff"] * 3, ["#000000"] * 3]
    np.testing.assert_array_equal(
        read(saved(tmp_path / "a.bmp", rows, "BMP"), (1, 3, 3), "BMP")[0], [[0, 1, 0], [1] * 3, [0] * 3]
    )


def test_it_is_cropped_in_the_middle_and_averaged(tmp_path):
    wide = np.zeros((40, 120))
    wide[:, 40:60] = 255  # the left half of the middle square
    image = QImage(120, 40, QImage.Format.Format_RGB32)
    for y in range(40):
        for x in range(120):
            image.setPixel(x, y, qRgb(*[int(wide[y, x])] * 3))
    assert image.save(str(tmp_path / "wide.png"))
    np.testing.assert_allclose(read(str(tmp_path / "wide.png"), (1, 2, 2))[0], [[1, 0], [1, 0]], atol=0.1)


def test_what_is_transparent_becomes_white(tmp_path):
    file = saved(tmp_path / "a.png", [["#00000000", "#ff000000"]])
    np.testing.assert_array_equal(read(file, (1, 1, 2))[0], [[1, 0]])


def test_of_a_large_photograph_only_the_detail_that_counts_is_decoded(tmp_path, monkeypatch):
    image = QImage(900, 600, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff0000"))
    image.save(str(tmp_path / "a.jpg"), "JPEG", 95)
    sizes, fitted = [], picture_file._fitted
    monkeypatch.setattr(
        picture_file, "_fitted", lambda image, shape: sizes.append(image.width()) or fitted(image, shape)
    )
    picture = read(tmp_path / "a.jpg", (3, 8, 8), "JPEG")
    np.testing.assert_allclose(picture[:, 4, 4], [1, 0, 0], atol=0.02)
    assert sizes == [48]


def test_no_other_decoder_than_the_one_that_is_named_sees_it(tmp_path):
    saved(tmp_path / "whole.png", [["#123456"] * 50] * 50)
    whole = (tmp_path / "whole.png").read_bytes()
    for data, kind in ((whole[:60], "PNG"), (whole, "BMP"), (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "PNG")):
        with pytest.raises(ValueError, match="damaged"):
            picture_file.decoded(data, kind, (1, 8, 8))
