"""Curves go through their points, and ink covers as much as the pen is wide."""

import pytest
import torch
from torch.testing import assert_close

from playground.data._pen import ink, smooth

SIDE = 28


def test_a_curve_goes_through_its_points_in_order() -> None:
    points = torch.tensor([[[2.0, 3.0], [8.0, 5.0], [9.0, 15.0], [4.0, 20.0]]])
    assert_close(smooth(points, 31)[:, ::10], points, atol=2e-3, rtol=0)


def test_a_curve_has_no_corner_at_a_point() -> None:
    points = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]])  # a right angle
    steps = smooth(points, 2001).diff(dim=1)[0]
    directions = steps / steps.norm(dim=1, keepdim=True)
    assert (directions[1:] * directions[:-1]).sum(1).min() > 0.999


@pytest.mark.parametrize("radius", [0.8, 1.3, 1.9])
def test_a_line_is_as_wide_as_its_pen_wherever_it_lies(radius: float) -> None:
    middle = torch.tensor([10.0, 10.25, 10.5, 10.9])  # between and on the middles of pixels
    y = torch.linspace(4.5, 23.5, 400)
    curve = torch.stack([middle[:, None].expand(-1, 400), y.expand(4, -1)], dim=-1)
    image = ink(curve, torch.full((4, 400), radius), SIDE)
    rows = image[:, 6:22]
    assert_close(rows.sum(2), torch.full((4, 16), 2 * radius), atol=0.02, rtol=0)
    columns = torch.arange(SIDE) + 0.5
    assert_close((rows * columns).sum(2) / rows.sum(2), middle[:, None].expand(4, 16), atol=0.08, rtol=0)
    assert not image[:, :2].any()
    assert not image[:, 26:].any()


def test_x_goes_right_and_y_down_and_crossings_get_no_lighter() -> None:
    image = ink(torch.tensor([[[20.5, 5.5], [20.5, 5.5]]]), torch.full((1, 2), 0.7), SIDE)[0]
    assert image[5, 20] == 1
    assert 0 < image[5, 21] == image[6, 20] < 1
    assert image.count_nonzero() == 5


def test_ink_beyond_the_border_is_lost_and_not_wrapped() -> None:
    curve = torch.tensor([[[-0.2, 12.5]], [[28.2, 12.5]], [[12.5, -9.0]], [[40.0, 40.0]]])
    image = ink(curve, torch.full((4, 1), 1.0), SIDE)
    assert image[0, 12, 0] > 0
    assert not image[0, :, 14:].any()
    assert image[1, 12, 27] > 0
    assert not image[1, :, :14].any()
    assert not image[2:].any()
