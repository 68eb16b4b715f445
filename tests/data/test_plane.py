"""The sets on the line and in the plane: what they promise, whatever their options."""

import math

import pytest
import torch
from torch.testing import assert_close

from playground import registry
from playground.core.data import Dataset, ExactDensity, NoisedDensity
from playground.core.random import stream
from playground.evaluation.coverage import modes_hit, share_within_3_sigma

NAMES = ["moons", "eight-gaussians", "bumps", "rings", "spiral", "checkerboard", "mixture"]
EVEN = [name for name in NAMES if name != "bumps"]  # labels are equally likely, and the middle is the origin
WITH_OPTIONS = [(name, {}) for name in NAMES] + [
    ("moons", {"std": 0.3}),
    ("eight-gaussians", {"std": 0.3}),
    ("bumps", {"width": 2.0}),
    ("bumps", {"width": 0.3}),
    ("rings", {"rings": 1, "std": 0.25}),
    ("rings", {"rings": 2, "std": 0.08}),
    ("spiral", {"arms": 1, "turns": 3.0}),
    ("spiral", {"turns": 0.5, "std": 0.2}),
    ("checkerboard", {"squares": 3}),
    ("checkerboard", {"squares": 8}),
    ("mixture", {"means": "-2,0; 2,0", "weights": "1;3", "spreads": "0.2;0.3"}),
    ("mixture", {"means": "-1.5;0.5;2", "weights": "1;2;1", "spreads": "0.3;0.2;0.4"}),
    ("mixture", {"means": "0.5,-0.5", "spreads": "0.6"}),
]


def grid(dataset: Dataset, cells: int) -> tuple[torch.Tensor, float]:
    """The middles of cells that cover [-3.5, 3.5] along each axis, and the size of a cell."""
    axis = -3.5 + 7 * (torch.arange(cells, dtype=torch.float64) + 0.5) / cells
    axes = [axis] * dataset.spec.dims
    return torch.cartesian_prod(*axes).view(-1, len(axes)), (7 / cells) ** len(axes)


def cells_for(dataset: Dataset, options: dict[str, object]) -> int:
    """Enough along an axis; cells end where the squares of a checkerboard do."""
    return 7000 if dataset.spec.dims == 1 else 210 if options.get("squares") == 3 else 140


def log_density(dataset: Dataset, x: torch.Tensor) -> torch.Tensor:
    return torch.cat([dataset.exact.log_density(part) for part in x.split(1 << 12)])


@pytest.mark.parametrize("name", NAMES)
def test_splits_are_points_in_the_square_with_their_labels(name: str) -> None:
    dataset = registry.load_data(name)
    assert dataset.spec.kind == "points"
    assert dataset.spec.name == name
    assert [len(dataset.split(split)) for split in ("train", "validation", "test")] == [20000, 4000, 10000]
    assert dataset.train.x.abs().max() < dataset.spec.extent
    counts = dataset.train.labels[:, 0].bincount()
    assert counts.shape == dataset.spec.classes
    if name in EVEN:
        assert dataset.train.x.mean(0).abs().max() < 0.05
        assert counts.min() > 0.9 * 20000 / len(counts)


@pytest.mark.parametrize(("name", "options"), WITH_OPTIONS)
def test_test_points_are_as_surprising_as_the_entropy_says(name: str, options: dict[str, object]) -> None:
    dataset = registry.load_data(name, options)
    assert isinstance(dataset.exact, ExactDensity)
    surprise = -dataset.exact.log_density(dataset.test.x.double())
    error = float(surprise.std()) / math.sqrt(len(surprise))
    assert dataset.exact.entropy == pytest.approx(float(surprise.mean()), abs=4 * error + 1e-7)


@pytest.mark.parametrize(("name", "options"), WITH_OPTIONS)
def test_the_density_sums_to_one_and_its_entropy_is_that_of_the_sum(name: str, options: dict[str, object]) -> None:
    """By the midpoint rule."""
    dataset = registry.load_data(name, options)
    points, cell = grid(dataset, cells_for(dataset, options))
    log_p = log_density(dataset, points)
    p = log_p.exp()
    assert float(p.sum()) * cell == pytest.approx(1, abs=1e-4)
    assert dataset.exact.entropy == pytest.approx(-float((p * log_p)[p > 0].sum()) * cell, abs=1e-3)


@pytest.mark.parametrize(("name", "options"), WITH_OPTIONS)
@pytest.mark.parametrize(("signal", "noise"), [(0.8, 0.6), (0.2, 0.4)])
def test_the_noised_density_is_that_of_noised_points(
    name: str, options: dict[str, object], signal: float, noise: float
) -> None:
    """The convolution, as a sum over a grid; and the noised score is the gradient of its logarithm."""
    dataset = registry.load_data(name, options)
    assert isinstance(dataset.exact, NoisedDensity)
    points, cell = grid(dataset, cells_for(dataset, options))
    mass = log_density(dataset, points).exp() * cell
    x = torch.randn(12, dataset.spec.dims, generator=stream(0, "test"), dtype=torch.float64)
    distance = torch.cdist(x, signal * points, compute_mode="donot_use_mm_for_euclid_dist")
    kernel = (-(distance**2) / (2 * noise**2)).exp() / (2 * math.pi * noise**2) ** (dataset.spec.dims / 2)
    assert_close(dataset.exact.log_density(x, signal, noise), (kernel @ mass).log(), atol=2e-3, rtol=0)
    x.requires_grad_()
    (gradient,) = torch.autograd.grad(dataset.exact.log_density(x, signal, noise).sum(), x)
    assert_close(dataset.exact.score(x.detach(), signal, noise), gradient, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", ["rings", "spiral"])
@pytest.mark.parametrize("std", [0.05, 0.1])
def test_no_ripple_is_seen_along_a_curve(name: str, std: float) -> None:
    """On their way from centre to centre the points meet the same density as at the centres."""
    exact = registry.load_data(name, {"std": std, "rings": 1} if name == "rings" else {"std": std, "arms": 1}).exact
    middle = len(exact.centres) // 2
    start, end = exact.centres[middle : middle + 2]
    assert float((end - start).norm()) <= std
    between = start + torch.linspace(0, 1, 9, dtype=torch.float64).unsqueeze(1) * (end - start)
    log_p = exact.log_density(between)
    assert float(log_p.max() - log_p.min()) < 5e-3  # the chord leaves the curve a little


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


def test_every_point_of_bumps_knows_its_bump() -> None:
    dataset = registry.load_data("bumps", {"count": 100_000})
    centres, std = dataset.modes or (torch.empty(0), torch.empty(0))
    assert isinstance(std, torch.Tensor)
    assert len({round(float(s), 3) for s in std}) == 4
    for bump, (centre, width) in enumerate(zip(centres, std, strict=True)):
        x = dataset.train.x[dataset.train.labels[:, 0] == bump]
        assert float(x.mean()) == pytest.approx(float(centre), abs=5 * float(width) / len(x) ** 0.5)
        assert float(x.std()) == pytest.approx(float(width), rel=0.03)
        assert len(x) / 100_000 == pytest.approx(float(dataset.exact.weights[bump]), abs=0.01)
    assert modes_hit(dataset.test.x, centres, std) == 4
    assert share_within_3_sigma(dataset.test.x, centres, std) == pytest.approx(0.997, abs=0.002)


def test_a_ring_is_a_distance_from_the_middle() -> None:
    dataset = registry.load_data("rings", {"rings": 4, "std": 0.05})
    radius = dataset.test.x.norm(dim=1)
    assert dataset.spec.factors[0].values == ("inner", "second", "third", "fourth")
    assert torch.equal((radius / 0.55).round().long() - 1, dataset.test.labels[:, 0])
    assert registry.load_data("rings", {"rings": 1}).spec.factors == ()


def test_an_arm_is_an_angle_that_grows_with_the_distance() -> None:
    turns = 1.25
    dataset = registry.load_data("spiral", {"turns": turns, "std": 0.05})
    x = dataset.test.x.double()
    radius = x.norm(dim=1)
    turned = torch.atan2(x[:, 1], x[:, 0]) - 2 * math.pi * turns * (radius - 0.35) / (2.3 - 0.35)
    first = turned.cos() > 0  # the second arm stands opposite
    inside = (radius > 0.5) & (radius < 2.2)
    assert torch.equal(first[inside], (dataset.test.labels[:, 0] == 0)[inside])
    assert dataset.modes is None
    assert registry.load_data("spiral", {"arms": 1}).spec.factors == ()


def test_points_are_spread_evenly_along_an_arm() -> None:
    centres = registry.load_data("spiral", {"arms": 1, "turns": 2.0}).exact.centres
    steps = centres.diff(dim=0).norm(dim=1)
    assert float(steps.max() / steps.min()) < 1.03
