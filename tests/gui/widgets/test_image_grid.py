"""The image grid: what is where, and what a person can do with it."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from playground.gui.widgets.image_grid import ImageGrid


@pytest.fixture
def grid(qtbot):
    widget = ImageGrid("gan.samples")
    qtbot.addWidget(widget)
    widget.resize(400, 200)
    return widget


def test_eight_images_fill_a_wide_widget_in_two_rows_of_four(grid):
    grid.set_images(np.zeros((8, 1, 10, 10)))
    first, fourth, fifth = grid.tile_rect(0), grid.tile_rect(3), grid.tile_rect(4)
    assert fourth.top() == first.top()
    assert fifth.left() == first.left()
    assert fifth.top() > first.bottom()
    assert first.width() == first.height()
    assert first.width() % 10 == 0  # whole pixels
    assert grid.rect().contains(grid.tile_rect(7).toAlignedRect())


def test_fixed_columns(grid):
    grid.set_columns(8)
    grid.set_images(np.zeros((8, 3, 10, 20)))
    assert grid.tile_rect(7).top() == grid.tile_rect(0).top()
    assert grid.tile_rect(0).width() == 2 * grid.tile_rect(0).height()


def test_pixels_on_the_screen_are_those_of_the_image(grid):
    images = np.zeros((2, 1, 4, 4))
    images[1] = 1.0
    grid.set_images(images)
    picture = grid.grab().toImage()
    assert picture.pixelColor(grid.tile_rect(0).center().toPoint()).name() == "#000000"
    assert picture.pixelColor(grid.tile_rect(1).center().toPoint()).name() == "#ffffff"
    np.testing.assert_array_equal(grid.images(), images)


def test_a_click_names_the_image(grid, qtbot):
    grid.set_images(np.zeros((6, 1, 8, 8)))
    with qtbot.waitSignal(grid.image_clicked) as clicked:
        qtbot.mouseClick(grid, Qt.MouseButton.LeftButton, pos=grid.tile_rect(4).center().toPoint())
    assert clicked.args == [4]


def test_arrow_keys_and_enter_pick_an_image(grid, qtbot):
    grid.set_columns(3)
    grid.set_images(np.zeros((6, 1, 8, 8)))
    with qtbot.assertNotEmitted(grid.image_clicked):
        qtbot.keyClick(grid, Qt.Key.Key_Return)  # nothing is chosen yet
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(grid, key)
    with qtbot.waitSignal(grid.image_clicked) as clicked:
        qtbot.keyClick(grid, Qt.Key.Key_Return)
    assert clicked.args == [4]


def test_clear_shows_the_placeholder(grid):
    grid.set_images(np.zeros((6, 1, 8, 8)))
    grid.clear("Press Start")
    assert len(grid.images()) == 0
    assert grid.accessibleDescription() == "Press Start"
    picture = grid.grab().toImage()
    assert len({picture.pixel(x, 100) for x in range(100, 300)} | {picture.pixel(x, 97) for x in range(100, 300)}) > 1


def test_captions_must_match(grid):
    with pytest.raises(ValueError, match="captions"):
        grid.set_images(np.zeros((2, 1, 8, 8)), ["one"])


@pytest.mark.parametrize("width", [200, 290, 420])
def test_the_columns_are_as_wide_as_the_words_below_them(qtbot, width):
    """Where a few pixels more let every caption be read, there are fewer columns or wider gaps, not cut words."""
    grid = ImageGrid("gan.inside.modes.images")
    qtbot.addWidget(grid)
    grid.resize(width, 260)
    grid.set_images(np.zeros((24, 3, 16, 16), np.float32), ["triangle"] * 24)
    needed = grid.fontMetrics().horizontalAdvance("triangle")
    lefts = sorted({grid.tile_rect(index).center().x() for index in range(24)})
    assert min(np.diff(lefts)) >= needed
    assert lefts[0] >= needed / 2
    assert lefts[-1] <= width - needed / 2


@pytest.mark.parametrize("size", range(12, 22))
def test_all_columns_lie_within_the_widget_at_any_type_size(grid, size):
    font = grid.font()
    font.setPixelSize(size)
    grid.setFont(font)
    grid.set_images(np.zeros((16, 1, 28, 28), dtype=np.float32))
    for width in range(640, 670, 5):
        grid.resize(width, 240)
        rects = [grid.tile_rect(index) for index in range(16)]
        assert min(rect.left() for rect in rects) >= 0
        assert max(rect.right() for rect in rects) <= width - 1  # the frame, too
