"""How many samples may be drawn, and that drawing them in chunks changes none."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from playground.core.errors import UsageError
from playground.core.random import stream
from playground.evaluation import sampling
from playground.evaluation.pictures import sheet
from playground.registry import OpenRun, load_data
from tests.evaluation.fakes import Copier, Known, open_fake


class Counting(Known):
    """Notes how many samples it is asked for at a time."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.asked: list[int] = []

    def sample(self, n: int, **wishes: Any) -> Tensor:
        self.asked.append(n)
        return super().sample(n, **wishes)


@pytest.fixture
def points() -> OpenRun:
    moons = load_data("moons")
    return open_fake(Counting(moons.spec, load_data("eight-gaussians").exact), moons)


@pytest.fixture
def labelled() -> OpenRun:
    digits = load_data("digits")
    return open_fake(Copier(digits.spec, Copier.Config(conditional=True), digits.train), digits)


def test_up_to_a_thousand_are_drawn_at_once(points: OpenRun) -> None:
    drawn = sampling.draw(points, 1000, seed=3)
    assert points.model.asked == [1000]
    at_once = points.model.mixture.sample(1000, stream(3, "sampling"))
    assert np.array_equal(drawn.frames[-1], at_once.numpy())


def test_more_are_drawn_in_chunks_that_repeat(points: OpenRun) -> None:
    first, second = (sampling.draw(points, 2300, seed=3).frames[-1] for _ in range(2))
    assert points.model.asked == 2 * [1000, 1000, 300]
    assert first.shape == (2300, 2)
    assert np.array_equal(first, second)
    assert len(np.unique(first, axis=0)) == 2300  # no chunk repeats another


def test_the_labels_go_on_from_chunk_to_chunk(labelled: OpenRun, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = sampling.draw(labelled, 25, seed=0)
    monkeypatch.setattr(sampling, "CHUNK", 7)
    chunked = sampling.draw(labelled, 25, seed=0)
    assert labelled.model.asked == [25, 7, 7, 7, 4]
    assert chunked.labels.tolist() == whole.labels.tolist() == [i % 10 for i in range(25)]
    shown = torch.from_numpy(chunked.frames[-1])
    examples = labelled.dataset.train
    for image, label in zip(shown, chunked.labels, strict=True):
        assert label in examples.labels[(examples.x == image).flatten(1).all(1), 0]


@pytest.mark.parametrize(
    ("count", "suffix", "told"),
    [
        (100_001, ".npz", "at most 100,000 samples at a time, not 100,001"),
        (10**15, ".png", "at most 100,000"),
        (401, ".gif", "at most 400 samples, not 401"),
        (0, ".npz", "at least one"),
    ],
)
def test_too_many_and_too_few_are_refused_before_any_is_drawn(
    points: OpenRun, count: int, suffix: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        sampling.draw(points, count, seed=0, suffix=suffix)
    assert points.model.asked == []


def test_a_sheet_of_many_images_keeps_to_a_size_that_viewers_open() -> None:
    few, many = sheet(np.zeros((4, 1, 8, 8))), sheet(np.zeros((40_000, 1, 8, 8), dtype=np.float32))
    assert few.size == (2 * 45 + 5, 2 * 45 + 5)
    assert max(many.size) <= 8192
    assert min(many.size) >= 200 * 9


def test_numbers_on_a_line_are_columns_as_high_as_they_are_many() -> None:
    """Of three columns, the highest fills the picture; what lies beyond the line or is no number is left out."""
    x = np.repeat([-2.0, 0.01, 2.0, 7.0, np.nan], [100, 200, 50, 900, 9]).astype(np.float32)[:, None]
    inked = np.asarray(sheet(x, extent=3.0))[:, :, 2] == 0
    heights = inked[:-21].sum(axis=0)  # above the line
    assert [heights[int((at + 3) / 6 * 80) * 6 + 2] for at in (0.01, -2.0, 2.0)] == pytest.approx(
        [439, 219, 109], abs=2
    )
    assert (heights > 0).sum() <= 3 * 6
