"""The map of a code, moved by hand, by keys and as a control."""

import numpy as np
import pytest
from PySide6.QtCore import Qt

from playground.gui.widgets import theme
from playground.gui.widgets.latent_pad import MOST_POINTS, REACH, LatentPad, short_marks

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def pad(qtbot):
    widget = LatentPad("pad")
    qtbot.addWidget(widget)
    widget.set_names("z_1", "z_2")
    widget.resize(400, 400)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def colour_at(pad, xy):
    picture = pad.grab().toImage()
    return picture.pixelColor((pad.position(xy) * picture.devicePixelRatio()).toPoint())


def test_a_drag_moves_the_code_and_letting_go_is_told_once(qtbot, pad):
    places = []
    pad.moved.connect(places.append)
    qtbot.mousePress(pad, LEFT, pos=pad.position((1, -1)).toPoint())
    qtbot.mouseMove(pad, pad.position((2, 0.5)).toPoint())
    with qtbot.waitSignal(pad.released):
        qtbot.mouseRelease(pad, LEFT, pos=pad.position((2, 0.5)).toPoint())
    np.testing.assert_allclose(places, [(1, -1), (2, 0.5)], atol=0.02)
    np.testing.assert_allclose(pad.place(), (2, 0.5), atol=0.02)
    qtbot.mouseMove(pad, pad.position((0, 0)).toPoint())
    assert len(places) == 2


def test_a_drag_ends_at_the_edge(qtbot, pad):
    qtbot.mousePress(pad, LEFT, pos=pad.rect().topRight())
    np.testing.assert_allclose(pad.place(), (REACH, REACH), atol=0.4)
    assert (pad.place() <= REACH).all()


@pytest.mark.parametrize(
    ("key", "step"),
    [
        (Qt.Key.Key_Right, (0.1, 0)),
        (Qt.Key.Key_Left, (-0.1, 0)),
        (Qt.Key.Key_Up, (0, 0.1)),
        (Qt.Key.Key_Down, (0, -0.1)),
    ],
)
def test_arrow_keys_move_by_a_tenth_of_a_sigma_and_with_shift_by_half(qtbot, pad, key, step):
    with qtbot.waitSignals([pad.moved, pad.released, pad.control_changed]):
        qtbot.keyClick(pad, key)
    np.testing.assert_allclose(pad.place(), step, atol=1e-6)
    qtbot.keyClick(pad, key, Qt.KeyboardModifier.ShiftModifier)
    np.testing.assert_allclose(pad.place(), 6 * np.array(step), atol=1e-6)


def test_moved_from_outside_it_says_nothing(qtbot, pad):
    with qtbot.assertNotEmitted(pad.moved), qtbot.assertNotEmitted(pad.control_changed):
        pad.set_place(np.array([4.0, 1.0]))
    np.testing.assert_array_equal(pad.place(), (4, 1))  # beyond the map, and not changed by that
    assert "+4.00 and +1.00 sigmas" in pad.accessibleDescription()


def test_as_a_control_it_is_two_numbers(qtbot, pad):
    with qtbot.waitSignals([pad.moved, pad.control_changed]):
        pad.set_control_value([0.5, -1.25])
    assert pad.control_value() == [0.5, -1.25]
    for wrong in ("1", [1.0], [1.0, float("nan")]):
        with pytest.raises(ValueError, match=r"two numbers|convert"):
            pad.set_control_value(wrong)


def test_what_the_prior_rarely_draws_is_shaded(pad):
    inside = colour_at(pad, (1.3, -0.4))
    assert inside.name() == theme.current().base.lower()
    assert colour_at(pad, (-3.3, 3.3)) != inside
    assert colour_at(pad, (2.9, 2.9)) != inside  # a corner: each number alone would be within reach


def test_labels_are_letters_in_their_colours(pad):
    empty = pad.grab().toImage()
    pad.set_points(np.array([[1.3, -0.4], [-1.5, 0.5]]), np.array([1, 0]), ("circle", "square"))
    assert [mark for mark, _ in pad._marks] == ["s", "c"]
    drawn = pad.grab().toImage()
    assert drawn != empty
    colours = {drawn.pixelColor(x, y).name() for x in range(drawn.width()) for y in range(drawn.height())}
    assert len(colours) > 10
    pad.set_points(np.zeros((2 * MOST_POINTS, 2)))
    assert len(pad._marks) == MOST_POINTS
    assert set(pad._marks) == {("·", -1)}


def test_the_posterior_is_an_ellipse_along_its_axes(pad):
    before = pad.grab().toImage()
    pad.set_posterior(np.array([0.5, 0.5]), np.diag([1.0, 0.04]))
    mean, axes = pad._ellipse
    np.testing.assert_array_equal(mean, (0.5, 0.5))
    np.testing.assert_allclose(sorted(np.linalg.norm(axes, axis=0)), [0.2, 1.0])
    assert pad.grab().toImage() != before
    edge = colour_at(pad, (1.5, 0.5))  # one sigma from the middle along the long axis
    assert edge.red() > edge.blue() + 40
    pad.set_posterior(None)
    assert pad.grab().toImage() == before


@pytest.mark.parametrize(
    ("names", "marks"),
    [
        (("0", "1", "10"), ["0", "1", "10"]),
        (("circle", "square", "triangle"), ["c", "s", "t"]),
        (("dark", "day", "white"), ["dar", "day", "whi"]),
        ((), []),
    ],
)
def test_marks_are_as_short_as_tells_them_apart(names, marks):
    assert short_marks(names) == marks


def test_the_spread_of_each_code_and_of_all_together_is_drawn_around_them(pad):
    def paper(xy):
        return colour_at(pad, xy).name().upper() == theme.current().base

    edges = [(-1.5, 1.0), (0.4, -1.5)]  # of the ellipses below, away from circles, axes and letters
    assert all(paper(xy) for xy in edges)
    pad.set_points(np.array([[-1.0, 1.0]]))
    pad.set_spreads(np.array([[0.5, 0.2]]))
    pad.set_whole(np.array([0.0, -1.5]), np.diag([0.16, 0.01]))
    assert not any(paper(xy) for xy in edges)
    pad.set_spreads(np.empty((0, 2)))
    pad.set_whole(None)
    assert all(paper(xy) for xy in edges)
