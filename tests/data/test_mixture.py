"""The closed forms of `Mixture` against quadrature, autograd, convolution and brute force."""

import math

import pytest
import torch
import torch.distributions as D
from scipy.integrate import quad
from torch import Tensor
from torch.testing import assert_close

from playground.core.random import stream
from playground.data._mixture import Mixture

NOISED = [(1.0, 0.0), (0.8, 0.6), (0.0, 1.0)]


@pytest.fixture
def mixture() -> Mixture:
    centres = torch.tensor([[-1.0, 0.3], [0.4, 0.5], [0.9, -1.1]])
    return Mixture(torch.tensor([0.5, 0.2, 0.3]), centres, 0.25)


@pytest.fixture
def line() -> Mixture:
    """Unequal in weight and width."""
    f64 = torch.float64
    weights, std = torch.tensor([0.5, 0.2, 0.3], dtype=f64), torch.tensor([0.1, 0.6, 0.3], dtype=f64)
    return Mixture(weights, torch.tensor([[-1.0], [0.4], [0.9]], dtype=f64), std)


def grid(half: float, step: float) -> Tensor:
    axis = torch.arange(-half, half, step, dtype=torch.float64)
    return torch.cartesian_prod(axis, axis)


@pytest.mark.parametrize(("signal", "noise"), NOISED)
def test_density_integrates_to_one(mixture: Mixture, signal: float, noise: float) -> None:
    total = float(mixture.log_density(grid(6.0, 0.05), signal, noise).exp().sum()) * 0.05**2
    assert total == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize(("signal", "noise"), NOISED)
def test_score_is_the_gradient_of_the_log_density(mixture: Mixture, signal: float, noise: float) -> None:
    x = torch.randn(200, 2, generator=stream(0, "test"), dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(mixture.log_density(x, signal, noise).sum(), x)
    assert_close(mixture.score(x.detach(), signal, noise), gradient, atol=1e-6, rtol=1e-6)


def test_noised_density_is_the_convolution_with_a_gaussian(mixture: Mixture) -> None:
    signal, noise, step = 0.7, 0.5, 0.04
    clean = grid(2.5, step)
    mass = mixture.log_density(clean).exp() * step**2
    at = torch.randn(50, 2, generator=stream(0, "test"), dtype=torch.float64)
    kernel = (-(torch.cdist(at, signal * clean) ** 2) / (2 * noise**2)).exp() / (2 * math.pi * noise**2)
    assert_close(mixture.log_density(at, signal, noise), (kernel @ mass).log(), atol=1e-5, rtol=0)


def test_far_away_the_log_density_stays_finite(mixture: Mixture) -> None:
    x = torch.tensor([[1e3, -1e3]])
    assert mixture.log_density(x).isfinite().all()
    assert mixture.score(x).isfinite().all()


def test_responsibilities_find_the_component(mixture: Mixture) -> None:
    x, component = mixture.draw(5000, stream(0, "test"))
    share = mixture.responsibilities(x)
    assert_close(share.sum(1), torch.ones(5000))
    assert (share.argmax(1) == component).float().mean() > 0.99


def test_entropy_matches_the_mean_over_many_draws(mixture: Mixture) -> None:
    surprise = -mixture.log_density(mixture.sample(400_000, stream(0, "test")).double())
    error = float(surprise.std()) / math.sqrt(len(surprise))
    assert mixture.entropy == pytest.approx(float(surprise.mean()), abs=4 * error)


def test_entropy_of_separated_modes_has_a_closed_form() -> None:
    angle = torch.arange(8) * math.pi / 4
    mixture = Mixture(torch.full((8,), 1 / 8), 5 * torch.stack([angle.cos(), angle.sin()], dim=1), 0.2)
    expected = math.log(8) + math.log(2 * math.pi * math.e) + 2 * math.log(0.2)
    assert mixture.entropy == pytest.approx(expected, abs=1e-6)


def test_answers_keep_the_type_of_the_question(mixture: Mixture) -> None:
    for dtype in (torch.float32, torch.float64):
        x = torch.zeros(3, 2, dtype=dtype)
        assert mixture.log_density(x).dtype == mixture.score(x).dtype == dtype


def test_a_mixture_on_the_line_is_that_of_torch(line: Mixture) -> None:
    theirs = D.MixtureSameFamily(D.Categorical(line.weights), D.Normal(line.centres[:, 0], line.std))
    x = torch.linspace(-4, 4, 101, dtype=torch.float64)
    assert_close(line.log_density(x.unsqueeze(1)), theirs.log_prob(x))


@pytest.mark.parametrize(("signal", "noise"), NOISED)
def test_unequal_widths_keep_the_score_the_gradient(line: Mixture, signal: float, noise: float) -> None:
    x = torch.randn(200, 1, generator=stream(0, "test"), dtype=torch.float64).requires_grad_()
    (gradient,) = torch.autograd.grad(line.log_density(x, signal, noise).sum(), x)
    assert_close(line.score(x.detach(), signal, noise), gradient, atol=1e-6, rtol=1e-6)


def test_noised_density_on_the_line_is_the_convolution(line: Mixture) -> None:
    signal, noise, step = 0.7, 0.5, 0.005
    clean = torch.arange(-5, 5, step, dtype=torch.float64).unsqueeze(1)
    mass = line.log_density(clean).exp() * step
    at = torch.randn(50, 1, generator=stream(0, "test"), dtype=torch.float64)
    kernel = (-((at - signal * clean.T) ** 2) / (2 * noise**2)).exp() / math.sqrt(2 * math.pi * noise**2)
    assert_close(line.log_density(at, signal, noise), (kernel @ mass).log(), atol=1e-6, rtol=0)


def test_entropy_on_the_line_is_that_of_a_quadrature(line: Mixture) -> None:
    value, _ = quad(lambda x: _surprise(line, x), -8, 8, points=line.centres[:, 0].tolist(), limit=500)
    assert line.entropy == pytest.approx(value, abs=1e-7)
    one = Mixture(torch.ones(1), torch.zeros(1, 3), torch.tensor([0.3], dtype=torch.float64))
    assert one.entropy == pytest.approx(1.5 * math.log(2 * math.pi * math.e * 0.09), abs=1e-7)


def _surprise(mixture: Mixture, x: float) -> float:
    log_p = float(mixture.log_density(torch.tensor([[x]], dtype=torch.float64)))
    return -math.exp(log_p) * log_p


def test_each_component_has_its_own_width(line: Mixture) -> None:
    x, component = line.draw(100_000, stream(0, "test"))
    assert x.shape == (100_000, 1)
    for k in range(3):
        assert_close(x[component == k].std(), line.std[k].float(), rtol=0.03, atol=0)


def test_samples_have_the_mixture_s_mean_and_weights(mixture: Mixture) -> None:
    x, component = mixture.draw(100_000, stream(0, "test"))
    assert x.dtype == torch.float32
    assert_close(x.mean(0), mixture.weights @ mixture.centres, atol=0.01, rtol=0)
    assert_close(component.bincount() / len(x), mixture.weights, atol=0.01, rtol=0)
    assert_close((x - mixture.centres[component]).std(0), torch.full((2,), 0.25), atol=0.003, rtol=0)
