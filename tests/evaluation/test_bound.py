"""Bounds from more and more codes, against a model whose log p(x) is known and one whose codes have two numbers."""

import math

import pytest
import torch

from playground import registry
from playground.evaluation.bound import COUNTS, BoundLab, means_of_logs
from tests.helpers import generator

LOG_2PI = math.log(2 * math.pi)


class LinearGaussian:
    """x = z + noise with unit variances in some dimensions, so that p(x) = N(0, 2); its encoder is off by `wrong` and
    has the standard deviation 1 instead of the root of 1/2."""

    def __init__(self, latent_dim, wrong=0.3):
        self.latent_dim, self.wrong, self.device = latent_dim, wrong, torch.device("cpu")

    def log_likelihood(self, x, z, label):
        return -0.5 * ((x - z) ** 2 + LOG_2PI).sum(dim=1)

    def log_weight(self, x, generator, label):
        noise = torch.randn(x.shape, generator=generator)
        z = x / 2 + self.wrong + noise
        log_prior, log_q = -0.5 * (z**2 + LOG_2PI).sum(dim=1), -0.5 * (noise**2 + LOG_2PI).sum(dim=1)
        return self.log_likelihood(x, z, label) + log_prior - log_q


def answer(model, x, seed=0, label=None):
    (*_, last) = BoundLab(None).bounds(model, x, generator(seed), label)
    return last


def log_p(x):
    return -0.25 * (x**2).sum().item() - 0.5 * x.shape[1] * math.log(4 * math.pi)


@pytest.mark.parametrize("axes", [1, 2])
def test_the_integral_over_codes_is_log_p(axes):
    x = torch.tensor([[1.3, -2.0]])[:, :axes]
    assert answer(LinearGaussian(axes), x).views["exact"].item() == pytest.approx(log_p(x), abs=1e-5)


def test_of_many_axes_there_is_no_integral():
    assert answer(LinearGaussian(3), torch.zeros(1, 3)).views["exact"].isnan()


def test_one_code_gives_the_elbo_and_many_come_near_log_p_from_below():
    x = torch.tensor([[1.3, -2.0, 0.4]])
    found = answer(LinearGaussian(3), x)
    gap = 3 * 0.5 * (2 - 1 - math.log(2) + 2 * 0.3**2)  # KL( N(0.3, 1) || N(0, 1/2) ) of each axis
    assert found.x[0].item() == pytest.approx(log_p(x) - gap, abs=5 * found.views["error"][0].item())
    assert abs(found.x[-1].item() - log_p(x)) < 5 * found.views["error"][-1].item() + 0.02
    assert found.views["codes"].tolist() == list(COUNTS)


def test_on_average_the_bound_rises_with_the_codes_and_never_passes_log_p():
    x = torch.tensor([[1.3, -2.0, 0.4, 2.0]])
    found = torch.stack([answer(LinearGaussian(4), x, seed).x for seed in range(10)]).mean(dim=0)
    assert bool((found.diff() > 0).all())
    assert found.max().item() < log_p(x) + 0.02


def test_codes_from_the_prior_need_more_of_them():
    x = torch.tensor([[2.5, -2.5, 2.0]])
    found = answer(LinearGaussian(3), x)
    assert bool((found.views["naive"] < found.x).all())


def test_groups_of_the_same_weights_never_fall():
    mean, error = means_of_logs(8 * torch.randn(4096, generator=generator()).double())
    assert bool((mean.diff() >= 0).all())
    assert bool((error > 0).all())


def test_a_bundled_run_with_two_axes_agrees_with_its_integral():
    run = registry.open_run("vae-digits-2d")
    found = answer(run.model, run.dataset.test.x[:1])
    assert abs(found.views["exact"].item() - found.x[-1].item()) < 0.01 + 5 * found.views["error"][-1].item()
    assert found.views["exact"].item() > found.x[0].item()
