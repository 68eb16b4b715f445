"""The energy's arithmetic against closed forms, scipy's integrals and gradients written out by hand."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest
import scipy.integrate
import torch
from torch import Tensor

from playground import registry
from playground.core.data import Batch, DataSpec, Factor
from playground.core.errors import UsageError
from playground.core.model import empty_copy
from playground.models.energy import EDGE, FINE, WIDE, Energy, EnergyConfig, EnergySampling
from tests.helpers import generator, losses_of, tiny, trainer_of

SIDE = Factor("side", ("left", "right"))
LINE = DataSpec("line", (1,), low=-3.0, high=3.0)
PLANE = DataSpec("plane", (2,), low=-3.0, high=3.0, factors=(SIDE,))
PIXELS = DataSpec("pixels", (1, 4, 4), levels=17, factors=(SIDE,))
SMALL = EnergyConfig(width=16, buffer=64, step_size=0.01, noise=1.0, clamp=1000.0, langevin_steps=3)


def _data(spec: DataSpec, n: int = 40) -> Batch:
    x = torch.randn(n, *spec.shape, generator=generator(1))
    x = x.sigmoid() if spec.kind == "images" else x * torch.linspace(0.5, 2, spec.dims) + 1
    return Batch.of(x, torch.arange(n)[:, None] % 2 if spec.classes else None)


def _model(spec: DataSpec = PLANE, loud: float = 1.0, **settings: object) -> Energy:
    """A fresh model on some data, its outputs multiplied by `loud`."""
    model = Energy.fresh(spec, replace(SMALL, **settings), generator())
    model.prepare(_data(spec), generator(2))
    with torch.no_grad():
        model.network.body[-1].weight.mul_(loud)
    return model


def _flat(spec: DataSpec = PLANE, **settings: object) -> Energy:
    """A model whose network says nothing: what is left is the Gaussian base measure."""
    return _model(spec, loud=0.0, **settings)


def _wide_grid(model: Energy, per_axis: int = 401, reach: float = 7.0) -> tuple[Tensor, float]:
    """An even grid over `reach` deviations of the base measure, and the size of its cells."""
    ends = [model.centre + sign * reach * model.wide * model.scale for sign in (-1, 1)]
    axes = [torch.linspace(low, high, per_axis) for low, high in zip(*(end.tolist() for end in ends), strict=True)]
    cell = math.prod(float(axis[1] - axis[0]) for axis in axes)
    return torch.cartesian_prod(*axes).view(-1, len(axes)), cell


# -- the energy -----------------------------------------------------------------------------------------------------


def test_without_a_network_it_is_a_wide_gaussian():
    model, x = _flat(), _data(PLANE).x
    gaussian = torch.distributions.Normal(x.mean(dim=0), WIDE["points"] * x.std(dim=0))
    torch.testing.assert_close(model.log_density(x, generator()), gaussian.log_prob(x).sum(dim=1), rtol=1e-4, atol=1e-4)


def test_far_away_the_network_has_no_say():
    model = _model(loud=50.0)
    beyond = model.centre + model.scale * torch.tensor([[EDGE * model.wide + 1, 0.0], [EDGE * model.wide + 9, 0.0]])
    near, far = (model.energy(beyond) - model._base(beyond)).tolist()
    assert near == pytest.approx(far, abs=1e-4)
    assert (model.energy(beyond[1:]) - model.energy(beyond[:1])).item() > 1


@pytest.mark.parametrize("spec", [LINE, PLANE, PIXELS], ids=["line", "plane", "pixels"])
def test_the_score_is_minus_the_slope_of_the_energy(spec):
    model, x = _model(spec, loud=3.0), _data(spec, 5).x
    score, h = model.score(x), 1e-3
    for i in range(spec.dims):
        nudge = torch.zeros(spec.dims)
        nudge[i] = h
        nudge = nudge.view(spec.shape)
        slope = (model.energy(x + nudge) - model.energy(x - nudge)) / (2 * h)
        torch.testing.assert_close(score.flatten(1)[:, i], -slope, rtol=0.02, atol=0.01)


# -- Langevin dynamics ----------------------------------------------------------------------------------------------


def test_a_step_goes_down_the_slope_by_the_step_size():
    model = _model(loud=3.0, step_size=0.02)
    first, second = list(model.sample_steps(7, settings=EnergySampling(steps=2), generator=generator()))[:2]
    x = first.x.clone().requires_grad_()
    (slope,) = torch.autograd.grad(model.energy(x).sum(), x)
    torch.testing.assert_close(first.views["mean"], first.x - 0.02 * model.scale**2 * slope)
    torch.testing.assert_close(first.views["score"], -slope)
    torch.testing.assert_close(first.views["energy"], model.energy(first.x).detach())
    assert torch.equal(second.x, first.views["mean"] + first.views["added"])


def test_the_noise_of_a_step_has_the_variance_that_langevin_asks_for():
    for share, times in ((1.0, 1.0), (0.5, 1.0), (1.0, 2.0)):
        model = _flat(step_size=0.02, noise=share)
        settings = EnergySampling(steps=2, step_size=3.0, noise=times)
        first = next(iter(model.sample_steps(20_000, settings=settings, generator=generator())))
        added = first.views["added"] / model.scale
        assert added.mean().item() == pytest.approx(0, abs=0.01)
        assert added.var().item() == pytest.approx((share * times) ** 2 * 2 * 3 * 0.02, rel=0.03)


@pytest.mark.parametrize("share", [1.0, 0.5])
def test_long_chains_settle_on_the_gaussian_with_the_known_bias_of_the_step(share):
    """x' = (1 - εa) x + k √(2ε) ξ has the variance k² / (a (1 - εa/2)): with little noise that of a colder law."""
    model = _flat(LINE, step_size=0.8, noise=share)
    a = 1 / WIDE["points"] ** 2  # in the units in which ε counts
    start = model.centre + 8 * model.scale
    steps = list(model.sample_steps(10_000, settings=EnergySampling(steps=40), generator=generator()))
    first = replace(steps[0], x=start.expand(10_000, 1), generator_state=None)
    others = list(model.sample_steps(1, settings=EnergySampling(steps=40), generator=generator(3), start=first))
    for x in (steps[-2].x, others[-2].x, *([steps[-1].x] if share == 1.0 else [])):  # wherever they began
        y = (x - model.centre) / model.scale
        assert y.mean().item() == pytest.approx(0, abs=0.06)
        assert y.var().item() == pytest.approx(share**2 / (a * (1 - 0.8 * a / 2)), rel=0.06)


def test_the_slope_is_clamped_number_by_number():
    model = _flat(step_size=0.1, clamp=0.25)
    x = model.start_mean + torch.tensor([[9.0, 1e-3], [-9.0, 0.0]])
    step = model._langevin(x, None, 0.1, 0.0, generator())[2] - x
    expected = 0.1 * model.scale * (model.scale * model.score(x)).clamp(-0.25, 0.25)
    torch.testing.assert_close(step, expected)
    assert step[0, 0].item() == pytest.approx(-0.025 * model.scale[0].item(), rel=1e-4)
    assert abs(step[0, 1].item()) < 1e-3


def test_short_run_chains_end_without_noise_and_exact_ones_with_it():
    for share, silent in ((0.5, True), (1.0, False)):
        model = _model(noise=share)
        *_, before, last = model.sample_steps(5, settings=EnergySampling(steps=4), generator=generator())
        assert bool((before.views["added"] == 0).all()) == silent
        assert torch.equal(last.x, before.views["mean"] + before.views["added"])


def test_what_is_given_stays_and_the_rest_walks():
    model = _model(PIXELS)
    x, mask = _data(PIXELS, 3).x, torch.zeros(3, 1, 4, 4)
    mask[:, :, :2] = 1
    for frame in model.sample_steps(3, settings=EnergySampling(steps=4), generator=generator(), given=(x, mask)):
        assert torch.equal(frame.x[mask > 0], x[mask > 0])
        assert not torch.isclose(frame.x[mask == 0], x[mask == 0]).all()


# -- contrastive divergence -----------------------------------------------------------------------------------------


def _gradients(model: Energy, loss: Tensor) -> list[Tensor]:
    return list(torch.autograd.grad(loss, list(model.parameters())))


@pytest.mark.parametrize("weight", [0.0, 0.3])
def test_its_gradient_is_that_at_data_minus_that_at_chains(weight):
    model, batch = _model(data_noise=0.0, regularisation=weight), _data(PLANE, 64)
    label = torch.full((64, 1), -1)
    terms = model.contrast(batch.x, label, generator(4))
    found = model.replay.x  # the batch takes the whole buffer on
    by_hand = [d - c for d, c in zip(_gradients(model, model.energy(batch.x).mean()),
                                     _gradients(model, model.energy(found).mean()), strict=True)]  # fmt: skip
    f = [model.energy(x) - model._base(x) for x in (batch.x, found)]
    squares = _gradients(model, weight * (f[0].square().mean() + f[1].square().mean()))
    for got, gap, square in zip(_gradients(model, terms["loss"]), by_hand, squares, strict=True):
        torch.testing.assert_close(got, gap + square, rtol=1e-3, atol=1e-5)
    assert terms["E(data)"].item() == pytest.approx(model.energy(batch.x).mean().item(), abs=1e-5)
    assert terms["E(model)"].item() == pytest.approx(model.energy(found).mean().item(), abs=1e-5)


def test_data_is_blurred_in_contrastive_divergence_and_nowhere_else():
    sharp, blurred = (_model(data_noise=noise) for noise in (0.0, 0.5))
    batch, label = _data(PLANE, 64), torch.full((64, 1), -1)
    at_sharp, at_blurred = (m.contrast(batch.x, label, generator(4))["E(data)"] for m in (sharp, blurred))
    assert at_sharp.item() != pytest.approx(at_blurred.item(), abs=1e-4)
    for m in (sharp, blurred):
        m.config = replace(m.config, training="exact Z")
    a, b = (m.held_out(batch, generator(i))["loss"].item() for i, m in enumerate((sharp, blurred)))
    assert a == b == pytest.approx(-sharp.log_density(batch.x, generator()).mean().item(), abs=1e-3)


def test_the_blur_is_measured_in_the_spread_of_the_data(monkeypatch):
    model, batch = _model(data_noise=0.5), _data(PLANE, 4000)
    model.scale = torch.tensor([3.0, 0.2])
    seen = []
    monkeypatch.setattr(model, "_search", lambda label, draws: (batch.x, label))
    monkeypatch.setattr(model, "_learned", lambda x, label: seen.append(x) or x.sum(dim=1))
    model.contrast(batch.x, torch.full((4000, 1), -1), generator(4))
    torch.testing.assert_close((seen[0] - batch.x).std(dim=0), 0.5 * model.scale, rtol=0.05, atol=0)


@pytest.mark.parametrize(("share", "expected"), [(0.0, 0), (0.25, 256), (1.0, 1024)])
def test_a_share_of_the_chains_begins_anew(share, expected):
    model = _model(buffer=1024, restarts=share, step_size=1e-5, noise=0.0, langevin_steps=1)
    before = model.replay.x.clone()
    model._search(torch.zeros(1024, 1, dtype=torch.int64), generator(5))
    anew = ((model.replay.x - before).abs() > 0.01).any(dim=1)
    assert int(anew.sum()) == pytest.approx(expected, abs=4 * math.sqrt(1024 * share * (1 - share)) + 8 * (share > 0))
    if share == 1.0:  # from noise as wide as the data
        torch.testing.assert_close(model.replay.x.mean(dim=0), model.start_mean, rtol=0, atol=0.3)
        torch.testing.assert_close(model.replay.x.std(dim=0), model.start_std, rtol=0.1, atol=0)


def test_only_the_chains_that_were_taken_move_and_none_is_taken_twice():
    model = _model(restarts=0.0)
    before = model.replay.x.clone()
    found, _ = model._search(torch.zeros(16, 1, dtype=torch.int64), generator(5))
    moved = (model.replay.x != before).any(dim=1)
    assert int(moved.sum()) == 16 == len(found)
    torch.testing.assert_close(model.replay.x[moved].sum(dim=0), found.sum(dim=0))


# -- the replay buffer ----------------------------------------------------------------------------------------------


def test_the_buffer_is_kept_to_resume_and_its_first_chains_with_the_weights():
    trainer = trainer_of(tiny("energy", "digits", buffer=600))
    losses_of(trainer, 5)
    model, snapshot = trainer.model, trainer.snapshot()
    assert torch.equal(snapshot.state["training/chains"], model.replay.x)
    assert len(model.replay.x) == 600
    assert torch.equal(snapshot.weights["stored"], model.replay.x[:512])
    assert torch.equal(snapshot.weights["stored_labels"], model.replay.labels[:512])
    assert trainer.sampler.stored.data_ptr() == model.stored.data_ptr()  # the twin sees new chains at once


def test_from_the_buffer_goes_on_from_stored_chains_for_a_tenth_of_the_steps():
    model = _model(PIXELS)
    twin = empty_copy(model, {name: tensor.detach().clone() for name, tensor in model.state_dict().items()})
    settings = EnergySampling(start="buffer", steps=50)
    frames = list(twin.sample_steps(64, settings=settings, generator=generator()))
    assert frames[0].total == 5
    assert {tuple(x.flatten().tolist()) for x in frames[0].x} == {tuple(x.flatten().tolist()) for x in model.stored}
    assert len(twin.sample(200, settings=settings, generator=generator())) == 200


def test_from_the_buffer_come_chains_of_the_label_asked_for():
    model = _model(PIXELS, conditional=True, label_dropout=0.0)
    label = torch.tensor([[0], [1], [1], [-1], [0]])
    start = next(
        iter(model.sample_steps(5, label=label, settings=EnergySampling(start="buffer"), generator=generator()))
    )
    for x, asked in zip(start.x, label, strict=True):
        (row,) = [i for i, stored in enumerate(model.stored) if torch.equal(stored, x)]
        assert asked.item() in (-1, model.stored_labels[row].item())


# -- Z --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [LINE, PLANE], ids=["line", "plane"])
@pytest.mark.parametrize("loud", [1.0, 20.0, 100.0])
def test_the_density_integrates_to_one_whatever_the_network_says(spec, loud):
    model = _model(spec, loud=loud)
    grid, cell = _wide_grid(model, 20_001 if spec is LINE else 601)
    log_p = model.log_density(grid, generator()).double()
    assert (log_p.exp().sum() * cell).item() == pytest.approx(1, abs=2e-3)


def test_log_z_on_the_line_is_scipys_integral():
    model = _model(LINE, loud=10.0).double()
    zero = torch.zeros(1, 1, dtype=torch.float64)

    def unnormalised(x: float) -> float:
        return math.exp(-model.energy(zero + x).item())

    reach = 8 * WIDE["points"] * model.scale.item()
    centre = model.centre.item()
    integral, _ = scipy.integrate.quad(unnormalised, centre - reach, centre + reach, limit=400)
    log_z = model.energy(zero) + model.log_density(zero, generator())
    assert -log_z.item() == pytest.approx(math.log(integral), abs=1e-3)


def test_an_energy_that_is_a_mixture_has_the_density_of_that_mixture(monkeypatch):
    data = registry.load_data("eight-gaussians")
    model = Energy.fresh(data.spec, SMALL, generator())
    model.prepare(data.train, generator())
    monkeypatch.setattr(model, "_learned", lambda x, label: 3.0 - data.exact.log_density(x) - model._base(x))
    x = data.test.x[:500]
    torch.testing.assert_close(model.log_density(x, generator()), data.exact.log_density(x), rtol=0, atol=2e-3)


@pytest.mark.parametrize("spec", [LINE, PLANE], ids=["line", "plane"])
def test_halving_the_grid_step_changes_nothing(spec):
    model, label = _model(spec, loud=30.0), torch.full((1, len(spec.classes)), -1)
    fine = FINE[spec.dims]
    once, twice = (model.log_normaliser(label, n)[0].item() for n in (fine, 2 * fine))
    assert once == pytest.approx(twice, abs=1e-3)


def test_the_jittered_grid_is_right_on_average_and_so_is_its_gradient():
    model, label = _model(loud=5.0), torch.full((1, 1), -1)
    exact = model.log_normaliser(label, 320)[0].item()
    rough = torch.stack([model.log_normaliser(label, 16, generator(i))[0].squeeze() for i in range(200)]).detach()
    assert rough.exp().mean().log().item() == pytest.approx(exact, abs=4 * rough.std().item() / math.sqrt(200) + 1e-4)
    assert rough.std() > 0
    # ∇ log Z = -E_model ∇E, the model's mean written out on an even grid.
    grid, cell = _wide_grid(model, 301)
    energy = model.energy(grid)
    by_hand = _gradients(model, -((-energy - exact).exp().detach() * energy).sum() * cell)
    for got, expected in zip(_gradients(model, model.log_normaliser(label, 320)[0].sum()), by_hand, strict=True):
        torch.testing.assert_close(got, expected, rtol=0.02, atol=2e-3)


def test_log_z_is_computed_once_and_anew_when_weights_change_in_place(monkeypatch):
    model, x = _model(loud=5.0), _data(PLANE).x
    twin = empty_copy(model, dict(model.state_dict()))
    asked: list[int] = []
    whole = twin.log_normaliser
    monkeypatch.setattr(twin, "log_normaliser", lambda *args: asked.append(1) or whole(*args))
    first = [twin.log_density(chunk, generator()) for chunk in x.split(10)]
    assert len(asked) == 1
    optimizer = torch.optim.Adam(model.parameters(), lr=0.05, fused=True)
    model.energy(x).sum().backward()
    optimizer.step()
    after = torch.cat([twin.log_density(chunk, generator()) for chunk in x.split(10)])
    assert len(asked) == 2
    assert not torch.allclose(after, torch.cat(first), atol=1e-3)
    fresh = empty_copy(model, dict(model.state_dict())).log_density(x, generator())
    torch.testing.assert_close(after, fresh)


def test_the_model_s_mean_energy_is_that_of_its_density():
    model = _model(loud=5.0)
    grid, cell = _wide_grid(model)
    with torch.no_grad():
        p = model.log_density(grid, generator()).exp() * cell
        mean = model.log_normaliser(torch.tensor([[-1]]), 320)[1].item()
        assert mean == pytest.approx((p * model.energy(grid)).sum().item(), abs=0.01)


def test_exact_z_learns_eight_modes_in_a_few_hundred_steps():
    settings = {"training": "exact Z", "width": 64, "train.batch": 256, "train.lr": 0.005}
    trainer = trainer_of(registry.experiment("energy", "eight-gaussians", "", settings))
    losses_of(trainer, 250)
    data = trainer.dataset
    gap = data.exact.log_density(data.test.x) - trainer.sampler.log_density(data.test.x, generator())
    assert -0.01 < gap.mean().item() < 0.1


@pytest.mark.parametrize("training", ["exact Z", "contrastive divergence"])
def test_without_the_negative_phase_z_grows_and_with_it_again_the_density_is_mended(training):
    preset = "" if training == "exact Z" else "cd"
    settings = {"width": 32, "grid": 24, "train.batch": 64, "train.lr": 0.003, "langevin_steps": 2}
    trainer = trainer_of(registry.experiment("energy", "moons", preset, settings))
    x = trainer.dataset.test.x[:500]

    def log_z_and_nll() -> tuple[float, float]:
        model, label = trainer.model, torch.tensor([[-1]])
        with torch.no_grad():
            log_z = model.log_normaliser(label, 160)[0].item()
            return log_z, log_z + model.energy(x).mean().item()

    losses_of(trainer, 150)
    _, healthy = log_z_and_nll()
    for spell, mending in ((20, 300), (300, 100)):
        trainer.change({"negative_phase": False})
        rising = [log_z_and_nll()[0]]
        for _ in range(max(1, spell // 100)):
            losses_of(trainer, min(spell, 100))
            log_z, broken = log_z_and_nll()
            rising.append(log_z)
        assert all(after > before + 5 for before, after in pairwise(rising))
        trainer.change({"negative_phase": True})
        losses_of(trainer, mending)
        _, mended = log_z_and_nll()
        assert mended < (healthy + 1 if spell < 100 else broken)  # the longer it was off, the longer it takes
        assert broken > healthy + 1


# -- labels and images ----------------------------------------------------------------------------------------------


def test_each_label_has_a_density_of_its_own():
    model = _model(conditional=True, loud=20.0)
    grid, cell = _wide_grid(model)
    log_p = [model.log_density(grid, generator(), torch.full((len(grid), 1), k)).double() for k in (-1, 0, 1)]
    for values in log_p:
        assert (values.exp().sum() * cell).item() == pytest.approx(1, abs=2e-3)
    assert not torch.allclose(log_p[1], log_p[2], atol=0.1)
    x, label = _data(PLANE, 6).x, torch.tensor([[0], [1], [-1], [1], [0], [-1]])
    each = torch.cat([model.log_density(x[i : i + 1], generator(), label[i : i + 1]) for i in range(6)])
    torch.testing.assert_close(model.log_density(x, generator(), label), each)
    torch.testing.assert_close(model.log_density(x, generator()), model.log_density(x, generator(), label * 0 - 1))
    config = replace(model.config, training="exact Z")
    model.config = config
    loss = model.likelihood(x, label, None)["loss"].item()
    assert loss == pytest.approx(-each.mean().item(), abs=1e-3)


def test_chains_keep_their_labels_and_new_ones_take_those_of_the_data():
    model = _model(PIXELS, conditional=True, label_dropout=0.0, restarts=0.0)
    before = model.replay.labels.clone()
    assert set(before.flatten().tolist()) == {0, 1}
    model._search(torch.full((64, 1), -1), generator())
    assert torch.equal(model.replay.labels, before)
    model.config = replace(model.config, restarts=1.0)
    model._search(torch.full((64, 1), -1), generator())
    assert bool((model.replay.labels == -1).all())
    assert bool((_model(PIXELS).replay.labels == -1).all())  # without labels, none


def test_images_have_no_likelihood_and_refuse_to_train_with_one():
    assert Energy.density_kind(PIXELS) == "none"
    assert Energy.density_kind(PLANE) == Energy.density_kind(LINE) == "exact"
    assert "log_density" not in Energy.capabilities(PIXELS)
    with pytest.raises(UsageError, match="contrastive divergence"):
        _model(PIXELS, training="exact Z")
    later = _model(PIXELS)
    later.config = replace(later.config, training="exact Z")  # switched while it runs: nothing changes
    assert later.held_out(_data(PIXELS), generator()) == {}
    assert not later.bounds_nll
    assert _model(PLANE, training="exact Z").bounds_nll
    assert not _model(PLANE).bounds_nll
