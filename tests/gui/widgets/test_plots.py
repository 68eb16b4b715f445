"""The numbers of the axes: enough of them, and none over another."""

from itertools import pairwise

import numpy as np
import pytest
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.plots import bare_plot, brief, style_plot


@pytest.fixture
def plot(qtbot):
    owner = QWidget()
    plot = bare_plot("plot")
    qtbot.addWidget(owner)
    qtbot.addWidget(plot)
    style_plot(plot, owner)
    return plot


@pytest.mark.parametrize(("low", "high"), [(0.28, 0.43), (0.02, 0.46), (-0.03, 1.02), (9.1, 17.4)])
def test_a_low_plot_has_two_numbers_to_read_its_scale_by(plot, low, high):
    left, letter = plot.getPlotItem().getAxis("left"), theme.em(plot)
    height = 4 * letter

    (_, values), *_ = left.tickValues(low, high, height)
    values = [value for value in values if low <= value <= high]

    assert len(values) >= 2
    assert min(b - a for a, b in pairwise(values)) / (high - low) * height >= letter


@pytest.mark.parametrize("letters", [4, 12, 40])
@pytest.mark.parametrize(("low", "high"), [(-2.7, 0.0), (-9.0, 4.5), (-0.4, 0.1)])
def test_numbers_on_a_logarithmic_axis_have_room(plot, low, high, letters):
    left, letter = plot.getPlotItem().getAxis("left"), theme.em(plot)
    left.setLogMode(True)

    (_, values), *_ = left.tickValues(low, high, letters * letter)

    assert values
    assert all(float(f"{10**value:.1g}") == pytest.approx(10**value) for value in values)  # as one digit can write it
    assert (np.diff(values) / (high - low) * letters >= 1.0).all()


def test_numbers_below_zero_have_a_minus_sign(plot):
    left = plot.getPlotItem().getAxis("left")
    assert left.tickStrings([-2.0, 0.5], 1.0, 0.5) == ["−2.0", "0.5"]
    assert brief(-0.1740) == "−0.1740"


def test_thousands_have_a_comma_as_in_words(plot):
    left = plot.getPlotItem().getAxis("left")
    assert left.tickStrings([0.0, 500.0, 20000.0], 1.0, 500.0) == ["0", "500", "20,000"]
    assert brief(12345.6) == "12,346"
    assert brief(999.96) == "1,000"


def test_a_short_axis_below_has_more_than_one_number(plot):
    bottom, letter = plot.getPlotItem().getAxis("bottom"), theme.em(plot)
    (_, values), *_ = bottom.tickValues(-4.0, 4.0, 14 * letter)
    assert [value for value in values if -4 < value < 4] == [-2, 0, 2]


def test_numbers_at_the_ends_of_an_axis_are_seen_within_it(plot, qtbot):
    plot.resize(500, 200)
    plot.setXRange(0, 1000, padding=0)
    plot.show()
    bottom = plot.getPlotItem().getAxis("bottom")
    page = QImage(500, 200, QImage.Format.Format_RGB32)
    painter = QPainter(page)
    _, _, texts = bottom.generateDrawSpecs(painter)
    painter.end()
    assert (texts[0][2], texts[-1][2]) == ("0", "1,000")
    assert texts[-1][0].right() <= bottom.mapRectFromParent(bottom.geometry()).right()
    assert all(one.right() < other.left() for (one, *_), (other, *_) in pairwise(texts))
