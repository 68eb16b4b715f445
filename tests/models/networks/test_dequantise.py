"""Levels to numbers and back."""

import math

import pytest
import torch

from playground.core.data import DataSpec
from playground.models.networks.dequantise import Dequantise
from tests.helpers import generator


@pytest.mark.parametrize("levels", [2, 17, None])
def test_every_level_fills_its_part_of_the_unit_interval_and_comes_back(levels):
    spec, count = DataSpec("pixels", (1, 1, 2), levels=levels), levels or 256
    dequantise = Dequantise(spec)
    x = (torch.arange(count).repeat_interleave(200) / (count - 1)).view(-1, 1, 1, 2)
    y = dequantise(x, generator())  # (100 levels, 2)
    torch.testing.assert_close(dequantise.back(y), x)
    u = y * count - (x.flatten(1) * (count - 1)).round()
    assert -1e-4 <= u.min() < 0.02
    assert 0.98 < u.max() <= 1 + 1e-4
    assert u.mean().item() == pytest.approx(0.5, abs=0.05)
    assert dequantise.log_volume == pytest.approx(2 * math.log(count))


def test_what_lies_outside_goes_to_the_outermost_level():
    back = Dequantise(DataSpec("pixels", (1, 1, 2), levels=5)).back(torch.tensor([[-3.0, 7.0]]))
    assert back.flatten().tolist() == [0.0, 1.0]


def test_points_are_left_alone():
    dequantise, x = Dequantise(DataSpec("plane", (2,))), torch.randn(4, 2, generator=generator())
    assert torch.equal(dequantise(x, generator()), x)
    assert torch.equal(dequantise.back(x), x)
    assert dequantise.log_volume == 0
