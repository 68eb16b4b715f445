"""The loss plot through its controls."""

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QDeadlineTimer, QEvent, QObject
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QSlider, QToolButton, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.end_labels import EndLabels
from playground.gui.widgets.loss_plot import LossPlot


@pytest.fixture
def plot(qtbot):
    theme.apply("light")
    window = QWidget()  # a widget shown by itself would make the offscreen platform complain about size hints
    qtbot.addWidget(window)
    window.resize(800, 400)
    widget = LossPlot("vae.loss", window)
    widget.resize(800, 400)
    window.show()
    yield widget
    theme.apply("light")


def shown(plot: LossPlot) -> list[str]:
    """What stands beside the curves once the plot has drawn what it was given."""
    deadline = QDeadlineTimer(2000)
    while plot.is_stale():
        assert not deadline.hasExpired(), "the plot never drew what it was given"
        QTest.qWait(10)
    return plot.findChild(EndLabels).texts()


def test_curves_grow_and_the_latest_value_is_written_beside_them(plot):
    plot.add(1, {"loss": np.array([3.0, 2.0])})
    plot.add(3, {"loss": np.array([1.5])})
    plot.add_held_out(3, {"loss": 1.75})
    curves = plot.series()
    assert curves["loss"][0].tolist() == [1, 2, 3]
    assert curves["loss held-out"][1].tolist() == [1.75]
    assert shown(plot) == ["loss 1.500", "held-out 1.750"]


def test_the_menu_adds_the_other_curves(plot):
    plot.add(0, {"loss": np.ones(3), "kl": np.full(3, 0.25)})
    assert shown(plot) == ["loss 1.000"]
    plot.findChild(Collapsible).set_open(True)
    picker = plot.findChild(QToolButton, "vae.loss.curves")
    assert picker.isVisible()
    picker.menu().actions()[1].trigger()
    assert shown(plot) == ["loss 1.000", "kl 0.2500"]
    picker.menu().actions()[0].trigger()
    assert shown(plot) == ["kl 0.2500"]


def test_smoothing_moves_the_written_value_towards_the_mean(plot):
    plot.add(0, {"loss": np.tile([0.0, 2.0], 500)})
    assert shown(plot) == ["loss 2.000"]
    plot.findChild(QSlider, "vae.loss.smoothing").setValue(100)
    assert 0.9 < float(shown(plot)[0].split()[1]) < 1.1


def test_a_logarithm_of_what_is_not_positive_is_left_out_and_said(plot):
    plot.set_unit("loss (nats)")
    plot.add(0, {"loss": np.array([10.0, 1.0, -1.0, 0.1])})
    axis = plot._plot.getPlotItem().getAxis("left")
    assert axis.labelText == "loss (nats)"
    plot.findChild(QCheckBox, "vae.loss.log").setChecked(True)
    assert axis.labelText == "loss (nats) (log of positive values)"
    low, high = plot._plot.getPlotItem().getViewBox().viewRange()[1]
    assert -1.5 < low < -1 < 0.9 < high < 1.5
    assert shown(plot) == ["loss 0.1000"]


def test_nan_does_not_hide_the_rest(plot):
    plot.add(0, {"loss": np.array([2.0, np.nan, 1.0, np.nan])})
    assert shown(plot) == ["loss 1.000"]
    assert np.isfinite(plot._plot.getPlotItem().getViewBox().viewRange()).all()


def test_the_floor_is_in_view_with_its_words(plot):
    plot.add(0, {"loss": np.array([5.0, 4.0])})
    plot.set_floor(1.12, "entropy floor 1.12 nats")
    low, _ = plot._plot.getPlotItem().getViewBox().viewRange()[1]
    assert low < 1.12
    assert plot._floor_text.isVisible()
    plot.set_floor(None)
    assert not plot._floor_text.isVisible()


def test_what_arrives_while_hidden_is_drawn_on_showing(plot):
    plot.hide()
    plot.add(0, {"loss": np.array([5.0])})
    assert plot.findChild(EndLabels).texts() == []
    plot.show()
    assert shown(plot) == ["loss 5.000"]


def test_clear_forgets_the_curves(plot):
    plot.add(0, {"loss": np.ones(3), "kl": np.ones(3)})
    plot.clear()
    assert plot.series() == {}
    assert shown(plot) == []
    plot.add(0, {"energy": np.ones(2)})
    assert shown(plot) == ["energy 1.000"]


def test_a_theme_change_changes_the_picture(plot):
    plot.add(0, {"loss": np.array([5.0, 4.0])})
    before = plot.grab().toImage()
    theme.apply("dark")
    after = plot.grab().toImage()
    corner = before.width() - 3, before.height() - 3
    assert before.pixelColor(*corner).name() == theme.LIGHT.base.lower()
    assert after.pixelColor(*corner).name() == theme.DARK.base.lower()


def test_a_burst_is_drawn_together(plot, monkeypatch):
    drawn = []
    refresh = plot._refresh
    monkeypatch.setattr(plot, "_refresh", lambda: (drawn.append(1), refresh()))
    for step in range(1000):
        plot.add(step, {"loss": np.array([1.0 + step])})
    assert shown(plot) == ["loss 1,000"]
    assert len(drawn) <= 2  # once, and again because the wider label takes room from the curve


def test_small_numbers_stay_what_they_are_at_another_type_size(plot):
    plot.add(0, {"loss": np.array([0.08, 0.05, 0.03])})
    assert shown(plot) == ["loss 0.03000"]
    theme.apply("light", 1.5)
    axis = plot._plot.getPlotItem().getAxis("left")
    assert axis.tickStrings([0.05], axis.autoSIPrefixScale * axis.scale, 0.01) == ["0.05"]


def test_another_run_is_drawn_behind_and_named(plot):
    plot.add(0, {"loss": np.array([4.0, 2.0]), "kl": np.array([1.0, 1.0])})
    plot.set_reference({"loss": (np.arange(5.0), np.array([4.0, 3.0, 2.5, 2.25, 2.125]))}, "parent")
    assert shown(plot) == ["loss 2.000", "parent 2.125"]
    box = plot.findChild(QWidget, "vae.loss.plot").getPlotItem().getViewBox()
    assert box.viewRange()[0][1] >= 4  # the axis reaches to the end of the longer run
    picker = plot.findChild(QToolButton, "vae.loss.curves")
    picker.menu().actions()[1].trigger()
    assert shown(plot) == ["loss 2.000", "loss parent 2.125", "kl 1.000"]
    picker.menu().actions()[0].trigger()
    assert shown(plot) == ["kl 1.000"]  # a reference goes with its series
    picker.menu().actions()[0].trigger()
    plot.clear()
    plot.add(0, {"loss": np.array([3.0])})
    assert shown(plot) == ["loss 3.000", "parent 2.125"]
    plot.set_reference({})
    assert shown(plot) == ["loss 3.000"]
    assert "parent" not in str(plot.series())


def test_a_reference_without_a_logarithm_is_left_out(plot):
    plot.findChild(QCheckBox, "vae.loss.log").setChecked(True)
    plot.add(0, {"loss": np.array([1.0])})
    plot.set_reference({"loss": (np.arange(2.0), np.array([-1.0, -2.0]))}, "parent")
    assert shown(plot) == ["loss 1.000"]


@pytest.mark.parametrize("worst", [3.0, 8.0])  # numbers beside the axis with a decimal, and short ones
def test_the_name_of_the_steps_takes_no_height_from_a_low_plot(plot, worst):
    plot.add(1, {"loss": np.linspace(worst, 2.0, 50)})
    shown(plot)
    axis = plot.findChild(pg.PlotWidget).getPlotItem().getAxis("bottom")
    margin = axis.label.document().documentMargin()
    name = axis.mapRectFromItem(axis.label, axis.label.boundingRect().adjusted(margin, 0, -margin, 0))
    assert axis.label.toPlainText().strip() == "step"
    assert axis.height() < 1.5 * theme.em(plot)
    assert name.right() <= 0, "left of the first number"
    assert name.center().y() == pytest.approx(axis.height() / 2, abs=0.3 * theme.em(plot))
    assert axis.mapRectToScene(name).left() >= 0


def test_the_one_step_of_a_closed_form_is_a_dot(plot):
    plot.add(0, {"loss": np.array([3.0])})
    plot.add_held_out(0, {"loss": 3.0})
    plot.add_held_out(1, {"loss": 2.0})
    assert shown(plot) == ["loss 3.000", "held-out 2.000"]
    dot = plot._series["loss"]._dot
    assert [tuple(spot.pos()) for spot in dot.points()] == [(0.0, 3.0)]
    box = plot.findChild(QWidget, "vae.loss.plot").getPlotItem().getViewBox()
    (left, right), (low, high) = box.viewRange()
    assert left < 0 < 1 < right  # both ends and what stands there are seen whole
    assert low < 2 < 3 < high
    plot.add(1, {"loss": np.array([2.0])})
    assert shown(plot)
    assert not len(dot.points())


class Painted(QObject):
    """Counts how often the curves are painted."""

    def __init__(self, plot: LossPlot) -> None:
        super().__init__(plot)
        self.times = 0
        plot.findChild(pg.PlotWidget).viewport().installEventFilter(self)

    def eventFilter(self, watched, event) -> bool:
        self.times += event.type() == QEvent.Type.Paint
        return False


def test_news_is_painted_once_and_not_at_all_while_nobody_sees_it(plot):
    plot.add(0, {"loss": np.linspace(3, 2, 50)})
    shown(plot)
    QTest.qWait(50)
    painted = Painted(plot)
    plot.add(50, {"loss": np.linspace(2, 1, 50)})
    shown(plot)
    QTest.qWait(50)
    assert painted.times == 1
    plot.hide()
    plot.add(100, {"loss": np.linspace(1, 0, 50)})
    QTest.qWait(150)
    assert plot.is_stale()
    assert painted.times == 1
