"""The density in the plane and on images in the window: an ellipse in the hand, EM steps, one Gaussian over pixels."""

import re

import numpy as np
import pytest

from playground import registry
from playground.core.plane import axes_of
from playground.gui.panels.gaussian.images import count_words
from playground.gui.panels.gaussian.on_line import TICKS
from playground.gui.widgets import controls
from playground.gui.widgets.ellipse_plane import mark


def readings(person, lens):
    """What a lens reads, by the last word."""
    start = f"gaussian.inside.{lens}."
    return {name.removeprefix(start): n for name, n in person.panel.readings().items() if name.startswith(start)}


def test_an_ellipse_in_the_hand_and_a_mixture_by_steps(open_window, tiny_run):
    person = open_window(tiny_run("gaussian", "eight-gaussians", steps=1, components=6, fit="EM", covariance="full"))
    person.show_view("Inside")

    # by hand: the identity, the optimum in closed form, the handles
    plane, lens = person.find("gaussian.inside.plane.plane"), person.view.lens
    entropy = registry.load_data("eight-gaussians").exact.entropy
    for x, y in ((0.5, -0.4), (-1.0, 1.2)):
        plane.middle_moved.emit(x, y)
        now = readings(person, "plane")
        assert plane.hand()[0] == pytest.approx((x, y))
        assert abs(now["nll"] - now["entropy"] - now["kl"]) < 1e-6
        assert abs(now["entropy"] - entropy) < 1e-4
        assert f"KL {now['kl']:.3f} nats" in person.find("gaussian.inside.plane.sum").texts()
    plane.middle_moved.emit(0.0, 0.0)
    plane.along_moved.emit(0.0, 1.5)
    plane.across_moved.emit(0.4, 0.0)
    values = {word: each.value() for word, each in lens.sliders.items()}
    assert (values["along"], values["across"], abs(values["angle"])) == (150, 40, 90)
    person.press("gaussian.inside.plane.best")
    best = readings(person, "plane")["kl"]
    assert sorted(axes_of(lens._gaussian()[1])[:2]) == pytest.approx(
        sorted(axes_of(lens.table.covariance)[:2]), abs=0.01
    )
    for word in ("mean_x", "mean_y"):
        here = lens.sliders[word].value()
        lens.sliders[word].setValue(here + TICKS // 10)
        assert readings(person, "plane")["kl"] > best
        lens.sliders[word].setValue(here)

    # the other way round the search goes downhill, to a part of the data
    controls.set_value(person.find("gaussian.inside.plane.divergence"), "reverse")
    plane.middle_moved.emit(1.5, 0.0)
    before = readings(person, "plane")["reverse_kl"]
    person.press("gaussian.inside.plane.best")
    person.settle()
    assert readings(person, "plane")["reverse_kl"] < before
    assert axes_of(lens._gaussian()[1])[0] < 0.5 * axes_of(lens.table.covariance)[0]

    # the mixture: likelihood by steps, responsibilities by colour and mark
    person.show_tool("gaussian.inside.lens", "EM steps")
    seen = [readings(person, "clouds")["log_likelihood"]]
    for step in (2, 3, 4):
        person.press("gaussian.inside.clouds.step")
        person.wait(lambda step=step: person.session.step == step)
        person.until("paused")
        seen.append(readings(person, "clouds")["log_likelihood"])
    assert np.all(np.diff(seen) > -1e-4)
    assert seen[-1] > seen[0] + 1e-3
    words = person.find("gaussian.inside.clouds.words").text().replace("−", "-")
    assert words.startswith(f"Step 4: mean log-likelihood of all training data {seen[-1]:.4f} nats")
    assert f"Change since step 3: {seen[-1] - seen[-2]:+.4f}." in words
    plane = person.find("gaussian.inside.clouds.plane")
    assert len(plane._clouds) == 6
    assert len(set(plane.members())) == 6
    person.press("gaussian.inside.clouds.responsibilities")
    assert not len(plane.members())

    # the mass that a step moves
    person.show_tool("gaussian.inside.lens", "Moving mass")
    person.press("gaussian.inside.mass.step")
    person.wait(lambda: person.session.step == 5)
    person.until("paused")
    now = readings(person, "mass")
    assert now["added"] > 1e-4
    assert abs(now["added"] - now["taken"]) < 1e-4
    assert now["before"] == pytest.approx(1.0, abs=1e-4)
    assert now["after"] == pytest.approx(1.0, abs=1e-4)
    change = person.find("gaussian.inside.mass.plane").change()
    assert change.min() < 0 < change.max()
    assert abs(change.sum()) * (6 / 180) ** 2 < 1e-4  # all of it is in the picture


def test_colours_and_marks_together_tell_36_clouds_apart():
    assert len({(cloud % 6, mark(cloud)) for cloud in range(36)}) == 36


def test_one_gaussian_over_all_pixels(open_window):
    person = open_window("gaussian-digits")
    person.show_view("Inside")
    lens = person.view.lens
    x = registry.load_data("digits").train.x.numpy()
    np.testing.assert_allclose(lens.mean.images()[0], x.mean(axis=0), atol=1e-5)
    assert lens.real.images()[0] in x
    np.testing.assert_allclose(lens.moved.images(), lens.mean.images(), atol=1e-6)
    lens.sliders.set_values(np.array([2, 0, 0, 0, 0, 0], dtype=np.float32), emit=True)
    moved = x.mean(axis=0) + 2 * lens._directions[0]
    np.testing.assert_allclose(lens.moved.images()[0], moved.clip(0, 1), atol=1e-5)
    first = lens.gaussian.images()
    person.ask_again(lambda: person.find("gaussian.inside.images.seed").setValue(5))
    person.wait(lambda: not np.array_equal(lens.gaussian.images(), first))
    assert readings(person, "images")["digits"] == len(str(17**64))
    assert readings(person, "images")["numbers"] == 64 + 64 * 65 / 2
    assert "17⁶⁴ ≈ 10⁷⁹ images" in person.find("gaussian.inside.images.words").text()


def test_the_count_is_that_of_the_data_at_hand():
    words = count_words((1, 28, 28), 256, 5000)
    assert "256 levels in each of 784 values: 256⁷⁸⁴ ≈ 10¹⁸⁸⁸ images" in words
    numbers = int(re.search(r"One Gaussian has ([\d,]+) numbers", words)[1].replace(",", ""))
    assert numbers == 784 + 784 * 785 // 2
    assert "levels" not in count_words((1, 8, 8), 0, 10)
