"""The sets in the plane: what they promise, whatever their options."""

import math

import pytest
import torch
from torch.testing import assert_close

from playground import registry
from playground.core.data import ExactDensity
from playground.core.random import stream

NAMES = ["moons", "eight-gaussians"]


@pytest.mark.parametrize("name", NAMES)
def test_splits_are_points_in_the_square_with_their_labels(name: str) -> None:
    dataset = registry.load_data(name)
    assert dataset.spec.kind == "points"
    assert dataset.spec.name == name
    assert [len(dataset.split(split)) for split in ("train", "validation", "test")] == [20000, 4000, 10000]
    assert dataset.train.x.abs().max() < dataset.spec.extent
    assert dataset.train.x.mean(0).abs().max() < 0.05
    counts = dataset.train.labels[:, 0].bincount()
    assert counts.shape == dataset.spec.classes
    assert counts.min() > 0.9 * 20000 / len(counts)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("options", [{}, {"std": 0.3}])
def test_test_points_are_as_surprising_as_the_entropy_says(name: str, options: dict[str, object]) -> None:
    dataset = registry.load_data(name, options)
    assert isinstance(dataset.exact, ExactDensity)
    surprise = -dataset.exact.log_density(dataset.test.x.double())
    error = float(surprise.std()) / math.sqrt(len(surprise))
    assert dataset.exact.entropy == pytest.approx(float(surprise.mean()), abs=4 * error)


@pytest.mark.parametrize("name", NAMES)
def test_loading_is_repeatable_and_leaves_the_global_generator_alone(name: str) -> None:
    before = torch.get_rng_state()
    first, second = (registry.data_source(name).load(registry.data_source(name).Options()) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert first.hash == second.hash
    assert torch.equal(first.test.x, second.test.x)
    assert torch.equal(first.exact.sample(5, stream(1, "test")), second.exact.sample(5, stream(1, "test")))
    assert not torch.equal(first.train.x[:4000], first.validation.x)


def test_options_shape_the_data() -> None:
    dataset = registry.load_data("eight-gaussians", {"count": 500, "radius": 1.0, "std": 0.05})
    assert len(dataset.train) == 500
    centres, std = dataset.modes or (torch.empty(0), 0.0)
    assert std == 0.05
    assert_close(centres.norm(dim=1), torch.ones(8))
    nearest = torch.cdist(dataset.train.x, centres)
    assert torch.equal(nearest.argmin(1), dataset.train.labels[:, 0])


def test_moons_are_one_shape_turned_half_round() -> None:
    dataset = registry.load_data("moons")
    assert dataset.modes is None
    x = dataset.test.x[:200].double()
    assert_close(dataset.exact.log_density(x), dataset.exact.log_density(-x))
    upper = dataset.test.x[dataset.test.labels[:, 0] == 0]
    assert upper[:, 1].mean() > 0 > upper[:, 0].mean()
