"""The stamp grammar against brute force over all images of small instances."""

import math

import pytest
import torch
from torch.testing import assert_close

from playground.core.data import ExactDensity
from playground.core.random import stream
from playground.data._stamps import Stamps, stamp


def all_images(height: int, width: int, levels: int) -> torch.Tensor:
    """Every image (levels^(height*width), 1, height, width)."""
    pixels = [torch.arange(levels)] * (height * width)
    return torch.cartesian_prod(*pixels).view(-1, 1, height, width).double() / (levels - 1)


def by_hand(stamps: Stamps, image: torch.Tensor) -> float:
    """p(x), by a loop over templates and pixels."""
    total = 0.0
    for template, weight in zip(stamps.templates, stamps.weights.tolist(), strict=True):
        for wanted, value in zip(template.flatten().tolist(), image.flatten().tolist(), strict=True):
            kept = round(value * (stamps.levels - 1)) == wanted
            weight *= 1 - stamps.noise if kept else stamps.noise / (stamps.levels - 1)
        total += weight
    return total


TINY = [Stamps(2, 2, 4, (1, 2), 0.1), Stamps(3, 3, 3, (2, 3), 0.05), Stamps(2, 3, 2, (1, 2), 0.3),
        Stamps(3, 3, 2, (3,), 0.0)]  # fmt: skip


@pytest.mark.parametrize("stamps", TINY)
def test_the_probabilities_of_all_images_sum_to_one(stamps: Stamps) -> None:
    log_p = stamps.log_density(all_images(*stamps.shape[1:], stamps.levels))
    assert float(log_p.exp().sum()) == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize("stamps", TINY)
def test_a_probability_is_the_sum_over_templates(stamps: Stamps) -> None:
    images = all_images(*stamps.shape[1:], stamps.levels)
    for image in images[:: max(1, len(images) // 25)]:
        expected = by_hand(stamps, image)
        assert math.exp(stamps.log_density(image[None]).item()) == pytest.approx(expected, rel=1e-12, abs=1e-300)


@pytest.mark.parametrize("stamps", TINY)
def test_the_entropy_is_that_of_all_images(stamps: Stamps) -> None:
    log_p = stamps.log_density(all_images(*stamps.shape[1:], stamps.levels))
    expected = float(torch.special.entr(log_p.exp()).sum())
    posterior = stamps.posterior(stamps.sample(20000, stream(1, "test")))
    error = float(torch.special.entr(posterior).sum(1).std()) / math.sqrt(20000)
    assert stamps.entropy == pytest.approx(expected, abs=4 * error + 1e-6)


def test_the_default_entropy_is_the_mean_surprise() -> None:
    stamps = Stamps()
    surprise = -stamps.log_density(stamps.sample(50000, stream(0, "test")).double())
    error = float(surprise.std()) / math.sqrt(len(surprise))
    assert stamps.entropy == pytest.approx(float(surprise.mean()), abs=4 * error)
    assert stamps.entropy / math.log(2) == pytest.approx(20.134, abs=0.003)


@pytest.mark.parametrize("stamps", TINY)
def test_images_are_drawn_as_often_as_they_are_likely(stamps: Stamps) -> None:
    images, n = all_images(*stamps.shape[1:], stamps.levels), 40000
    p = stamps.log_density(images).exp()
    place = stamps.levels ** torch.arange(images[0].numel() - 1, -1, -1)  # an image as a number with one digit a pixel
    drawn = (stamps.sample(n, stream(0, "test")).flatten(1) * (stamps.levels - 1)).round().long()
    count = (drawn * place).sum(1).bincount(minlength=len(images))
    spread = (n * p * (1 - p)).sqrt()
    assert bool(((count - n * p).abs() <= 5.5 * spread + 3).all())
    assert bool((count[p == 0] == 0).all())


def test_every_choice_is_uniform_and_in_its_order() -> None:
    stamps = Stamps()
    assert len(stamps.weights) == 3 * 3 * (6 * 6 + 5 * 5) == 549
    for column, size in enumerate((3, 3, 2)):
        share = torch.zeros(size, dtype=torch.float64).index_add_(0, stamps.causes[:, column], stamps.weights)
        assert_close(share, torch.full((size,), 1 / size, dtype=torch.float64))
    assert_close(stamps.weights.unique(), torch.tensor([1 / 18 / 36, 1 / 18 / 25], dtype=torch.float64))


def test_a_template_shows_its_causes() -> None:
    stamps = Stamps()
    for template, (shape, colour, size), (x, y) in zip(
        stamps.templates, stamps.causes.tolist(), stamps.middles.tolist(), strict=True
    ):
        rows, columns = template.nonzero(as_tuple=True)
        assert template.max() == colour + 1
        assert rows.max() - rows.min() + 1 == columns.max() - columns.min() + 1 == 3 + size
        assert (columns.min() + columns.max() + 1) / 2 == x
        assert (rows.min() + rows.max() + 1) / 2 == y
        assert len(rows) == ({0: 9, 1: 8, 2: 5}, {0: 16, 1: 12, 2: 12})[size][shape]


def test_shapes_of_three_pixels() -> None:
    assert stamp("square", 3).tolist() == [[1, 1, 1], [1, 1, 1], [1, 1, 1]]
    assert stamp("frame", 3).tolist() == [[1, 1, 1], [1, 0, 1], [1, 1, 1]]
    assert stamp("cross", 3).tolist() == [[0, 1, 0], [1, 1, 1], [0, 1, 0]]


def test_the_posterior_finds_the_template() -> None:
    stamps = Stamps()
    x, template = stamps.draw(2000, stream(0, "test"))
    posterior = stamps.posterior(x)
    assert_close(posterior.sum(1), torch.ones(2000))
    assert (posterior.argmax(1) == template).float().mean() > 0.98


@pytest.mark.parametrize("value", [0.5, -1 / 3, 4 / 3, math.nan, math.inf])
def test_off_the_levels_nothing_is_likely(value: float) -> None:
    stamps = Stamps()
    x = stamps.sample(2, stream(0, "test"))
    x[0, 0, 3, 3] = value
    first, second = stamps.log_density(x).tolist()
    assert first == -math.inf
    assert math.isfinite(second)


def test_answers_keep_the_type_of_the_question() -> None:
    stamps = Stamps()
    assert isinstance(stamps, ExactDensity)
    for dtype in (torch.float32, torch.float64):
        assert stamps.log_density(torch.zeros(3, 1, 8, 8, dtype=dtype)).dtype == dtype
    assert stamps.log_density(torch.zeros(0, 1, 8, 8)).shape == (0,)
