"""Written digits: legible, within their declared causes, and the same in every load."""

import pytest
import torch
from torch import Tensor

from playground import registry
from playground.core.data import Batch, Dataset
from playground.core.random import stream
from playground.data.strokes import draw

SIDE = 28
MIDDLES = torch.arange(SIDE) + 0.5


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return registry.load_data("strokes", {"count": 4000})


def correlation(a: Tensor, b: Tensor) -> float:
    return float(torch.corrcoef(torch.stack([a, b]))[0, 1])


def cause(batch: Batch, dataset: Dataset, name: str) -> Tensor:
    """One column of the continuous causes."""
    return batch.measures[:, [factor.name for factor in dataset.spec.continuous].index(name)]


def test_spec_names_every_cause(dataset: Dataset) -> None:
    spec = dataset.spec
    assert (spec.name, spec.shape, spec.levels, spec.classes) == ("strokes", (1, SIDE, SIDE), 256, (10,))
    assert spec.factors[0].values == tuple("0123456789")
    assert [factor.name for factor in spec.continuous] == ["slant", "width", "scale", "wobble", "thickness"]
    assert [len(dataset.split(split)) for split in ("train", "validation", "test")] == [4000, 1000, 2000]
    assert dataset.train.x.dtype == dataset.train.measures.dtype == torch.float32


def test_white_ink_on_black_with_gray_borders_on_256_levels(dataset: Dataset) -> None:
    x = dataset.train.x
    level = (x * 255).round()
    assert torch.equal(x, level / 255)
    assert (x.amin(), x.amax()) == (0, 1)
    assert len(level.unique()) > 200
    assert ((x > 0) & (x < 1)).float().flatten(1).mean(1).min() > 0.02
    assert (x == 0).float().mean() > 0.6


def test_digits_are_equally_likely_and_causes_fill_their_ranges_independently(dataset: Dataset) -> None:
    batch = dataset.train
    counts = batch.labels[:, 0].bincount()
    assert len(counts) == 10
    assert counts.min() > 0.8 * 400
    for factor, column in zip(dataset.spec.continuous, batch.measures.T, strict=True):
        margin = 0.01 * (factor.high - factor.low)
        assert factor.low <= column.min() < factor.low + margin
        assert factor.high - margin < column.max() <= factor.high
    together = torch.corrcoef(torch.cat([batch.labels, batch.measures], dim=1).T)
    assert (together - torch.eye(len(together))).abs().max() < 0.08


@pytest.mark.parametrize("digit", range(10))
def test_the_causes_are_seen_in_the_image(dataset: Dataset, digit: int) -> None:
    batch = dataset.train.take((dataset.train.labels[:, 0] == digit).nonzero()[:, 0])
    image = batch.x[:, 0]
    mass = image.sum((1, 2))
    right = MIDDLES - (image.sum(1) * MIDDLES).sum(1, keepdim=True) / mass[:, None]
    down = MIDDLES - (image.sum(2) * MIDDLES).sum(1, keepdim=True) / mass[:, None]
    lean = -torch.einsum("byx,by,bx->b", image, down, right) / torch.einsum("byx,by->b", image, down.square())
    height = (image.amax(2) > 0.5).sum(1).float()
    across = (image.amax(1) > 0.5).sum(1).float()
    assert correlation(lean, cause(batch, dataset, "slant")) > 0.8
    assert correlation(height, cause(batch, dataset, "scale")) > 0.55
    assert correlation(mass, cause(batch, dataset, "thickness")) > 0.6
    expected = cause(batch, dataset, "scale") + cause(batch, dataset, "thickness")
    surprise = image.amax(2).sum(1) - expected
    assert correlation((surprise - surprise.mean()).abs(), cause(batch, dataset, "wobble")) > 0.2
    if digit != 1:  # without a foot a 1 has no width
        assert correlation(across, cause(batch, dataset, "width")) > 0.5


def test_a_digit_stands_in_the_middle_and_is_large(dataset: Dataset) -> None:
    image = dataset.train.x[:, 0]
    for seen in (image.amax(1) > 0.5, image.amax(2) > 0.5):
        first, last = seen.float().argmax(1), SIDE - 1 - seen.flip(1).float().argmax(1)
        assert ((first + last + 1) / 2 - SIDE / 2).abs().max() <= 1
    assert 20 < (image.amax(2) > 0.5).sum(1).float().mean() < 24
    border = torch.cat([image[:, [0, -1]].flatten(1), image[:, :, [0, -1]].flatten(1)], dim=1)
    assert (border.amax(1) > 0).float().mean() < 0.01


def test_no_digit_is_ambiguous(dataset: Dataset) -> None:
    train, test = dataset.train, dataset.test
    nearest = torch.cdist(test.x.flatten(1), train.x.flatten(1)).argmin(1)
    assert (train.labels[nearest] == test.labels).float().mean() > 0.99


def test_two_loads_are_equal_and_splits_share_no_image() -> None:
    source = registry.data_source("strokes")
    before = torch.get_rng_state()
    first, second = (source.load(source.Options(count=1000)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert first.hash == second.hash
    assert torch.equal(first.test.x, second.test.x)
    assert torch.equal(first.train.measures, second.train.measures)
    images = torch.cat([first.train.x, first.validation.x, first.test.x]).flatten(1)
    assert len(images.unique(dim=0)) == 4000


def test_held_out_images_do_not_depend_on_the_count(dataset: Dataset) -> None:
    fewer = registry.load_data("strokes", {"count": 300})
    assert len(fewer.train) == 300
    assert torch.equal(fewer.test.x, dataset.test.x)
    assert torch.equal(fewer.validation.labels, dataset.validation.labels)


def test_a_generator_never_runs_out() -> None:
    generator = stream(1, "test")
    first, labels, measures = draw(20, generator)
    assert (first.shape, labels.shape, measures.shape) == ((20, 1, SIDE, SIDE), (20, 1), (20, 5))
    assert labels.dtype == torch.int64
    assert not torch.equal(draw(20, generator)[0], first)
    assert torch.equal(draw(20, stream(1, "test"))[0], first)
