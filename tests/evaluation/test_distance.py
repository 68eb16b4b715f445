"""Distances between clouds against scipy, closed forms and known shifts."""

import math

import pytest
import torch
from scipy.linalg import sqrtm
from torch import Tensor, nn
from torch.testing import assert_close
from torchmetrics.image.fid import FrechetInceptionDistance

from playground import registry
from playground.core.random import stream
from playground.evaluation.distance import frechet_distance, gaussian_samples, sliced_wasserstein


def cloud(n: int, dims: int, purpose: str) -> Tensor:
    generator = stream(0, purpose)
    mix = torch.randn(dims, dims, generator=generator, dtype=torch.float64)
    return torch.randn(n, dims, generator=generator, dtype=torch.float64) @ mix


def test_frechet_distance_matches_scipy() -> None:
    a, b = cloud(400, 6, "a"), cloud(300, 6, "b") + 0.5
    root = torch.as_tensor(sqrtm((a.T.cov() @ b.T.cov()).numpy()).real)
    expected = (a.mean(0) - b.mean(0)).square().sum() + (a.T.cov() + b.T.cov() - 2 * root).trace()
    assert frechet_distance(a, b) == pytest.approx(float(expected), rel=1e-8)


class Same(nn.Module):
    """A feature extractor that hands its input through."""

    num_features = 6

    def forward(self, x: Tensor) -> Tensor:
        return x


def test_frechet_distance_matches_torchmetrics_with_the_same_features() -> None:
    theirs = FrechetInceptionDistance(feature=Same(), normalize=True, input_img_size=(6,)).set_dtype(torch.float64)
    a, b = cloud(400, 6, "a"), cloud(300, 6, "b") + 0.5
    theirs.update(a, real=True)
    theirs.update(b, real=False)
    assert frechet_distance(a, b) == pytest.approx(float(theirs.compute()), rel=1e-6)


def test_frechet_distance_of_a_shift_and_of_a_stretch() -> None:
    a = cloud(500, 4, "a")
    assert frechet_distance(a, a + 2.0) == pytest.approx(4 * 2.0**2, rel=1e-6)
    assert frechet_distance(a, a.flip(0)) == pytest.approx(0.0, abs=1e-6)
    stretched = 3 * (a - a.mean(0)) + a.mean(0)
    assert frechet_distance(a, stretched) == pytest.approx(4 * float(a.T.cov().trace()), rel=1e-6)


def test_frechet_distance_bears_singular_covariances() -> None:
    a = cloud(5, 20, "a")  # rank 4
    assert frechet_distance(a, a + 1.0) == pytest.approx(20.0, rel=1e-4)


def test_sliced_wasserstein_of_a_known_shift() -> None:
    a = cloud(1000, 2, "a").float()
    shifted = a + torch.tensor([3.0, 4.0])
    assert sliced_wasserstein(a, shifted) == pytest.approx(5 * 2 / math.pi, rel=0.1)  # E|cos| over directions
    assert sliced_wasserstein(a, a.flip(0)) == pytest.approx(0.0, abs=1e-12)
    assert sliced_wasserstein(a, shifted) == sliced_wasserstein(a, shifted)


def test_sliced_wasserstein_wants_equal_sizes() -> None:
    with pytest.raises(ValueError, match="10 and 11"):
        sliced_wasserstein(torch.zeros(10, 2), torch.zeros(11, 2))


def test_gaussian_samples_have_mean_and_covariance_of_the_images() -> None:
    x = 0.5 + 0.05 * cloud(300, 4, "a").float().clamp(-4, 4).unflatten(1, (1, 2, 2))
    drawn = gaussian_samples(x, 50_000, stream(0, "test"))
    assert drawn.shape == (50_000, 1, 2, 2)
    assert_close(drawn.mean(0), x.mean(0), atol=2e-3, rtol=0)
    assert_close(drawn.flatten(1).T.cov(), x.flatten(1).T.cov(), atol=1e-3, rtol=0)


def test_gaussian_samples_of_digits_are_clipped() -> None:
    drawn = gaussian_samples(registry.load_data("digits").train.x, 300, stream(0, "test"))
    assert drawn.min() == 0.0
    assert drawn.max() == 1.0
