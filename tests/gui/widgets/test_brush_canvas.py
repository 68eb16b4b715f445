"""The canvas, painted by mouse and by keyboard."""

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication

from playground.gui.widgets.brush_canvas import CELLS, LARGEST, SMALLEST, BrushCanvas

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def canvas(qtbot):
    widget = BrushCanvas("vae.dock.draw.canvas")
    qtbot.addWidget(widget)
    widget.resize(400, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def at(canvas, x, y) -> QPoint:
    return canvas.to_screen(x, y).toPoint()


def mass(canvas, x, y) -> float:
    """What is painted in the cell around a point."""
    column, row = (int((value + 3) / 6 * CELLS) for value in (x, y))
    return float(canvas.density()[row, column])


def test_the_plane_lies_upright_in_the_middle(canvas):
    assert canvas.area().width() == canvas.area().height()
    assert canvas.to_screen(0, 0) == canvas.area().center()
    assert canvas.to_screen(3, 3).y() == canvas.area().top()
    x, y = canvas.to_plane(canvas.to_screen(1.25, -2.0))
    assert (x, y) == pytest.approx((1.25, -2.0))


@pytest.mark.parametrize("place", [(1.5, 2.0), (-2.0, -1.0)])
def test_the_left_button_paints_where_it_is_and_the_right_one_takes_away(qtbot, canvas, place):
    with qtbot.waitSignal(canvas.control_changed):
        qtbot.mouseClick(canvas, LEFT, pos=at(canvas, *place))
    assert mass(canvas, *place) > 0.2
    assert mass(canvas, -place[0], place[1]) == 0
    qtbot.mouseClick(canvas, RIGHT, pos=at(canvas, *place))
    assert canvas.is_empty()


def test_a_fast_stroke_has_no_gaps_and_is_one_change(qtbot, canvas):
    changes = []
    canvas.control_changed.connect(lambda: changes.append(True))
    qtbot.mousePress(canvas, LEFT, pos=at(canvas, -2, 0))
    qtbot.mouseMove(canvas, at(canvas, 2, 0))
    qtbot.mouseRelease(canvas, LEFT, pos=at(canvas, 2, 0))
    along = [mass(canvas, x, 0) for x in np.linspace(-1.9, 1.9, 30)]
    assert min(along) > 0.2
    assert len(changes) == 1


def test_the_eraser_makes_the_left_button_take_away(qtbot, canvas):
    qtbot.mouseClick(canvas, LEFT, pos=at(canvas, 0, 0))
    canvas.set_erasing(True)
    qtbot.mouseClick(canvas, LEFT, pos=at(canvas, 0, 0))
    assert canvas.is_empty()


def test_the_keyboard_moves_paints_and_erases(qtbot, canvas):
    for _ in range(5):
        qtbot.keyClick(canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert canvas.is_empty()
    with qtbot.waitSignal(canvas.control_changed):
        qtbot.keyClick(canvas, Qt.Key.Key_Space)
    assert mass(canvas, 2.99, 0.15) > 0.2  # five far steps end at the edge
    assert mass(canvas, 0, 0) == 0
    qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert canvas.is_empty()


def test_a_broad_brush_paints_more_and_the_wheel_keeps_it_in_range(canvas):
    canvas.set_radius(0.2)
    canvas.dab(0, 0)
    narrow = canvas.density().sum()
    canvas.clear()
    canvas.set_radius(0.8)
    canvas.dab(0, 0)
    assert canvas.density().sum() > 10 * narrow
    canvas.set_radius(99)
    assert canvas.radius() == LARGEST
    canvas.set_radius(0)
    assert canvas.radius() == SMALLEST


def test_its_word_brings_the_painting_back_exactly(qtbot, canvas):
    for place in ((0, 0), (1, 1), (-1, 2)):
        canvas.dab(*place)
    word, painted = canvas.control_value(), canvas.density()
    assert len(word) < 1500
    canvas.clear()
    assert canvas.control_value() == ""
    with qtbot.waitSignal(canvas.control_changed):
        canvas.set_control_value(word)
    np.testing.assert_array_equal(canvas.density(), painted)
    canvas.set_control_value("")
    assert canvas.is_empty()


@pytest.mark.parametrize("word", ["?", "AAAA", "eJwDAAAAAAE=", 12])
def test_another_word_is_refused_and_the_painting_stays(canvas, word):
    canvas.dab(0, 0)
    before = canvas.density()
    with pytest.raises(ValueError, match="painted density"):
        canvas.set_control_value(word)
    np.testing.assert_array_equal(canvas.density(), before)


def test_what_is_painted_is_seen(canvas):
    canvas.dab(1, 1)
    picture = canvas.grab().toImage()
    scale = picture.width() / canvas.width()
    there, elsewhere = (picture.pixelColor(at(canvas, *p) * scale) for p in ((1.1, 1.1), (-1, 1.1)))
    assert there != elsewhere


@pytest.mark.parametrize(
    ("key", "modifier", "own"),
    [
        (Qt.Key.Key_Space, Qt.KeyboardModifier.NoModifier, True),
        (Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier, True),
        (Qt.Key.Key_Space, Qt.KeyboardModifier.ControlModifier, False),
        (Qt.Key.Key_Tab, Qt.KeyboardModifier.NoModifier, False),
        (Qt.Key.Key_Period, Qt.KeyboardModifier.NoModifier, False),
    ],
)
def test_its_keys_go_before_the_window_s_shortcuts_and_no_others(canvas, key, modifier, own):
    event = QKeyEvent(QEvent.Type.ShortcutOverride, key, modifier)
    event.ignore()
    QApplication.sendEvent(canvas, event)
    assert event.isAccepted() == own
