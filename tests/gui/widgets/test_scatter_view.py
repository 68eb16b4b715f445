"""The plane: which layers are there and where they are drawn."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.scatter_view import MOST_POINTS, ScatterView


@pytest.fixture
def plane(qtbot):
    theme.apply("light")
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(600, 400)
    widget = ScatterView("gaussian.plane", window)
    widget.resize(600, 400)
    widget.set_extent(-3.0, 3.0)
    window.show()
    yield widget
    theme.apply("light")


def test_the_legend_names_visible_layers_only(plane):
    plane.set_points("data", np.zeros((5, 2)), "data")
    plane.set_points("samples", np.ones((5, 2)), "model")
    plane.set_arrows("exact field", np.zeros((4, 2)), np.ones((4, 2)), "exact")
    assert plane.visible_layers() == ["data", "samples", "exact field"]
    plane.set_layer_visible("samples", False)
    plane.set_points("data", np.empty((0, 2)), "data")
    assert plane.visible_layers() == ["exact field"]
    plane.set_points("samples", np.zeros((5, 2)), "model")
    assert "samples" not in plane.visible_layers()  # new points do not override the choice to hide them
    plane.clear()
    assert plane.visible_layers() == []


def test_the_extent_is_square_and_data_do_not_move_it(plane):
    plane.set_points("data", np.full((5, 2), 50.0), "data")
    x, y = plane._plot.getPlotItem().getViewBox().viewRange()
    assert x == y == [-3.0, 3.0]
    assert plane._plot.width() == plane._plot.height()


def test_a_point_is_drawn_where_it_lies(plane):
    plane.set_points("samples", np.array([[1.5, 1.5]]), "model")
    picture = plane._plot.grab().toImage()
    spot = picture.pixelColor(picture.width() * 3 // 4, picture.height() // 4)
    assert spot.red() > spot.blue() + 60  # vermilion: right of the middle and above it


def test_row_zero_of_a_density_is_at_the_bottom(plane):
    image = np.zeros((10, 10))
    image[:3] = 1.0
    plane.set_density(image)
    picture = plane._plot.grab().toImage()
    middle, bottom, top = picture.width() // 2, picture.height() - 20, 20
    assert picture.pixelColor(middle + 15, bottom).name() == theme.LIGHT.density[-1].lower()
    assert picture.pixelColor(middle + 15, top).name() == theme.LIGHT.density[0].lower()
    plane.set_density(None)
    assert plane.visible_layers() == []


def test_points_and_particles_are_capped(plane):
    plane.set_points("data", np.random.default_rng(0).normal(size=(5 * MOST_POINTS, 2)), "data")
    plane.set_trails(np.zeros((100, 5000, 2)))
    assert len(plane._layers["data"].item.getData()[0]) == MOST_POINTS
    assert len(plane._layers["paths"].item.getData()[0]) == 20_000


def test_all_fields_share_one_scale(plane):
    at = np.stack(np.meshgrid([-1.5, 1.5], [-1.5, 1.5]), axis=-1).reshape(-1, 2)
    plane.set_arrows("exact field", at, np.tile([2.0, 0.0], (4, 1)), "exact")
    plane.set_arrows("learned field", at, np.tile([1.0, 0.0], (4, 1)), "model")

    def shaft(name):
        x, _ = plane._layers[name].item.getData()
        return x[1] - x[0]

    assert shaft("exact field") == pytest.approx(2 * shaft("learned field"))
    assert 2.5 < shaft("exact field") <= 3.0  # a cell of a 2 x 2 grid over 6 units


def test_contours_lie_in_the_extent(plane):
    y, x = np.mgrid[0:60, 0:60] * 0.1 - 2.95
    plane.set_contours(np.exp(-(x**2 + y**2) / 2), (np.exp(-0.5),))
    xs, ys = plane._layers["exact density"].item.getData()
    np.testing.assert_allclose(np.hypot(xs, ys), 1.0, atol=0.01)


def test_a_theme_change_recolours_the_ground(plane):
    theme.apply("dark")
    assert plane._plot.grab().toImage().pixelColor(30, 30).name() == theme.DARK.base.lower()


def _dots(view: ScatterView, layer: str) -> np.ndarray:
    return np.stack(view._layers[layer].item.getData(), axis=1)


def test_numbers_on_a_line_are_stacked_where_they_lie(plane: ScatterView) -> None:
    plane.set_extent(-3.0, 3.0)
    x = np.array([[0.5]] * 30 + [[-2.0]] * 10, dtype=np.float32)
    plane.set_points("real data", x, "data")
    plane.set_points("samples", x[:4], "model")
    above, below = _dots(plane, "real data"), _dots(plane, "samples")
    assert sorted(set(above[:, 0])) == [-2.0, 0.5]
    tall, short = (above[np.isclose(above[:, 0], place), 1] for place in (0.5, -2.0))
    assert (above[:, 1] > 0).all()
    assert (below[:, 1] < 0).all()
    assert len(set(tall)) == 30  # none hides another
    assert np.isclose(tall.max() / short.max(), 3, rtol=0.1)  # as high as their share
    assert above[:, 1].max() < 3.0


def test_a_narrower_stack_of_samples_is_cut_at_the_edge(plane: ScatterView) -> None:
    plane.set_extent(-3.0, 3.0)
    plane.set_points("real data", np.linspace(-2, 2, 40)[:, None], "data")
    plane.set_points("samples", np.zeros((40, 1)), "model")
    assert _dots(plane, "samples")[:, 1].min() >= -3.0


def test_a_number_that_is_alone_lies_on_the_line(plane: ScatterView) -> None:
    plane.set_extent(-3.0, 3.0)
    plane.set_points("real data", np.linspace(-2, 2, 40)[:, None], "data")
    plane.set_points("the point", np.array([[1.0]]), "model")
    assert _dots(plane, "the point").tolist() == [[1.0, 0.0]]


def test_the_truth_is_outlined_where_nine_tenths_of_its_mass_lie(plane):
    y, x = np.mgrid[-3:3:97j, -3:3:97j]
    plane.set_truth(np.exp(-(x**2 + y**2) / 2) / (2 * np.pi))
    ends = np.stack(plane._layers["exact density"].item.getData(), axis=1)
    radii = np.hypot(*ends.T)
    expected = [np.sqrt(-2 * np.log(1 - share)) for share in (0.5, 0.9)]  # of a standard normal in the plane
    assert all(np.abs(radii - radius).min() < 0.05 for radius in expected)
    assert np.min(np.abs(radii[:, None] - expected), axis=1).max() < 0.05
    assert plane.visible_layers() == ["exact density"]


def test_on_the_line_the_truth_is_as_high_as_the_stacks_of_its_own_draws(plane):
    draws = np.random.default_rng(0).standard_normal((20_000, 1))
    plane.set_points("real data", draws, "data")
    axis = np.linspace(-3, 3, 97)
    plane.set_truth(np.exp(-(axis**2) / 2) / np.sqrt(2 * np.pi))
    x, height = plane._layers["exact density"].item.getData()
    top = height[np.abs(x) < 0.1].mean()
    stacked = plane._stacked(draws[:, 0], "data")
    assert top == pytest.approx(stacked[np.abs(stacked[:, 0]) < 0.1, 1].max(), rel=0.06)


def test_a_handle_is_moved_by_the_arrow_keys_and_tells_where_it_is_left(qtbot, plane):
    moved = []
    plane.handle_moved.connect(lambda x, y: moved.append((x, y)))
    plane.set_handle(np.array([1.0, -2.0]), "1st")
    assert plane.handle() == (1.0, -2.0)
    assert moved == []  # only a person moves it
    plane.setFocus()
    qtbot.keyClick(plane, Qt.Key.Key_Left)
    qtbot.keyClick(plane, Qt.Key.Key_Up)
    assert moved[-1] == pytest.approx((0.88, -1.88))
    plane.set_handle(np.array([1.0, -2.0]), movable=False)
    qtbot.keyClick(plane, Qt.Key.Key_Left)
    assert plane.handle() == (1.0, -2.0)
    plane.set_handle(None)
    assert plane.handle() is None


def test_points_that_are_no_numbers_are_left_out(plane):
    plane.set_points("samples", np.array([[np.nan, 1.0], [0.5, -0.5], [np.inf, 0.0]]), "model")
    (dot,) = plane._layers["samples"].item.points()
    assert (dot.pos().x(), dot.pos().y()) == (0.5, -0.5)
    plane.set_points("samples", np.full((4, 2), np.nan), "model")
    assert plane.visible_layers() == []


@pytest.mark.parametrize(("x", "is_left"), [(-2.9, False), (0.0, False), (2.9, True)])
def test_the_words_of_the_handle_stand_where_there_is_room(plane, x, is_left):
    plane.set_handle(np.array([x, 0.0]), "1st")
    label = plane._handle.label()
    words = label.mapRectToScene(label.boundingRect())
    assert (words.center().x() < plane._handle.scenePos().x()) == is_left
    assert plane._plot.getPlotItem().getViewBox().sceneBoundingRect().contains(words.center())
