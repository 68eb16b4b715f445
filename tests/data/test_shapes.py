"""Coloured shapes: what each cause promises is measured back from the pixels."""

import math

import pytest
import torch
from torch import Tensor

from playground import registry
from playground.core.data import Batch, Dataset
from playground.core.errors import UsageError
from playground.data.shapes import COLOURS

CIRCLE, SQUARE, TRIANGLE = range(3)
SIZE, X, Y, ROTATION, BACKGROUND = range(5)
HUES = torch.tensor(list(COLOURS.values()))


@pytest.fixture(scope="module", params=[16, 32])
def dataset(request: pytest.FixtureRequest) -> Dataset:
    return registry.load_data("shapes", {"size": request.param, "count": 2000})


def cover(batch: Batch) -> Tensor:
    """How much of each pixel the shape covers (B, side, side), from its colour between background and ink."""
    background = batch.measures[:, BACKGROUND, None]
    towards = HUES[batch.labels[:, 1]] - background
    share = torch.einsum("bchw,bc->bhw", batch.x - background[..., None, None], towards)
    return share / towards.square().sum(1)[:, None, None]


def whole(batch: Batch) -> Batch:
    """The examples whose shape does not reach the border."""
    covered = cover(batch)
    border = torch.cat([covered[:, [0, -1]].flatten(1), covered[:, :, [0, -1]].flatten(1)], dim=1)
    return batch.take((border.amax(1) < 0.02).nonzero()[:, 0])


def moment(batch: Batch, fold: int) -> Tensor:
    """The mean of z^fold over the shape, z = right + i down from its middle in sizes: what turns `fold`-fold."""
    covered, middles = cover(batch), (torch.arange(batch.x.shape[-1]) + 0.5) / batch.x.shape[-1]
    covered = covered.where(covered > 0.02, 0)  # rounding far out would weigh heavily
    size, x, y = (batch.measures[:, column, None, None] for column in (SIZE, X, Y))
    z = (middles[None, None, :] - x) / size + 1j * (middles[None, :, None] - y) / size
    return (covered * z**fold).sum((1, 2)) / covered.sum((1, 2))


def of_shape(batch: Batch, shape: int) -> Batch:
    return batch.take((batch.labels[:, 0] == shape).nonzero()[:, 0])


def test_spec_names_every_cause(dataset: Dataset) -> None:
    spec = dataset.spec
    assert spec.name == "shapes"
    assert spec.shape in [(3, 16, 16), (3, 32, 32)]
    assert (spec.levels, spec.classes) == (256, (3, 6))
    assert [factor.name for factor in spec.factors[:2]] == ["shape", "colour"]
    assert [factor.name for factor in spec.continuous] == ["size", "x", "y", "rotation", "background"]
    assert [len(dataset.split(split)) for split in ("train", "validation", "test")] == [2000, 1000, 2000]
    assert dataset.train.x.shape[1:] == spec.shape


def test_the_default_is_32_pixels_and_other_sizes_are_refused() -> None:
    assert registry.data_source("shapes").Options().size == 32
    with pytest.raises(UsageError, match="size = 24: shapes are drawn on 16 or 32 pixels"):
        registry.load_data("shapes", {"size": 24})


def test_values_stand_on_256_levels(dataset: Dataset) -> None:
    x = dataset.train.x
    assert x.dtype == torch.float32
    assert torch.equal(x, (x * 255).round() / 255)
    assert x.min() == 0
    assert x.max() <= 1


def test_all_combinations_are_equally_likely_and_causes_fill_their_ranges_independently(dataset: Dataset) -> None:
    batch = dataset.train
    counts = (batch.labels[:, 0] * 6 + batch.labels[:, 1]).bincount(minlength=18)
    assert len(counts) == 18
    assert counts.min() > 0.7 * 2000 / 18
    for factor, column in zip(dataset.spec.continuous, batch.measures.T, strict=True):
        margin = 0.01 * (factor.high - factor.low)
        assert factor.low <= column.min() < factor.low + margin
        assert factor.high - margin < column.max() <= factor.high
    together = torch.corrcoef(torch.cat([batch.labels, batch.measures], dim=1).T)
    assert (together - torch.eye(len(together))).abs().max() < 0.1


def test_ink_and_background_have_their_colours_and_edges_lie_between(dataset: Dataset) -> None:
    batch, covered = dataset.train, cover(dataset.train)
    inside, outside = covered > 0.99, covered < 0.01
    pixels = batch.x.permute(0, 2, 3, 1)
    rows, *_ = inside.nonzero(as_tuple=True)
    assert (pixels[inside] - HUES[batch.labels[rows, 1]]).abs().max() < 0.02
    rows, *_ = outside.nonzero(as_tuple=True)
    assert (pixels[outside] - batch.measures[rows, BACKGROUND, None]).abs().max() < 0.02
    assert (~inside & ~outside).sum((1, 2)).min() >= 4
    assert (inside.sum((1, 2)) > 0).all()


def test_no_two_colours_are_close() -> None:
    assert torch.pdist(HUES).min() > 0.3
    gray = torch.linspace(0, 0.35, 8)[:, None].expand(-1, 3)
    assert torch.cdist(HUES, gray).min() > 0.3


@pytest.mark.parametrize("shape", [CIRCLE, SQUARE, TRIANGLE])
def test_a_shape_lies_at_its_place_and_is_as_large_as_it_says(dataset: Dataset, shape: int) -> None:
    batch = whole(of_shape(dataset.train, shape))
    assert len(batch) > 100
    side = dataset.spec.shape[-1]
    assert moment(batch, 1).abs().max() < 0.1
    area = cover(batch).mean((1, 2)) / (math.pi * batch.measures[:, SIZE].square())
    assert (area - 1).abs().max() < 1.2 / side
    assert float((area - 1).mean()) == pytest.approx(0, abs=0.2 / side)


def test_even_where_the_border_cuts_them_places_are_seen(dataset: Dataset) -> None:
    batch, covered = dataset.train, cover(dataset.train)
    middles = (torch.arange(covered.shape[-1]) + 0.5) / covered.shape[-1]
    for column, profile in ((X, covered.sum(1)), (Y, covered.sum(2))):
        place = (profile * middles).sum(1) / profile.sum(1)
        assert float(torch.corrcoef(torch.stack([place, batch.measures[:, column]]))[0, 1]) > 0.99


def test_turning_is_clockwise_and_a_circle_has_no_turn(dataset: Dataset) -> None:
    square, triangle = (whole(of_shape(dataset.train, shape)) for shape in (SQUARE, TRIANGLE))
    turned = (-moment(square, 4)).angle() / 4  # corners of an upright square lie on the diagonals
    assert (turned - square.measures[:, ROTATION]).abs().max() < 0.1
    turned = (-1j * moment(triangle, 3)).angle() / 3  # the tip of an upright triangle points up
    assert (turned - triangle.measures[:, ROTATION]).abs().max() < 0.1


def test_corners_tell_even_the_smallest_square_from_a_circle(dataset: Dataset) -> None:
    circle, square, triangle = (whole(of_shape(dataset.train, shape)) for shape in (CIRCLE, SQUARE, TRIANGLE))
    assert moment(circle, 4).abs().max() < 0.5 * moment(square, 4).abs().min()
    for other in (circle, square):
        assert moment(other, 3).abs().max() < 0.5 * moment(triangle, 3).abs().min()


def test_both_sizes_show_the_same_scenes() -> None:
    small, large = (registry.load_data("shapes", {"size": size, "count": 200}) for size in (16, 32))
    assert torch.equal(small.train.labels, large.train.labels)
    assert torch.equal(small.train.measures, large.train.measures)
    shrunk = torch.nn.functional.avg_pool2d(large.train.x, 2)
    assert (shrunk - small.train.x).abs().mean() < 0.01


def test_two_loads_are_equal_and_splits_share_no_image() -> None:
    source = registry.data_source("shapes")
    before = torch.get_rng_state()
    first, second = (source.load(source.Options(size=16, count=1000)) for _ in range(2))
    assert torch.equal(torch.get_rng_state(), before)
    assert first.hash == second.hash
    assert torch.equal(first.test.x, second.test.x)
    assert torch.equal(first.train.measures, second.train.measures)
    images = torch.cat([first.train.x, first.validation.x, first.test.x]).flatten(1)
    assert len(images.unique(dim=0)) == 4000


def test_held_out_images_do_not_depend_on_the_count() -> None:
    few, more = (registry.load_data("shapes", {"size": 16, "count": count}) for count in (300, 600))
    assert (len(few.train), len(more.train)) == (300, 600)
    assert torch.equal(few.test.x, more.test.x)
    assert torch.equal(few.validation.labels, more.validation.labels)
