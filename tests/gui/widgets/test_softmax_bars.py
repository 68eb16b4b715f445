"""Bars of a distribution: the chosen one, its draw, and a click that chooses."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor

from playground.gui.widgets import theme
from playground.gui.widgets.softmax_bars import SoftmaxBars

P = np.array([0.1, 0.6, 0.0, 0.3])


@pytest.fixture
def bars(qapp, qtbot):
    theme.apply("light")
    bars = SoftmaxBars("some.bars")
    qtbot.addWidget(bars)
    bars.resize(400, 240)
    bars.show()
    return bars


def columns(bars, colour):
    """Where pixels of a colour stand, as shares of the width; of the upper half only."""
    image = bars.grab().toImage()
    rows = range(2 * bars.fontMetrics().height(), image.height() // 2)
    return [
        x / image.width() for x in range(image.width()) if any(image.pixelColor(x, y) == QColor(colour) for y in rows)
    ]


def test_only_the_chosen_bar_has_the_models_colour(bars):
    bars.set_distribution(P, 1, 0.45, "1")
    marked = columns(bars, theme.current().model)
    assert min(marked) >= 0.25
    assert max(marked) <= 0.5
    assert "p = 0.6" in bars.accessibleDescription()
    assert "u = 0.450" in bars.accessibleDescription()
    bars.set_distribution(P)
    assert not columns(bars, theme.current().model)


def test_the_sum_is_drawn_only_where_it_decides(bars):
    bars.set_distribution(P, 3, 0.9)
    decided = bars.grab().toImage()
    bars.set_distribution(P, 3, None)
    assert bars.grab().toImage() != decided


def test_a_click_tells_the_level(bars, qtbot):
    bars.set_distribution(P)
    told = []
    bars.level_clicked.connect(told.append)
    for x in (1, 150, 399):
        qtbot.mouseClick(bars, Qt.MouseButton.LeftButton, pos=QPoint(x, 100))
    assert told == [0, 1, 3]


def test_images_stand_below_their_bars_and_256_levels_fit(bars):
    bars.set_distribution(np.full(256, 1 / 256), 255, 0.999)
    assert max(columns(bars, theme.current().model)) > 0.99
    bars.set_tiles(np.stack([np.full((1, 2, 2), k / 3) for k in range(4)]))
    bars.set_distribution(P, other=P)
    image = bars.grab().toImage()
    foot = image.height() - bars.fontMetrics().height()
    shades = [image.pixelColor(int((k + 0.5) * image.width() / 4), foot).red() for k in range(4)]
    assert shades == [0, 85, 170, 255]
