"""The VAE's lenses: posterior against prior, the bound term by term, and its gap from more and more codes."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from playground import registry
from playground.gui.panels.vae.posterior import ACTIVE, together
from tests.gui.driving import LEFT, opened_window

POSTERIOR, BOUND = "vae.inside.posterior", "vae.inside.bound"


@pytest.fixture(scope="module")
def inside(qapp, request):
    """The bundled run with a code of two numbers; tests share it."""
    with opened_window(QtBot(request), "vae-digits-2d") as person:
        person.show_view("Inside")
        yield person


@pytest.fixture
def posterior(inside):
    inside.show_tool("vae.inside.lens", "Posterior and prior")
    return inside


@pytest.fixture
def bound(inside):
    inside.show_tool("vae.inside.lens", "Gap of the bound")
    return inside


@pytest.fixture(scope="module")
def run():
    return registry.open_run("vae-digits-2d")


def test_the_bars_are_the_kl_of_each_axis_over_held_out_images(posterior, run):
    bars = posterior.find(f"{POSTERIOR}.bars")
    expected = run.model.latent_kl(run.dataset.test.x).numpy()
    np.testing.assert_allclose(bars.values(), expected, rtol=1e-3)
    assert bars.lit() == ["z_{1}", "z_{2}"]
    assert expected.min() > ACTIVE
    assert "2 of 2 axes are active" in " ".join(posterior.texts())


def test_the_terms_shown_add_up_to_the_bound_of_the_image_clicked(posterior, run):
    strip = posterior.find(f"{POSTERIOR}.strip")
    posterior.ask_again(lambda: posterior.qtbot.mouseClick(strip, LEFT, pos=strip.tile_rect(4).center().toPoint()))
    assert posterior.find(f"{POSTERIOR}.example").value() == 5
    now, x = posterior.view.lens.readings(), run.dataset.test.x[4:5]
    q = run.model.posterior(x)
    normal = torch.distributions.Normal(q["mean"], q["std"])
    kl = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).sum().item()
    assert now["kl"] == pytest.approx(kl, rel=1e-4)
    assert now["elbo"] == pytest.approx(now["fit"] - now["kl"])
    total, fit, divergence = posterior.find(f"{POSTERIOR}.sum").texts()
    assert total == f"−ELBO {-now['elbo']:.3f}"
    assert fit == f"−log p(x|z) {-now['fit']:.3f}"
    assert divergence == f"KL {now['kl']:.3f}"
    assert np.array_equal(posterior.view.pictures["x"][0], x[0].numpy())


def test_the_noise_is_held_until_it_is_drawn_again(posterior):
    before = posterior.view.lens.readings()["fit"]
    posterior.ask_again(lambda: posterior.press(f"{POSTERIOR}.noise"))
    other = posterior.view.lens.readings()
    assert other["fit"] != before
    posterior.ask_again(lambda: posterior.type(f"{POSTERIOR}.example", "7"))
    posterior.ask_again(lambda: posterior.type(f"{POSTERIOR}.example", "5"))
    assert posterior.view.lens.readings() == other


def test_a_hand_that_moves_z_moves_the_noise(posterior, run):
    pad, x = posterior.find(f"{POSTERIOR}.pad"), run.dataset.test.x[4:5]
    posterior.ask_again(lambda: pad.set_control_value([1.0, -0.5]))
    axes = [posterior.find(f"{POSTERIOR}.{box}").currentIndex() for box in ("across", "up")]
    z = torch.zeros(1, 2)
    z[0, axes] = torch.tensor([1.0, -0.5])
    fit = run.model.log_likelihood(x, z, None).item()
    assert posterior.view.lens.readings()["fit"] == pytest.approx(fit, rel=1e-3)
    np.testing.assert_allclose(posterior.view.pictures["sample"][0], run.model.decode(z)[0], atol=1e-4)
    np.testing.assert_allclose(pad.place(), [1.0, -0.5], atol=1e-5)


def test_all_codes_together_are_the_mixture_of_their_posteriors():
    mean, std = np.random.default_rng(0).normal(size=(3, 2)), np.array([[0.1, 0.5], [1.0, 0.2], [0.3, 0.3]])
    draws = np.concatenate(
        [np.random.default_rng(1).normal(m, s, (200_000, 2)) for m, s in zip(mean, std, strict=True)]
    )
    middle, covariance = together(mean, std)
    np.testing.assert_allclose(middle, draws.mean(axis=0), atol=0.01)
    np.testing.assert_allclose(covariance, np.cov(draws.T), atol=0.02)


def test_the_gap_is_estimated_from_below_and_said_to_be_an_estimate(bound):
    now = bound.view.lens.readings()
    assert now["elbo"] < now["most"] < now["exact"] + 0.1
    assert now["naive"] < now["most"]
    words = bound.find(f"{BOUND}.words").text()
    assert "Estimates in nats, 4,096 codes: ELBO" in words
    assert "exact: quadrature over z" in words
    for plot, name in (("encoded", "encoder"), ("naive", "prior")):
        codes, values = bound.find(f"{BOUND}.{plot}")._curves[name]
        assert codes.tolist() == [0, 2, 4, 6, 8]
        assert (np.diff(values) >= 0).all()


def test_other_codes_are_another_estimate_of_the_same(bound):
    before = bound.view.lens.readings()
    bound.ask_again(lambda: bound.press(f"{BOUND}.again"))
    after = bound.view.lens.readings()
    assert after["most"] != before["most"]
    assert after["most"] == pytest.approx(before["most"], abs=0.5)
    assert after["exact"] == before["exact"]


def test_other_data_are_read_at_most_codes_again(bound):
    lens = bound.view.lens
    lens.start(bound.session.facts)
    assert lens.encoded.marker() is None
    bound.ask_again(lens.outdate)
    assert [plot.marker() for plot in (lens.encoded, lens.naive)] == [8.0, 8.0]


def test_numbers_that_are_not_finite_are_said_and_not_drawn(inside):
    for title, page in (("Posterior and prior", POSTERIOR), ("Gap of the bound", BOUND)):
        inside.show_tool("vae.inside.lens", title)
        lens = inside.view.lens
        answers = []
        inside.session.answered.connect(answers.append)
        inside.ask_again(lens.outdate)
        inside.session.answered.disconnect(answers.append)
        before = lens.readings()
        for answer in [answer for answer in answers if not answer.query.channel.endswith("/rebuilt")]:
            lens.answered(replace(answer, arrays={name: array * np.nan for name, array in answer.arrays.items()}))
        assert "not finite" in inside.find(f"{page}.words").text()
        assert lens.readings() == before
        inside.ask_again(lens.outdate)


def test_a_collapsed_posterior_says_so(open_window, tiny_run):
    person = open_window(tiny_run("vae", "digits", steps=60, beta=50.0, conditional=True))
    person.show_view("Inside")
    assert not person.find(f"{POSTERIOR}.bars").lit()
    assert "0 of 2 axes are active" in " ".join(person.texts())
    assert "collapsed" in " ".join(person.texts())


def test_points_have_the_same_lenses_without_a_strip(open_window, tiny_run):
    person = open_window(tiny_run("vae", "moons", steps=10))
    person.show_view("Inside")
    assert person.view.lens.readings()["active"] <= 2
    assert not person.view.lens.example.strip.isVisible()
    before = person.find(f"{POSTERIOR}.bars").values()
    person.press("vae.step")  # what is on the stage is looked at again
    person.until("paused")
    assert not np.array_equal(person.find(f"{POSTERIOR}.bars").values(), before)
    person.show_tool("vae.inside.lens", "Gap of the bound")
    assert np.isfinite(person.view.lens.readings()["exact"])
