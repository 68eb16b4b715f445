"""Bars of numbers: those above the line are filled, the others only outlined."""

import numpy as np
import pytest

from playground.gui.widgets import theme
from playground.gui.widgets.value_bars import ValueBars


@pytest.fixture
def bars(qtbot):
    widget = ValueBars("bars", "Bars", "Some numbers")
    qtbot.addWidget(widget)
    widget.resize(400, 200)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def colour_at(bars, x, y):
    picture = bars.grab().toImage()
    ratio = picture.devicePixelRatio()
    return picture.pixelColor(round(x * ratio), round(y * ratio)).name().upper()


def test_bars_above_the_line_are_filled(bars):
    bars.set_values(np.array([4.0, 1.0]), ["z_1", "z_2"], threshold=2.0)
    foot = bars.height() - 1.2 * bars.fontMetrics().height()
    assert colour_at(bars, 100, foot - 8) == theme.current().model
    assert colour_at(bars, 300, foot - 8) != theme.current().model
    assert bars.lit() == ["z_1"]
    assert bars.accessibleDescription() == "z 1 4.00, z 2 1.00"


def test_marks_may_stand_higher_than_every_bar(bars):
    bars.set_values(np.array([1.0, 2.0]), ["z_1", "z_2"], threshold=0.1)
    bars.set_marks(np.array([8.0, 0.0]))
    top = 1.1 * bars.fontMetrics().height()
    assert colour_at(bars, 100, top) == theme.current().text.upper()
    assert bars.values().tolist() == [1.0, 2.0]


def test_many_bars_and_none_are_painted(bars):
    for count in (128, 0):
        bars.set_values(np.linspace(0, 1, count), [f"z_{k}" for k in range(count)], threshold=0.5)
        bars.grab()
        assert len(bars.lit()) == count // 2
