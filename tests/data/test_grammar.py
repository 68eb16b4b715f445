"""The data set of small images with exact probabilities: its splits, factors and options."""

import math

import pytest
import torch
from torch.testing import assert_close

from playground import registry
from playground.core.data import ExactDensity
from playground.data._stamps import Stamps

KINDS = {"stamps": 4, "ising": 2}


@pytest.mark.parametrize("kind", KINDS)
def test_splits_stand_on_their_levels(kind: str) -> None:
    dataset = registry.load_data("grammar", {"kind": kind})
    levels = KINDS[kind]
    assert dataset.spec.name == "grammar"
    assert dataset.spec.levels == levels
    assert [len(dataset.split(split)) for split in ("train", "validation", "test")] == [20000, 2000, 5000]
    assert dataset.train.x.shape[1:] == dataset.spec.shape == (1, 8, 8)
    assert dataset.train.x.dtype == torch.float32
    assert_close(dataset.train.x.unique(), torch.linspace(0, 1, levels))
    assert not torch.equal(dataset.validation.x, dataset.test.x[:2000])


@pytest.mark.parametrize("kind", KINDS)
def test_test_images_are_as_surprising_as_the_entropy_says(kind: str) -> None:
    dataset = registry.load_data("grammar", {"kind": kind})
    assert isinstance(dataset.exact, ExactDensity)
    surprise = -dataset.exact.log_density(dataset.test.x.double())
    assert dataset.exact.entropy == pytest.approx(
        float(surprise.mean()), abs=4 * float(surprise.std()) / math.sqrt(len(surprise))
    )


@pytest.mark.parametrize("kind", KINDS)
def test_loading_is_repeatable_and_leaves_the_global_generator_alone(kind: str) -> None:
    source = registry.data_source("grammar")
    before = torch.get_rng_state()
    first, second = (source.load(source.Options(kind=kind, count=200)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert first.hash == second.hash
    assert torch.equal(first.test.x, second.test.x)


def test_labels_and_measures_name_the_stamp() -> None:
    dataset = registry.load_data("grammar", {"noise": 0.0, "count": 500})
    assert [factor.name for factor in dataset.spec.factors] == ["shape", "colour", "size", "x", "y"]
    assert dataset.spec.classes == (3, 3, 2)
    for x, (shape, colour, size), (across, down) in zip(
        dataset.train.x, dataset.train.labels.tolist(), dataset.train.measures.tolist(), strict=True
    ):
        rows, columns = x[0].nonzero(as_tuple=True)
        assert float(x.max()) == pytest.approx((colour + 1) / 3)
        assert rows.max() - rows.min() == size + 2
        assert len(rows) == ({0: 9, 1: 8, 2: 5}, {0: 16, 1: 12, 2: 12})[size][shape]
        assert ((columns.min() + columns.max() + 1) / 2, (rows.min() + rows.max() + 1) / 2) == (across, down)
    for factor, measures in zip(dataset.spec.continuous, dataset.train.measures.T, strict=True):
        assert (measures.min(), measures.max()) == (factor.low, factor.high)


def test_the_noise_is_the_share_of_replaced_pixels() -> None:
    dataset = registry.load_data("grammar", {"noise": 0.1, "count": 5000})
    assert isinstance(dataset.exact, Stamps)
    template = dataset.exact.posterior(dataset.train.x).argmax(1)
    changed = dataset.train.x[:, 0] != dataset.exact.templates[template].float() / 3
    assert float(changed.float().mean()) == pytest.approx(0.1, abs=0.003)


def test_ising_has_no_factors_and_a_coupling() -> None:
    dataset = registry.load_data("grammar", {"kind": "ising", "coupling": 0.0, "count": 500})
    assert dataset.spec.factors == ()
    assert dataset.train.labels.shape == (500, 0)
    assert dataset.exact is not None
    assert dataset.exact.entropy == pytest.approx(64 * math.log(2))  # fair coins
    tied = registry.load_data("grammar", {"kind": "ising", "coupling": 0.8, "count": 500})
    x = tied.train.x
    assert (x[:, :, 1:] == x[:, :, :-1]).float().mean() > 0.9
