"""The VAE's arithmetic against torch.distributions, scipy and numeric integrals."""

import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.stats
import torch

from playground.core.data import Batch, DataSpec, Factor
from playground.models.networks.embedding import FourierPoints
from playground.models.vae import VAE, Gaussian, PixelCounts, VAEConfig, VAESampling, kl_to_prior
from tests.helpers import generator

PLANE = DataSpec("plane", (2,), low=-3.0, high=3.0, factors=(Factor("side", ("left", "right")),))
PIXELS = DataSpec("pixels", (1, 4, 4), levels=17)


def _vae(spec: DataSpec, **settings: object) -> VAE:
    config = replace(VAEConfig(latent_dim=2, hidden=16), **settings)
    return VAE.fresh(spec, config, generator()).requires_grad_(False)


def _points(n: int = 6) -> Batch:
    return Batch.of(torch.randn(n, 2, generator=generator(1)) * 2 + 1)


def _images(n: int = 6) -> Batch:
    return Batch.of(torch.randint(17, (n, 1, 4, 4), generator=generator(1)) / 16)


# -- training ---------------------------------------------------------------------------------------------------------


def test_the_kl_term_warms_up_to_beta_and_what_is_reported_always_has_all_of_it():
    vae = VAE.fresh(PLANE, VAEConfig(latent_dim=2, hidden=16, beta=3.0, kl_warmup=4), generator())
    optimizers, weights = {"model": torch.optim.SGD(vae.parameters(), lr=0.0)}, list(vae.parameters())
    for step, share in enumerate([0.25, 0.5, 0.75, 1.0, 1.0]):
        if step == 3:  # a run that goes on knows how warm it was
            state = vae.training_state()
            vae.updates = 0
            vae.load_training_state(state)
        terms = vae.train_step(_points(), optimizers, generator(step), vae.parts)
        torch.testing.assert_close(terms["loss"], terms["reconstruction"] + 3.0 * terms["KL"])
        again = vae.objective(_points(), generator(step))
        expected = torch.autograd.grad(again["reconstruction"] + share * 3.0 * again["KL"], weights)
        for weight, slope in zip(weights, expected, strict=True):
            torch.testing.assert_close(weight.grad, slope, rtol=1e-3, atol=1e-5)


# -- KL -------------------------------------------------------------------------------------------------------------


def test_kl_is_that_of_two_gaussians_summed_over_the_axes():
    mu, log_sigma = torch.randn(5, 3, generator=generator()), torch.randn(5, 3, generator=generator(1))
    q, prior = torch.distributions.Normal(mu, log_sigma.exp()), torch.distributions.Normal(0.0, 1.0)
    expected = torch.distributions.kl_divergence(q, prior).sum(dim=1)
    torch.testing.assert_close(kl_to_prior(mu, log_sigma), expected)
    assert kl_to_prior(torch.zeros(1, 3), torch.zeros(1, 3)).item() == 0.0


def test_the_kl_of_each_axis_shows_which_one_has_collapsed():
    vae, x = _vae(PLANE), _points(5).x
    dead = vae.encoder[-1]  # its outputs: two means, two log standard deviations
    for row in (1, 3):
        dead.weight.data[row], dead.bias.data[row] = 0.0, 0.0
    alive, collapsed = vae.latent_kl(x)
    assert collapsed.item() == 0.0
    assert alive.item() == pytest.approx(vae.objective(Batch.of(x), generator())["KL"].item(), rel=1e-5)


def test_the_terms_shown_of_one_code_are_those_that_are_trained():
    vae, batch = _vae(PIXELS), _images()
    noise = torch.randn(len(batch), 2, generator=generator(3))
    terms, trained = vae.bound_terms(batch.x, noise), vae.objective(batch, generator(3))
    torch.testing.assert_close(terms["z"], terms["mean"] + terms["std"] * noise)
    torch.testing.assert_close(-terms["log_likelihood"].mean(), trained["reconstruction"])
    torch.testing.assert_close(terms["kl"].sum(dim=1).mean(), trained["KL"])
    torch.testing.assert_close(terms["decoded"], vae.decode(terms["z"]))


# -- p(x|z) of pixels -----------------------------------------------------------------------------------------------


def _all_levels(counts: PixelCounts, parameters: torch.Tensor) -> torch.Tensor:
    """log p of every level for one setting of the parameters (K,), (trials + 1,)."""
    levels = torch.arange(counts.trials + 1) / counts.trials
    return counts.log_prob(parameters.expand(len(levels), -1), levels)


@pytest.mark.parametrize("trials", [1, 16, 255])
@pytest.mark.parametrize("logit", [-6.0, -0.3, 2.0, 30.0])
def test_binomial_pixels_are_a_binomial(trials, logit):
    log_p = _all_levels(PixelCounts(trials, spread=False), torch.tensor([logit]))
    binomial = torch.distributions.Binomial(trials, logits=torch.tensor(logit, dtype=torch.float64))
    expected = binomial.log_prob(torch.arange(trials + 1, dtype=torch.float64))
    torch.testing.assert_close(log_p.double(), expected, rtol=1e-5, atol=2e-4)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("trials", [1, 16, 255])
@pytest.mark.parametrize("parameters", [(0.0, 0.0), (2.0, 5.0), (-3.0, -1.0), (0.5, 40.0), (4.0, -6.0)])
def test_beta_binomial_pixels_are_a_beta_binomial(trials, parameters):
    log_p = _all_levels(PixelCounts(trials, spread=True), torch.tensor(parameters))
    mean, concentration = 1 / (1 + math.exp(-parameters[0])), math.log1p(math.exp(parameters[1] + 2)) + 1e-3
    expected = scipy.stats.betabinom.logpmf(
        np.arange(trials + 1), trials, mean * concentration, (1 - mean) * concentration
    )
    np.testing.assert_allclose(log_p.double(), expected, rtol=1e-3, atol=2e-3)
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("spread", [False, True])
def test_the_mean_of_pixels_is_the_mean_of_their_levels(spread):
    counts = PixelCounts(16, spread)
    parameters = torch.tensor([0.7, 1.5])[: counts.parameters_per_number]
    mean = (_all_levels(counts, parameters).exp() * torch.arange(17) / 16).sum()
    torch.testing.assert_close(counts.mean(parameters[None])[0], mean, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("spread", [False, True])
def test_drawn_pixels_are_as_frequent_as_they_are_probable(spread):
    counts, n = PixelCounts(16, spread), 20_000
    parameters = torch.tensor([0.4, 0.5])[: counts.parameters_per_number]
    drawn = counts.draw(parameters.expand(n, -1), generator())
    k = (drawn * 16).round()
    assert torch.equal(drawn, k / 16)  # they stand on the levels
    seen = torch.bincount(k.long(), minlength=17).double()
    expected = n * _all_levels(counts, parameters).double().exp()
    common = expected > 5  # where chi-square holds
    chi_square = ((seen - expected)[common] ** 2 / expected[common]).sum().item()
    assert chi_square < scipy.stats.chi2.ppf(0.999, int(common.sum()) - 1)
    assert seen[~common].sum() <= expected[~common].sum() + 5 * math.sqrt(expected[~common].sum().item() + 1)


# -- p(x|z) of points -----------------------------------------------------------------------------------------------


def test_points_are_gaussian():
    parameters, x = torch.randn(7, 2, 2, generator=generator()), torch.randn(7, 2, generator=generator(1))
    expected = torch.distributions.Normal(parameters[:, 0], parameters[:, 1].exp()).log_prob(x)
    torch.testing.assert_close(Gaussian().log_prob(parameters, x), expected)


def test_drawn_points_have_the_mean_and_spread_of_their_gaussian():
    parameters = torch.tensor([[1.0, -2.0], [0.5, -1.0]]).expand(40_000, -1, -1)
    drawn = Gaussian().draw(parameters, generator())
    torch.testing.assert_close(drawn.mean(dim=0), torch.tensor([1.0, -2.0]), rtol=0, atol=0.05)
    torch.testing.assert_close(drawn.std(dim=0), torch.tensor([0.5, -1.0]).exp(), rtol=0.02, atol=0)


def test_the_likelihood_of_scaled_points_is_a_density_in_the_plane():
    vae = _vae(PLANE)
    vae.prepare(Batch.of(torch.tensor([[0.0, 1.0], [1.0, 3.0], [-2.0, 0.5]])), generator())
    assert vae.scale.item() != 1.0
    axis = torch.linspace(-25, 25, 401)
    grid = torch.cartesian_prod(axis, axis)  # (N, 2)
    for z in torch.tensor([[0.0, 0.0], [1.5, -1.0]]):
        log_p = vae.log_likelihood(grid, z.expand(len(grid), -1), None)
        assert (log_p.exp().sum() * (axis[1] - axis[0]) ** 2).item() == pytest.approx(1, abs=1e-3)


# -- the objective --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spec", "batch"), [(PLANE, _points()), (PIXELS, _images())], ids=["points", "images"])
@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_the_loss_is_reconstruction_plus_beta_kl(spec, batch, beta):
    vae = _vae(spec, beta=beta)
    terms = vae.objective(batch, generator(3))
    mu, log_sigma = vae._posterior(batch.x, None)
    q = torch.distributions.Normal(mu, log_sigma.exp())
    kl = torch.distributions.kl_divergence(q, torch.distributions.Normal(0.0, 1.0)).sum(dim=1)  # (B,)
    z = mu + log_sigma.exp() * torch.randn(len(batch), 2, generator=generator(3))
    reconstruction = -vae.log_likelihood(batch.x, z, None)  # (B,)
    torch.testing.assert_close(terms["KL"], kl.mean())
    torch.testing.assert_close(terms["reconstruction"], reconstruction.mean())
    torch.testing.assert_close(terms["loss"], (reconstruction + beta * kl).mean())
    assert next(iter(terms)) == "loss"


def test_beta_may_change_between_two_steps():
    vae, batch = _vae(PLANE, beta=0.0), _points()
    without = vae.objective(batch, generator(3))
    vae.config = replace(vae.config, beta=2.0)
    with_beta = vae.objective(batch, generator(3))
    torch.testing.assert_close(with_beta["loss"] - without["loss"], 2 * without["KL"])


def test_images_are_scored_against_their_levels_pixel_by_pixel():
    vae, batch = _vae(PIXELS, pixels="binomial"), _images()
    z = torch.randn(len(batch), 2, generator=generator())
    logits = vae._decode_parameters(z, None)[:, 0]  # (B, 1, 4, 4)
    expected = torch.distributions.Binomial(16, logits=logits).log_prob(batch.x * 16).flatten(1).sum(dim=1)
    torch.testing.assert_close(vae.log_likelihood(batch.x, z, None), expected, rtol=1e-4, atol=1e-3)


def test_the_bound_stays_below_the_log_likelihood():
    vae, batch = _vae(PLANE, latent_dim=1), _points(5)
    z = torch.linspace(-8, 8, 4001)[:, None]
    log_prior = torch.distributions.Normal(0.0, 1.0).log_prob(z[:, 0])
    exact = torch.stack([
        (vae.log_likelihood(x.expand(len(z), -1), z, None) + log_prior).logsumexp(0) + (z[1, 0] - z[0, 0]).log()
        for x in batch.x
    ])  # fmt: skip
    bound = torch.stack([vae.log_density(batch.x, generator(seed)) for seed in range(50)]).mean(dim=0)
    assert bool((bound < exact + 0.01).all())
    assert bool((bound > exact - 50).all())  # a bound, not nonsense


def test_many_codes_find_the_likelihood_behind_a_wrong_posterior():
    """The linear Gaussian of the next test, whose encoder proposes codes that are off and too spread."""
    vae, x, exact = _linear_gaussian(mean=0.3, log_sigma=0.0)
    many = vae.importance_bound(x, 20_000, generator(), None)
    torch.testing.assert_close(many, exact, rtol=0, atol=0.02)
    elbo = torch.stack([vae.importance_bound(x, 1, generator(seed), None) for seed in range(400)])
    terms = [vae.objective(Batch.of(x), generator(seed))["loss"] for seed in range(400)]
    assert -elbo.mean().item() == pytest.approx(torch.stack(terms).mean().item(), abs=0.06)
    # KL( N(0.3, 1) || N(0, 1/2) ) is what one code leaves open.
    assert (exact - elbo.mean(dim=0)).mean().item() == pytest.approx(0.5 * (2 - 1 - math.log(2) + 2 * 0.3**2), abs=0.05)


def test_the_bound_is_tight_where_the_posterior_is_the_true_one():
    """x = z + noise in one dimension of two: then q(z|x) = p(z|x) is known, and any code gives log p(x) itself."""
    vae, x, exact = _linear_gaussian(mean=0.0, log_sigma=0.5 * math.log(0.5))
    for codes in (1, 7):
        bound = vae.importance_bound(x, codes, generator(), None)
        torch.testing.assert_close(bound, exact, rtol=0, atol=1e-4)
    torch.testing.assert_close(vae.log_density(x, generator()), exact, rtol=0, atol=1e-4)


def _linear_gaussian(mean: float, log_sigma: float) -> tuple[VAE, torch.Tensor, torch.Tensor]:
    """A VAE with the encoder N(x_1 / 2 + mean, exp(log_sigma)²), some points, and their true log p."""
    vae = _vae(PLANE, latent_dim=1, hidden=8)
    vae.centre, vae.scale = torch.zeros(2), torch.tensor(1.0)
    # p(x|z) = N((z, 0), I), so that p(x) = N(0, diag(2, 1)) and p(z|x) = N(x_1 / 2, 1/2).
    vae.x_waves, vae.z_waves = FourierPoints(2, 0), FourierPoints(1, 0)
    vae.decoder = torch.nn.Linear(1, 4)
    vae.encoder = torch.nn.Linear(2, 2)
    for layer, weight, bias in (
        (vae.decoder, [[1.0], [0.0], [0.0], [0.0]], [0.0] * 4),
        (vae.encoder, [[0.5, 0.0], [0.0, 0.0]], [mean, log_sigma]),
    ):
        layer.weight.data, layer.bias.data = torch.tensor(weight), torch.tensor(bias)
    x = _points(4).x
    exact = torch.distributions.MultivariateNormal(torch.zeros(2), torch.diag(torch.tensor([2.0, 1.0]))).log_prob(x)
    return vae, x, exact


# -- sampling and looking inside ------------------------------------------------------------------------------------


def test_temperature_zero_decodes_the_middle_of_the_prior():
    vae = _vae(PIXELS)
    samples = vae.sample(3, settings=VAESampling(temperature=0.0), generator=generator())
    torch.testing.assert_close(samples, vae.decode(torch.zeros(3, 2)))


def test_drawn_images_stand_on_their_levels_and_means_need_not():
    vae = _vae(PIXELS)
    drawn, mean = (
        vae.sample(3, settings=VAESampling(draw=draw), generator=generator()) * 16 for draw in ("sample", "auto")
    )
    assert torch.equal(drawn, drawn.round())
    assert not torch.equal(mean, mean.round())


def test_points_are_decoded_in_the_range_of_the_data():
    vae, batch = _vae(PLANE), _points(50)
    vae.prepare(batch, generator())
    torch.testing.assert_close(vae.centre, batch.x.mean(dim=0))
    parameters = vae._decode_parameters(torch.zeros(1, 2), None)
    torch.testing.assert_close(vae.decode(torch.zeros(1, 2)), parameters[:, 0] * vae.scale + vae.centre)


def test_the_posterior_is_what_the_bound_draws_from():
    vae, x = _vae(PLANE), _points(5).x
    q = vae.posterior(x)
    torch.testing.assert_close(q["mean"], vae.encode(x))
    kl = vae.objective(Batch.of(x), generator())["KL"]
    closed_form = torch.distributions.kl_divergence(
        torch.distributions.Normal(q["mean"], q["std"]), torch.distributions.Normal(0.0, 1.0)
    )
    torch.testing.assert_close(closed_form.sum(dim=1).mean(), kl)


def test_a_conditional_vae_takes_a_label_or_none():
    vae = _vae(PLANE, conditional=True)
    anything = torch.full((3, 1), -1)
    left_open = vae.sample(3, generator=generator())
    torch.testing.assert_close(left_open, vae.sample(3, label=anything, generator=generator()))
    labels = torch.tensor([[0], [1], [1]])
    assert vae.sample(3, label=labels, generator=generator()).shape == (3, 2)


def test_the_label_reaches_both_networks():
    vae, x = _vae(PLANE, conditional=True), _points(3).x
    zero, one = torch.zeros(3, 1, dtype=torch.int64), torch.ones(3, 1, dtype=torch.int64)
    assert not torch.equal(vae.encode(x, zero), vae.encode(x, one))
    z = torch.zeros(3, 2)
    assert not torch.equal(vae.decode(z, zero), vae.decode(z, one))


def test_a_spread_gaussian_stays_finite_at_the_edges():
    parameters = torch.tensor([[[0.0], [1e6]], [[0.0], [-1e6]]])  # log sigma far out of range
    log_p = Gaussian().log_prob(parameters, torch.ones(2, 1))
    assert bool(log_p.isfinite().all())
