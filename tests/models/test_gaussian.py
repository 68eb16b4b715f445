"""The Gaussian mixture against scikit-learn, torch.distributions, closed forms and numeric integrals."""

import math
import warnings
from dataclasses import replace
from itertools import pairwise

import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture as Reference
from torch import Tensor
from torch.distributions import Categorical, MixtureSameFamily, MultivariateNormal

from playground.core.data import Batch, DataSpec, Factor
from playground.core.errors import UsageError
from playground.models import gaussian
from playground.models.gaussian import GaussianConfig, GaussianMixture, GaussianSampling
from tests.helpers import differing, generator

SPACE = DataSpec("space", (3,), low=-3.0, high=3.0)
PLANE = DataSpec("plane", (2,), low=-3.0, high=3.0)
LABELLED = replace(PLANE, factors=(Factor("side", ("left", "right")), Factor("hue", ("red", "green", "blue"))))
PIXELS = DataSpec("pixels", (1, 2, 2), levels=5)
KINDS = ("full", "diagonal", "tied")
CURVES = {"full": "full", "diagonal": "diag", "tied": "tied"}  # scikit-learn's names

every_covariance = pytest.mark.parametrize("covariance", KINDS)


def _model(spec: DataSpec, **settings: object) -> GaussianMixture:
    return GaussianMixture.fresh(spec, replace(GaussianConfig(components=3, tolerance=0.0), **settings), generator())


def _covariances(k: int, d: int, covariance: str, seed: int = 5) -> Tensor:
    """Some covariances in float64, (K, D, D), for tied (1, D, D), for diagonal the variances (K, D)."""
    root = torch.randn(1 if covariance == "tied" else k, d, d, generator=generator(seed), dtype=torch.float64)
    spread = 0.3 * root @ root.mT + 0.2 * torch.eye(d)
    return spread.diagonal(dim1=1, dim2=2).clone() if covariance == "diagonal" else spread


def _placed(spec: DataSpec, covariance: str, **settings: object) -> tuple[GaussianMixture, Tensor, Tensor, Tensor]:
    """A mixture at known places: itself, its means (3, D), full covariances (3, D, D) and shares (3,), in float64."""
    model, d = _model(spec, covariance=covariance, **settings), spec.dims
    mean = 1.5 * torch.randn(3, d, generator=generator(4), dtype=torch.float64)
    spread, pi = _covariances(3, d, covariance), torch.tensor([0.5, 0.3, 0.2], dtype=torch.float64)
    with torch.no_grad():
        model._store(mean, spread, pi[None])
    full = spread.diag_embed() if covariance == "diagonal" else spread.expand(3, d, d)
    return model, mean, full, pi


def _data(n: int = 400, d: int = 3, seed: int = 0) -> Tensor:
    """Three clouds of unlike shapes."""
    noise = torch.randn(n, d, generator=generator(seed)) * torch.tensor([0.3, 0.7, 0.5])[:d]
    noise[:, 1] += 0.8 * noise[:, 0]
    return noise + 2.0 * torch.eye(3)[torch.arange(n) % 3][:, :d]


def _trained(model: GaussianMixture, batch: Batch, steps: int, lr: float = 0.0) -> list[float]:
    optimizers, noise = model.configure_optimizers(), generator(9)
    for optimizer in optimizers.values():
        optimizer.param_groups[0]["lr"] = lr
    return [float(model.train_step(batch, optimizers, noise, ("model",))["loss"]) for _ in range(steps)]


def _until_finished(model: GaussianMixture, batch: Batch) -> list[float]:
    losses: list[float] = []
    while not model.finished:
        assert len(losses) < 200, "EM does not end"
        losses += _trained(model, batch, 1)
    return losses


# -- the density ----------------------------------------------------------------------------------------------------


@every_covariance
@pytest.mark.parametrize("fit", ["EM", "gradient"])
def test_the_density_is_that_of_a_mixture(covariance, fit):
    model, mean, spread, pi = _placed(SPACE, covariance, fit=fit)
    expected = MixtureSameFamily(Categorical(pi), MultivariateNormal(mean, spread)).log_prob(_data().double())
    torch.testing.assert_close(model.log_density(_data(), generator()).double(), expected, rtol=1e-5, atol=1e-5)


@every_covariance
def test_the_density_integrates_to_one(covariance):
    model, *_ = _placed(PLANE, covariance)
    axis = torch.linspace(-12, 12, 401)
    log_p = model.log_density(torch.cartesian_prod(axis, axis), generator())
    assert (log_p.exp().sum() * (axis[1] - axis[0]) ** 2).item() == pytest.approx(1, abs=1e-4)


@every_covariance
def test_the_loss_of_a_gradient_step_is_the_mean_of_the_density_far_from_zero_too(covariance):
    model, mean, spread, pi = _placed(SPACE, covariance, fit="gradient")
    with torch.no_grad():
        model.mean += 1000.0  # in float32, whose squares end at the sixth digit
    x = _data() + 1000.0
    expected = MixtureSameFamily(Categorical(pi), MultivariateNormal(mean, spread)).log_prob(_data().double())
    assert _trained(model, Batch.of(x), 1)[0] == pytest.approx(-expected.mean().item(), rel=1e-3)


def test_kinds_of_density_are_named():
    assert GaussianMixture.density_kind(PLANE) == _model(PLANE).density == "exact"
    assert GaussianMixture.density_kind(PIXELS) == _model(PIXELS).density == "lower bound"
    assert _model(PIXELS).bounds_nll


# -- EM -------------------------------------------------------------------------------------------------------------


def _reference_after_a_step(model: GaussianMixture, x: Tensor, spread: Tensor, pi: Tensor) -> Reference:
    """scikit-learn's mixture, one step of EM from the same start."""
    covariance = model.config.covariance
    precision = 1 / spread if covariance == "diagonal" else torch.linalg.inv(spread)
    reference = Reference(
        len(pi), covariance_type=CURVES[covariance], reg_covar=model.config.floor**2, max_iter=1,
        weights_init=pi.numpy(), means_init=model.mean.double().numpy(),
        precisions_init=(precision[0] if covariance == "tied" else precision).numpy(),
    )  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return reference.fit(x.double().numpy())


@every_covariance
def test_a_step_of_em_is_that_of_scikit_learn(covariance):
    model, _, _, pi = _placed(SPACE, covariance, floor=0.2)
    x, d = _data(), SPACE.dims
    before = -model.log_density(x, generator()).mean().item()
    reference = _reference_after_a_step(model, x, _covariances(3, d, covariance), pi)
    (loss,) = _trained(model, Batch.of(x), 1)
    assert loss == pytest.approx(before, abs=1e-5)
    factor = model.factor(model.mean)
    spread = factor @ factor.mT
    found = {"full": spread, "diagonal": spread.diagonal(dim1=1, dim2=2), "tied": spread[0]}[covariance]
    pi = model.logits.softmax(dim=1)[0]
    for mine, theirs in ((model.mean, reference.means_), (pi, reference.weights_), (found, reference.covariances_)):
        torch.testing.assert_close(mine.double(), torch.from_numpy(theirs), rtol=1e-5, atol=1e-5)
    expected = torch.from_numpy(reference.score_samples(x.double().numpy()))
    torch.testing.assert_close(model.log_density(x, generator()).double(), expected, rtol=1e-5, atol=1e-4)


@every_covariance
def test_em_never_lowers_the_likelihood(covariance):
    model = _model(PLANE, covariance=covariance, components=4, floor=0.001)
    batch = Batch.of(_data(d=2))
    model.prepare(batch, generator())
    losses = _trained(model, batch, 40)
    assert losses[-1] < losses[0] - 0.1
    assert all(later < earlier + 1e-5 for earlier, later in pairwise(losses))


@every_covariance
def test_the_single_gaussian_is_fitted_in_one_step(covariance):
    model, x = _model(SPACE, covariance=covariance, components=1, floor=0.1), _data()
    model.prepare(Batch.of(x), generator())
    _trained(model, Batch.of(x), 1)
    assert model.finished
    expected = x.T.cov(correction=0)
    expected = (expected.diag().diag() if covariance == "diagonal" else expected) + 0.1**2 * torch.eye(3)
    factor = model.factor(x)[0]
    torch.testing.assert_close(model.mean[0], x.mean(dim=0), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(factor @ factor.T, expected, rtol=1e-4, atol=1e-5)


@every_covariance
def test_data_in_pieces_give_the_same_step(covariance, monkeypatch):
    batch, weights = Batch.of(_data()), []
    for numbers in (1 << 20, 70):
        monkeypatch.setattr(gaussian, "NUMBERS", numbers)
        model, *_ = _placed(SPACE, covariance)
        _trained(model, batch, 2)
        weights.append(torch.cat([tensor.flatten() for tensor in model.state_dict().values()]))
    torch.testing.assert_close(weights[0], weights[1], rtol=1e-5, atol=1e-5)


@every_covariance
def test_a_gaussian_without_examples_starts_again_where_the_fit_is_worst(covariance):
    model, *_ = _placed(PLANE, covariance)
    with torch.no_grad():
        model.mean[2] = 1e3
    x = _data(d=2)
    x[7] = torch.tensor([-9.0, 9.0])
    worst = model.log_density(x, generator()).argmin()
    assert worst == 7
    losses = _trained(model, Batch.of(x), 1)
    torch.testing.assert_close(model.mean[2], x[7])
    losses += _trained(model, Batch.of(x), 20)
    assert all(math.isfinite(loss) for loss in losses)
    assert losses[-1] < losses[0]


@every_covariance
def test_more_components_than_clouds_stay_sound(covariance):
    """Each example may get a Gaussian of its own: the floor keeps its spread, and every number finite."""
    batch = Batch.of(_data(n=12, d=2))
    model = _model(PLANE, covariance=covariance, components=12, floor=0.05)
    model.prepare(batch, generator())
    assert math.isfinite(_trained(model, batch, 30)[-1])
    assert bool((model.log_diagonal.exp() >= 0.05 * (1 - 1e-5)).all())


def test_em_ends_when_five_steps_gain_too_little():
    model, batch = _model(PLANE, covariance="full", tolerance=0.001, components=6), Batch.of(_data(d=2))
    model.prepare(batch, generator())
    losses = _until_finished(model, batch)
    gains = [(losses[i - 5] - losses[i]) / 5 for i in range(5, len(losses))]  # a step, in nats
    assert all(gain >= 0.001 for gain in gains[:-1])
    assert 0.0001 < gains[-1] < 0.001
    assert len(gains) > 3


def test_em_goes_on_where_it_stopped():
    batch = Batch.of(_data(d=2))
    straight, first, second = (_model(PLANE, covariance="full", tolerance=0.01) for _ in range(3))
    for model in (straight, first):
        model.prepare(batch, generator())
    steps = len(_until_finished(straight, batch))
    _trained(first, batch, steps - 2)
    second.load_state_dict(first.state_dict())
    second.load_training_state(first.training_state())
    _trained(second, batch, 1)
    assert not second.finished
    _trained(second, batch, 1)
    assert second.finished
    assert not differing(straight.state_dict(), second.state_dict())


def test_em_works_in_buffers_and_gradients_in_parameters_of_the_same_names():
    em, gradient = (_model(PLANE, covariance="full", fit=fit) for fit in ("EM", "gradient"))
    assert em.full_batch
    assert not list(em.parameters())
    assert not em.configure_optimizers()
    assert not gradient.full_batch
    names = {name: tensor.shape for name, tensor in em.state_dict().items()}
    assert names == {name: tensor.shape for name, tensor in gradient.state_dict().items()}
    assert {name for name, _ in gradient.named_parameters()} == {"mean", "log_diagonal", "lower", "logits"}


# -- gradient steps -------------------------------------------------------------------------------------------------


@every_covariance
def test_gradient_steps_reach_the_likelihood_of_em(covariance):
    batch, reached = Batch.of(_data(d=2)), {}
    for fit, steps in (("EM", 100), ("gradient", 400)):
        model = _model(PLANE, covariance=covariance, fit=fit, floor=0.001)
        model.prepare(batch, generator())
        reached[fit] = _trained(model, batch, steps, lr=0.03)[-1]
    assert reached["gradient"] == pytest.approx(reached["EM"], abs=0.002)


def test_gradient_steps_stop_at_the_floor():
    x = torch.zeros(50, 2)
    x[:, 0] = torch.randn(50, generator=generator())
    model = _model(PLANE, covariance="full", components=1, fit="gradient", floor=0.1)
    model.prepare(Batch.of(x), generator())
    _trained(model, Batch.of(x), 200, lr=0.03)
    assert model.log_diagonal[0, 1].exp().item() == pytest.approx(0.1)
    assert model.log_diagonal[0, 0].exp().item() > 0.5


# -- images ---------------------------------------------------------------------------------------------------------


def _axis_aligned(sigma: float) -> tuple[GaussianMixture, Tensor, Tensor, Tensor]:
    """One Gaussian on images of four pixels; some images, their levels, and log P by differences of its CDF."""
    model = _model(PIXELS, covariance="diagonal", components=1)
    mean = torch.tensor([0.3, 0.5, 0.6, 0.8])
    model.mean[0], model.log_diagonal[0] = mean, math.log(sigma)
    k = torch.randint(5, (20, 4), generator=generator(1))
    normal = torch.distributions.Normal(mean.double(), sigma)
    exact = (normal.cdf((k + 1) / 5) - normal.cdf(k / 5)).log().sum(dim=1)  # (20,)
    return model, k / 4, k, exact


@pytest.mark.parametrize("sigma", [0.1, 0.3])
def test_dequantisation_bounds_the_probability_of_an_image(sigma):
    model, x, k, exact = _axis_aligned(sigma)
    found = torch.stack([model.log_density(x.view(-1, 1, 2, 2), generator(seed)) for seed in range(200)]).mean(dim=0)
    # E_u log N((k + u) / 5; μ, σ²) in closed form: the square of the middle, and the variance of u.
    square = ((k + 0.5) / 5 - model.mean[0]).square() + 1 / (12 * 25)
    expected = (-0.5 * square / sigma**2 - math.log(sigma) - 0.5 * math.log(2 * math.pi) - math.log(5)).sum(dim=1)
    torch.testing.assert_close(found, expected, rtol=0, atol=12 * 0.2 / sigma / math.sqrt(8 * 200))
    assert bool((expected < exact).all())
    assert bool((found < exact + 0.05).all())


def test_the_bound_is_tight_where_the_gaussian_is_wide():
    gaps = []
    for sigma in (0.1, 0.3, 1.0, 3.0):
        model, x, _, exact = _axis_aligned(sigma)
        found = torch.stack([model.log_density(x.view(-1, 1, 2, 2), generator(s)) for s in range(100)]).mean(dim=0)
        gaps.append((exact - found).mean().item())
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[0] > 0.5
    assert abs(gaps[-1]) < 0.002


@every_covariance
@pytest.mark.parametrize("fit", ["EM", "gradient"])
def test_the_loss_on_images_is_minus_the_bound(covariance, fit):
    x = torch.randint(5, (300, 1, 2, 2), generator=generator(1)) / 4
    model, *_ = _placed(PIXELS, covariance, fit=fit)
    bound = -torch.stack([model.log_density(x, generator(seed)) for seed in range(10)]).mean().item()
    held_out = model.held_out(Batch.of(x), generator(3))["loss"].item()
    assert held_out == pytest.approx(bound, abs=0.1)
    assert _trained(model, Batch.of(x), 1)[0] == pytest.approx(bound, abs=0.1)


def test_every_step_dequantises_anew():
    batch = Batch.of(torch.randint(5, (50, 1, 2, 2), generator=generator(1)) / 4)
    model, *_ = _placed(PIXELS, "diagonal")
    noise = generator()
    assert model.held_out(batch, noise)["loss"] != model.held_out(batch, noise)["loss"]


def test_samples_of_images_stand_on_their_levels():
    model, *_ = _placed(PIXELS, "full")
    for spec, levels in ((PIXELS, 5), (replace(PIXELS, levels=None), 256)):
        twin = GaussianMixture(spec, model.config)
        twin.load_state_dict(model.state_dict())
        samples = twin.sample(500, generator=generator())
        k = (samples * (levels - 1)).round()
        assert torch.equal(samples, k / (levels - 1))
        assert (k.min(), k.max()) == (0, levels - 1)


def test_samples_of_images_are_as_frequent_as_they_are_probable():
    """Level k is where y falls into [k/5, (k+1)/5): by the CDF; the outermost levels take what lies outside."""
    model, *_ = _axis_aligned(0.3)
    k = (model.sample(40_000, generator=generator())[:, 0, 0, 0] * 4).round().long()
    edges = torch.tensor([-math.inf, 0.2, 0.4, 0.6, 0.8, math.inf])
    cdf = torch.distributions.Normal(0.3, 0.3, validate_args=False).cdf(edges)
    torch.testing.assert_close(torch.bincount(k) / len(k), cdf.diff(), rtol=0, atol=0.01)


# -- labels ---------------------------------------------------------------------------------------------------------


def _conditional(**settings: object) -> tuple[GaussianMixture, Batch]:
    """A mixture that knows sides and hues, and data in which these decide where a point lies."""
    labels = torch.stack([torch.arange(600) % 3 // 2, torch.randint(3, (600,), generator=generator(2))], dim=1)
    x = 0.6 * torch.randn(600, 2, generator=generator(3)) + 1.5 * labels
    model, batch = _model(LABELLED, conditional=True, covariance="full", **settings), Batch.of(x, labels)
    model.prepare(batch, generator())
    return model, batch


def test_a_label_left_open_is_summed_over():
    model, batch = _conditional()
    _trained(model, batch, 5)
    share = torch.zeros(2, 3, dtype=torch.float64)
    for side, hue in batch.labels.tolist():
        share[side, hue] += 1 / len(batch)
    p = torch.stack([
        torch.stack([
            model.log_density(batch.x, generator(), torch.tensor([[side, hue]]).expand(len(batch), -1)).double().exp()
            for hue in range(3)
        ]) for side in range(2)
    ])  # fmt: skip
    assert not torch.allclose(p[0, 0], p[1, 2])
    anything = torch.full_like(batch.labels, -1)
    expected = (share[..., None] * p).sum(dim=(0, 1))
    for label in (anything, None):
        found = model.log_density(batch.x, generator(), label).double()
        torch.testing.assert_close(found, expected.log(), rtol=1e-4, atol=1e-4)
    right = anything.clone()
    right[:, 0] = 1
    expected = (share[1, :, None] * p[1]).sum(dim=0) / share[1].sum()
    found = model.log_density(batch.x, generator(), right).double()
    torch.testing.assert_close(found, expected.log(), rtol=1e-4, atol=1e-4)


def test_em_gives_each_label_the_shares_of_its_own_examples():
    model, batch = _conditional()
    _trained(model, batch, 2)
    pi, factor = model.logits.softmax(dim=1), model.factor(model.mean)
    row = batch.labels[:, 0] * 3 + batch.labels[:, 1]
    log_normal = MultivariateNormal(model.mean, scale_tril=factor).log_prob(batch.x[:, None])  # (N, K)
    belongs = (pi[row].log() + log_normal).softmax(dim=1)
    loss = -(pi[row].log() + log_normal).logsumexp(dim=1).mean().item()
    mean = belongs.T @ batch.x / belongs.sum(dim=0)[:, None]
    assert _trained(model, batch, 1)[0] == pytest.approx(loss, abs=1e-4)
    for j in range(6):
        torch.testing.assert_close(model.logits.softmax(1)[j], belongs[row == j].mean(dim=0), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(model.mean, mean, rtol=1e-4, atol=1e-4)


def test_gradient_steps_learn_the_shares_of_labels_too():
    reached = {}
    for fit, steps in (("EM", 60), ("gradient", 300)):
        model, batch = _conditional(fit=fit, floor=0.001)
        reached[fit] = _trained(model, batch, steps, lr=0.03)[-1]
    assert reached["gradient"] == pytest.approx(reached["EM"], abs=0.01)


def test_a_label_that_never_occurs_takes_the_shares_of_all():
    labels = torch.zeros(300, 2, dtype=torch.int64)
    model, batch = _model(LABELLED, conditional=True), Batch.of(_data(300, 2), labels)
    model.prepare(batch, generator())
    _trained(model, batch, 3)
    pi = model.logits.softmax(dim=1)
    torch.testing.assert_close(pi, pi[:1].expand(6, -1), rtol=1e-4, atol=1e-5)


def test_samples_are_asked_for_by_label():
    model, batch = _conditional(components=6)
    _trained(model, batch, 20)
    for label in ([0, 0], [1, 2], [1, -1]):
        fits = ((batch.labels == torch.tensor(label)) | (torch.tensor(label) < 0)).all(dim=1)
        drawn = model.sample(4000, label=torch.tensor([label]).expand(4000, -1), generator=generator())
        torch.testing.assert_close(drawn.mean(dim=0), batch.x[fits].mean(dim=0), rtol=0, atol=0.25)


# -- sampling -------------------------------------------------------------------------------------------------------


@every_covariance
def test_samples_have_the_shares_means_and_covariances_of_the_components(covariance):
    model, _, spread, pi = _placed(SPACE, covariance)
    with torch.no_grad():
        model.mean.copy_(50 * torch.eye(3))  # far apart: each sample tells where it is from
    drawn = model.sample(30_000, generator=generator())
    owner = torch.cdist(drawn, model.mean).argmin(dim=1)
    torch.testing.assert_close(torch.bincount(owner) / len(drawn), pi.float(), rtol=0, atol=0.01)
    for k in range(3):
        some = drawn[owner == k]
        torch.testing.assert_close(some.mean(dim=0), model.mean[k], rtol=0, atol=0.08)
        torch.testing.assert_close(some.T.cov(), spread[k].float(), rtol=0.06, atol=0.06)


@every_covariance
def test_temperature_scales_the_spread_alone(covariance):
    model, *_ = _placed(SPACE, covariance)
    cold, usual, hot = (
        model.sample(50, settings=GaussianSampling(temperature=t), generator=generator()) for t in (0.0, 1.0, 2.0)
    )
    assert bool((torch.cdist(cold, model.mean).min(dim=1).values < 1e-5).all())
    torch.testing.assert_close(hot - cold, 2 * (usual - cold), rtol=1e-4, atol=1e-4)


# -- the start, and what cannot be held -----------------------------------------------------------------------------


def test_a_mixture_starts_at_examples_with_the_spread_around_them():
    model, x = _model(PLANE, covariance="full"), _data(d=2)
    model.prepare(Batch.of(x), generator())
    distance = torch.cdist(model.mean, x)  # (K, N)
    assert bool((distance.min(dim=1).values < 1e-3).all())
    variance = distance.min(dim=0).values.square().mean() / 2
    torch.testing.assert_close(model.log_diagonal, torch.full((3, 2), 0.5 * variance.log().item()))
    assert not model.lower.any()
    counts = torch.bincount(distance.argmin(dim=0), minlength=3) + 1.0
    torch.testing.assert_close(model.logits.softmax(1)[0], counts / counts.sum())


def test_more_components_than_examples_are_refused():
    with pytest.raises(UsageError, match="3 components need as many training examples; there are 2"):
        _model(PLANE).prepare(Batch.of(_data(2, 2)), generator())


@pytest.mark.parametrize(("covariance", "components"), [("full", 28), ("tied", 2)])
def test_covariances_that_fill_the_memory_are_refused_with_the_cure(covariance, components):
    side = 28 if covariance == "full" else 65
    with pytest.raises(UsageError, match="covariance=diagonal"):
        _model(DataSpec("large", (1, side, side), levels=256), covariance=covariance, components=components)
    assert _model(DataSpec("large", (3, 65, 65)), covariance="diagonal").capabilities(PIXELS)


@pytest.mark.parametrize(("covariance", "numbers"), [("full", 30), ("diagonal", 21), ("tied", 18)])
def test_what_is_fitted_is_counted_however_it_is_fitted(covariance, numbers):
    for fit in ("EM", "gradient"):
        assert _model(SPACE, covariance=covariance, fit=fit).learned_numbers == numbers
