"""The mixture editor: its maths against the data set's own, and every way to change a number."""

import numpy as np
import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent

from playground import registry
from playground.data import mixture as source
from playground.gui.widgets import components
from playground.gui.widgets.components import Component, density, from_words, to_words
from playground.gui.widgets.mixture_editor import MixtureEditor

LEFT = Qt.MouseButton.LeftButton
WORDS = ("-2,0;1,1", "1;3", "0.2;0.5")


@pytest.fixture
def editor(qtbot):
    widget = MixtureEditor("vae.dock.mixture.editor")
    qtbot.addWidget(widget)
    widget.set_words(*WORDS)
    widget.resize(500, 500)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def drag(qtbot, editor, start: QPointF, end: QPointF) -> None:
    qtbot.mousePress(editor, LEFT, pos=start.toPoint())
    qtbot.mouseMove(editor, end.toPoint())
    qtbot.mouseRelease(editor, LEFT, pos=end.toPoint())


def wheel(editor, notches: int) -> None:
    place, glob = QPointF(250, 250), QPointF(editor.mapToGlobal(QPoint(250, 250)))
    none = Qt.MouseButton.NoButton
    editor.wheelEvent(QWheelEvent(place, glob, QPoint(), QPoint(0, 120 * notches), none,
                                  Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False))  # fmt: skip


@pytest.mark.parametrize("words", [WORDS, ("-2;0.5;2", "1;2;1", "0.3"), ("0,0", "1", "1")])
def test_what_is_drawn_is_the_density_that_models_learn(words):
    parts, on_line = from_words(*words)
    assert from_words(*to_words(parts, on_line)) == (parts, on_line)
    exact = registry.load_data("mixture", dict(zip(("means", "weights", "spreads"), words, strict=True))).exact
    x = np.random.default_rng(0).uniform(-3, 3, (50, 1 if on_line else 2))
    drawn = density(parts, x[:, 0], None if on_line else x[:, 1])
    np.testing.assert_allclose(drawn, exact.log_density(torch.from_numpy(x)).exp().numpy(), rtol=1e-6)


def test_limits_are_those_of_the_data_set():
    assert (components.MOST, components.FARTHEST) == (source.MOST, source.FARTHEST)
    assert (components.THINNEST, components.WIDEST) == (source.THINNEST, source.WIDEST)
    far = Component(99, -99, 1e9, 0).within()
    options = dict(zip(("means", "weights", "spreads"), to_words([far], False), strict=True))
    assert registry.load_data("mixture", options).spec.shape == (2,)


def test_a_middle_is_dragged(qtbot, editor):
    changes = []
    editor.control_changed.connect(lambda: changes.append(editor.words()))
    drag(qtbot, editor, editor.middle(1), editor.to_screen(-0.5, -1.5))
    assert editor.current() == 1
    moved = editor.components()[1]
    assert (moved.x, moved.y) == pytest.approx((-0.5, -1.5), abs=0.02)
    assert (moved.weight, moved.spread) == (3, 0.5)
    assert editor.components()[0] == Component(-2, 0, 1, 0.2)
    assert len(changes) == 1


def test_the_handle_at_the_edge_is_the_spread(qtbot, editor):
    editor.select(1)
    drag(qtbot, editor, editor.edge(1), editor.to_screen(1.9, 1))
    assert editor.components()[1].spread == pytest.approx(0.9, abs=0.02)
    drag(qtbot, editor, editor.edge(1), editor.to_screen(9, 9))
    assert editor.components()[1].spread == components.WIDEST


def test_a_press_in_the_open_moves_nothing(qtbot, editor):
    drag(qtbot, editor, editor.to_screen(-1, -2), editor.to_screen(0, 0))
    assert editor.words() == WORDS


def test_the_wheel_changes_the_weight(editor):
    wheel(editor, 2)
    assert editor.components()[0].weight == pytest.approx(1.21)
    wheel(editor, -2)
    assert editor.components()[0].weight == pytest.approx(1)


def test_a_double_click_adds_where_it_is_up_to_twelve(qtbot, editor):
    qtbot.mouseDClick(editor, LEFT, pos=editor.to_screen(2, -2).toPoint())
    new = editor.components()[2]
    assert (new.x, new.y) == pytest.approx((2, -2), abs=0.02)
    for _ in range(20):
        editor.add()
    assert len(editor.components()) == 12
    for _ in range(20):
        editor.remove()
    assert len(editor.components()) == 1


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (Qt.Key.Key_Left, Component(-2.05, 0, 1, 0.2)),
        (Qt.Key.Key_Up, Component(-2, 0.05, 1, 0.2)),
        (Qt.Key.Key_Plus, Component(-2, 0, 1.1, 0.2)),
        (Qt.Key.Key_Minus, Component(-2, 0, 0.909, 0.2)),
        (Qt.Key.Key_BracketRight, Component(-2, 0, 1, 0.25)),
        (Qt.Key.Key_BracketLeft, Component(-2, 0, 1, 0.15)),
    ],
)
def test_every_number_has_a_key(qtbot, editor, key, expected):
    with qtbot.waitSignal(editor.control_changed):
        qtbot.keyClick(editor, key)
    assert editor.components()[0] == expected


def test_keys_select_add_and_remove(qtbot, editor):
    qtbot.keyClick(editor, Qt.Key.Key_PageDown)
    assert editor.current() == 1
    qtbot.keyClick(editor, Qt.Key.Key_Insert)
    assert (len(editor.components()), editor.current()) == (3, 2)
    qtbot.keyClick(editor, Qt.Key.Key_Delete)
    assert editor.words() == WORDS
    assert "component 2 of 2 at 1, 1" in editor.accessibleDescription()


def test_on_the_line_only_x_moves(qtbot, editor):
    editor.set_on_line(True)
    assert editor.words()[0] == "-2;1"
    drag(qtbot, editor, editor.middle(0), editor.to_screen(-1, -2))
    moved = editor.components()[0]
    assert (moved.x, moved.y) == (pytest.approx(-1, abs=0.02), 0)
    editor.set_on_line(False)
    assert editor.words()[0].endswith(";1,1")


def test_its_word_brings_everything_back(qtbot, editor):
    word = editor.control_value()
    editor.add()
    editor.set_on_line(True)
    with qtbot.waitSignal(editor.control_changed):
        editor.set_control_value(word)
    assert editor.words() == WORDS
    assert not editor.on_line()


@pytest.mark.parametrize("word", ["", "0,0|1", "0,0;1|1|0.3", "a,b|1|0.3", "0,0|1;2|0.3", "0,0|inf|0.3"])
def test_another_word_is_refused_and_the_mixture_stays(editor, word):
    with pytest.raises(ValueError, match=r".+"):
        editor.set_control_value(word)
    assert editor.words() == WORDS
