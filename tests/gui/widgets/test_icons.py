"""Every icon can be drawn in any colour; buttons follow the theme."""

from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QIcon

from playground.gui.widgets import icons, theme
from playground.gui.widgets.icon_button import IconButton

FOLDER = Path(__file__).parents[3] / "resources" / "icons"


@pytest.fixture(autouse=True)
def folder(qapp):
    before = theme.icon_folder
    icons.set_folder(FOLDER)
    yield
    theme.icon_folder = before
    theme.apply("light")


def inks(icon, mode=QIcon.Mode.Normal):
    picture = icon.pixmap(32, 32, mode).toImage()
    pixels = (picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height()))
    return {pixel.name() for pixel in pixels if pixel.alpha() == 255}


@pytest.mark.parametrize(
    "name", sorted(path.stem for path in FOLDER.glob("*.svg") if not path.stem.startswith("field-"))
)
def test_each_icon_takes_the_colour_asked_for(name):
    assert inks(icons.icon(name, "#ff0000")) == {"#ff0000"}


def test_an_unknown_icon_is_an_error():
    with pytest.raises(FileNotFoundError):
        icons.icon("nonsense")


def test_without_a_folder_the_words_remain(qtbot):
    theme.icon_folder = None
    button = IconButton("play", "Train", "Start", object_name="x.start")
    qtbot.addWidget(button)
    assert button.icon().isNull()
    assert button.text() == "Train"


def test_a_button_follows_the_theme(qtbot):
    theme.apply("light")
    button = IconButton("stop", "Stop", "Stop it", object_name="x.stop")
    qtbot.addWidget(button)
    button.show()
    assert inks(button.icon()) == {QColor(theme.LIGHT.text).name()}
    theme.apply("dark")
    assert inks(button.icon()) == {QColor(theme.DARK.text).name()}


def test_an_icon_alone_is_still_named(qtbot):
    button = IconButton("first", "First step", "Go there", object_name="x.first", role="icon")
    qtbot.addWidget(button)
    assert button.text() == ""
    assert button.accessibleName() == "First step"
    button.set_face("last", "Last step", "Go there")
    assert (button.text(), button.accessibleName()) == ("", "Last step")
