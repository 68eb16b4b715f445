"""The Gaussian on the line in the window: what the sliders do to likelihood, entropy and KL."""

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.panels.gaussian import TICKS
from tests.gui.driving import opened_window


@pytest.fixture(scope="module")
def person(qapp, request):
    with opened_window(QtBot(request), "gaussian-bumps") as person:
        person.show_view("Inside")
        yield person


def put(person, mean, spread):
    """Both sliders, in the data's units."""
    person.find("gaussian.inside.mean").setValue(round(mean * TICKS))
    person.find("gaussian.inside.spread").setValue(round(spread * TICKS))


def reading(person, name):
    return person.panel.readings()[f"gaussian.inside.{name}"]


@pytest.mark.parametrize(("mean", "spread"), [(-1.5, 0.6), (0.0, 1.47), (2.5, 3.0), (0.5, 0.3)])
def test_likelihood_is_entropy_and_kl_together(person, mean, spread):
    put(person, mean, spread)
    entropy = registry.load_data("bumps").exact.entropy
    assert abs(reading(person, "nll") - entropy - reading(person, "kl")) < 1e-6
    assert abs(reading(person, "entropy") - entropy) < 1e-6
    total, first, second = person.find("gaussian.inside.sum").texts()
    assert total == f"NLL {reading(person, 'nll'):.3f} nats"
    assert first == f"entropy H {entropy:.3f} nats"
    assert second == f"KL {reading(person, 'kl'):.3f} nats"


def test_the_likelihood_shown_is_that_of_data_drawn_from_the_density(person):
    put(person, 0.4, 1.2)
    x = registry.load_data("bumps").test.x[:, 0].numpy()
    drawn = 0.5 * np.log(2 * np.pi * 1.2**2) + (x - 0.4) ** 2 / (2 * 1.2**2)
    assert abs(drawn.mean() - reading(person, "nll")) < 5 * drawn.std() / np.sqrt(len(x))


def test_the_button_goes_to_the_best_place_there_is(person):
    put(person, -1.5, 0.6)
    person.press("gaussian.inside.best")
    best = reading(person, "kl")
    mean, spread = person.find("gaussian.inside.mean"), person.find("gaussian.inside.spread")
    for slider in (mean, spread):
        here = slider.value()
        for step in (-1, 1):
            slider.setValue(here + step)
            assert reading(person, "kl") > best
        slider.setValue(here)
    goal = person.find("gaussian.inside.over_spread").goal()
    assert goal == pytest.approx(spread.value() / TICKS, abs=0.01)


def test_the_marker_of_a_plot_drags_the_slider(person):
    put(person, 0.0, 1.0)
    plot = person.find("gaussian.inside.over_spread")
    plot.marker_moved.emit(2.0)
    assert person.find("gaussian.inside.spread").value() == 2 * TICKS


def test_the_trained_mixture_is_drawn_and_measured_only_where_asked_for(person):
    box = person.find("gaussian.inside.trained")
    assert box.isChecked()
    density, words = person.find("gaussian.inside.density"), person.find("gaussian.inside.words")
    assert "trained" in density._curves
    assert "KL to the trained mixture: 0.000" in words.text()
    box.click()
    assert "trained" not in density._curves
    assert "trained" not in words.text()
    box.click()


def test_only_a_line_whose_density_is_known_has_such_a_view(person):
    (inside,) = [view for view in person.panel.views if view.title == "Inside"]
    assert inside.fits({"shape": (1,), "data": {"entropy": 1.2}})
    assert not inside.fits({"shape": (2,), "data": {"entropy": 1.2}})
    assert not inside.fits({"shape": (1,), "data": {"entropy": None}})  # points from a file: nobody knows their density
