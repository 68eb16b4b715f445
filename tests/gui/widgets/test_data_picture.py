"""The picture of a data set: each kind is drawn where it belongs."""

import numpy as np
import pytest
from PySide6.QtGui import QColor

from playground.gui.widgets import theme
from playground.gui.widgets.class_bars import ClassBars
from playground.gui.widgets.data_picture import DataPicture


@pytest.fixture
def picture(qtbot):
    widget = DataPicture("vae.data.picture")
    qtbot.addWidget(widget)
    widget.resize(200, 200)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def inked(widget, left: float, top: float, right: float, bottom: float) -> int:
    """Pixels within a part of the widget (shares of its sides) that are not of the ground."""
    image = widget.grab().toImage()
    ground, grid = QColor(theme.current().base), QColor(theme.current().grid)
    xs = range(int(left * image.width()), int(right * image.width()))
    ys = range(int(top * image.height()), int(bottom * image.height()))
    return sum(image.pixelColor(x, y) not in (ground, grid) for x in xs for y in ys)


def test_points_lie_where_they_are(picture):
    picture.set_examples(np.full((50, 2), (1.5, 1.5), np.float32))
    assert inked(picture, 0.65, 0.15, 0.85, 0.35) > 3
    assert inked(picture, 0.1, 0.6, 0.4, 0.9) == 0


def test_numbers_on_the_line_are_columns(picture):
    picture.set_examples(np.full((50, 1), -2.05, np.float32))
    assert inked(picture, 0.12, 0.05, 0.2, 0.95) > 100
    assert inked(picture, 0.5, 0.05, 0.9, 0.9) == 0


@pytest.mark.parametrize("compact", [True, False])
def test_images_are_shown_as_many_as_fit(qtbot, compact):
    widget = DataPicture("vae.data.picture", compact=compact)
    qtbot.addWidget(widget)
    widget.set_examples(np.ones((24, 1, 8, 8), np.float32))
    widget.resize(200, widget.sizeHint().height())
    assert inked(widget, 0, 0, 1, 1) > 500
    widget.set_examples(None)
    assert widget.accessibleDescription() == ""


@pytest.mark.parametrize("width", [219, 305])
def test_each_image_has_its_whole_frame(qtbot, width):
    """Also the last of a row and those of the last row, and all stand equally far apart."""
    widget = DataPicture("vae.data.picture", compact=True)
    qtbot.addWidget(widget)
    widget.set_examples(np.zeros((40, 1, 28, 28), np.float32))
    widget.resize(width, widget.sizeHint().height())
    image, border = widget.grab().toImage(), QColor(theme.current().border)
    framed = [[image.pixelColor(x, y) == border for x in range(width)] for y in range(image.height())]
    edges = [y for y in range(image.height()) if sum(framed[y]) > width / 2]
    assert len(edges) == 4, "top and bottom of two rows"
    sides = [x for x in range(width) if framed[edges[0] + 5][x]]
    assert len(sides) % 2 == 0
    steps = np.diff(sides)
    assert len(set(steps[::2])) == len(set(steps[1::2])) == 1


def test_bars_are_as_high_as_their_share(qtbot):
    bars = ClassBars("vae.dock.edits.classes")
    qtbot.addWidget(bars)
    bars.set_counts([100, 50, 0], ["zero", "one", "two"])
    assert bars.accessibleDescription() == "zero: 100, one: 50, two: 0"
    bars.resize(300, 120)
    blue, image = QColor(theme.current().data), bars.grab().toImage()
    heights = [sum(image.pixelColor(x, y) == blue for y in range(image.height())) for x in (50, 150, 250)]
    assert heights[0] == pytest.approx(2 * heights[1], abs=2)
    assert heights[0] > 40
    assert heights[2] == 0
    bars.set_counts([], [])
    assert bars.isHidden()
