"""The VAE in the window: its code under the hand."""

import re

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.panels.base.latent.walk import FILM
from playground.gui.widgets.latent_sliders import SigmaSlider
from tests.gui.driving import LEFT, opened_window

TWO_SIGMA = 200  # in the slider's hundredths


@pytest.fixture(scope="module")
def bundled(qapp, request):
    """The bundled run on real digits; tests share it."""
    with opened_window(QtBot(request), "vae-digits") as person:
        yield person


@pytest.fixture
def latent(bundled):
    """Its opening view, every slider at 0."""
    bundled.show_view("Latent")
    bundled.show_tool("vae.latent.tools", "Sliders")
    bundled.ask_again(lambda: bundled.press("vae.latent.z.reset"))
    yield bundled
    bundled.window.undo.settle()  # it waits for a hand to rest


@pytest.fixture(scope="module")
def model():
    return registry.open_run("vae-digits").model


def slider(person, index):
    return person.find(f"vae.latent.z.{index}")


def decoded(person):
    """The picture that the code makes."""
    return person.find("vae.latent.decoded").images()[0].copy()


def move(person, index, ticks):
    """Puts a slider somewhere, as a hand would."""
    person.ask_again(lambda: slider(person, index).setValue(ticks))


def click_example(person, index):
    grid = person.find("vae.latent.examples.grid")
    person.ask_again(lambda: person.qtbot.mouseClick(grid, LEFT, pos=grid.tile_rect(index).center().toPoint()))


def test_it_opens_on_the_sliders_beside_one_big_picture(bundled):
    assert bundled.view.title == "Latent"
    assert bundled.session.facts["latent_dim"] == len(bundled.find("vae.latent.z").values()) >= 3
    assert bundled.find("vae.latent.decoded").images().shape == (1, 1, 8, 8)
    assert bundled.find("vae.latent.tools").control_value() == "Sliders"


@pytest.mark.parametrize("index", range(3))
def test_each_of_the_first_sliders_changes_the_picture(latent, index):
    before = decoded(latent)
    move(latent, index, TWO_SIGMA)
    assert np.abs(decoded(latent) - before).mean() > 0.02
    assert "+2.00 σ" in latent.texts()


def test_keys_move_a_slider_by_a_tenth_of_sigma(latent):
    before = decoded(latent)
    latent.ask_again(lambda: latent.qtbot.keyClick(slider(latent, 0), Qt.Key.Key_Right))
    assert latent.find("vae.latent.z").values()[0] == pytest.approx(0.1)
    assert not np.array_equal(decoded(latent), before)


def test_reset_all_restores_the_picture_bit_for_bit(latent):
    before = decoded(latent)
    latent.ask_again(lambda: latent.press("vae.latent.z.random"))
    assert not np.array_equal(decoded(latent), before)
    latent.ask_again(lambda: latent.press("vae.latent.z.reset"))
    assert np.array_equal(decoded(latent), before)
    assert not latent.find("vae.latent.z").values().any()


def test_sliders_stand_in_the_order_of_their_effect(latent):
    tips = [slider.toolTip() for slider in latent.window.findChildren(SigmaSlider)]
    shares = [int(re.search(r"(\d+)% of the change", tip)[1]) for tip in tips]
    assert len(shares) == latent.session.facts["latent_dim"] > 1
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100, abs=len(shares))


def test_a_click_on_a_real_example_shows_its_code(latent, model):
    middle = decoded(latent)
    latent.show_tool("vae.latent.tools", "Examples")
    for index in (0, 3, 7):
        example = latent.session.facts["test"][index]
        click_example(latent, index)
        rebuilt = decoded(latent)
        assert ((rebuilt - example) ** 2).mean() < 0.6 * ((middle - example) ** 2).mean()
        code = model.encode(torch.from_numpy(example[None]))[0].numpy()
        np.testing.assert_allclose(latent.view.code.z, code, atol=1e-5)


def test_the_walk_goes_from_one_code_to_the_other(latent):
    move(latent, 0, -TWO_SIGMA)
    start = decoded(latent)
    latent.show_tool("vae.latent.tools", "Walk")
    film = latent.find("vae.latent.film")
    latent.ask_again(lambda: latent.press("vae.latent.from"))
    latent.show_tool("vae.latent.tools", "Sliders")
    move(latent, 0, TWO_SIGMA)
    latent.show_tool("vae.latent.tools", "Walk")
    with latent.qtbot.waitSignal(latent.session.answered) as walk:
        latent.press("vae.latent.to")
    end = decoded(latent)
    frames = walk.args[0].arrays["x"]
    np.testing.assert_allclose(frames[[0, -1]], [start, end], atol=1e-6)
    assert film.frame_count() == len(frames) == FILM
    for step, picture in ((0, start), (FILM - 1, end)):
        place = film.frame_rect(0, step).center().toPoint()
        latent.ask_again(lambda place=place: latent.qtbot.mouseClick(film, LEFT, pos=place))
        np.testing.assert_allclose(decoded(latent), picture, atol=1e-6)


def test_without_labels_there_is_no_picker(latent):
    assert not [box for box in latent.window.findChildren(QComboBox) if box.objectName() == "vae.latent.label"]


def test_a_conditional_model_decodes_the_label_that_is_chosen(open_window, tiny_run):
    person = open_window(tiny_run("vae", "digits", steps=40, conditional=True))
    before = decoded(person)
    person.ask_again(lambda: person.choose("vae.latent.label", "7"))
    after = decoded(person)
    assert np.abs(after - before).max() > 0.01
    person.ask_again(lambda: person.choose("vae.latent.label", "0"))
    assert np.array_equal(decoded(person), before)


def test_in_the_plane_the_code_is_a_mark_on_the_paths_of_its_axes(open_window, tiny_run):
    person = open_window(tiny_run("vae", "moons", steps=30))
    plane = person.find("vae.latent.plane")
    assert set(plane.visible_layers()) == {"real data", "exact density", "paths", "decoded"}
    before = plane._layers["decoded"].item.getData()
    move(person, 0, TWO_SIGMA)
    after = plane._layers["decoded"].item.getData()
    assert [len(axis) for axis in after] == [1, 1]
    assert (before[0], before[1]) != (after[0], after[1])
    titles = person.find("vae.latent.tools")
    assert not titles.isTabVisible([titles.tabText(i) for i in range(titles.count())].index("Examples"))
