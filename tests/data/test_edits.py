"""Edits of the training split: what each does, that nothing else changes, and that they repeat."""

import pytest
import torch

from playground import registry
from playground.core.data import Dataset
from playground.core.data_edits import FEWEST, Edits, edited
from playground.core.errors import PlaygroundError, UsageError
from playground.registry import _options_class

EDITS = [{"samples": 500}, {"outliers": 0.2}, {"imbalance": 0.5}, {"samples": 300, "outliers": 0.1, "imbalance": 0.3}]
# Of the training examples and labels; a run's seed, its tuned settings and its receipt all stand on these.
HASHES = {"moons": "8a2a0a86", "eight-gaussians": "1c20f0b9", "digits": "cbc88b2e", "grammar": "f4b1b343"}


def as_new(name: str, options: dict[str, object]) -> Dataset:
    registry._loaded.cache_clear()
    return registry.load_data(name, options)


@pytest.mark.parametrize("name", list(HASHES))
def test_defaults_change_no_data_and_no_experiment(name: str) -> None:
    plain = registry.load_data(name)
    assert plain.hash.startswith(HASHES[name])
    assert plain.original is None
    assert registry.load_data(name, {"samples": 0, "outliers": 0.0, "imbalance": 0.0}) is plain
    experiment = registry.experiment("gaussian", name, assignments={"data.outliers": 0})
    assert not {"samples", "outliers", "imbalance"} & set(experiment.data_options)
    assert registry.checked(experiment) == experiment


@pytest.mark.parametrize("options", EDITS)
@pytest.mark.parametrize("name", ["moons", "digits"])
def test_only_the_training_split_changes_and_always_alike(name: str, options: dict[str, object]) -> None:
    plain, first = registry.load_data(name), as_new(name, options)
    assert first.original is not None
    assert first.original.hash == plain.hash != first.hash
    for split in ("validation", "test"):
        assert torch.equal(first.split(split).x, plain.split(split).x)
    if plain.exact:
        assert first.exact.entropy == plain.exact.entropy
    assert torch.equal(first.train.index, torch.arange(len(first.train)))
    assert as_new(name, options).hash == first.hash


def test_a_smaller_sample_is_a_part_of_a_larger_one() -> None:
    small, large = (registry.load_data("moons", {"samples": n}).train.x for n in (100, 1000))
    assert len(small) == 100
    assert {tuple(point) for point in small.tolist()} <= {tuple(point) for point in large.tolist()}
    assert registry.load_data("moons", {"samples": 10**6}).hash == registry.load_data("moons").hash


@pytest.mark.parametrize("name", ["moons", "digits", "grammar"])
def test_outliers_are_even_noise_on_the_levels_of_the_data(name: str) -> None:
    plain, noisy = registry.load_data(name), registry.load_data(name, {"outliers": 0.25})
    changed = (noisy.train.x != plain.train.x).flatten(1).any(1)
    assert int(changed.sum()) == pytest.approx(0.25 * len(plain.train), rel=0.02)
    assert torch.equal(noisy.train.labels, plain.train.labels)
    noise, spec = noisy.train.x[changed], plain.spec
    assert float(noise.min()) >= spec.low
    assert float(noise.max()) <= spec.high
    assert float(noise.mean()) == pytest.approx((spec.low + spec.high) / 2, abs=0.1)
    if spec.levels:
        steps = noise * (spec.levels - 1)
        assert torch.allclose(steps, steps.round(), atol=1e-4)
        shares = steps.round().long().flatten().bincount(minlength=spec.levels).float() / steps.numel()
        assert float((shares - 1 / spec.levels).abs().max()) < 0.01


def test_classes_become_rarer_by_their_number() -> None:
    plain = registry.load_data("eight-gaussians").train.labels[:, 0].bincount()
    left = registry.load_data("eight-gaussians", {"imbalance": 0.5}).train.labels[:, 0].bincount()
    assert left.tolist() == [round(n * 0.5**k) for k, n in enumerate(plain.tolist())]
    only_first = registry.load_data("eight-gaussians", {"imbalance": 1.0}).train.labels[:, 0]
    assert only_first.unique().tolist() == [0]


@pytest.mark.parametrize(("name", "options"), [("rings", {"rings": 1}), ("mixture", {"means": "0,0"})])
def test_without_labels_the_right_half_becomes_rarer(name: str, options: dict[str, object]) -> None:
    plain, thinned = registry.load_data(name, options), registry.load_data(name, options | {"imbalance": 0.75})
    middle = plain.train.x[:, 0].median()
    right = int((thinned.train.x[:, 0] > middle).sum())
    assert right == round(0.25 * int((plain.train.x[:, 0] > middle).sum()))
    assert len(thinned.train) - right == int((plain.train.x[:, 0] <= middle).sum())


def test_too_few_examples_are_refused() -> None:
    with pytest.raises(UsageError, match=f"at least {FEWEST}"):
        registry.load_data("moons", {"samples": FEWEST - 1})
    with pytest.raises(UsageError, match=r"outliers = 0\.95 is too large"):
        registry.load_data("moons", {"outliers": 0.95})


def test_data_without_anything_to_do_are_themselves() -> None:
    dataset = registry.load_data("moons")
    assert edited(dataset, Edits()) is dataset


def test_no_source_has_an_option_of_that_name() -> None:
    for name in registry.data():
        assert {"samples", "outliers", "imbalance"} <= set(vars(registry.data_options(name)))
    with pytest.raises(PlaygroundError, match="which is the name of one that all have"):
        _options_class(Edits)
