"""The statistic matcher's lenses: target and achieved, and three losses that judge the same fakes."""

import numpy as np
import pytest

from playground.gui.panels.statistics import matched
from playground.gui.panels.statistics.verdicts import _histograms, _sentence

TABS = "statistics.inside.lens"


def readings(person):
    return person.view.lens.readings()


def test_another_statistic_is_matched_and_what_is_left_free_is_off(open_window, tiny_run, monkeypatch):
    monkeypatch.setattr(matched, "STEPS", 60)
    person = open_window(tiny_run("statistics", "digits", steps=5, train__lr=0.01))
    person.show_view("Inside")
    lens = person.view.lens
    assert lens.generator == "kernel"
    person.choose("statistics.inside.match.look", "covariance")
    target = lens._target["covariance"]["mean"]
    assert np.allclose(
        target, person.session.facts["test"].reshape(len(person.session.facts["test"]), -1).mean(axis=0), atol=1e-4
    )
    shown = lens._matrices["mean", "target"].images()
    assert np.allclose(shown.ravel(), target.clip(0, 1))
    person.choose("statistics.inside.match.matched", "mean")
    person.wait(lambda: lens.generator == "mean" and lens.own.state == "done")
    person.settle()
    now = readings(person)
    assert now["mean"] < 8 < now["histogram"]
    assert "Matched mean" in person.find("statistics.inside.match.words").text()
    assert "histogram" in person.find("statistics.inside.match.words").text()
    assert person.find("statistics.inside.match.gaps").texts()[0].endswith("matched")
    person.choose("statistics.inside.match.look", "mean")
    assert f"{lens._achieved['mean']['mean'][0]:.3f}" in person.find("statistics.inside.match.table").text()
    person.choose("statistics.inside.match.look", "filters")
    assert person.find("statistics.inside.match.curves")


def test_the_losses_disagree_about_the_same_fakes(open_window):
    person = open_window("statistics-eight-gaussians")
    person.show_view("Inside")
    person.show_tool(TABS, "Three losses")
    lens = person.view.lens
    now = readings(person)
    assert {"gap", "density_apart", "critic_apart"} <= set(now)
    real, fake = lens._scores["density", "real"], lens._scores["density", "fake"]
    pairs = (real[:, None] > fake[None]).mean() + 0.5 * (real[:, None] == fake[None]).mean()
    assert now["density_apart"] == pytest.approx(pairs)
    assert now["density_real"] == pytest.approx(-person.session.facts["data"]["entropy"], abs=0.3)
    passed = [verdict.passes for verdict in lens.verdicts()]
    assert passed[0] is (now["gap"] < 2)
    words = person.find("statistics.inside.verdicts.words").text()
    names = np.array(["the statistics", "the density", "the discriminator"])
    assert words == _sentence(list(names[passed]), list(names[np.logical_not(passed)]))
    person.choose("statistics.inside.verdicts.density", "autoregressive-eight-gaussians (bundled)")
    person.wait(lambda: not np.array_equal(lens._scores.get(("density", "real"), real), real))
    person.settle()
    assert readings(person)["density_real"] != now["density_real"]


@pytest.mark.parametrize(("passed", "failed", "words"), [
    (["a"], ["b", "c"], "They disagree. These fakes pass before a and fail before b and c."),
    ([], ["a"], "These fakes fail before a."),
    (["a", "b", "c"], [], "These fakes pass before a, b and c."),
    ([], [], ""),
])  # fmt: skip
def test_the_sentence_follows_the_verdicts(passed, failed, words):
    assert _sentence(passed, failed) == words


def test_fakes_without_any_density_have_a_bin_of_their_own():
    real = np.full(8, -2.08)
    shares = _histograms(real, np.array([-np.inf] * 6 + [-2.08] * 2))
    (at, of_real), (_, of_fake) = shares["real"], shares["fake"]
    assert of_fake[0] == 0.75
    assert of_real[0] == 0
    assert at[of_real.argmax()] == pytest.approx(-2.08, abs=0.05)
    assert of_fake[of_real.argmax()] == 0.25
