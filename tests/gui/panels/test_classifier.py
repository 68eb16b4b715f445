"""Recognition in the window: one label from many images, many images from one label, and what three nets do with z."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.panels.classifier.directions import DirectionsLens
from playground.gui.panels.classifier.nets import NetsLens
from tests.gui.driving import opened_window

INSIDE = "classifier.inside"
LINEAR = "principal components (exact)"
LEARNED = ("vae-digits-2d: learned", "vae-digits: learned")


@pytest.fixture(scope="module")
def inside(qapp, request):
    """The bundled run on real digits, with all that its lenses open beside it; tests share them."""
    with opened_window(QtBot(request), "classifier-digits") as person:
        person.show_view("Inside")
        for title in ("Three nets", "Encode and decode"):
            person.show_tool(f"{INSIDE}.lens", title)
        for pair in (*LEARNED, LINEAR):
            person.choose(f"{INSIDE}.stretch.pair", pair)
            person.settle()
        yield person


@pytest.fixture
def directions(inside):
    inside.show_tool(f"{INSIDE}.lens", "Both directions")
    return inside


@pytest.fixture
def nets(inside):
    inside.show_tool(f"{INSIDE}.lens", "Three nets")
    inside.choose(f"{INSIDE}.nets.moves", "hold y, move z")
    inside.settle()
    return inside


@pytest.fixture
def stretch(inside):
    inside.show_tool(f"{INSIDE}.lens", "Encode and decode")
    return inside


def pictures(person, name):
    return person.find(f"{INSIDE}.{name}").images().copy()


def measured(person, name):
    return person.view.lens.readings()[name]


def test_many_images_have_one_label_and_one_label_makes_many_images(directions):
    directions.choose(f"{INSIDE}.directions.label", "7")
    directions.settle()
    real, made = pictures(directions, "directions.real"), pictures(directions, "directions.made")
    sevens = directions.session.facts["test"][directions.session.facts["test_labels"][:, 0] == 7]
    assert np.array_equal(real, sevens[: len(real)])
    assert "are called 7" in " ".join(directions.texts())
    assert "gan-digits" in " ".join(directions.texts())
    assert made.std(axis=0).mean() > 0.05  # they differ
    directions.press(f"{INSIDE}.directions.again")
    directions.settle()
    assert not np.array_equal(pictures(directions, "directions.made"), made)
    assert np.array_equal(pictures(directions, "directions.real"), real)


def test_squared_error_gives_the_mean_of_the_class_and_an_opponent_makes_it_spread(nets):
    x, labels = registry.load_data("digits").train.x.numpy(), registry.load_data("digits").train.labels[:, 0].numpy()
    for k in (3, 8):
        nets.choose(f"{INSIDE}.nets.label", str(k))
        nets.settle()
        of_class = x[labels == k]
        np.testing.assert_allclose(pictures(nets, "nets.real")[0], of_class.mean(axis=0), atol=1e-5)
        assert np.ptp(pictures(nets, "nets.y"), axis=0).max() < 1e-5  # one answer, whatever z
        for blurred in ("y", "yz"):
            assert measured(nets, f"{blurred}.distance") < 0.03
        assert measured(nets, "yz.variance") < 0.02 * of_class.var(axis=0).mean()
        assert measured(nets, "game.variance") > 0.3 * of_class.var(axis=0).mean()
    words = " ".join(nets.texts())
    assert f"{measured(nets, 'y.distance'):.3f} from the mean" in words
    assert "has no z" in words
    assert "ignores z" in words


def test_only_the_adversarial_net_follows_a_moving_z(nets):
    before = {which: pictures(nets, f"nets.{which}") for which in ("y", "yz", "game")}
    nets.find(f"{INSIDE}.nets.turn").setValue(25)
    nets.settle()
    moved = {which: np.abs(pictures(nets, f"nets.{which}") - x).mean() for which, x in before.items()}
    assert moved["y"] == 0
    assert 0 < moved["yz"] < 0.02 < moved["game"]


def test_a_held_z_makes_one_image_a_class_and_a_dropped_y_a_mixture(nets):
    held = measured(nets, "game.variance")
    nets.choose(f"{INSIDE}.nets.moves", "hold z, move y")
    nets.settle()
    assert len(pictures(nets, "nets.game")) == 10
    assert not nets.find(f"{INSIDE}.nets.label").isEnabled()
    nets.choose(f"{INSIDE}.nets.moves", "drop y, move z")
    nets.settle()
    assert measured(nets, "game.variance") > 1.3 * held
    assert measured(nets, "yz.distance") < 0.03  # of all images now
    assert "y" not in nets.find(f"{INSIDE}.nets.diagram").node_rects()


def test_a_longer_code_rebuilds_better_and_the_error_is_that_of_the_pictures(stretch):
    slider = stretch.find(f"{INSIDE}.stretch.length")
    errors = []
    for length in (0, 5, 30, 64):
        slider.setValue(length)
        errors.append(measured(stretch, "error"))
        assert f"64 numbers → {length} → 64." in stretch.find(f"{INSIDE}.stretch.words").text()
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 1e-6
    original, rebuilt = pictures(stretch, "stretch.before"), pictures(stretch, "stretch.after")
    np.testing.assert_allclose(rebuilt, original, atol=1e-4)


def test_networks_rebuild_better_than_as_many_principal_components(stretch):
    for pair, length in zip(LEARNED, (2, 10), strict=True):
        stretch.find(f"{INSIDE}.stretch.length").setValue(length)
        linear = measured(stretch, "error")
        stretch.choose(f"{INSIDE}.stretch.pair", pair)
        stretch.settle()
        assert measured(stretch, "length") == length
        assert measured(stretch, "error") < linear
        x = registry.load_data("digits").test.x[:500]
        model = registry.open_run(pair.partition(":")[0]).model
        expected = (model.decode(model.encode(x)) - x).square().mean().item()
        assert measured(stretch, "error") == pytest.approx(expected, rel=1e-3)
        stretch.choose(f"{INSIDE}.stretch.pair", LINEAR)
        stretch.settle()


def test_lenses_that_need_bundled_runs_are_offered_on_their_data_only():
    def facts(data, **options):
        return {"data_name": data, "data": {"options": options}}

    assert DirectionsLens.fits(facts("shapes", size=16))
    assert not DirectionsLens.fits(facts("shapes", size=32))  # the generator learned smaller ones
    assert not DirectionsLens.fits(facts("kmnist"))
    assert NetsLens.fits(facts("strokes"))
    assert not NetsLens.fits(facts("shapes", size=16))
