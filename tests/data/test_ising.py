"""The Ising strip against brute force over all images of small instances."""

import math

import pytest
import torch
from torch.testing import assert_close

from playground.core.data import ExactDensity
from playground.core.random import stream
from playground.data._ising import Ising
from tests.data.test_stamps import all_images

TINY = [(3, 3, 0.35), (3, 4, 0.6), (4, 3, 0.2), (1, 4, 0.5), (3, 1, 0.5), (2, 2, 0.0)]


def weights(height: int, width: int, coupling: float) -> torch.Tensor:
    """exp(coupling · agreement) of every image, by a loop over pixels."""
    result = []
    for image in all_images(height, width, 2)[:, 0].tolist():
        agreement = 0
        for i in range(height):
            for j in range(width):
                agreement += (1 if image[i][j] == image[i - 1][j] else -1) if i else 0
                agreement += (1 if image[i][j] == image[i][j - 1] else -1) if j else 0
        result.append(math.exp(coupling * agreement))
    return torch.tensor(result, dtype=torch.float64)


@pytest.mark.parametrize(("height", "width", "coupling"), TINY)
def test_z_probabilities_and_entropy_are_those_of_all_images(height: int, width: int, coupling: float) -> None:
    ising, weight = Ising(height, width, coupling), weights(height, width, coupling)
    p = weight / weight.sum()
    assert ising.log_z == pytest.approx(math.log(weight.sum()), abs=1e-12)
    assert_close(ising.log_density(all_images(height, width, 2)), p.log())
    assert ising.entropy == pytest.approx(float(torch.special.entr(p).sum()), abs=1e-12)


@pytest.mark.parametrize(("height", "width", "coupling"), TINY)
def test_images_are_drawn_as_often_as_they_are_likely(height: int, width: int, coupling: float) -> None:
    n = 40000
    weight = weights(height, width, coupling)
    p = weight / weight.sum()
    place = 2 ** torch.arange(height * width - 1, -1, -1)
    drawn = Ising(height, width, coupling).sample(n, stream(0, "test")).flatten(1).long()
    count = (drawn * place).sum(1).bincount(minlength=len(p))
    assert bool(((count - n * p).abs() <= 5.5 * (n * p).sqrt() + 3).all())


def test_the_default_entropy_is_log_z_less_its_slope() -> None:
    """H = log Z − J dlogZ/dJ, by a difference; and 51.174 bits."""
    coupling, step = 0.35, 1e-4
    above, below = (Ising(coupling=coupling + change).log_z for change in (step, -step))
    ising = Ising(coupling=coupling)
    assert ising.entropy == pytest.approx(ising.log_z - coupling * (above - below) / (2 * step), abs=1e-5)
    assert ising.entropy / math.log(2) == pytest.approx(51.174, abs=5e-4)


def test_neighbours_agree_as_often_as_log_z_says() -> None:
    """The mean agreement of neighbours is dlogZ/dJ."""
    step, ising = 1e-4, Ising()
    expected = (Ising(coupling=0.35 + step).log_z - Ising(coupling=0.35 - step).log_z) / (2 * step)
    spin = 2 * ising.sample(20000, stream(0, "test"))[:, 0] - 1
    agreement = (spin[:, 1:] * spin[:, :-1]).sum((1, 2)) + (spin[:, :, 1:] * spin[:, :, :-1]).sum((1, 2))
    assert float(agreement.mean()) == pytest.approx(expected, abs=4 * float(agreement.std()) / math.sqrt(20000))
    assert float(spin.mean()) == pytest.approx(0.0, abs=0.02)


def test_test_images_are_as_surprising_as_the_entropy_says() -> None:
    ising = Ising()
    surprise = -ising.log_density(ising.sample(20000, stream(0, "test")).double())
    assert ising.entropy == pytest.approx(float(surprise.mean()), abs=4 * float(surprise.std()) / math.sqrt(20000))


@pytest.mark.parametrize("value", [0.5, -1.0, 2.0, math.nan])
def test_off_the_levels_nothing_is_likely(value: float) -> None:
    ising = Ising()
    x = ising.sample(2, stream(0, "test"))
    x[0, 0, 3, 3] = value
    first, second = ising.log_density(x).tolist()
    assert first == -math.inf
    assert math.isfinite(second)


def test_answers_keep_the_type_of_the_question() -> None:
    ising = Ising(3, 3)
    assert isinstance(ising, ExactDensity)
    for dtype in (torch.float32, torch.float64):
        assert ising.log_density(torch.zeros(3, 1, 3, 3, dtype=dtype)).dtype == dtype
    assert ising.sample(0, stream(0, "test")).shape == (0, 1, 3, 3)
