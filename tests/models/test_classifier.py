"""The recognition side: shapes, gradients that reach everything, and that it learns."""

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from playground import registry
from playground.core.data import Batch, DataSpec, Factor
from playground.core.random import stream
from playground.models.classifier import FEATURES, Classifier, _shifted

COLOURS = (Factor("shape", ("square", "disc", "cross")), Factor("x"), Factor("colour", ("red", "blue")))


def fresh(spec: DataSpec, **config: int) -> Classifier:
    return Classifier.fresh(spec, Classifier.Config(width=8, **config), stream(0, "init"))


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 16, 16), (1, 28, 28), (3, 32, 32)])
def test_one_head_a_discrete_factor_at_every_size(shape: tuple[int, ...]) -> None:
    model = fresh(DataSpec("fake", shape, factors=COLOURS))
    x = torch.rand(5, *shape, generator=stream(0, "x"))
    assert model.features(x).shape == (5, FEATURES)
    assert [tuple(logits.shape) for logits in model.logits(x)] == [(5, 3), (5, 2)]


def test_says_what_it_cannot_learn() -> None:
    assert "points" in (Classifier.supports(DataSpec("plane", (2,), factors=COLOURS)) or "")
    assert "labels" in (Classifier.supports(DataSpec("bare", (1, 8, 8), factors=(Factor("x"),))) or "")
    assert Classifier.supports(DataSpec("fine", (1, 8, 8), factors=COLOURS)) is None


def test_the_preset_is_a_valid_experiment() -> None:
    assert registry.model_class("classifier") is Classifier
    experiment = registry.experiment("classifier", "digits")
    assert experiment.budget.amount > 0
    assert experiment.train.ema > 0


def test_a_step_moves_every_weight_and_draws_only_from_its_generator() -> None:
    batch = registry.load_data("digits").train.take(torch.arange(32))
    before = torch.get_rng_state()
    results = []
    for _ in range(2):
        model = fresh(registry.load_data("digits").spec)
        start = [parameter.clone() for parameter in model.parameters()]
        terms = model.train_step(batch, model.configure_optimizers(), stream(0, "training"), model.parts)
        assert all(not torch.equal(a, b) for a, b in zip(start, model.parameters(), strict=True))
        assert list(terms) == ["loss", "accuracy"]
        assert not any(term.requires_grad for term in terms.values())
        results.append(terms["loss"])
    assert torch.equal(*results)
    assert torch.equal(torch.get_rng_state(), before)


def test_learns_digits_within_a_hundred_small_steps() -> None:
    dataset = registry.load_data("digits")
    model = fresh(dataset.spec)
    optimizers = model.configure_optimizers()
    optimizers["model"].param_groups[0]["lr"] = 5e-3
    order, generator = stream(0, "order"), stream(0, "training")
    for _ in range(100):
        rows = torch.randint(len(dataset.train), (32,), generator=order)
        model.train_step(dataset.train.take(rows), optimizers, generator, model.parts)
    with torch.no_grad():
        assert model.eval().held_out(dataset.validation, generator)["accuracy"] > 0.9


def test_accuracy_and_loss_are_those_of_the_logits() -> None:
    spec = DataSpec("fake", (1, 8, 8), factors=COLOURS)
    model = fresh(spec)
    x = torch.rand(40, 1, 8, 8, generator=stream(0, "x"))
    shape, colour = model.logits(x)
    labels = torch.stack([shape.argmax(1), 1 - colour.argmax(1)], dim=1)  # all shapes right, all colours wrong
    terms = model.held_out(Batch.of(x, labels), stream(0, "held-out"))
    assert terms["accuracy"] == 0.5
    each = shape.log_softmax(1).amax(1) + colour.log_softmax(1).amin(1)
    assert_close(terms["loss"], -each.mean())


def test_shifts_move_by_at_most_the_reach_and_reach_every_place() -> None:
    x = torch.zeros(500, 1, 8, 8)
    x[:, :, 4, 3] = 1.0
    moved = _shifted(x, 1, stream(0, "training"))
    assert_close(moved.sum((1, 2, 3)), torch.ones(500))
    assert_places(moved, {(row, column) for row in (3, 4, 5) for column in (2, 3, 4)})
    assert torch.equal(_shifted(x, 0, stream(0, "training")), x)


def assert_places(x: Tensor, places: set[tuple[int, int]]) -> None:
    """Every place, and no other, is lit in some image."""
    assert {(int(row), int(column)) for *_, row, column in x.nonzero()} == places


# -- continuous factors ---------------------------------------------------------------------------------------------


def _lit(n: int) -> Batch:
    """Images half black, whose gray is one factor between 2 and 4; the label says on which side of 3 it lies."""
    gray = torch.rand(n, 1, generator=stream(0, "gray"))
    x = gray[:, :, None, None].expand(n, 1, 8, 8).clone()
    x[..., 4:] = 0.0
    return Batch.of(x, (gray > 0.5).long(), 2 + 2 * gray)


LIT = DataSpec("lit", (1, 8, 8), factors=(Factor("half", ("dark", "light")), Factor("gray", low=2.0, high=4.0)))


def test_a_continuous_factor_is_estimated_in_its_own_units() -> None:
    model, batch = fresh(LIT, shift=0), _lit(64)
    optimizers, generator = model.configure_optimizers(), stream(0, "training")
    for _ in range(150):
        terms = model.train_step(batch, optimizers, generator, model.parts)
    estimates = model.measures(batch.x)
    assert estimates.shape == (64, 1)
    assert_close(estimates.detach(), batch.measures, rtol=0, atol=0.25)
    assert list(terms) == ["loss", "accuracy", "error"]


def test_the_error_counts_a_guess_of_the_middle_as_one() -> None:
    model, batch = fresh(LIT, shift=0), _lit(4000)
    assert model.gauge is not None
    model.gauge.weight.data.zero_()
    model.gauge.bias.data.fill_(0.5)  # the middle of the range
    terms = model.held_out(batch, stream(0, "x"))
    assert terms["error"].item() == pytest.approx(1.0, abs=0.05)
    cross_entropy = torch.nn.functional.cross_entropy(model.logits(batch.x)[0], batch.labels[:, 0])
    assert_close(terms["loss"], cross_entropy + terms["error"])


def test_without_continuous_factors_there_is_nothing_to_estimate() -> None:
    model = fresh(DataSpec("fine", (1, 8, 8), factors=(Factor("half", ("dark", "light")),)))
    assert model.measures(torch.zeros(5, 1, 8, 8)).shape == (5, 0)
    assert not [name for name in model.state_dict() if name.startswith("gauge")]
