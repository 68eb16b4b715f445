"""Picture files that are good, odd, and meant to harm."""

import os
import struct
import zlib

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, qRgb

from playground.gui.widgets.picture_file import read


def saved(path, colours, kind="PNG"):
    """A picture with these rows of colours."""
    image = QImage(len(colours[0]), len(colours), QImage.Format.Format_ARGB32)
    for y, row in enumerate(colours):
        for x, colour in enumerate(row):
            image.setPixelColor(x, y, QColor(colour))
    assert image.save(str(path), kind)
    return str(path)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def test_colours_come_in_the_order_of_the_data(tmp_path):
    file = saved(tmp_path / "a.png", [["#ff0000", "#00ff00"], ["#0000ff", "#ffffff"]])
    picture = read(file, (3, 2, 2))
    assert picture.dtype == np.float32
    np.testing.assert_array_equal(picture, [[[1, 0], [0, 1]], [[0, 1], [0, 1]], [[0, 0], [1, 1]]])


def test_gray_pictures_of_odd_width_keep_their_rows(tmp_path):
    rows = [["#000000", "#ffffff", "#000000"], ["#ffffff"] * 3, ["#000000"] * 3]
    np.testing.assert_array_equal(
        read(saved(tmp_path / "a.bmp", rows, "BMP"), (1, 3, 3))[0], [[0, 1, 0], [1] * 3, [0] * 3]
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


def test_what_is_no_picture_is_a_sentence(tmp_path):
    text, cut = tmp_path / "a.png", tmp_path / "cut.png"
    text.write_text("not a picture")
    saved(tmp_path / "whole.png", [["#123456"] * 50] * 50)
    cut.write_bytes((tmp_path / "whole.png").read_bytes()[:60])
    for file in (text, cut, tmp_path / "missing.png", tmp_path):
        with pytest.raises(ValueError, match=r"\.$"):
            read(str(file), (1, 8, 8))


def test_links_and_pipes_are_not_opened(tmp_path):
    file = saved(tmp_path / "a.png", [["#ffffff"]])
    os.symlink(file, tmp_path / "link.png")
    os.mkfifo(tmp_path / "pipe.png")
    for name in ("link.png", "pipe.png"):
        with pytest.raises(ValueError, match="not a picture file"):
            read(str(tmp_path / name), (1, 8, 8))


def test_a_small_file_that_claims_to_be_huge_is_not_decoded(tmp_path):
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 0, 0, 0, 0)
    data = (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 100)) + chunk(b"IEND", b"")
    )
    (tmp_path / "bomb.png").write_bytes(data)
    with pytest.raises(ValueError, match="60,000 x 60,000"):
        read(str(tmp_path / "bomb.png"), (1, 8, 8))


def test_other_formats_are_left_to_nobody(tmp_path):
    (tmp_path / "a.png").write_bytes(b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
    with pytest.raises(ValueError, match="PNG, JPEG, WebP and BMP"):
        read(str(tmp_path / "a.png"), (1, 8, 8))
