"""The GAN's losses and penalties by hand, whose turn it is, truncation against scipy, and regression to the mean."""

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import scipy.spatial
import scipy.stats
import torch
import torch.nn.functional as F
from torch import nn

from playground.core.data import Batch, DataSpec, Factor
from playground.core.errors import UsageError
from playground.core.experiment import Budget
from playground.models.gan import GAN, LAZY, GANConfig, GANSampling, discriminator_loss, generator_loss
from tests.helpers import differing, generator, losses_of, through_json, tiny, trainer_of

PLANE = DataSpec("plane", (2,), low=-3.0, high=3.0, factors=(Factor("side", ("left", "right")),))
PIXELS = DataSpec("pixels", (1, 8, 8), factors=(Factor("digit", ("0", "1", "2")), Factor("bold", ("no", "yes"))))
GAMES = ("minimax", "non-saturating", "hinge", "least-squares", "wgan-gp")


def _gan(spec: DataSpec, **settings: object) -> GAN:
    config = replace(GANConfig(latent_dim=3, width=8, penalty=0.0), **settings)
    return GAN.fresh(spec, config, generator())


def _points(n: int = 6) -> Batch:
    labels = torch.arange(n)[:, None] % 2
    return Batch.of(torch.randn(n, 2, generator=generator(1)) * 2 + 1, labels)


def _images(n: int = 6) -> Batch:
    labels = torch.stack([torch.arange(n) % 3, torch.arange(n) % 2], dim=1)
    return Batch.of(torch.rand(n, 1, 8, 8, generator=generator(1)), labels)


class Slope(nn.Module):
    """A critic w·x, whose slope is w everywhere."""

    def __init__(self, *w: float) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor(w))

    def forward(self, x, label):
        return x.flatten(1) @ self.w


class Bowl(nn.Module):
    """A critic a |x|²/2, whose slope is a x."""

    def __init__(self, a: float = 1.0) -> None:
        super().__init__()
        self.a = nn.Parameter(torch.tensor(a))

    def forward(self, x, label):
        return self.a * x.flatten(1).square().sum(dim=1) / 2


# -- what the two play for ------------------------------------------------------------------------------------------

R, FAKES = 3 * torch.randn(9, generator=generator(1)), 3 * torch.randn(9, generator=generator(2))
ZERO, ONE = torch.zeros(9), torch.ones(9)
P = torch.sigmoid(FAKES)


@pytest.mark.parametrize(
    ("game", "for_d", "for_g"),
    [
        ("minimax",
         F.binary_cross_entropy(torch.sigmoid(R), ONE) + F.binary_cross_entropy(P, ZERO),
         -F.binary_cross_entropy(P, ZERO)),
        ("non-saturating",
         F.binary_cross_entropy(torch.sigmoid(R), ONE) + F.binary_cross_entropy(P, ZERO),
         F.binary_cross_entropy(P, ONE)),
        ("hinge",
         sum(max(0.0, 1 - r) for r in R.tolist()) / 9 + sum(max(0.0, 1 + f) for f in FAKES.tolist()) / 9,
         -sum(FAKES.tolist()) / 9),
        ("least-squares",
         F.mse_loss(R, ONE) / 2 + F.mse_loss(FAKES, ZERO) / 2,
         F.mse_loss(FAKES, ONE) / 2),
        ("wgan-gp",
         sum(FAKES.tolist()) / 9 - sum(R.tolist()) / 9,
         -sum(FAKES.tolist()) / 9),
    ],
    ids=GAMES,
)  # fmt: skip
def test_each_game_is_lost_by_its_formula(game, for_d, for_g):
    assert discriminator_loss(game, R, FAKES).item() == pytest.approx(float(for_d), rel=1e-5)
    assert generator_loss(game, FAKES).item() == pytest.approx(float(for_g), rel=1e-5)


def test_against_the_best_discriminator_minimax_is_worth_twice_the_js_divergence_less_log_4():
    p, q = torch.tensor([1, 2, 3, 4]), torch.tensor([4, 1, 3, 2])  # how often each of four atoms is drawn, of ten
    best = (p / q).log()  # the logits of p / (p + q)
    js = scipy.spatial.distance.jensenshannon(p / 10, q / 10) ** 2
    value = -discriminator_loss("minimax", best.repeat_interleave(p), best.repeat_interleave(q)).item()
    assert value == pytest.approx(2 * js - math.log(4), abs=1e-6)
    # What the generator lowers is its term of that value, the other being no business of its.
    on_data = F.logsigmoid(best.repeat_interleave(p)).mean().item()
    assert on_data + generator_loss("minimax", best.repeat_interleave(q)).item() == pytest.approx(value, abs=1e-6)
    for seed in range(20):
        other = best + 0.3 * torch.randn(4, generator=generator(seed))
        assert -discriminator_loss("minimax", other.repeat_interleave(p), other.repeat_interleave(q)).item() < value


def test_a_sure_discriminator_teaches_only_who_does_not_saturate():
    slopes = {}
    for game in GAMES:
        f = torch.full((4,), -8.0, requires_grad=True)
        (slope,) = torch.autograd.grad(generator_loss(game, f), f)
        slopes[game] = 4 * slope[0].item()
        assert slope[0] < 0, game  # every generator wants to be thought real
    sure = torch.sigmoid(torch.tensor(-8.0)).item()
    assert slopes["minimax"] == pytest.approx(-sure, rel=1e-3)
    assert slopes["non-saturating"] == pytest.approx(-(1 - sure), rel=1e-6)


# -- the gradient penalty -------------------------------------------------------------------------------------------


def _penalties(gan: GAN, x: torch.Tensor, made: torch.Tensor, updates: int = 3 * LAZY) -> list[float]:
    return [gan._penalty(x, made, None, generator(i)).item() for i in range(updates)]


def test_r1_of_a_linear_critic_is_half_gamma_times_its_slope_squared_paid_at_few_steps_but_in_full():
    gan = _gan(PLANE, penalty=0.4)
    gan.discriminator = Slope(3.0, -1.0)
    x = _points().x
    penalties = _penalties(gan, x, torch.zeros_like(x))
    assert [i for i, penalty in enumerate(penalties) if penalty] == [0, LAZY, 2 * LAZY]
    assert sum(penalties) / len(penalties) == pytest.approx(0.4 / 2 * 10)


def test_r1_is_measured_at_real_data_and_averaged_over_it():
    gan = _gan(PLANE, penalty=0.4)
    gan.discriminator = Bowl()
    x, made = _points().x, 100 * torch.ones(6, 2)
    expected = LAZY * 0.4 / 2 * np.mean([a * a + b * b for a, b in x.tolist()])
    assert _penalties(gan, x, made, 1)[0] == pytest.approx(expected, rel=1e-5)


def test_the_penalty_pulls_the_critic_flat():
    gan = _gan(PLANE, penalty=0.4)
    gan.discriminator = Slope(3.0, -1.0)
    gan._penalty(_points().x, _points().x, None, generator()).backward()
    torch.testing.assert_close(gan.discriminator.w.grad, LAZY * 0.4 * torch.tensor([3.0, -1.0]))


def test_wgan_gp_asks_for_slope_one_on_either_side():
    x, made = _points().x, torch.zeros(6, 2)
    for w, expected in (((0.6, 0.8), 0.0), ((3.0, 0.0), 4.0), ((0.0, 0.25), 0.5625)):
        gan = _gan(PLANE, penalty=0.4, objective="wgan-gp")
        gan.discriminator = Slope(*w)
        assert _penalties(gan, x, made, 1)[0] == pytest.approx(LAZY * 0.4 * expected, abs=1e-6)


def test_wgan_gp_is_measured_between_data_and_samples():
    """Slopes of |x|²/2 are lengths: at places between 2 and 6 on a line they average 4, as do all that lie there."""
    n = 20_000
    gan = _gan(PLANE, penalty=1.0, objective="wgan-gp")
    gan.discriminator = Bowl()
    x, made = torch.tensor([2.0, 0.0]).expand(n, 2), torch.tensor([6.0, 0.0]).expand(n, 2)
    lengths = torch.linspace(2, 6, 10_001).double()
    expected = (lengths - 1).square().mean().item()  # of a uniform share
    assert _penalties(gan, x, made, 1)[0] == pytest.approx(LAZY * expected, rel=0.02)


def test_no_penalty_is_none():
    gan = _gan(PLANE, penalty=0.0)
    gan.discriminator = Slope(3.0, -1.0)
    assert not any(_penalties(gan, _points().x, _points().x))


# -- spectral norm --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [PLANE, PIXELS], ids=["points", "images"])
def test_spectral_norm_leaves_no_matrix_that_stretches(spec):
    gan = _gan(spec, spectral=True)
    x = (_points() if spec is PLANE else _images()).x
    for _ in range(300):  # every look refines the estimate
        gan.discriminator(x, None)
    largest = [torch.linalg.svdvals(layer.weight.flatten(1))[0].item()
               for layer in gan.discriminator.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]  # fmt: skip
    assert len(largest) == 4
    assert largest == pytest.approx([1.0] * 4, abs=1e-3)
    free = [torch.linalg.svdvals(layer.weight.flatten(1))[0].item()
            for layer in _gan(spec).discriminator.modules() if isinstance(layer, nn.Linear | nn.Conv2d)]  # fmt: skip
    assert all(abs(value - 1) > 0.01 for value in free)


def test_a_spectral_run_resumes_bit_for_bit():
    straight, parts = (trainer_of(tiny("gan", "digits", spectral=True, conditional=True)) for _ in range(2))
    losses = losses_of(straight, 8)
    assert losses_of(parts, 4) == losses[:4]
    kept = parts.snapshot()
    other = trainer_of(tiny("gan", "digits", spectral=True, conditional=True))
    other.restore(kept.state, kept.position, kept.step, kept.seconds)
    assert losses_of(other, 4) == losses[4:]
    assert not differing(other.snapshot().weights, straight.snapshot().weights)


# -- one update -----------------------------------------------------------------------------------------------------


def _plainly(gan: GAN) -> dict[str, torch.optim.Optimizer]:
    """Steps of length one down the slope, so that a step shows its gradient."""
    return {part: torch.optim.SGD(getattr(gan, part).parameters(), lr=1.0) for part in gan.parts}


def _copied(module: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize(("spec", "batch"), [(PLANE, _points()), (PIXELS, _images())], ids=["points", "images"])
def test_the_discriminators_step_goes_down_its_loss_and_penalty_and_leaves_the_generator(game, spec, batch):
    gan = _gan(spec, objective=game, penalty=0.5, conditional=True, label_dropout=0.0)
    draws = generator(3)
    torch.rand(len(batch), 1, generator=draws)  # which labels are hidden: none
    if len(spec.classes) > 1:
        torch.rand(batch.labels.shape, generator=draws)
    made = gan.generator(gan._noise(len(batch), draws), batch.labels).detach()
    real, fake = gan.discriminator(batch.x, batch.labels), gan.discriminator(made, batch.labels)
    loss = discriminator_loss(game, real, fake) + gan._penalty(batch.x, made, batch.labels, draws)
    gan.updates.zero_()
    slopes = torch.autograd.grad(loss, list(gan.discriminator.parameters()))
    expected = [p.detach() - slope for p, slope in zip(gan.discriminator.parameters(), slopes, strict=True)]
    kept = _copied(gan.generator)

    gan.train_step(batch, _plainly(gan), generator(3), ("discriminator",))
    for parameter, wanted in zip(gan.discriminator.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.detach(), wanted, rtol=1e-4, atol=1e-5)
    assert not differing(kept, _copied(gan.generator))


@pytest.mark.parametrize("game", GAMES)
@pytest.mark.parametrize(("spec", "batch"), [(PLANE, _points()), (PIXELS, _images())], ids=["points", "images"])
def test_the_generators_step_goes_down_its_loss_and_leaves_the_discriminator(game, spec, batch):
    gan = _gan(spec, objective=game, penalty=0.5, spectral=True)
    gan.discriminator.eval()
    draws = generator(3)
    gan._noise(len(batch), draws)  # for the discriminator's turn, which is only looked at
    loss = generator_loss(game, gan.discriminator(gan.generator(gan._noise(len(batch), draws), None), None))
    slopes = torch.autograd.grad(loss, list(gan.generator.parameters()))
    expected = [p.detach() - slope for p, slope in zip(gan.generator.parameters(), slopes, strict=True)]
    gan.discriminator.train()
    kept = _copied(gan.discriminator)

    gan.train_step(batch, _plainly(gan), generator(3), ("generator",))
    for parameter, wanted in zip(gan.generator.parameters(), expected, strict=True):
        torch.testing.assert_close(parameter.detach(), wanted, rtol=1e-4, atol=1e-5)
    assert not differing(kept, _copied(gan.discriminator))  # not even what spectral norm remembers
    assert gan.updates.item() == 0


@pytest.mark.parametrize("data", ["eight-gaussians", "digits"])
@pytest.mark.parametrize("part", GAN.parts)
def test_a_part_that_trains_alone_leaves_the_others_weights_and_average(data, part):
    run = trainer_of(tiny("gan", data, spectral=True, conditional=True, penalty=0.3))
    losses_of(run, 3)
    rests = next(other for other in GAN.parts if other != part)
    raw, averaged = _copied(getattr(run.model, rests)), _copied(getattr(run.sampler, rests))
    moved = _copied(getattr(run.model, part))
    run.train_only((part,), 3)
    losses_of(run, 3)
    assert not differing(raw, _copied(getattr(run.model, rests)))
    assert not differing(averaged, _copied(getattr(run.sampler, rests)))
    assert differing(moved, _copied(getattr(run.model, part)))
    losses_of(run, 1)
    assert differing(raw, _copied(getattr(run.model, rests)))


def test_k_counts_the_discriminators_updates():
    run = trainer_of(tiny("gan", "eight-gaussians", discriminator_steps=3))
    losses_of(run, 4)
    taken = {part: {int(slots["step"]) for slots in optimizer.state.values()}
             for part, optimizer in run.optimizers.items()}  # fmt: skip
    assert taken == {"discriminator": {12}, "generator": {4}}
    assert run.model.updates.item() == 12
    run.change({"discriminator_steps": 1})
    losses_of(run, 4)
    assert run.model.updates.item() == 16


def test_looks_are_probabilities_where_the_game_knows_any():
    for game in GAMES:
        gan, batch = _gan(PLANE, objective=game), _points()
        gan.discriminator = Slope(4.0, -5.0)
        terms = gan.train_step(batch, _plainly(gan), generator(3), ())
        made = gan.generator(gan._noise(len(batch), generator(3)), None).detach()
        looks = [batch.x @ gan.discriminator.w, made @ gan.discriminator.w]
        if game in ("minimax", "non-saturating"):
            looks = [look.sigmoid() for look in looks]
        torch.testing.assert_close(terms["D(data)"], looks[0].mean().detach())
        torch.testing.assert_close(terms["D(samples)"], looks[1].mean().detach())
        assert list(terms) == ["discriminator", "generator", "D(data)", "D(samples)"]


def test_points_are_judged_centred_and_scaled_and_made_where_the_data_is():
    gan, batch = _gan(PLANE), _points(50)
    gan.prepare(batch, generator())
    torch.testing.assert_close(gan.centre, batch.x.mean(dim=0))
    assert ((batch.x - gan.centre) / gan.scale).std(dim=0).mean().item() == pytest.approx(1, abs=1e-5)
    gan.discriminator = Slope(1.0, 0.0)
    torch.testing.assert_close(gan.discriminate(batch.x), ((batch.x - gan.centre) / gan.scale)[:, 0])
    z = torch.randn(4, 3, generator=generator())
    torch.testing.assert_close(gan.decode(z), (gan.generator(z, None) * gan.scale + gan.centre).detach())


# -- labels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("spec", "batch"), [(PLANE, _points()), (PIXELS, _images())], ids=["points", "images"])
def test_labels_reach_both_players_and_each_may_be_left_open(spec, batch):
    gan = _gan(spec, conditional=True).requires_grad_(False)
    n, factors = len(batch), len(spec.classes)
    z = torch.randn(n, 3, generator=generator())
    openly = torch.full((n, factors), -1)
    torch.testing.assert_close(gan.decode(z), gan.decode(z, openly))
    torch.testing.assert_close(gan.discriminate(batch.x), gan.discriminate(batch.x, openly))
    for i in range(factors):
        partly = batch.labels.clone()
        partly[:, i] = -1
        for label in (partly, openly):
            assert not torch.equal(gan.decode(z, batch.labels), gan.decode(z, label))
            assert not torch.equal(gan.discriminate(batch.x, batch.labels), gan.discriminate(batch.x, label))


def test_hidden_labels_teach_only_the_open_one():
    run = trainer_of(tiny("gan", "digits", conditional=True, label_dropout=1.0))
    tables = [run.model.generator.label.tables[0].weight, run.model.discriminator.label.tables[0].weight]
    kept = [table.detach().clone() for table in tables]
    losses_of(run, 3)
    for before, after in zip(kept, tables, strict=True):
        assert not torch.equal(before[0], after[0])
        assert torch.equal(before[1:], after[1:])


# -- sampling -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("truncation", [0.5, 1.0, 2.0, 4.0])
def test_truncated_noise_is_drawn_from_the_truncated_normal(truncation):
    z = _gan(PLANE, latent_dim=100)._noise(400, generator(), truncation).flatten().numpy()
    truth = scipy.stats.truncnorm(-truncation, truncation)
    assert abs(z).max() <= truncation + 1e-5
    assert z.mean() == pytest.approx(0, abs=4 * truth.std() / math.sqrt(len(z)))
    assert (z**2).mean() == pytest.approx(truth.moment(2), rel=0.03)
    assert (z**4).mean() == pytest.approx(truth.moment(4), rel=0.06)
    assert scipy.stats.kstest(z, truth.cdf).pvalue > 0.01  # clipped draws would pile up at the ends


def test_more_truncation_pulls_the_same_draws_in():
    gan = _gan(PLANE)
    codes = [next(iter(gan.sample_steps(50, settings=GANSampling(truncation=t), generator=generator()))).views["z"]
             for t in (0.0, 0.5, 1.0, 2.0, 4.0)]  # fmt: skip
    assert not codes[0].any()
    for less, more in pairwise(codes[1:]):
        assert torch.equal(less.sign(), more.sign())
        assert bool((less.abs() < more.abs()).all())
        assert torch.equal(less.flatten().argsort(), more.flatten().argsort())


def test_full_truncation_is_one_sample_a_label():
    gan = _gan(PIXELS, conditional=True)
    label = _images().labels
    x = gan.sample(6, label=label, settings=GANSampling(truncation=0.0), generator=generator())
    torch.testing.assert_close(x, gan.decode(torch.zeros(6, 3), label))


def test_without_noise_a_label_has_one_sample():
    gan = _gan(PIXELS, conditional=True, use_z=False)
    label = torch.tensor([[0, 1]]).repeat(4, 1)
    x = gan.sample(4, label=label, generator=generator())
    torch.testing.assert_close(x, x[:1].expand_as(x))
    torch.testing.assert_close(gan.decode(torch.randn(4, 3, generator=generator()), label), x)
    assert not torch.equal(x[:1], gan.sample(1, label=torch.tensor([[1, 1]]), generator=generator()))


@pytest.mark.parametrize("data", ["eight-gaussians", "digits"])
def test_samples_are_made_by_the_averaged_generator(data):
    run = trainer_of(tiny("gan", data, train__ema=0.9))
    average = [parameter.detach().clone() for parameter in run.model.generator.parameters()]
    for step in range(1, 7):
        losses_of(run, 1)
        decay = min(0.9, (1 + step) / (10 + step))
        for mean, now in zip(average, run.model.generator.parameters(), strict=True):
            mean.mul_(decay).add_((1 - decay) * now.detach())
    samples = run.sampler.sample(5, generator=generator())
    live = run.model.sample(5, generator=generator())
    with torch.no_grad():
        for parameter, mean in zip(run.model.generator.parameters(), average, strict=True):
            parameter.copy_(mean)
    torch.testing.assert_close(samples, run.model.sample(5, generator=generator()))
    assert not torch.allclose(samples, live, atol=1e-3)


# -- no game: the regression ----------------------------------------------------------------------------------------


def test_l2_is_the_mean_square_error_and_knows_no_discriminator():
    gan, batch = _gan(PIXELS, objective="L2"), _images()
    made = gan.generator(gan._noise(len(batch), generator(3)), None)
    expected = sum(((made[i] - batch.x[i]) ** 2).sum() for i in range(6)) / batch.x.numel()
    slopes = torch.autograd.grad(expected, list(gan.generator.parameters()))
    wanted = [p.detach() - slope for p, slope in zip(gan.generator.parameters(), slopes, strict=True)]
    kept = _copied(gan.discriminator)
    torch.testing.assert_close(gan.held_out(batch, generator(3))["loss"], expected)
    terms = gan.train_step(batch, _plainly(gan), generator(3), gan.parts)
    torch.testing.assert_close(terms["loss"], expected.detach())
    for parameter, value in zip(gan.generator.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.detach(), value, rtol=1e-4, atol=1e-6)
    assert not differing(kept, _copied(gan.discriminator))
    assert _gan(PIXELS).held_out(batch, generator()) == {}


def test_the_regression_learns_the_mean_of_each_class_and_to_ignore_the_noise():
    run = trainer_of(tiny("gan", "digits", objective="L2", conditional=True, width=16, label_dropout=0.0,
                          train__batch=64, train__lr=0.004, train__ema=0.95))  # fmt: skip
    for _ in run.run(Budget("steps", 350)):
        pass
    train = run.dataset.train
    means = torch.stack([train.x[train.labels[:, 0] == k].mean(dim=0) for k in range(10)])  # (10, 1, 8, 8)
    label = torch.arange(10).repeat_interleave(40)[:, None]
    made = run.sampler.sample(400, label=label, generator=generator()).view(10, 40, 1, 8, 8)
    between = means.var(dim=0).mean().item()
    assert made.var(dim=1).mean().item() < 0.05 * between  # z does next to nothing
    assert F.mse_loss(made.mean(dim=1), means).item() < 0.05 * between
    within = torch.stack([train.x[train.labels[:, 0] == k].var(dim=0) for k in range(10)]).mean().item()
    assert made.var(dim=1).mean().item() < 0.1 * within  # as real digits would not


# -- data -----------------------------------------------------------------------------------------------------------


def test_oblong_and_tiny_images_are_refused():
    assert "square" in GAN.supports(DataSpec("oblong", (1, 8, 6)))
    assert "square" in GAN.supports(DataSpec("tiny", (1, 2, 2)))
    assert GAN.supports(PIXELS) is None
    assert GAN.supports(PLANE) is None
    assert GAN.supports(DataSpec("line", (1,))) is None


# -- changes in the middle of a run ---------------------------------------------------------------------------------


def test_the_game_changes_mid_run_and_the_events_repeat_it_bit_for_bit():
    changes = {3: {"objective": "wgan-gp"}, 5: {"momentum": 0.9}, 8: {"objective": "hinge", "penalty": 0.3}}
    by_hand = trainer_of(tiny("gan", "eight-gaussians"))
    plain = losses_of(trainer_of(tiny("gan", "eight-gaussians")), 12)
    seen: tuple[float, ...] = ()
    for step in range(12):
        if step in changes:
            by_hand.change(changes[step])
        seen += losses_of(by_hand, 1)
    assert seen[:3] == plain[:3]
    assert all(now != before for now, before in zip(seen[3:], plain[3:], strict=True))
    again = trainer_of(through_json(by_hand.experiment))
    assert losses_of(again, 12) == seen  # in turns of its own
    assert not differing(again.snapshot().weights, by_hand.snapshot().weights)


@pytest.mark.parametrize(("before", "after"), [("hinge", "L2"), ("L2", "minimax")])
def test_a_game_does_not_become_a_regression_nor_a_regression_a_game(before, after):
    run = trainer_of(tiny("gan", "eight-gaussians", objective=before))
    losses_of(run, 2)
    with pytest.raises(UsageError, match="fresh model"):
        run.change({"objective": after})
    run.change({"objective": before})  # nothing new
    assert run.model.config.objective == before
    losses_of(run, 2)


def test_momentum_repeats_the_last_moves():
    """With β1 the move is an average of slopes: against Adam written out, for both players."""
    lr, beta = 0.01, 0.6
    run = trainer_of(tiny("gan", "eight-gaussians", momentum=beta, train__lr=lr, discriminator_steps=1))
    weight = next(run.model.generator.parameters())
    mean, square, expected = 0.0, 0.0, weight.detach().clone()
    for step in range(1, 5):
        losses_of(run, 1)
        slope = weight.grad.detach()
        mean, square = beta * mean + (1 - beta) * slope, 0.99 * square + 0.01 * slope.square()
        expected -= lr * (mean / (1 - beta**step)) / ((square / (1 - 0.99**step)).sqrt() + 1e-8)
        torch.testing.assert_close(weight.detach(), expected, rtol=1e-4, atol=1e-6)


# -- what is fed to the network -------------------------------------------------------------------------------------


def test_the_uniform_prior_feeds_the_network_numbers_as_likely_between_its_ends():
    gan, fed = _gan(PLANE, prior="uniform", latent_dim=2), []
    gan.generator.body.register_forward_pre_hook(lambda module, inputs: fed.append(inputs[0]))
    gan.sample(4000, generator=generator())
    u = fed[0].detach().flatten().numpy()
    assert scipy.stats.kstest(u, scipy.stats.uniform(-math.sqrt(3), 2 * math.sqrt(3)).cdf).pvalue > 0.01
    assert u.var() == pytest.approx(1, abs=0.05)
    code = torch.tensor([[0.0, 1.0]])
    gan.decode(code)
    torch.testing.assert_close(fed[1][0, 1].item(), math.sqrt(3) * (2 * scipy.stats.norm.cdf(1.0) - 1), rtol=1e-5,
                               atol=0.0)  # fmt: skip


# -- a round in which nobody moves ----------------------------------------------------------------------------------


@pytest.mark.parametrize("game", GAMES)
def test_a_round_says_what_both_see_and_where_each_sample_is_pushed(game):
    gan, batch = _gan(PLANE, objective=game), _points(40)
    gan.prepare(batch, generator())
    kept = _copied(gan)
    told = gan.round(batch.x, generator(3))
    assert not differing(kept, _copied(gan))
    made = gan.decode(gan._noise(40, generator(3)))
    torch.testing.assert_close(told["made"].detach(), made)
    torch.testing.assert_close(told["real"], gan.judge(batch.x)["x"])
    torch.testing.assert_close(told["fake"].detach(), gan.judge(made)["x"])
    r, f = gan.discriminate(batch.x), gan.discriminate(made)
    torch.testing.assert_close(told["discriminator"].detach(), discriminator_loss(game, r, f))
    torch.testing.assert_close(told["generator"].detach(), generator_loss(game, f))
    # Each sample alone, nudged a little the way it is pushed, lowers its own loss by the length of the push.
    i, tiny_step = 7, 1e-3
    push = told["push"][i : i + 1]
    there = made[i : i + 1] + tiny_step * push / push.norm()
    gained = generator_loss(game, gan.discriminate(made[i : i + 1])) - generator_loss(game, gan.discriminate(there))
    assert gained.item() == pytest.approx(tiny_step * push.norm().item(), rel=0.05)


def test_only_some_games_ask_for_the_share_of_real_ones():
    said = {game: bool(_gan(PLANE, objective=game).judge(_points().x)["is_share"]) for game in GAMES}
    assert [game for game, is_share in said.items() if is_share] == ["minimax", "non-saturating", "least-squares"]
    # At a place that p reaches three times as often as q, their discriminator loses least by answering 3/4.
    looks = torch.linspace(-3, 3, 6001)
    for game, shares in (("non-saturating", looks.sigmoid()), ("least-squares", looks)):
        weighted = [
            3 * discriminator_loss(game, d[None], ZERO) + discriminator_loss(game, ZERO, d[None]) for d in looks
        ]
        assert shares[int(np.argmin(weighted))].item() == pytest.approx(0.75, abs=1e-3)
