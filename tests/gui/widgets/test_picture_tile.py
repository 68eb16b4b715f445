"""A tile to press."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage

from playground.gui.widgets import theme
from playground.gui.widgets.picture_tile import PictureTile


@pytest.fixture
def tile(qtbot):
    made = PictureTile("Diffusion", "Slides 32-36", "Undoes noise.", "Opens it", object_name="home.diffusion")
    qtbot.addWidget(made)
    made.resize(500, 200)
    made.show()
    return made


def colours(tile):
    image = tile.grab().toImage()
    return {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}


def test_it_is_pressed_by_mouse_and_keyboard_and_says_what_it_is(tile, qtbot):
    for act in (
        lambda: qtbot.mouseClick(tile, Qt.MouseButton.LeftButton),
        lambda: qtbot.keyClick(tile, Qt.Key.Key_Space),
    ):
        with qtbot.waitSignal(tile.clicked, timeout=1000):
            act()
    assert tile.accessibleName() == "Diffusion"
    assert "Undoes noise." in tile.accessibleDescription()


def test_the_picture_is_enlarged_by_whole_pixels_without_new_colours(tile, tmp_path):
    checks = QImage(8, 8, QImage.Format.Format_RGB32)
    for x in range(8):
        for y in range(8):
            checks.setPixelColor(x, y, QColor("#ff0000" if (x + y) % 2 else "#0000ff"))
    checks.save(str(tmp_path / "checks.png"))
    without = colours(tile)
    tile.set_picture(tmp_path / "checks.png")
    assert colours(tile) - without >= {"#ff0000", "#0000ff"}
    blended = {name for name in colours(tile) - without if name not in ("#ff0000", "#0000ff")}
    assert not any(QColor(name).red() and QColor(name).blue() and not QColor(name).green() for name in blended)


def test_a_drawing_is_seen_whole(tile, tmp_path):
    edge = QImage(800, 800, QImage.Format.Format_RGB32)
    edge.fill(QColor("#ffffff"))
    for x in range(700, 800):
        for y in range(800):
            edge.setPixelColor(x, y, QColor("#ff0000"))
    edge.save(str(tmp_path / "edge.png"))
    tile.set_picture(tmp_path / "edge.png")
    assert "#ff0000" not in colours(tile)  # of pixels, the corner
    tile.set_picture(tmp_path / "edge.png", drawing=True)
    assert "#ff0000" in colours(tile)


def test_a_drawing_of_samples_follows_the_theme(tile, tmp_path):
    paper = QImage(40, 40, QImage.Format.Format_RGB32)
    paper.fill(QColor("#ffffff"))
    paper.setPixelColor(20, 20, QColor("#d55e00"))
    paper.save(str(tmp_path / "points.png"))
    tile.set_picture(tmp_path / "points.png", drawing=True)
    try:
        dark = theme.apply("dark")
        assert "#ffffff" not in colours(tile)
        assert dark.base.lower() in colours(tile)
    finally:
        light = theme.apply("light")
    assert light.base.lower() in colours(tile)


def test_without_a_picture_the_words_have_all_the_room(tile, tmp_path):
    tile.set_picture(tmp_path / "none.png")
    assert len(colours(tile)) > 3
    assert tile.minimumSizeHint().height() > 3 * tile.fontMetrics().height()


def test_without_a_picture_it_is_as_high_as_its_words(tile, tmp_path):
    assert tile.hasHeightForWidth()
    assert tile.heightForWidth(400) < tile.heightForWidth(80)
    tile.set_network()
    assert not tile.hasHeightForWidth()  # a picture takes what it gets


def test_what_makes_no_samples_shows_its_network(tile):
    without = colours(tile)
    tile.set_network()
    assert QColor(theme.current().observed).name() in colours(tile) - without
