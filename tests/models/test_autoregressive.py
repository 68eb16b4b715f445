"""The chain rule against brute force, what each pixel may see, and sampling pixel by pixel against doing it anew."""

import itertools
import math
from dataclasses import replace

import pytest
import torch

from playground.core.data import Batch, DataSpec, Factor
from playground.models.autoregressive import Autoregressive, AutoregressiveConfig, AutoregressiveSampling
from playground.models.networks.masked_conv import MaskedConv
from playground.models.networks.pixel_stacks import dropping
from tests.helpers import generator

CONTEXTS = ("3", "5", "7", "masked", "full")
SIDES = Factor("side", ("left", "right"))
GRAY = DataSpec("gray", (1, 6, 6), levels=4, factors=(SIDES,))
RGB = DataSpec("rgb", (3, 4, 4), levels=5, factors=(SIDES, Factor("tone", ("low", "middle", "high"))))
FINE = DataSpec("fine", (1, 4, 4), levels=256, factors=(SIDES,))
BITS = DataSpec("bits", (1, 2, 2), levels=2, factors=(SIDES,))
PLANE = DataSpec("plane", (2,), low=-3.0, high=3.0, factors=(SIDES,))
LINE = DataSpec("line", (1,), low=-3.0, high=3.0)

every_context = pytest.mark.parametrize("context", CONTEXTS)


def _model(spec: DataSpec, **settings: object) -> Autoregressive:
    """A model with weights large enough that everything it sees shows."""
    config = replace(AutoregressiveConfig(width=12, depth=3), **settings)
    model = Autoregressive.fresh(spec, config, generator())
    draws = generator(7)
    with torch.no_grad():
        for parameter in model.network.parameters():
            parameter += 0.2 * torch.randn(parameter.shape, generator=draws)
    return model.requires_grad_(False)


def _images(spec: DataSpec, n: int = 3, seed: int = 1) -> torch.Tensor:
    levels = spec.levels or 256
    return torch.randint(levels, (n, *spec.shape), generator=generator(seed)) / (levels - 1)


def _labels(spec: DataSpec, n: int = 3) -> torch.Tensor:
    return torch.stack([torch.arange(n) % size for size in spec.classes], dim=1)


# -- the chain rule -------------------------------------------------------------------------------------------------


@every_context
@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("spec", [GRAY, RGB], ids=["gray", "rgb"])
def test_log_density_is_what_a_loop_over_the_pixels_adds_up(spec, context, conditional):
    """Pixel by pixel, from an image that is cut off there: what follows is garbage, red before green before blue."""
    model, x = _model(spec, context=context, conditional=conditional), _images(spec)
    label = _labels(spec) if conditional else None
    colours, height, width = spec.shape
    total = torch.zeros(len(x))
    for seed, (i, j, c) in enumerate(itertools.product(range(height), range(width), range(colours))):
        cut = _images(spec, seed=100 + seed)  # garbage ...
        cut[:, :, :i] = x[:, :, :i]  # ... but for the rows above,
        cut[:, :, i, :j] = x[:, :, i, :j]  # the pixels to the left,
        cut[:, :c, i, j] = x[:, :c, i, j]  # and the colours before.
        log_p = model.conditionals(cut, label)[:, :, c, i, j]  # (B, levels)
        level = (x[:, c, i, j] * (spec.levels - 1)).round().long()
        total += log_p.gather(1, level[:, None])[:, 0]
    torch.testing.assert_close(model.log_density(x, generator(), label), total, rtol=1e-4, atol=1e-3)


@every_context
def test_the_probabilities_of_all_images_add_up_to_one(context):
    model = _model(BITS, context=context)
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4))).view(16, 1, 2, 2)
    p = model.log_density(every, generator()).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-5)
    assert p.std() > 1e-3  # and they are no toss of a coin


def test_three_colours_of_one_pixel_follow_each_other():
    """A joint distribution of (r, g, b), whatever the order of its factors, has sum one; but the masks must chain."""
    spec = replace(RGB, shape=(3, 1, 2), levels=2)
    model = _model(spec)
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=6))).view(64, 2, 3).permute(0, 2, 1)[:, :, None]
    log_p = model.log_density(every, generator())
    assert log_p.exp().sum().item() == pytest.approx(1, abs=1e-5)
    left = torch.stack([log_p[i * 8 : i * 8 + 8].logsumexp(0) for i in range(8)])  # of the left pixel alone
    first = model.conditionals(every[::8])[:, :, :, 0, 0]  # (8, levels, colours)
    level = every[::8, :, 0, 0].long()
    torch.testing.assert_close(left, first.gather(1, level[:, None]).sum(dim=(1, 2)), rtol=1e-4, atol=1e-5)


@every_context
def test_the_first_pixel_is_told_nothing_but_the_label(context):
    model = _model(RGB, context=context, conditional=True)
    label = torch.tensor([[0, 1], [0, 1], [1, 2]])
    first = model.conditionals(_images(RGB), label)[:, :, 0, 0, 0]
    torch.testing.assert_close(first[0], first[1], rtol=0, atol=0)
    assert (first[0] - first[2]).abs().max() > 1e-3


@every_context
@pytest.mark.parametrize("spec", [GRAY, RGB, FINE], ids=["gray", "rgb", "fine"])
def test_nothing_later_moves_a_guess(spec, context):
    model, x = _model(spec, context=context), _images(spec, 1)
    rank = model.raster.argsort().view(spec.shape)
    for cursor in (0, 5, spec.dims // 2, spec.dims - 1):
        moves = model.receptive_field(x, cursor) != 0
        assert moves.shape == spec.shape
        assert not bool((moves & (rank >= rank.flatten()[cursor])).any()), cursor
        assert bool(moves.any()) or rank.flatten()[cursor] == 0


def test_full_sees_every_earlier_pixel_and_masked_does_not():
    x, cursor = _images(GRAY, 1), 3 * 6 + 1  # row 3, column 1: the last pixel of row 2 is far to the right
    before = torch.arange(36).view(1, 6, 6) < cursor
    assert torch.equal(_model(GRAY, depth=5).receptive_field(x, cursor) != 0, before)
    masked = _model(replace(GRAY, shape=(1, 12, 12)), context="masked", depth=6)
    seen = masked.receptive_field(_images(masked.spec, 1), 8 * 12 + 2) != 0
    assert not seen[0, 7, 6]
    assert seen[0, 7, 5]
    assert seen[0, 0, 2]


def test_every_colour_sees_those_before_it_and_the_same_neighbours():
    model, x = _model(RGB), _images(RGB, 1)
    for colour, earlier in enumerate(([], [0], [0, 1])):
        moves = model.receptive_field(x, colour * 16 + 5)[:, 1, 1] != 0  # row 1, column 1
        assert moves.nonzero().flatten().tolist() == earlier


def test_patches_see_their_patch():
    for context, reach in (("3", 1), ("5", 2), ("7", 3)):
        spec = replace(GRAY, shape=(1, 9, 9))
        seen = _model(spec, context=context).receptive_field(_images(spec, 1), 4 * 9 + 4)[0] != 0
        expected = torch.zeros(9, 9, dtype=torch.bool)
        expected[4 - reach : 4, 4 - reach : 4 + reach + 1] = True
        expected[4, 4 - reach : 4] = True
        assert torch.equal(seen, expected)


def test_fewer_levels_are_still_a_distribution_over_all_levels():
    spec = replace(FINE, shape=(1, 1, 1))
    model = _model(spec, levels=5)
    model.prepare(Batch.of(torch.rand(300, 1, 1, 1, generator=generator()).square()), generator())
    x = (torch.arange(256) / 255).view(-1, 1, 1, 1)
    assert model.conditionals(x).shape == (256, 5, 1, 1, 1)
    assert model.log_density(x, generator()).exp().sum().item() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("label", [None, 0, 1, -1])
def test_points_have_a_density_that_integrates_to_one(label):
    """Along the first axis, where the second integrates to one at each place."""
    model = _model(PLANE, conditional=label is not None)
    model.prepare(Batch.of(torch.randn(100, 2, generator=generator()) + 0.5), generator())
    axis, width = torch.linspace(-30, 30, 12001), 60 / 12000

    def log_p(x: torch.Tensor) -> torch.Tensor:
        return model.log_density(x, generator(), None if label is None else torch.full((len(x), 1), label))

    places = torch.tensor([-1.0, 0.3, 2.0])
    along_second = torch.stack([
        log_p(torch.stack([place.expand(len(axis)), axis], dim=1)).exp().sum() * width for place in places
    ])  # fmt: skip
    said = model._guesses(torch.zeros(1, 2), None if label is None else torch.full((1, 1), label))[:, 0]
    torch.testing.assert_close(along_second, model.output.log_prob(said.expand(3, -1), places).exp(), rtol=1e-3, atol=0)
    first = model.output.log_prob(said.expand(len(axis), -1), axis)
    assert (first.exp().sum() * width).item() == pytest.approx(1, abs=1e-3)


def test_points_follow_the_chain_rule():
    model, x = _model(PLANE), torch.randn(4, 2, generator=generator())
    said = model._guesses(x, None)
    first, second = (model.output.log_prob(said[:, d], x[:, d]) for d in (0, 1))
    torch.testing.assert_close(model.log_density(x, generator()), first + second)
    moved = model._guesses(x + torch.tensor([0.0, 1.0]), None)
    assert torch.equal(moved, said)
    moved = model._guesses(x + torch.tensor([1.0, 0.0]), None)
    assert torch.equal(moved[:, 0], said[:, 0])
    assert not torch.equal(moved[:, 1], said[:, 1])


def test_numbers_on_the_line_are_one_mixture():
    model, x = _model(LINE), torch.linspace(-30, 30, 6001)[:, None]
    assert (model.log_density(x, generator()).exp().sum() * 0.01).item() == pytest.approx(1, abs=1e-3)
    assert model.sample(5, generator=generator()).shape == (5, 1)


# -- the loss -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", [GRAY, RGB, PLANE], ids=["gray", "rgb", "points"])
def test_the_loss_is_the_mean_of_minus_log_p(spec):
    model = _model(spec)
    x = torch.randn(5, 2, generator=generator()) if spec is PLANE else _images(spec, 5)
    loss = model.objective(Batch.of(x), generator())["loss"]
    torch.testing.assert_close(loss, -model.log_density(x, generator()).mean())
    assert model.bounds_nll


def test_labels_are_hidden_as_often_as_asked():
    model, x = _model(GRAY, conditional=True, label_dropout=1.0), _images(GRAY)
    loss = model.objective(Batch.of(x, _labels(GRAY)), generator())["loss"]
    torch.testing.assert_close(loss, -model.log_density(x, generator(), torch.full((3, 1), -1)).mean())
    torch.testing.assert_close(loss, -model.log_density(x, generator()).mean())  # no label is any label
    model.config = replace(model.config, label_dropout=0.0)
    loss = model.objective(Batch.of(x, _labels(GRAY)), generator())["loss"]
    torch.testing.assert_close(loss, -model.log_density(x, generator(), _labels(GRAY)).mean())


def test_dropout_hides_a_share_keeps_the_mean_and_never_judges():
    h = torch.ones(100_000)
    dropped = dropping(0.3, generator())(h)
    torch.testing.assert_close(dropped.unique(), torch.tensor([0.0, 1 / 0.7]))
    assert (dropped == 0).float().mean().item() == pytest.approx(0.3, abs=0.01)
    for context in ("masked", "full"):
        model, batch = _model(GRAY, dropout=0.5, context=context), Batch.of(_images(GRAY))
        loss = model.held_out(batch, generator())["loss"]
        torch.testing.assert_close(loss, -model.log_density(batch.x, generator()).mean())
        optimizers = model.requires_grad_(True).configure_optimizers()
        assert model.train_step(batch, optimizers, generator(), ("model",))["loss"] != loss


# -- sampling -------------------------------------------------------------------------------------------------------


def _given(spec: DataSpec) -> tuple[torch.Tensor, torch.Tensor]:
    """Known images, and a mask with holes in every row."""
    return _images(spec, seed=5), (torch.rand(3, *spec.shape, generator=generator(6)) < 0.4).float()


@every_context
@pytest.mark.parametrize("spec", [GRAY, RGB, FINE], ids=["gray", "rgb", "fine"])
@pytest.mark.parametrize("given", [False, True])
def test_cached_samples_are_those_of_looking_anew(spec, context, given):
    model = _model(spec, context=context, conditional=True)
    known = _given(spec) if given else None
    cached, anew = (
        list(model.sample_steps(3, label=_labels(spec), generator=generator(2), given=known,
                                settings=AutoregressiveSampling(cached=cached)))
        for cached in (True, False)
    )  # fmt: skip
    for one, other in zip(cached, anew, strict=True):
        torch.testing.assert_close(one.x, other.x)
        for name in one.views:
            torch.testing.assert_close(one.views[name], other.views[name], rtol=1e-3, atol=1e-4)


@every_context
@pytest.mark.parametrize("spec", [GRAY, RGB, FINE], ids=["gray", "rgb", "fine"])
def test_samples_are_the_same_bits_cached_or_not_and_with_or_without_their_steps(spec, context):
    model = _model(spec, context=context)
    anew = model.sample(3, generator=generator(2), settings=AutoregressiveSampling(cached=False))
    assert torch.equal(model.sample(3, generator=generator(2)), anew)
    *_, last = model.sample_steps(3, generator=generator(2))
    assert torch.equal(last.x, anew)
    assert not anew.is_inference()  # anybody may go on computing with it


@pytest.mark.parametrize("context", ["masked", "full"])
def test_a_walk_masks_weights_once_however_large_the_picture(monkeypatch, context):
    masked, calls = MaskedConv.masked_weight, []
    monkeypatch.setattr(MaskedConv, "masked_weight", lambda conv: calls.append(conv) or masked(conv))
    for side in (4, 8):
        model = _model(DataSpec("gray", (1, side, side), levels=4), context=context)
        calls.clear()
        model.sample(2, generator=generator())
        assert len(calls) == sum(isinstance(layer, MaskedConv) for layer in model.modules())


@every_context
@pytest.mark.parametrize("spec", [GRAY, RGB, FINE], ids=["gray", "rgb", "fine"])
def test_the_log_probabilities_of_the_steps_add_up_to_the_density(spec, context):
    model = _model(spec, context=context, levels=16)
    for given, settings in ((None, AutoregressiveSampling()), (_given(spec), AutoregressiveSampling(temperature=0.5))):
        *steps, last = model.sample_steps(3, generator=generator(), given=given, settings=settings)
        total = torch.stack([step.views["log_prob"] for step in steps]).sum(dim=0)
        torch.testing.assert_close(total, model.log_density(last.x, generator()), rtol=1e-4, atol=1e-3)


def test_a_step_shows_where_it_draws_from_what_and_with_which_number():
    model = _model(RGB)
    *steps, last = model.sample_steps(3, generator=generator())
    assert [step.views["cursor"][0].item() for step in steps[:5]] == [0, 16, 32, 1, 17]  # r, g, b, then the next pixel
    for step in steps:
        cursor, p, u = (step.views[name] for name in ("cursor", "probabilities", "uniform"))
        assert p.shape == (3, 5)
        torch.testing.assert_close(p.sum(dim=1), torch.ones(3))
        drawn = (last.x.flatten(1).gather(1, cursor[:, None])[:, 0] * 4).round().long()
        below = torch.stack([p[row, :level].sum() for row, level in enumerate(drawn)])
        assert bool((below <= u + 1e-6).all())
        assert bool((u <= below + p.gather(1, drawn[:, None])[:, 0] + 1e-6).all())
    seen = torch.stack([step.views["uniform"] for step in steps])
    assert seen.unique().numel() == seen.numel()  # one number a sub-pixel and image


def test_samples_are_as_frequent_as_they_are_probable():
    model, n = _model(BITS), 20_000
    x = model.sample(n, generator=generator())
    every = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4))).view(16, 1, 2, 2)
    expected = n * model.log_density(every, generator()).exp()
    seen = torch.stack([(x == one).flatten(1).all(dim=1).sum() for one in every])
    assert bool(((seen - expected).abs() < 4 * expected.sqrt() + 4).all())


def test_points_are_as_frequent_as_they_are_probable():
    model, n = _model(PLANE), 20_000
    x = model.sample(n, generator=generator())
    axis = torch.linspace(-9.95, 9.95, 200)
    grid = torch.cartesian_prod(axis, axis)
    p = model.log_density(grid, generator()).exp() * 0.01  # of cells with side 0.1
    for direction in torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, -1.0]]):
        for cut in (-0.5, 0.0, 1.0):
            expected = p[grid @ direction > cut + 1e-4].sum().item()
            assert (x @ direction > cut).float().mean().item() == pytest.approx(expected, abs=0.03)


@every_context
def test_cold_samples_take_the_likeliest_level_each_time(context):
    model = _model(GRAY, context=context)
    for settings in (AutoregressiveSampling(temperature=0.0), AutoregressiveSampling(top_k=1)):
        first, second = (model.sample(2, settings=settings, generator=generator(seed)) for seed in (0, 1))
        assert torch.equal(first, second)  # whatever the draws
        likeliest = model.conditionals(first).argmax(dim=1)
        assert torch.equal(likeliest, (first * 3).round().long())


def test_completion_starts_from_what_is_given_and_keeps_it():
    model, (known, mask) = _model(RGB), _given(RGB)
    for settings in (AutoregressiveSampling(), AutoregressiveSampling(cached=False)):
        for step in model.sample_steps(3, generator=generator(), given=(known, mask), settings=settings):
            assert torch.equal(step.x[mask > 0], known[mask > 0])
    free = model.sample(3, generator=generator())
    assert not torch.equal(step.x[mask == 0], free[mask == 0])  # the rest goes on from it


def test_an_edited_pixel_changes_what_follows():
    model = _model(GRAY, conditional=False)
    frames = list(model.sample_steps(3, generator=generator()))
    k = 10
    x = frames[k].x.clone()
    x[:, 0, 1, 3] = 1 - x[:, 0, 1, 3]  # the pixel just drawn
    rest = list(model.sample_steps(3, generator=generator(9), start=replace(frames[k], x=x)))
    assert torch.equal(rest[-1].x.flatten(1)[:, :k], x.flatten(1)[:, :k])
    assert not torch.equal(rest[0].views["probabilities"], frames[k].views["probabilities"])
    assert torch.equal(rest[0].views["uniform"], frames[k].views["uniform"])


# -- any order ------------------------------------------------------------------------------------------------------


def test_any_sees_what_is_left_and_nothing_that_is_erased():
    model, x = _model(RGB, context="any"), _images(RGB)
    known = (torch.rand(3, *RGB.shape, generator=generator(8)) < 0.5).float()
    elsewhere = torch.where(known > 0, x, _images(RGB, seed=77))
    said = model.conditionals(x, known=known)
    torch.testing.assert_close(model.conditionals(elsewhere, known=known), said)
    assert not torch.allclose(model.conditionals(1 - x, known=known), said)
    assert not torch.allclose(model.conditionals(x, known=torch.ones_like(known)), said)


def _bound_by_hand(model: Autoregressive, x: torch.Tensor) -> torch.Tensor:
    """The mean over all 24 orders of a 2 x 2 image of log p(x) written in that order, (B,)."""
    orders, total = list(itertools.permutations(range(4))), torch.zeros(len(x))
    for order in orders:
        known = torch.zeros_like(x)
        for number in order:
            log_p = model.conditionals(x, known=known).flatten(2)[:, :, number]  # (B, levels)
            total += log_p.gather(1, x.flatten(1)[:, number, None].long())[:, 0]
            known.view(len(x), 4)[:, number] = 1
    return total / len(orders)


def test_the_bound_of_any_is_the_mean_over_all_orders():
    model = _model(BITS, context="any", raster_share=0.0)
    assert model.density == "lower bound"
    x = torch.tensor(list(itertools.product([0.0, 1.0], repeat=4))).view(16, 1, 2, 2)
    exact = _bound_by_hand(model, x)
    estimate = model.log_density(x.repeat(150, 1, 1, 1), generator()).view(150, 16)
    error = estimate.std(dim=0) / math.sqrt(len(estimate))
    assert bool(((estimate.mean(dim=0) - exact).abs() < 4.5 * error + 1e-4).all())
    assert exact.exp().sum() < 1  # each lies below the log of the mean probability over orders


def test_the_loss_of_any_is_the_bound_where_no_image_is_erased_in_raster_order():
    model = _model(BITS, context="any", raster_share=0.0)
    x = _images(BITS, 400)
    losses = torch.stack([model.objective(Batch.of(x), generator(seed))["loss"] for seed in range(60)])
    assert losses.mean().item() == pytest.approx(-_bound_by_hand(model, x).mean().item(), abs=0.02)
    assert model.bounds_nll
    model.config = replace(model.config, raster_share=0.5)
    assert not model.bounds_nll


def test_a_raster_share_erases_from_the_end():
    """With share 1 the image is known up to some pixel: nothing else may be asked for."""
    model, x = _model(BITS, context="any", raster_share=1.0), _images(BITS, 500)
    expected = 0.0
    for left in range(4):
        known = (torch.arange(4) < left).float().view(1, 1, 2, 2).expand_as(x)
        log_p = model.conditionals(x, known=known).gather(1, x.long()[:, None])[:, 0].flatten(1)
        expected -= log_p[:, left:].mean().item()
    losses = torch.stack([model.objective(Batch.of(x), generator(seed))["loss"] for seed in range(60)])
    assert losses.mean().item() == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("order", ["raster", "random"])
def test_any_fills_every_number_once_in_its_order_and_first_what_is_given(order):
    model, settings = _model(RGB, context="any"), AutoregressiveSampling(order=order)
    *steps, _ = model.sample_steps(3, generator=generator(), settings=settings)
    cursors = torch.stack([step.views["cursor"] for step in steps], dim=1)  # (B, D)
    assert torch.equal(cursors.sort(dim=1).values, torch.arange(48).expand(3, -1))
    assert torch.equal(cursors, model.raster.expand(3, -1)) == (order == "raster")
    known, mask = _given(RGB)
    mask[1:] = mask[:1]
    *steps, last = model.sample_steps(3, generator=generator(), settings=settings, given=(known, mask))
    assert torch.equal(last.x[mask > 0], known[mask > 0])
    first = torch.stack([step.views["cursor"][0] for step in steps[: int(mask[0].sum())]])
    assert bool((mask[0].flatten()[first] == 1).all())


@pytest.mark.parametrize("order", ["raster", "random"])
def test_any_draws_each_number_from_what_is_there_by_then(order):
    model = _model(GRAY, context="any")
    *steps, _ = model.sample_steps(3, generator=generator(), settings=AutoregressiveSampling(order=order))
    known = torch.zeros(3, 36)
    for step in steps:
        said = model.conditionals(step.x, known=known.view(step.x.shape)).exp().flatten(2)  # (B, levels, D)
        at = step.views["cursor"][:, None]
        drawn_from = said.gather(2, at[:, None].expand(-1, 4, -1))[:, :, 0]
        torch.testing.assert_close(step.views["probabilities"], drawn_from, rtol=1e-4, atol=1e-5)
        known.scatter_(1, at, 1.0)


def test_any_order_of_the_other_contexts_is_the_raster():
    model = _model(GRAY)
    asked = AutoregressiveSampling(order="random")
    assert torch.equal(model.sample(3, generator=generator(), settings=asked), model.sample(3, generator=generator()))
