"""The history bar through its controls."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from playground.gui.widgets import theme
from playground.gui.widgets.history_bar import HistoryBar, HistorySlider

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def bar(qtbot):
    theme.apply("light")
    widget = HistoryBar("vae.history")
    qtbot.addWidget(widget)
    widget.resize(700, 60)
    widget.set_history((0, 1, 64, 300), (64, 300), 300)
    with qtbot.waitExposed(widget):
        widget.show()
    return widget


@pytest.fixture
def chosen(bar):
    """The steps that were chosen."""
    steps: list[int | None] = []
    bar.step_chosen.connect(steps.append)
    return steps


def slider(bar) -> HistorySlider:
    return bar.findChild(HistorySlider, "vae.history")


def words(bar) -> str:
    return bar.findChild(QLabel, "vae.history.words").text()


def button(bar, name) -> QPushButton:
    return bar.findChild(QPushButton, f"vae.history.{name}")


def test_keys_go_from_one_stored_step_to_the_next(qtbot, bar, chosen):
    assert words(bar) == "now: step 300"
    for key in (Qt.Key.Key_Left, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_End):
        qtbot.keyClick(slider(bar), key)
    assert chosen == [64, 1, 64, 0, None]
    assert words(bar) == "now: step 300"


def test_it_says_which_step_is_shown_and_how_much_of_it_is_stored(bar):
    bar.show_step(64)
    assert words(bar) == "showing step 64 of 300"
    assert "exactly" in button(bar, "fork").toolTip()
    bar.show_step(1)
    assert words(bar) == "showing step 1 of 300 (weights only)"
    assert "training again from step 0" in button(bar, "fork").toolTip()


def test_a_button_goes_back_to_now_where_one_is_not_there(qtbot, bar, chosen):
    assert not button(bar, "now").isEnabled()
    bar.show_step(64)
    qtbot.mouseClick(button(bar, "now"), LEFT)
    assert chosen == [None]
    assert not button(bar, "now").isEnabled()


def test_a_fork_is_asked_for(qtbot, bar):
    with qtbot.waitSignal(bar.fork_clicked, timeout=1000):
        qtbot.mouseClick(button(bar, "fork"), LEFT)


def test_without_a_past_it_is_hidden(bar):
    bar.set_history((20,), (), 20)
    assert not bar.isVisible()
    bar.set_now(25)  # trained on, and step 20 is stored
    assert bar.isVisible()
    bar.set_history((), (), 0)
    assert not bar.isVisible()


def test_a_choice_stays_while_the_history_grows_and_now_moves_on(bar, chosen):
    bar.show_step(64)
    bar.set_history((0, 1, 64, 300, 500), (300, 500), 500)
    assert words(bar) == "showing step 64 of 500 (weights only)"
    bar.show_step(None)
    bar.set_now(512)
    assert (words(bar), slider(bar).step()) == ("now: step 512", None)
    assert slider(bar).steps == (0, 1, 64, 300, 500, 512)
    bar.show_step(64)
    bar.set_history((0, 300), (300,), 512)  # thinned out
    assert slider(bar).step() is None
    assert chosen == []  # a person did none of this


def test_its_value_is_a_step_or_now(bar, chosen):
    assert slider(bar).control_value() == "now"
    slider(bar).set_control_value(64)
    assert (slider(bar).control_value(), chosen) == (64, [64])
    slider(bar).set_control_value("now")
    assert chosen == [64, None]
    with pytest.raises(ValueError, match="not stored"):
        slider(bar).set_control_value(65)
