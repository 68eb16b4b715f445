"""Masked convolutions see what their masks say, and a walk from pixel to pixel gives what the whole stack gives."""

import pytest
import torch
import torch.nn.functional as F

from playground.models.networks.masked_conv import Line, MaskedConv, Strip, colours_of, mask
from playground.models.networks.pixel_stacks import GatedStack, PlainStack, gated, walk
from tests.helpers import generator

BOTH = pytest.mark.parametrize("kind", [PlainStack, GatedStack])


def _random(module: torch.nn.Module) -> torch.nn.Module:
    draws = generator(3)
    for parameter in module.parameters():
        parameter.data = 0.3 * torch.randn(parameter.shape, generator=draws)
    return module.requires_grad_(False)


# -- masks ----------------------------------------------------------------------------------------------------------


def test_channels_belong_to_colours_in_equal_groups_and_in_both_halves():
    assert colours_of(6, 3).tolist() == [0, 0, 1, 1, 2, 2]
    assert colours_of(12, 3, halves=2).tolist() == [0, 0, 1, 1, 2, 2] * 2
    assert colours_of(4, 1).tolist() == [0] * 4


def test_a_mask_shows_what_comes_before_and_b_also_the_pixel_itself():
    one = colours_of(1, 1)
    a, b = (mask(kind, one, one, up=1, left=1, right=1)[0, 0].int().tolist() for kind in "AB")
    assert a == [[1, 1, 1], [1, 0, 0]]
    assert b == [[1, 1, 1], [1, 1, 0]]
    assert bool(mask("rows", one, one, up=1, left=1, right=1).all())


def test_within_a_pixel_red_comes_before_green_before_blue():
    rgb = colours_of(3, 3)
    a, b = (mask(kind, rgb, rgb, up=0, left=1, right=0)[:, :, 0] for kind in "AB")  # (out, in, [left, here])
    assert a[..., 1].int().tolist() == [[0, 0, 0], [1, 0, 0], [1, 1, 0]]
    assert b[..., 1].int().tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert bool(a[..., 0].all())  # the pixel to the left is known in all its colours


def test_a_masked_convolution_is_a_convolution_with_those_weights_and_zeros_elsewhere():
    conv = _random(MaskedConv(3, 6, "A", 3, up=1, left=1, right=1))
    x = torch.randn(2, 3, 5, 4, generator=generator())
    whole = F.pad(conv.weight * conv.mask, (0, 0, 0, 1))  # a 3 x 3 kernel that sees nothing below
    torch.testing.assert_close(conv(x), F.conv2d(x, whole, conv.bias, padding=1))


@pytest.mark.parametrize("gap", [1, 2])
def test_a_strip_gives_the_same_pixel_by_pixel_and_row_by_row(gap):
    conv = _random(MaskedConv(2, 3, "rows", 1, up=2, left=1, right=2, gap=gap))
    x = torch.randn(2, 2, 4, 5, generator=generator())
    expected, by_pixel, by_row = conv(x), Strip(conv, 2, 5), Strip(conv, 2, 5)
    for i in range(4):
        if i:
            by_pixel.next_row()
            by_row.next_row()
        by_row.put_row(x[:, :, i])
        torch.testing.assert_close(by_row.row(), expected[:, :, i])
        for j in range(5):
            by_pixel.put(j, x[:, :, i, j])
        for j in range(5):
            torch.testing.assert_close(by_pixel.at(j), expected[:, :, i, j])


@pytest.mark.parametrize("gap", [1, 2, 3])
def test_a_line_gives_a_gated_convolution_pixel_by_pixel_in_one_row_after_the_other(gap):
    conv = _random(MaskedConv(2, 6, "B", 1, left=2, gap=gap))
    x, above = torch.randn(2, 2, 3, 7, generator=generator()), torch.randn(2, 6, generator=generator(1))
    expected, line = gated(conv(x) + above[:, :, None, None]), Line(conv, 2, 7)
    for i in range(3):
        for j in range(7):
            line.put(j, x[:, :, i, j])
            found = line.gated_on(above + conv.bias, j)
            torch.testing.assert_close(found, expected[:, :, i, j])
        torch.testing.assert_close(line.whole(), x[:, :, i])


# -- stacks ---------------------------------------------------------------------------------------------------------


@BOTH
@pytest.mark.parametrize("colours", [1, 3])
@pytest.mark.parametrize("condition_dim", [0, 4])
@pytest.mark.parametrize("sizes", [(3,), (5, 3, 3), (7, 1, 1)])
@pytest.mark.parametrize("gaps", [(1,), (2, 3)])
def test_a_walk_gives_what_the_whole_stack_gives(kind, colours, condition_dim, sizes, gaps):
    more = {"gaps": gaps} if kind is GatedStack else {}
    stack = _random(kind(2 * colours, 5 * colours, 12, sizes, colours, condition_dim, **more))
    x = torch.rand(2, colours, 4, 5, generator=generator())
    condition = torch.randn(2, 4, generator=generator(1)) if condition_dim else None
    expected = stack(_waves(x), condition)
    filled, found = torch.zeros_like(x), []
    order = torch.arange(x[0].numel()).view(colours, -1).T.flatten()
    for number, out in zip(order, walk(stack, filled, _waves, condition), strict=True):
        found.append(out)
        filled.view(2, -1)[:, number] = x.view(2, -1)[:, number]
    expected = expected.view(2, colours, 5, 20).permute(3, 1, 0, 2).flatten(0, 1)  # raster, then colour
    torch.testing.assert_close(torch.stack(found), expected, rtol=1e-4, atol=1e-5)


def _waves(x: torch.Tensor) -> torch.Tensor:
    """Two features a colour: (B, C, ...) -> (B, 2 C, ...)."""
    return torch.stack([x, x.cos()], dim=2).flatten(1, 2)


@BOTH
def test_a_condition_reaches_every_pixel_of_its_own_picture(kind):
    stack = _random(kind(1, 2, 8, (3, 3), 1, 4))
    x, condition = torch.rand(2, 1, 4, 4, generator=generator()), torch.zeros(2, 4)
    difference = stack(x, condition + torch.tensor([[0.0], [1.0]])) - stack(x, condition)
    assert difference[0].abs().max() == 0
    assert difference[1].abs().amin() > 1e-5


def _seen(stack: torch.nn.Module, i: int, j: int) -> torch.Tensor:
    """Which pixels of a 9 x 9 picture move the output at one of them, bool (9, 9)."""
    x = torch.randn(1, 1, 9, 9, generator=generator()).requires_grad_()
    (slope,) = torch.autograd.grad(stack(x, None)[0, :, i, j].square().sum(), x)
    return slope[0, 0] != 0


def _before(i: int, j: int) -> torch.Tensor:
    return torch.arange(81).view(9, 9) < 9 * i + j


def test_gated_stacks_see_every_earlier_pixel_and_nothing_else():
    stack = _random(GatedStack(1, 2, 16, (3,) * 9, 1, 0))
    for i, j in ((0, 0), (0, 5), (4, 0), (4, 4), (8, 8)):
        assert torch.equal(_seen(stack, i, j), _before(i, j)), (i, j)


def test_gaps_reach_further_and_leave_no_hole():
    stack = _random(GatedStack(1, 2, 16, (5, 3, 3), 1, 0, gaps=(2, 4)))
    seen = _seen(stack, 8, 8)
    assert torch.equal(seen, _before(8, 8))  # eight rows up; without gaps it would be six
    assert not _seen(_random(GatedStack(1, 2, 16, (5, 3, 3), 1, 0)), 8, 8)[2].any()


def test_plain_stacks_are_blind_to_the_upper_right():
    stack = _random(PlainStack(1, 2, 16, (3,) * 9, 1, 0))
    seen, before = _seen(stack, 4, 4), _before(4, 4)
    assert not bool((seen & ~before).any())
    blind = before & ~seen
    assert blind[3, 6]
    assert blind[2, 7]
    assert bool(seen[3, :6].all())  # and no further than that
    rows, columns = torch.nonzero(blind).T
    assert bool((columns - 4 > 4 - rows).all())


def test_a_patch_network_is_an_mlp_on_cut_patches():
    """Slide 31: cut (context, next pixel) pairs out of an image, and train an MLP on them."""
    stack = _random(PlainStack(2, 7, 10, (5, 1, 1), 1, 0))
    x = torch.randn(1, 2, 6, 6, generator=generator())
    padded, found = F.pad(x, (2, 2, 2, 2)), stack(x, None)
    first, *others = stack.layers
    for i, j in ((0, 0), (2, 3), (5, 5), (1, 5)):
        patch = padded[0, :, i : i + 5, j : j + 5].flatten(1)[:, :12]  # the two rows above and two pixels to the left
        h = first.weight.flatten(2)[..., :12].flatten(1) @ patch.flatten() + first.bias
        for layer in others:
            h = h + layer.weight[:, :, 0, 0] @ h.relu() + layer.bias
        expected = stack.outlet.weight[:, :, 0, 0] @ h.relu() + stack.outlet.bias
        torch.testing.assert_close(found[0, :, i, j], expected, rtol=1e-4, atol=1e-5)


def test_only_the_first_layer_is_kept_from_its_own_pixel():
    """From the second on, what stands there was found out from earlier pixels."""
    gated, plain = GatedStack(1, 2, 8, (3, 3, 3), 1, 0), PlainStack(1, 2, 8, (3, 3, 3), 1, 0)
    for own in ([layer.horizontal.mask[..., -1, 1] for layer in gated.layers],
                [layer.mask[..., -1, 1] for layer in plain.layers]):  # fmt: skip
        assert [bool(seen.all()) for seen in own] == [False, True, True]
        assert not own[0].any()
