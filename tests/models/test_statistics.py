"""Statistics matching against numpy, scipy, closed forms and double loops."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
import scipy.signal
import torch

from playground import registry
from playground.core.data import Batch, DataSpec, Factor
from playground.core.experiment import Budget
from playground.core.trainer import Trainer
from playground.models.networks.filter_bank import BLOB, CORNER, EDGE, ImageFilters, PointFilters
from playground.models.statistics import (
    KERNELS,
    Statistics,
    StatisticsConfig,
    StatisticsSampling,
    kernel,
    mixed_moments,
    mmd,
    soft_histogram,
)
from tests.helpers import dataset_of, generator, losses_of, tiny, trainer_of

PLANE = DataSpec("plane", (2,), low=-3.0, high=3.0, factors=(Factor("side", ("left", "right")),))
COLOURS = DataSpec("colours", (3, 6, 8), factors=(Factor("digit", ("0", "1", "2")), Factor("pen", ("fine", "bold"))))
MATCHES = StatisticsConfig.__dataclass_fields__["match"].metadata["param"]["choices"]


def _model(spec: DataSpec, **settings: object) -> Statistics:
    config = replace(StatisticsConfig(latent_dim=4, width=16), **settings)
    return Statistics.fresh(spec, config, generator()).requires_grad_(False)


def _data(spec: DataSpec, n: int = 300) -> Batch:
    """Skewed, correlated examples whose distribution depends on the label."""
    noise, sizes = generator(1), [factor.size for factor in spec.factors]
    labels = torch.stack([torch.randint(size, (n,), generator=noise) for size in sizes], dim=1)
    x = torch.rand(n, *spec.shape, generator=noise) ** 2
    x[:, -1] = (x[:, 0] + x[:, -1]) / 2
    x = x * (1 + labels[:, 0].view(-1, *[1] * len(spec.shape))) / sizes[0]
    return Batch.of(4 * x - 2 if spec.kind == "points" else x, labels)


def _prepared(spec: DataSpec, **settings: object) -> tuple[Statistics, Batch]:
    model, data = _model(spec, **settings), _data(spec)
    model.prepare(data, generator())
    return model, data


def _pixels(x: torch.Tensor) -> np.ndarray:
    """Every pixel of every image as a row of colours; a point is a row."""
    rows = x.flatten(2).transpose(1, 2).flatten(0, 1) if x.dim() == 4 else x
    return rows.double().numpy()


# -- the statistics -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [PLANE, COLOURS], ids=["points", "images"])
def test_mean_and_variance_are_those_of_numpy(spec):
    model, data = _prepared(spec, match="variance")
    found, rows = model.statistics(data.x), _pixels(data.x)
    np.testing.assert_allclose(found["mean"], rows.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found["variance"], rows.var(axis=0), rtol=1e-5)
    other = _data(spec).x[:50] * 0.5  # about the mean of the data, not about its own
    around = ((_pixels(other) - rows.mean(axis=0)) ** 2).mean(axis=0)
    np.testing.assert_allclose(model.statistics(other)["variance"], around, rtol=1e-5)
    assert set(_prepared(spec, match="mean")[0].statistics(data.x)) == {"mean", "mean target", "mean spread"}


def test_covariance_is_that_of_all_numbers():
    for spec in (PLANE, replace(COLOURS, shape=(3, 4, 4))):
        model, data = _prepared(spec, match="covariance")
        flat = data.x.flatten(1).double().numpy()
        found = model.statistics(data.x)
        np.testing.assert_allclose(found["mean"], flat.mean(axis=0), rtol=1e-4)
        expected = np.cov(flat.T, bias=True).ravel()
        np.testing.assert_allclose(found["covariance"], expected, rtol=1e-4, atol=1e-6)


def test_large_images_are_averaged_down_before_all_pairs_are_multiplied():
    model = _model(replace(COLOURS, shape=(3, 16, 16)), match="covariance")
    x = torch.rand(5, 3, 16, 16, generator=generator())
    blocks = x.view(5, 3, 8, 2, 8, 2).mean(dim=(3, 5)).flatten(1)  # 192 numbers
    torch.testing.assert_close(model.features(x)["mean"], blocks)
    assert model.features(x)["covariance"].shape == (5, 192 * 192)


@pytest.mark.parametrize("spec", [PLANE, COLOURS], ids=["points", "images"])
def test_mixed_moments_are_all_products_up_to_the_order(spec):
    model, data = _prepared(spec, match="moments", order=4)
    centred = _pixels(data.x) - _pixels(data.x).mean(axis=0)
    expected = [
        np.prod(centred[:, list(chosen)], axis=1).mean()
        for degree in range(1, 5)
        for chosen in itertools.combinations_with_replacement(range(centred.shape[1]), degree)
    ]
    found = model.statistics(data.x)["moments"]
    assert len(found) == len(expected) == math.comb(centred.shape[1] + 4, 4) - 1
    np.testing.assert_allclose(sorted(found.tolist()), sorted(expected), rtol=1e-4, atol=1e-5)


def test_moments_have_a_slope_where_a_coordinate_is_zero():
    v = torch.zeros(1, 1, 2, requires_grad=True)
    mixed_moments(v, 3).sum().backward()
    assert torch.equal(v.grad, torch.ones(1, 1, 2))


def test_a_sharp_histogram_is_that_of_numpy():
    v = torch.rand(7, 50, 2, generator=generator()) * 1.4 - 0.2  # some lie outside
    found = soft_histogram(v, 0.0, 1.0, 8, softness=1e-4).view(7, 2, 8)
    for i, c in itertools.product(range(7), range(2)):
        expected, _ = np.histogram(v[i, :, c].clamp(0, 1).double().numpy(), bins=8, range=(0, 1))
        np.testing.assert_allclose(found[i, c], expected / 50, atol=1e-3)


def test_a_soft_histogram_shares_a_value_between_its_bin_and_the_neighbours():
    v = torch.tensor([0.55]).view(1, 1, 1).requires_grad_()
    shares = soft_histogram(v, 0.0, 1.0, 4, softness=0.25)[0]
    edges = [1.0 / (1.0 + math.exp(-(edge - 0.55) / 0.0625)) for edge in (0.25, 0.5, 0.75)]
    expected = torch.tensor([edges[0], edges[1] - edges[0], edges[2] - edges[1], 1 - edges[2]])
    torch.testing.assert_close(shares.detach(), expected)
    shares[2].backward()
    assert v.grad.item() > 0  # further into the bin


def test_filters_respond_as_a_correlation_at_every_scale():
    x = torch.rand(2, 3, 12, 16, generator=generator())
    edge, corner, blob = (np.array(k) / 4 for k in (EDGE, CORNER, BLOB))
    kernels = [edge, corner, edge.T, corner[:, ::-1], blob]
    shrunk = x.double().numpy()
    for level, response in enumerate(ImageFilters()(x)):
        if level:
            h, w = shrunk.shape[2:]
            shrunk = shrunk.reshape(2, 3, h // 2, 2, w // 2, 2).mean(axis=(3, 5))
        expected = np.stack([
            scipy.signal.correlate2d(shrunk[i, c], k, mode="valid").ravel() for i in range(2) for c in range(3)
            for k in kernels
        ]).reshape(2, 15, -1)  # fmt: skip
        np.testing.assert_allclose(response.transpose(1, 2), expected, atol=1e-5)
    assert len(ImageFilters()(x)) == 3
    assert len(ImageFilters()(x[:, :, :8, :8])) == 2  # a side of two has no room


def test_filters_see_no_flat_gray_and_stay_between_minus_one_and_one():
    assert max(r.abs().max().item() for r in ImageFilters()(torch.full((1, 1, 8, 8), 0.7))) < 1e-6
    x = (torch.rand(500, 1, 8, 8, generator=generator()) > 0.5).float()
    assert max(r.abs().max().item() for r in ImageFilters()(x)) <= 1


def test_a_point_is_filtered_by_its_shadows_in_all_directions():
    (shadows,) = PointFilters(2)(torch.tensor([[3.0, 4.0]]))
    expected = [3 * math.cos(k * math.pi / 8) + 4 * math.sin(k * math.pi / 8) for k in range(8)]
    torch.testing.assert_close(shadows[0, 0], torch.tensor(expected))
    (line,) = PointFilters(1)(torch.tensor([[3.0]]))
    assert line.tolist() == [[[3.0]]]


# -- targets --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("match", MATCHES)
@pytest.mark.parametrize("spec", [PLANE, COLOURS], ids=["points", "images"])
def test_the_data_meet_their_own_targets(spec, match):
    model, data = _prepared(spec, match=match)
    for name, value in model.statistics(data.x).items():
        if f"{name} target" in model.statistics(data.x):
            torch.testing.assert_close(value, model.statistics(data.x)[f"{name} target"], rtol=1e-4, atol=1e-5)
    gap, count = model.gaps(data.x, None)
    assert count.item() == len(data)
    assert gap.abs().max().item() < 1e-3


@pytest.mark.parametrize("match", ["variance", "histogram", "covariance"])
def test_the_spread_is_that_of_batches(match):
    """Means over batches of 25, drawn afresh, vary by spread / 5."""
    model, data = _prepared(PLANE, match=match)
    rows = torch.randint(len(data), (1500, 25), generator=generator(2))
    means = [model.statistics(data.x[r]) for r in rows]
    for name in [n for n in means[0] if f"{n} spread" in means[0]]:
        seen = torch.stack([m[name] for m in means]).std(dim=0)
        promised = means[0][f"{name} spread"] / 5
        torch.testing.assert_close(seen, promised, rtol=0.06, atol=1e-4)


def test_what_never_moves_does_not_weigh_without_limit():
    data = _data(COLOURS)
    data.x[:, 2] = 0.0
    model = _model(COLOURS, match="mean")
    model.prepare(data, generator())
    assert model.spread[0, 2].item() == 0.0
    typical = model.spread[0].square().mean().sqrt()
    torch.testing.assert_close(model.unit[0], torch.stack([*model.spread[0, :2], 0.2 * typical]))


def test_targets_are_kept_and_come_back_on_resume():
    trainer = trainer_of(tiny("statistics", "digits", match="histogram"))
    losses_of(trainer, 3)
    snapshot = trainer.snapshot()
    assert {"target", "spread", "centre", "distance"} <= set(snapshot.weights)
    again = trainer_of(tiny("statistics", "digits", match="histogram"))
    again.model.target.zero_()
    again.restore(snapshot.state, snapshot.position, snapshot.step, snapshot.seconds)
    assert torch.equal(again.model.target, trainer.model.target)
    assert losses_of(again, 3) == losses_of(trainer, 3)


# -- the loss -------------------------------------------------------------------------------------------------------


class Linear(torch.nn.Module):
    """g(z) = W z + b: the statistics of its samples are known."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor) -> None:
        super().__init__()
        self.weight, self.bias = weight, torch.nn.Parameter(bias)

    def forward(self, z: torch.Tensor, label: torch.Tensor | None) -> torch.Tensor:
        return z @ self.weight.T + self.bias


def _linear(match: str) -> tuple[Statistics, Batch, torch.Tensor]:
    """A model whose samples are the data's mean + 0.2 + W z, near the data; the data, and the covariance WWᵀ."""
    model, data = _prepared(PLANE, match=match, latent_dim=2)
    weight = torch.diag(1.1 * data.x.std(dim=0)) + torch.tensor([[0.0, 0.2], [0.0, 0.0]])
    model.generator = Linear(weight, torch.tensor([0.2, 0.2])).requires_grad_(False)
    model.scale.fill_(1.0)
    return model, data, weight @ weight.T


def test_the_loss_is_the_squared_gap_without_the_bias_of_one_batch():
    model, data, covariance = _linear("variance")
    true = torch.cat([model.centre + 0.2, covariance.diagonal() + 0.2**2])
    squared = ((true - model.target[0]) / model.spread[0]).square().mean().item()
    few = data.take(torch.arange(8))
    losses = torch.stack([model.objective(few, None, generator(seed))["loss"] for seed in range(1000)])
    error = losses.std().item() / math.sqrt(len(losses))
    assert losses.mean().item() == pytest.approx(squared, abs=4 * error)
    bias = (covariance.diagonal() / model.spread[0, :2].square()).mean().item() / 8 / 2  # of one batch's means alone
    assert bias > 8 * error


def test_two_batches_are_drawn_independently():
    model, data, _ = _linear("mean")
    seen = []
    model.features = lambda x: seen.append(x) or Statistics.features(model, x)
    model.objective(data, None, generator())
    a, b = ((x - x.mean(dim=0)).flatten() for x in seen)
    assert a.shape == b.shape == data.x.flatten().shape
    assert abs(np.corrcoef(a, b)[0, 1]) < 0.15


@pytest.mark.parametrize("match", ["mean", "moments", "histogram", "covariance", "filters", "kernel"])
@pytest.mark.parametrize("away", [-1.0, 1.0])
def test_the_loss_pulls_a_shifted_model_back(match, away):
    model, data = _prepared(PLANE, match=match, latent_dim=2)
    model.scale.fill_(1.0)
    model.generator = Linear(torch.eye(2) * 0.5, torch.tensor([away, 0.0]))
    model.objective(data, None, generator())["loss"].backward()
    assert model.generator.bias.grad[0].item() * away > 0


def test_the_gap_of_the_data_themselves_is_one():
    model, data = _prepared(PLANE, match="variance")
    draws = generator(3)
    model._generate = lambda z, label: data.x[torch.randint(len(data), (len(z),), generator=draws)]
    squares = [model.objective(data, None, generator())["gap"].square() for _ in range(500)]
    assert torch.stack(squares).mean().item() == pytest.approx(1.0, abs=0.1)


# -- the kernel -----------------------------------------------------------------------------------------------------


def _k(a: torch.Tensor, b: torch.Tensor, widest: float) -> float:
    squared = (a - b).double().square().sum().item()
    return sum(math.exp(-squared / (2 * (widest / 2**i) ** 2)) for i in range(KERNELS)) / KERNELS


def test_the_kernel_is_the_mean_of_gaussians_each_half_as_wide():
    a, b = torch.randn(4, 3, generator=generator()), torch.randn(5, 3, generator=generator(1))
    expected = [[_k(p, q, 2.0) for q in b] for p in a]
    torch.testing.assert_close(kernel(a, b, 2.0), torch.tensor(expected), rtol=1e-4, atol=1e-6)


def test_mmd_is_a_double_loop_over_all_pairs_of_others():
    a, x = torch.randn(6, 2, generator=generator()), torch.randn(6, 2, generator=generator(1)) + 1
    label = torch.tensor([0, 1, 1, 0, 1, 0])
    for same in (None, (label[:, None] == label).float()):
        total = 0.0
        for i, j in itertools.permutations(range(6), 2):
            h = _k(a[i], a[j], 2.0) + _k(x[i], x[j], 2.0) - _k(a[i], x[j], 2.0) - _k(a[j], x[i], 2.0)
            total += h * (1.0 if same is None else same[i, j].item())
        assert mmd(a, x, 2.0, same).item() == pytest.approx(total / 30, rel=1e-4)


def _gaussians_apart(mean: float, sigma: float, widest: float) -> float:
    """MMD² between N(0, I) and N(mean, sigma² I) in the plane, in closed form."""

    def expected(variance: float, squared: float, width: float) -> float:
        return width**2 / (width**2 + variance) * math.exp(-squared / (2 * (width**2 + variance)))

    widths = [widest / 2**i for i in range(KERNELS)]
    terms = [expected(2, 0, w) + expected(2 * sigma**2, 0, w) - 2 * expected(1 + sigma**2, mean**2, w) for w in widths]
    return sum(terms) / KERNELS


@pytest.mark.parametrize(("mean", "sigma"), [(0.0, 1.0), (1.0, 1.0), (0.0, 0.5), (0.7, 1.4)])
def test_mmd_is_unbiased_between_gaussians(mean, sigma):
    noise, found = generator(5), []
    for _ in range(500):
        a = torch.randn(20, 2, generator=noise)
        x = torch.randn(20, 2, generator=noise) * sigma + torch.tensor([mean, 0.0])
        found.append(mmd(a, x, 3.0))
    losses = torch.stack(found)
    error = losses.std().item() / math.sqrt(len(losses))
    assert losses.mean().item() == pytest.approx(_gaussians_apart(mean, sigma, 3.0), abs=4 * error)
    assert error < 0.005


def test_the_bandwidth_is_measured_in_distances_of_the_data():
    model, data = _prepared(PLANE)
    distances = [math.dist(p, q) for p, q in itertools.combinations(data.x.tolist(), 2)]
    assert model.distance.item() == pytest.approx(np.median(distances), rel=1e-3)
    wide = replace(model.config, bandwidth=3.0)
    a = model._generate(model._noise(len(data), generator()), None)
    for config in (model.config, wide):
        model.config = config
        expected = mmd(a, data.x, 2 * config.bandwidth * model.distance)
        torch.testing.assert_close(model.objective(data, None, generator())["loss"], expected)


# -- classes --------------------------------------------------------------------------------------------------------


def test_each_class_has_its_own_targets_and_an_open_label_those_of_all():
    model, data = _prepared(COLOURS, match="variance", conditional=True)
    rows = [(0, -1), *((0, k) for k in range(3)), (1, -1), *((1, k) for k in range(2))]
    assert model.target.shape[0] == len(rows) == 7
    everything = _pixels(data.x).mean(axis=0)
    for target, spread, (factor, value) in zip(model.target, model.spread, rows, strict=True):
        chosen = data.x if value < 0 else data.x[data.labels[:, factor] == value]
        pixels = _pixels(chosen)
        np.testing.assert_allclose(target[:3], pixels.mean(axis=0), rtol=1e-4)
        np.testing.assert_allclose(target[3:], ((pixels - everything) ** 2).mean(axis=0), rtol=1e-4)
        np.testing.assert_allclose(spread[:3], chosen.mean(dim=(2, 3)).std(dim=0, correction=0), rtol=1e-3)


def test_a_class_is_compared_with_its_own_examples_only():
    model, data = _prepared(COLOURS, match="mean", conditional=True)
    gap, count = model.gaps(data.x, data.labels)
    assert gap.abs().max().item() < 1e-3  # each class meets its own targets
    assert count[:, 0].tolist() == [
        0,
        *data.labels[:, 0].bincount().tolist(),
        0,
        *data.labels[:, 1].bincount().tolist(),
    ]
    shifted = data.x + 0.1 * (data.labels[:, 0] == 2).float().view(-1, 1, 1, 1)
    gap, _ = model.gaps(shifted, data.labels)
    assert gap[1:3].abs().max().item() < 1e-3
    torch.testing.assert_close(gap[3], 0.1 / model.unit[3], rtol=1e-3, atol=1e-3)
    open_labels = torch.full_like(data.labels, -1)
    gap, count = model.gaps(data.x, open_labels)
    assert gap.abs().max().item() < 1e-3
    assert count[:, 0].tolist() == [300, 0, 0, 0, 300, 0, 0]


def test_the_kernel_compares_within_a_class():
    model, data = _prepared(PLANE, conditional=True)
    a = model._generate(model._noise(len(data), generator()), data.labels)
    same = (data.labels == data.labels.T).float()
    expected = mmd(a, data.x, 2 * model.distance, same)
    torch.testing.assert_close(model.objective(data, data.labels, generator())["loss"], expected)


@pytest.mark.parametrize("match", ["mean", "histogram", "covariance", "filters"])
def test_what_is_not_matched_can_be_measured_as_if_it_were(match):
    """A model that matches this statistic keeps the same numbers as its targets."""
    other, data = _prepared(COLOURS, match="kernel")
    own, _ = _prepared(COLOURS, match=match)
    found, kept = other.measure(data.x, match), own.statistics(data.x)
    assert {name for name in found if not name.endswith("spread")} == {n.split()[0] for n in kept}
    for name in own.features(data.x[:1]):
        torch.testing.assert_close(found[name], kept[f"{name} target"], atol=1e-5, rtol=1e-4)
        torch.testing.assert_close(found[f"{name} spread"], kept[f"{name} spread"], atol=1e-4, rtol=1e-2)


def test_statistics_of_one_class_can_be_asked_for():
    model, data = _prepared(COLOURS, match="mean", conditional=True)
    label = torch.tensor([2, 1]).expand(5, -1)
    found = model.statistics(data.x[:5], label=label)
    torch.testing.assert_close(found["mean target"], model.target[3])
    torch.testing.assert_close(model.statistics(data.x[:5])["mean target"], model.target[0])


# -- training and sampling ------------------------------------------------------------------------------------------


def test_the_learning_rate_settles():
    rates = []
    for settle in (0, 10):
        trainer = trainer_of(tiny("statistics", "moons", settle=settle, train__lr=0.006))
        for _ in range(21):
            trainer.turn(steps=1)
        rates.append(trainer.optimizers["model"].param_groups[0]["lr"])
    assert rates == pytest.approx([0.006, 0.002])  # after 20 steps of 10 a third


def test_samples_are_those_of_the_average_of_the_weights():
    trainer = trainer_of(tiny("statistics", "digits"))
    losses_of(trainer, 20)
    raw, average = (m.sample(4, generator=generator()) for m in (trainer.model, trainer.sampler))
    assert not torch.allclose(raw, average, atol=1e-3)


@pytest.mark.parametrize(
    "spec", [PLANE, COLOURS, replace(COLOURS, shape=(3, 20, 20))], ids=["points", "small", "large"]
)
def test_samples_are_decoded_noise(spec):
    model, data = _prepared(spec)
    z = torch.randn(5, 4, generator=generator(7))
    torch.testing.assert_close(model.sample(5, generator=generator(7)), model.decode(z))
    cold = model.sample(5, settings=StatisticsSampling(temperature=0.0), generator=generator())
    torch.testing.assert_close(cold, cold[:1].expand_as(cold))
    if spec.kind == "images":
        assert 0 <= cold.min().item() <= cold.max().item() <= 1
    else:
        torch.testing.assert_close(model.sample(500, generator=generator()).mean(dim=0), data.x.mean(dim=0), rtol=0,
                                   atol=1.5 * float(data.x.std()))  # fmt: skip


def test_an_open_label_and_no_label_are_the_same():
    model, _ = _prepared(COLOURS, conditional=True)
    label = torch.full((4, 2), -1)
    torch.testing.assert_close(
        model.sample(4, label=label, generator=generator()), model.sample(4, generator=generator())
    )


def test_wide_images_are_refused_where_convolutions_draw_them():
    assert Statistics.supports(replace(COLOURS, shape=(3, 20, 24))).endswith(".")
    assert Statistics.supports(COLOURS) is None


def test_points_come_out_where_the_data_are_and_as_wide():
    model, data = _prepared(PLANE)
    assert model.scale.item() == pytest.approx(data.x.std(dim=0).mean().item())
    model.scale = torch.tensor(3.0)
    z = torch.randn(5, 4, generator=generator())
    torch.testing.assert_close(model.decode(z), 3 * model.generator(z, None) + data.x.mean(dim=0))


# -- proofs ---------------------------------------------------------------------------------------------------------

PROVEN = [
    ("digits", "mean"),
    ("digits", "variance"),
    ("digits", "histogram"),
    ("eight-gaussians", "moments"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("data", "preset"), PROVEN, ids=[f"{data}-{preset}" for data, preset in PROVEN])
def test_each_statistic_is_matched(data, preset):
    """Within 0.05 of its standard deviation over data batches of the preset's size."""
    experiment = registry.experiment("statistics", data, preset)
    trainer = Trainer(Statistics, dataset_of(experiment), experiment)
    while not trainer.over(experiment.budget):
        trainer.turn(Budget("steps", experiment.budget.amount))
    enough = 2_000_000 if data == "eight-gaussians" else 200_000  # samples, so that their own chance does not show
    for name, gap in off_target(trainer.sampler, enough).items():
        worst = float(gap.max()) * math.sqrt(experiment.train.batch)
        assert worst < 0.05, f"{name} is off by {worst:.3f} standard deviations of a batch"


def off_target(model: Statistics, n: int) -> dict[str, torch.Tensor]:
    """By name, how far the statistics of n samples are from their targets, in standard deviations of one example."""
    noise, means = generator(11), []
    for _ in range(n // 1000):
        means.append(model.statistics(model.sample(1000, generator=noise)))
    return {
        name: (torch.stack([m[name] for m in means]).double().mean(dim=0) - means[0][f"{name} target"]).abs()
        / means[0][f"{name} spread"]
        for name in means[0]
        if f"{name} target" in means[0]
    }
