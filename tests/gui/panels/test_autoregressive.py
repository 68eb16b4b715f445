"""The autoregressive panel: the pixel debugger and the lenses beside it, on the bundled digits and points."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QAbstractSpinBox
from pytestqt.qtbot import QtBot

from tests.gui.driving import opened_window

LENSES = ["Pixel debugger", "Training pairs", "Context", "Regressor", "Copying", "Chain rule"]


@pytest.fixture(scope="module")
def digits(qapp, request):
    """The bundled run on real digits; tests share it."""
    with opened_window(QtBot(request), "autoregressive-digits") as person:
        person.show_view("Inside")
        person.press("autoregressive.inside.debugger.more")
        yield person


def lens(person, title):
    person.show_tool("autoregressive.inside.lens", title)
    return person.view.lens


@pytest.fixture
def debugger(digits):
    page = lens(digits, "Pixel debugger")
    if page.canvas.levels:
        digits.ask_again(lambda: digits.press("autoregressive.inside.debugger.free"))
    return page


def edit(person, what, value):
    """Changes a number, and waits for the image to be made again."""
    name = f"autoregressive.inside.debugger.{what}"
    if person.find(name, QAbstractSpinBox).text() != value:
        person.ask_again(lambda: person.type(name, value))


# -- the pixel debugger ---------------------------------------------------------------------------------------------


def test_bits_of_the_pixels_sum_to_the_models_nll_and_each_draw_is_where_u_cuts(digits, debugger):
    bar = digits.view.tabs
    assert [bar.tabText(i) for i in range(bar.count()) if bar.isTabVisible(i)] == LENSES
    now = debugger.readings()
    assert now["bits"] == pytest.approx(now["nll"], rel=1e-4 / 100)
    for index in (0, 20, 45):
        debugger.scrubber.go_to(index)
        p, u, chosen = debugger.bars.probabilities(), debugger.bars.uniform(), debugger.bars.chosen()
        assert p[:chosen].sum() <= u + 1e-6
        assert u <= p[: chosen + 1].sum() + 1e-6
        assert debugger.value.value() == chosen
        row, column = debugger.canvas.cursor_place()
        assert 8 * row + column == index
        assert debugger.canvas.image()[0, row, column] == pytest.approx(chosen / 16)
    at = debugger.readings()["so_far"]
    digits.press("autoregressive.inside.debugger.forward")
    assert debugger.readings()["so_far"] == pytest.approx(at - np.log2(p[chosen]), rel=1e-4)
    digits.press("autoregressive.inside.debugger.back")
    assert debugger.readings()["so_far"] == at


def test_a_click_goes_to_a_pixel_a_forced_value_changes_what_follows_and_can_be_undone(digits, debugger):
    before = debugger.frames[-1]["x"][0, 0].copy()
    place = debugger.canvas.pixel_rect(3, 4).center().toPoint()
    digits.qtbot.mouseClick(debugger.canvas, Qt.MouseButton.LeftButton, pos=place)
    digits.settle()
    assert debugger.scrubber.position() == 28
    seen = debugger.canvas.seen()
    assert seen.flat[:28].sum() > 20
    assert not seen.flat[28:].any()

    uniform = [float(frame["uniform"][0]) for frame in debugger.frames[:-1]]
    level = 16 if before[3, 4] < 0.5 else 0
    digits.window.undo.settle()  # what was done before is an act of its own
    edit(digits, "value", str(level))
    after = debugger.frames[-1]["x"][0, 0]
    assert np.array_equal(after.flat[:28], before.flat[:28])
    assert after[3, 4] == level / 16
    assert not np.array_equal(after[4:], before[4:])
    assert [float(frame["uniform"][0]) for frame in debugger.frames[:-1]] == uniform  # the same noise
    assert debugger.scrubber.position() == 28
    assert debugger.canvas.held()[3, 4]
    assert debugger.bars.uniform() is None
    now = debugger.readings()
    assert now["bits"] == pytest.approx(now["nll"], abs=1e-3)

    digits.window.undo.settle()
    digits.ask_again(digits.window.undo.undo)
    assert not debugger.canvas.levels
    assert np.array_equal(debugger.frames[-1]["x"][0, 0], before)


def test_a_bar_can_be_clicked_to_force_its_level(digits, debugger):
    debugger.scrubber.go_to(30)
    spot = QPoint(round(debugger.bars.x_of(12.5)), debugger.bars.height() // 2)
    digits.ask_again(lambda: digits.qtbot.mouseClick(debugger.bars, Qt.MouseButton.LeftButton, pos=spot))
    assert debugger.frames[-1]["x"][0, 0].flat[30] == 12 / 16
    assert debugger.canvas.control_value() == "30:12"


def test_temperature_and_top_k_take_effect_at_once(digits, debugger):
    debugger.scrubber.go_to(0)
    plain = debugger.bars.probabilities().copy()
    edit(digits, "temperature", "0.5")
    sharp = debugger.bars.probabilities()
    np.testing.assert_allclose(sharp, plain**2 / (plain**2).sum(), atol=1e-5)
    edit(digits, "temperature", "1")
    edit(digits, "top_k", "1")
    assert (debugger.bars.probabilities() > 0).sum() == 1
    edit(digits, "top_k", "0")
    np.testing.assert_allclose(debugger.bars.probabilities(), plain, atol=1e-6)


def test_half_a_real_image_is_kept_and_completed(digits, debugger):
    digits.ask_again(lambda: digits.choose("autoregressive.inside.debugger.given", "half an image"))
    real, made = debugger.facts["test"][0, 0], debugger.frames[-1]["x"][0, 0]
    assert np.array_equal(made[:4], real[:4])
    assert not np.array_equal(made[4:], real[4:])
    now = debugger.readings()
    assert now["bits"] == pytest.approx(now["nll"], abs=1e-3)
    digits.ask_again(lambda: digits.choose("autoregressive.inside.debugger.given", "nothing"))


# -- the lenses beside it -------------------------------------------------------------------------------------------


def test_the_pairs_add_up_to_the_loss_and_the_bar_of_what_really_follows_is_marked(digits):
    page = lens(digits, "Training pairs")
    now = page.readings()
    assert now["sum"] == pytest.approx(now["loss"], abs=1e-3)
    assert now["bits_per_dim"] * 64 * np.log(2) == pytest.approx(now["loss"], abs=1e-3)
    real = page.facts["test"][0].flatten()
    for index in (1, 6):
        digits.qtbot.mouseClick(
            page.pairs, Qt.MouseButton.LeftButton, pos=page.pairs.tile_rect(index).center().toPoint()
        )
        number = page.number.value()
        assert page.bars.chosen() == round(real[number] * 16)
        assert page.readings()["cost"] == pytest.approx(
            -np.log(page.bars.probabilities()[page.bars.chosen()]), rel=1e-3
        )
        assert not page.canvas.seen().flat[number:].any()
    digits.ask_again(lambda: digits.type("autoregressive.inside.pairs.image", "3"))
    assert page.readings()["sum"] != now["sum"]
    assert page.readings()["sum"] == pytest.approx(page.readings()["loss"], abs=1e-3)


def test_nothing_is_seen_of_later_pixels_and_a_window_costs_bits(digits):
    page = lens(digits, "Context")
    assert page.readings()["later"] == 0.0
    gated, plain = (page.canvases[key].seen() for key in ("full", "masked"))
    assert gated.flat[: page.pixel.value()].all()
    assert 0 < plain.sum() < gated.sum()  # the blind spot
    assert page.readings()["bits"] == page.readings()["bits_whole"]
    page.radius.setValue(1)
    assert page.readings()["bits"] > page.readings()["bits_whole"] + 0.1
    assert page.canvases["model"].seen().sum() <= 4
    spot = page.canvases["masked"].pixel_rect(6, 3).center().toPoint()
    digits.ask_again(lambda: digits.qtbot.mouseClick(page.canvases["masked"], Qt.MouseButton.LeftButton, pos=spot))
    assert page.pixel.value() == 51
    assert page.readings()["later"] == 0.0


def test_networks_are_trained_for_their_own_size_of_context(digits, monkeypatch):
    monkeypatch.setattr("playground.gui.panels.autoregressive.sizes.STEPS", 2)
    page = lens(digits, "Context")
    digits.press("autoregressive.inside.field.train")
    assert page.sessions()
    digits.wait(page.is_settled)
    assert sorted(page.sizes.bits) == [1, 2, 3]
    now = page.readings()
    assert all(now[f"trained_{radius}"] > now["bits_whole"] for radius in (1, 2, 3))  # two steps are few
    assert not page.sessions()
    digits.press("autoregressive.inside.field.train")
    digits.press("autoregressive.inside.field.train")  # stops
    assert not page.sessions()
    assert page.train_button.text() == "Train for each size"


def test_the_mean_of_a_doubtful_pixel_is_an_unlikely_gray(digits):
    page = lens(digits, "Regressor")
    now = page.readings()
    assert now["mean"] < 0.2 * min(now["low"], now["high"])
    p = page.bars.probabilities()
    assert page.bars.chosen() == round((p * np.arange(17)).sum())
    filled = page.answers.images()
    assert len(filled) == 3
    assert (filled[0] != filled[1]).sum() == 1
    digits.type("autoregressive.inside.regressor.temperature", "0.5")  # p to the power 1/T, normalised
    np.testing.assert_allclose(page.bars.probabilities(), p**2 / (p**2).sum(), rtol=1e-5)
    assert page.readings()["most"] > max(now["low"], now["high"])
    assert "temperature 0.5" in page.words.text()
    digits.type("autoregressive.inside.regressor.temperature", "1")


def test_a_wider_context_copies_whole_images(digits):
    page = lens(digits, "Copying")
    narrow = page.readings()
    assert page.copies.images().shape == page.samples.images().shape == (8, 1, 8, 8)
    before = page.copies.images().copy()
    assert page.bars.probabilities().sum() == pytest.approx(1)
    row, column = divmod(page.pixel.value(), 8)
    assert page.canvas.seen().sum() == 12  # two rows of five, and two pixels to the left
    assert page.bars.chosen() == round(page.facts["test"][0, 0, row, column] * 16)
    digits.ask_again(lambda: digits.type("autoregressive.inside.copying.radius", "5"))
    assert page.readings()["alike"] < narrow["alike"]
    assert page.readings()["said"] == narrow["said"]  # the network does not know of it
    assert page.readings()["share"] > narrow["share"] + 0.1
    assert not np.array_equal(page.copies.images(), before)
    assert 0 < page.readings()["bits_samples"] < 5


def test_the_product_of_four_conditionals_is_the_joint_in_any_order(digits):
    page = lens(digits, "Chain rule")
    seen = {page._factors[0].text()}
    for order in ("d c b a", "b d a c"):
        digits.choose("autoregressive.inside.chain.order", order)
        now = page.readings()
        assert now["product"] == pytest.approx(now["joint"], rel=1e-9)
        assert now["sum"] == pytest.approx(1)
        seen.add(page._factors[0].text())
    assert len(seen) == 3
    spot = QPoint(round(page.bars.x_of(3.5)), page.bars.height() // 2)
    digits.qtbot.mouseClick(page.bars, Qt.MouseButton.LeftButton, pos=spot)
    assert page.image.value() == 3


def test_two_coordinates_in_turn_cost_the_nll_of_the_point(qapp, qtbot):
    with opened_window(qtbot, "autoregressive-eight-gaussians") as person:
        person.show_view("Inside")
        bar = person.view.tabs
        assert [bar.tabText(i) for i in range(bar.count()) if bar.isTabVisible(i)] == ["Coordinates"]
        page = person.view.lens
        now = page.readings()
        assert now["sum"] == pytest.approx(now["nll"], abs=1e-4)
        second = page._p[:, 1].copy()
        person.ask_again(lambda: page.sliders[0].setValue(0))
        assert page.readings()["sum"] == pytest.approx(page.readings()["nll"], abs=1e-4)
        assert np.abs(page._p[:, 1] - second).max() > 0.01
        axis, exact = page.exact(1)
        middles = (np.arange(128) + 0.5) / 128 * 2 * axis[-1] - axis[-1]
        model = page._p[:, 1] * 64 / axis[-1]
        assert np.trapezoid(np.abs(np.interp(middles, axis, exact) - model), middles) < 0.5
        person.press("autoregressive.inside.coordinates.draw")
        person.settle()
        assert page.sliders[0].value() != 0
        # A lens that does not fit the next model asks it nothing, though it is still on the stage when that is seen.
        person.show_view("Sample")
        person.panel.open_run("autoregressive-digits")
        person.settle()
        answered = []
        person.session.answered.connect(lambda answer: answered.append(answer.query.channel))
        person.show_view("Inside")
        assert person.view.lens.key == "debugger"
        assert any("debugger" in channel for channel in answered)
        assert not [channel for channel in answered if "coordinates" in channel]


def test_a_model_of_any_order_shows_what_it_can_and_says_that_its_number_is_a_bound(open_window, tiny_run):
    person = open_window(tiny_run("autoregressive", "digits", context="any"))
    person.show_view("Inside")
    bar = person.view.tabs
    titles = [bar.tabText(i) for i in range(bar.count()) if bar.isTabVisible(i)]
    assert titles == ["Pixel debugger", "Context", "Copying", "Chain rule"]
    page = person.view.lens
    page.scrubber.go_to(20)
    assert page.canvas.seen().flat[:20].all()
    assert "bound" in page.words.text()
    person.ask_again(lambda: person.type("autoregressive.inside.debugger.value", "16"))
    assert page.frames[-1]["x"][0, 0].flat[20] == 1
    assert np.isfinite(page.readings()["bits"])
    assert lens(person, "Context").readings()["later"] > 0  # it sees what comes after in the raster, too
