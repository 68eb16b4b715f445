"""Points joined in order: which value is chosen by the keys, and whose words have room."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from playground.gui.widgets.trade_plot import TradePlot, Trail


def trail(x, y, name=""):
    """Points without bars."""
    x, y = (np.repeat(np.array(values, float)[:, None], 3, axis=1) for values in (x, y))
    return Trail(name, x, y, [f"v{i}" for i in range(len(x))])


@pytest.fixture
def plot(qtbot):
    plot = TradePlot("trade")
    qtbot.addWidget(plot)
    plot.resize(500, 300)
    plot.show()
    return plot


def words(plot):
    return [item.toPlainText() for drawn in plot._drawn for item in drawn.words if item.isVisible()]


def test_arrow_keys_choose_the_value_before_and_after(plot, qtbot):
    plot.set_trails([trail([0, 1, 2], [0, 1, 0])])
    plot.set_chosen(1)
    heard = []
    plot.value_chosen.connect(heard.append)
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    qtbot.keyClick(plot, Qt.Key.Key_Right)
    plot.set_chosen(2)
    qtbot.keyClick(plot, Qt.Key.Key_Right)  # there is none
    assert heard == [0, 2]


def test_words_that_would_collide_give_way_to_the_chosen_one(plot):
    plot.set_trails([trail([0, 1, 1.001, 2], [0, 1, 1.001, 0], "curve")])
    assert words(plot) == ["v0", "v1", "v3  curve"]
    plot.set_chosen(2)
    assert words(plot) == ["v0", "v2", "v3  curve"]


def test_what_is_not_known_yet_is_left_out_and_a_wide_axis_is_logarithmic(plot):
    plot.set_titles("calls", "distance", log_x=True)
    plot.set_trails([trail([1, 10, 1000, 5], [3, 2, 1, np.nan])], floor=0.5, floor_words="best")
    assert words(plot) == ["v0", "v1", "v2"]
    assert plot._drawn[0].dots.getData()[0].tolist() == [0, 1, 3]
    assert plot._floor_text.toPlainText() == "best"
    plot.set_trails([])
    assert not plot._drawn[0].dots.isVisible()
    assert not plot._floor_line.isVisible()


@pytest.mark.parametrize(("heights", "is_below"), [([3, 2, 1], True), ([0.1, 0.2, 3], False)])
def test_the_words_of_the_floor_stand_where_the_points_are_not(plot, heights, is_below):
    plot.set_trails([trail([0, 1, 4], heights)], floor=0.5, floor_words="real data")
    words = plot._floor_text.mapRectToScene(plot._floor_text.boundingRect())
    line = plot._floor_text.mapToScene(0, 0).y()
    assert (words.center().y() > line) == is_below


def test_two_curves_that_end_together_are_both_named(plot):
    plot.set_trails([trail([0, 2], [0, 1], "DDIM"), trail([0, 2], [3, 1.01], "DDPM")])
    assert {"v1  DDIM", "v1  DDPM"} <= set(words(plot))
    one, other = (drawn.words[1].mapRectToScene(drawn.words[1].boundingRect()) for drawn in plot._drawn[:2])
    assert not one.adjusted(0, 4, 0, -4).intersects(other.adjusted(0, 4, 0, -4))


def test_of_two_curves_that_end_together_the_upper_one_is_named_above(plot):
    plot.set_trails([trail([1, 2], [3.0, 1.0], "lower"), trail([1, 2], [3.0, 1.001], "upper")])
    lower, upper = (drawn.words[1] for drawn in plot._drawn[:2])
    assert lower.anchor.y() == 0  # hangs from its point
    assert upper.anchor.y() == 1  # stands on it
    assert lower.textItem.defaultTextColor() != upper.textItem.defaultTextColor()
