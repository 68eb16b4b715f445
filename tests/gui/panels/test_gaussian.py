"""The density on the line in the window: what the hand does to likelihood, entropy and KL, and a step to the mass."""

import re

import numpy as np
import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.panels.gaussian.line import LineLens
from playground.gui.panels.gaussian.on_line import TICKS
from playground.gui.panels.gaussian.steps import StepsLens
from playground.gui.widgets import controls
from tests.gui.driving import opened_window


@pytest.fixture(scope="module")
def person(qapp, request):
    with opened_window(QtBot(request)) as person:
        person.window.show_page("gaussian")
        person.settle()
        yield person


def put(person, mean, spread):
    """Both sliders, in the data's units."""
    person.find("gaussian.inside.line.mean").setValue(round(mean * TICKS))
    person.find("gaussian.inside.line.spread").setValue(round(spread * TICKS))


def set_choice(person, name, choice):
    """Takes an entry by its name."""
    controls.set_value(person.find(f"gaussian.inside.{name}"), choice)


def reading(person, name):
    return person.panel.readings()[f"gaussian.inside.line.{name}"]


@pytest.mark.parametrize(("mean", "spread"), [(-1.5, 0.6), (0.0, 1.47), (2.5, 3.0), (0.5, 0.3)])
def test_likelihood_is_entropy_and_kl_together(person, mean, spread):
    put(person, mean, spread)
    entropy = registry.load_data("bumps").exact.entropy
    assert abs(reading(person, "nll") - entropy - reading(person, "kl")) < 1e-6
    assert abs(reading(person, "entropy") - entropy) < 1e-6
    total, first, second = person.find("gaussian.inside.line.sum").texts()
    assert total == f"NLL {reading(person, 'nll'):.3f} nats"
    assert first == f"entropy H {entropy:.3f} nats"
    assert second == f"KL {reading(person, 'kl'):.3f} nats"


def test_the_panel_opens_on_the_line_with_its_density_on_the_stage(person):
    assert person.session.run == "gaussian-bumps"
    assert person.view.title == "Inside"
    assert person.view.lens.key == "line"
    ticks = person.find("gaussian.inside.line.density").ticks()
    assert set(ticks) <= set(registry.load_data("bumps").train.x[:, 0].numpy())  # real training examples


def test_the_likelihood_shown_is_that_of_data_drawn_from_the_density(person):
    put(person, 0.4, 1.2)
    x = registry.load_data("bumps").test.x[:, 0].numpy()
    drawn = 0.5 * np.log(2 * np.pi * 1.2**2) + (x - 0.4) ** 2 / (2 * 1.2**2)
    assert abs(drawn.mean() - reading(person, "nll")) < 5 * drawn.std() / np.sqrt(len(x))


def test_the_button_goes_to_the_best_place_there_is(person):
    put(person, -1.5, 0.6)
    person.press("gaussian.inside.line.best")
    best = reading(person, "kl")
    mean, spread = person.find("gaussian.inside.line.mean"), person.find("gaussian.inside.line.spread")
    for slider in (mean, spread):
        here = slider.value()
        for step in (-1, 1):
            slider.setValue(here + step)
            assert reading(person, "kl") > best
        slider.setValue(here)
    assert person.find("gaussian.inside.line.surface").goal() == pytest.approx(
        (mean.value() / TICKS, spread.value() / TICKS), abs=0.01
    )
    set_choice(person, "line.beside", "profile")
    goal = person.find("gaussian.inside.line.over_spread").goal()
    assert goal == pytest.approx(spread.value() / TICKS, abs=0.01)


def test_handles_on_every_plot_move_the_gaussian(person):
    put(person, 0.0, 1.0)
    mean, spread = person.find("gaussian.inside.line.mean"), person.find("gaussian.inside.line.spread")
    set_choice(person, "line.beside", "profile")
    person.find("gaussian.inside.line.over_spread").marker_moved.emit(2.0)
    assert spread.value() == 2 * TICKS
    set_choice(person, "line.beside", "surface")
    density, surface = person.find("gaussian.inside.line.density"), person.find("gaussian.inside.line.surface")
    density._marker.setValue(-0.5)
    density._marker.sigDragged.emit(density._marker)
    density._edge.setValue(0.9)
    density._edge.sigDragged.emit(density._edge)
    assert (mean.value(), spread.value()) == (-50, 140)
    assert (density.marker(), density.edge()) == pytest.approx((-0.5, 0.9))
    assert surface.place() == pytest.approx((-0.5, 1.4))
    person.qtbot.keyClick(density, Qt.Key.Key_Up)
    assert spread.value() == 145
    person.qtbot.keyClick(surface, Qt.Key.Key_Right)
    assert mean.value() > -50


def test_the_surface_is_the_likelihood_and_its_height_here_the_number_in_the_bar(person):
    put(person, 0.4, 1.2)
    means, spreads, heights = person.find("gaussian.inside.line.surface").surface()
    row, column = abs(spreads - 1.2).argmin(), abs(means - 0.4).argmin()
    put(person, means[column], spreads[row])
    assert -heights[row, column] == pytest.approx(reading(person, "nll"), abs=0.02)
    density = person.find("gaussian.inside.line.density")
    assert reading(person, "area") == pytest.approx(1.0, abs=1e-6)
    areas = [shade._area.boundingRect() for shade in density._shades.values()]
    assert areas[0].top() == 0 > areas[1].top()  # one tone adds, the other takes away


def test_the_other_divergence_has_another_optimum_which_is_found_and_not_known(person):
    surface = person.find("gaussian.inside.line.surface")
    forward = surface.goal()
    set_choice(person, "line.divergence", "reverse")
    assert "found on the grid" in person.find("gaussian.inside.line.words").text()
    person.press("gaussian.inside.line.best")
    least = reading(person, "reverse_kl")
    assert surface.goal()[1] < 0.5 * forward[1]  # it keeps to one part of the data
    put(person, *forward)
    assert reading(person, "reverse_kl") > least
    set_choice(person, "line.divergence", "js")
    person.press("gaussian.inside.line.best")
    middle = reading(person, "js")
    assert surface.goal()[1] > forward[1] * 0.6
    put(person, -1.0, 2.0)
    assert middle < reading(person, "js") < np.log(2)
    set_choice(person, "line.divergence", "forward")
    assert surface.goal() == pytest.approx(forward)


def test_the_trained_mixture_is_drawn_and_measured_only_where_asked_for(person):
    person.press("gaussian.inside.line.more")
    box = person.find("gaussian.inside.line.trained")
    assert box.isChecked()
    density, words = person.find("gaussian.inside.line.density"), person.find("gaussian.inside.line.words")
    assert "trained" in density._curves
    assert "KL to the trained mixture: 0.000" in words.text()
    box.click()
    assert "trained" not in density._curves
    assert "trained" not in words.text()
    box.click()


def numbers(person, row):
    """What is printed beside a step, as numbers."""
    text = person.find(f"gaussian.inside.steps.number.{row}").text().replace("−", "-")
    return [float(word) for word in re.findall(r"-?\d+\.\d+", text)]


@pytest.fixture
def steps(person):
    person.show_tool("gaussian.inside.lens", "KL in five steps")
    person.find("gaussian.inside.steps.mean").setValue(-40)
    person.find("gaussian.inside.steps.spread").setValue(170)
    return person


@pytest.mark.parametrize(("mean", "spread"), [(-1.5, 0.6), (0.0, 1.47), (2.5, 3.0), (0.33, 0.87)])
def test_nll_less_entropy_is_kl_to_the_printed_digit(steps, mean, spread):
    steps.find("gaussian.inside.steps.mean").setValue(round(mean * TICKS))
    steps.find("gaussian.inside.steps.spread").setValue(round(spread * TICKS))
    (kl,), (entropy, nll, difference), (kept,) = (numbers(steps, row) for row in (1, 2, 3))
    assert round(nll + entropy, 4) == difference == kl  # the entropy is printed with its sign
    assert kept == nll
    shown = steps.panel.readings()
    assert kl == pytest.approx(shown["gaussian.inside.steps.kl"], abs=1.01e-4)  # by an integral of its own
    assert abs(shown["gaussian.inside.steps.nll"] - shown["gaussian.inside.steps.entropy"]
               - shown["gaussian.inside.steps.kl"]) < 1e-9  # fmt: skip


def test_more_examples_bring_the_average_nearer_to_the_exact_number(steps):
    count = steps.find("gaussian.inside.steps.count")
    count.setValue(count.minimum())
    _, wide, exact = numbers(steps, 4)
    count.setValue(count.maximum())
    estimate, narrow, again = numbers(steps, 4)
    assert exact == again
    assert narrow < 0.1 < wide
    assert abs(estimate - exact) < 4 * narrow
    mean, spread, *known = numbers(steps, 5)
    x = registry.load_data("bumps").train.x[:1500, 0].double().numpy()
    assert (mean, spread) == pytest.approx((x.mean(), x.std()), abs=6e-4)
    assert (mean, spread) == pytest.approx(known, abs=0.15)


def test_the_gap_closes_at_the_mean_and_spread_of_the_examples(steps):
    steps.find("gaussian.inside.steps.count").setValue(150)
    now = steps.panel.readings()
    assert now["gaussian.inside.steps.examples"] == 32
    assert now["gaussian.inside.steps.gap"] > 0.01
    steps.find("gaussian.inside.steps.mean").setValue(round(now["gaussian.inside.steps.mean"] * TICKS))
    steps.find("gaussian.inside.steps.spread").setValue(round(now["gaussian.inside.steps.spread"] * TICKS))
    assert 0 <= steps.panel.readings()["gaussian.inside.steps.gap"] < 1e-4


def test_a_step_that_is_out_of_sight_draws_nothing(steps):
    curves = steps.find("gaussian.inside.steps.density")
    step = steps.find("gaussian.inside.steps.step.5")
    assert "best on N" in curves._curves
    step.hide()
    steps.find("gaussian.inside.steps.mean").setValue(10)
    assert set(curves._curves) == {"data p", "q"}
    step.show()


def test_normalising_restores_the_area_whatever_the_scale(steps):
    scale, box = steps.find("gaussian.inside.steps.scale"), steps.find("gaussian.inside.steps.normalise")
    scale.setValue(80)
    assert numbers(steps, 0) == [1.0]
    before = numbers(steps, 3)
    box.click()
    (area,) = numbers(steps, 0)
    assert area == pytest.approx(10**0.8 * np.sqrt(2 * np.pi) * 1.7, rel=1e-3)
    assert numbers(steps, 3) < before  # and it looks more likely than any density
    box.click()
    assert numbers(steps, 0) == [1.0]
    assert numbers(steps, 3) == before


def test_a_step_moves_mass_and_makes_none(open_window):
    person = open_window("gaussian-bumps")
    person.show_tool("gaussian.inside.lens", "Moving mass")
    person.press("gaussian.inside.mass.step")  # of a bundled run: a fresh model
    person.wait(lambda: person.panel.readings().get("gaussian.inside.mass.added", 0) > 0)
    person.until("paused")
    now = {name.rpartition(".")[2]: n for name, n in person.panel.readings().items() if ".mass." in name}
    assert abs(now["added"] - now["taken"]) < 1e-4
    assert now["before"] == pytest.approx(1.0, abs=1e-4)
    assert now["after"] == pytest.approx(1.0, abs=1e-4)
    words = person.find("gaussian.inside.mass.words").text()
    assert "Total mass 1.0000 before, 1.0000 after" in words
    was, is_now = (float(n) for n in re.findall(r"Mean density at the data: (\S+) before, (\S+) after", words)[0])
    assert is_now > was
    step = person.session.step
    person.press("gaussian.inside.mass.step")
    person.until("paused")
    assert person.session.step == step + 1
    assert person.find("gaussian.inside.mass.words").text().startswith(f"Step {step} to {step + 1},")

    # steps of another kind, of a fresh model whose weights are not averaged
    set_choice(person, "mass.fit", "gradient")
    person.type("gaussian.inside.mass.count", "3")
    person.press("gaussian.inside.mass.step")
    person.wait(lambda: person.session.is_open and person.session.experiment.settings()["fit"] == "gradient")
    person.wait(lambda: person.panel.readings().get("gaussian.inside.mass.added", 0) > 0)
    person.until("paused")
    assert person.session.experiment.settings()["train.ema"] == 0
    now = {name.rpartition(".")[2]: n for name, n in person.panel.readings().items() if ".mass." in name}
    assert abs(now["added"] - now["taken"]) < 1e-4
    assert person.find("gaussian.inside.mass.fit").name() == "gradient"


def test_only_a_line_whose_density_is_known_has_such_lenses(person):
    for lens in (LineLens, StepsLens):
        assert lens.fits({"shape": (1,), "data": {"entropy": 1.2}})
        assert not lens.fits({"shape": (2,), "data": {"entropy": 1.2}})
        assert not lens.fits(
            {"shape": (1,), "data": {"entropy": None}}
        )  # points from a file: nobody knows their density
