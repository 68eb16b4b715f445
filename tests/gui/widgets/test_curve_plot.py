"""The curve plot and its marker."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.end_labels import EndLabels


@pytest.fixture
def plot(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(500, 300)
    widget = CurvePlot("diffusion.schedule", "t", "", window)
    widget.resize(500, 300)
    window.show()
    x = np.linspace(0.0, 1.0, 11)
    widget.set_curves({"signal": (x, 1 - x), "noise": (x, x)})
    yield widget  # not returned: the window must outlive the test
    window.hide()


def texts(plot):
    return plot.findChild(EndLabels).texts()


def test_values_at_the_marker_stand_beside_the_names(plot):
    assert texts(plot) == ["signal", "noise"]
    plot.set_marker(0.25)
    assert texts(plot) == ["signal 0.7500", "noise 0.2500"]


def test_axes_without_a_curve_have_no_numbers(plot):
    axes = [plot._plot.getPlotItem().getAxis(side) for side in ("left", "bottom")]
    assert [axis._tickLevels for axis in axes] == [None, None]  # pyqtgraph's own
    plot.set_curves({})
    assert [axis._tickLevels for axis in axes] == [[], []]


def test_arrow_keys_move_the_marker_and_tell(plot, qtbot):
    plot.set_marker(0.5)
    with qtbot.waitSignal(plot.marker_moved) as moved:
        qtbot.keyClick(plot, Qt.Key.Key_Right)
    assert moved.args[0] == pytest.approx(0.51)
    assert texts(plot)[1] == "noise 0.5100"


def test_a_click_brings_the_marker_and_set_marker_stays_silent(plot, qtbot):
    with qtbot.assertNotEmitted(plot.marker_moved):
        plot.set_marker(0.0)
    with qtbot.waitSignal(plot.marker_moved):
        qtbot.mouseClick(plot._plot.viewport(), Qt.MouseButton.LeftButton, pos=plot._plot.viewport().rect().center())
    assert 0.3 < plot.marker() < 0.7


def test_the_marker_stays_within_the_curves(plot):
    plot.set_marker(7.0)
    assert plot.marker() == 1.0


def test_a_log_axis_leaves_out_what_has_no_logarithm(plot):
    plot.set_log(True)
    low, high = plot._plot.getPlotItem().getViewBox().viewRange()[1]
    assert -1.5 < low < -1.0
    assert 0.0 < high < 0.5


def test_a_curve_with_a_role_has_its_ink_and_keeps_its_dashes(plot):
    x = np.linspace(0.0, 1.0, 11)
    plot.set_curves({"model": (x, x), "exact": (x, x**2), "other": (x, x**3)}, {"exact": "exact"})
    inks = [item.opts["pen"].color().name().upper() for item in plot._items]
    look = theme.current()
    assert inks == [look.series[0], look.exact, look.series[2]]
    assert plot._items[1].opts["pen"].dashPattern() != plot._items[0].opts["pen"].dashPattern()


def test_a_curve_of_one_point_is_a_dot(plot):
    assert not len(plot._dots.getData()[0])
    plot.set_curves({"data": (np.array([35.0]), np.array([-1.5]))})
    assert [values.tolist() for values in plot._dots.getData()] == [[35.0], [-1.5]]


def test_steps_are_counted_in_whole_numbers(plot):
    axis = plot._plot.getPlotItem().getAxis("bottom")
    assert axis.tickSpacing(0.0, 6.0, 2000.0)[0][0] < 1
    plot.set_titles("step", "")
    assert axis.tickSpacing(0.0, 6.0, 2000.0)[0][0] == 1
    assert axis.tickSpacing(0.0, 6000.0, 500.0)[0][0] == 1000


def test_plots_with_room_for_the_same_numbers_are_in_line(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    plots = [CurvePlot(f"plot{i}", "x", "y") for i in range(2)]
    column = QVBoxLayout(window)
    for plot, height in zip(plots, (1.0, 12345.0), strict=True):
        column.addWidget(plot)
        plot.keep_room(6)
        plot.set_curves({"curve": (np.array([0.0, 1.0]), np.array([0.0, height]))})
    window.resize(600, 400)
    window.show()
    QTest.qWait(1)  # painted once: the axes know their numbers
    widths = {plot._plot.getPlotItem().getAxis("left").width() for plot in plots}
    assert len(widths) == 1
