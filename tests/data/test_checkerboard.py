"""The checkerboard: hard edges, known exactly, and every noised version of them."""

import math

import numpy as np
import pytest
import torch
from scipy.special import log_ndtr
from torch import Tensor
from torch.testing import assert_close

from playground import registry
from playground.core.random import stream
from playground.data._squares import Squares

F64 = torch.float64


@pytest.fixture
def board() -> Squares:
    exact = registry.load_data("checkerboard").exact
    assert isinstance(exact, Squares)
    return exact


def test_points_stand_on_dark_squares_named_as_in_chess() -> None:
    dataset = registry.load_data("checkerboard")
    assert dataset.spec.factors[0].values == ("a1", "c1", "b2", "d2", "a3", "c3", "b4", "d4")
    column, row = (dataset.test.x + 2).floor().long().unbind(1)
    assert ((column + row) % 2 == 0).all()
    names = [f"{'abcd'[c]}{r + 1}" for c, r in zip(column.tolist(), row.tolist(), strict=True)]
    assert names == [dataset.spec.factors[0].values[label] for label in dataset.test.labels[:, 0].tolist()]
    assert dataset.modes is None


def test_points_are_even_within_their_square() -> None:
    within = (registry.load_data("checkerboard").train.x + 2) % 1
    assert_close(within.mean(0), torch.full((2,), 0.5), atol=0.01, rtol=0)
    assert_close(within.var(0), torch.full((2,), 1 / 12), atol=0.002, rtol=0)


@pytest.mark.parametrize(("squares", "dark"), [(2, 2), (3, 5), (4, 8), (7, 25), (8, 32)])
def test_entropy_is_the_logarithm_of_the_dark_area(squares: int, dark: int) -> None:
    exact = registry.load_data("checkerboard", {"squares": squares}).exact
    assert exact.entropy == pytest.approx(math.log(16 * dark / squares**2))


def test_without_noise_the_density_is_flat_and_the_score_zero(board: Squares) -> None:
    x = torch.tensor([[-1.5, -1.5], [0.3, 0.9], [-0.5, -1.5], [5.0, 0.0]], dtype=F64)
    assert_close(board.log_density(x).exp(), torch.tensor([1 / 8, 1 / 8, 0, 0], dtype=F64))
    assert torch.equal(board.score(x), torch.zeros(4, 2, dtype=F64))
    half = board.log_density(x * 0.5, signal=0.5)
    assert_close(half.exp(), torch.tensor([1 / 2, 1 / 2, 0, 0], dtype=F64))


@pytest.mark.parametrize("squares", [3, 4, 7])
def test_no_draw_is_impossible_by_rounding(squares: int) -> None:
    exact = registry.load_data("checkerboard", {"squares": squares}).exact
    corners, side = exact.corners, exact.side
    edges = torch.cat([corners, corners + side, corners + torch.tensor([0.0, side])])
    assert exact.log_density(edges.float()).isfinite().all()
    assert exact.log_density(exact.sample(200_000, stream(0, "test"))).isfinite().all()


def brute_force(board: Squares, x: Tensor, signal: float, noise: float) -> Tensor:
    """The mean over the squares of products of Φ differences by SciPy, in logarithms."""
    total = []
    for corner in board.corners.numpy():
        terms = 0.0
        for axis in (0, 1):
            a, b = signal * corner[axis], signal * (corner[axis] + board.side)
            upper, lower = (x[:, axis].numpy() - a) / noise, (x[:, axis].numpy() - b) / noise
            swap = upper + lower > 0
            upper, lower = np.where(swap, -lower, upper), np.where(swap, -upper, lower)
            terms = terms + log_ndtr(upper) + np.log1p(-np.exp(log_ndtr(lower) - log_ndtr(upper))) - np.log(b - a)
        total.append(torch.from_numpy(terms))
    return torch.stack(total).logsumexp(0) - math.log(len(total))


@pytest.mark.parametrize(("signal", "noise"), [(1.0, 0.01), (0.9, 0.3), (0.1, 0.99)])
def test_noised_density_by_products_of_error_functions(board: Squares, signal: float, noise: float) -> None:
    x = 2 * torch.randn(300, 2, generator=stream(0, "test"), dtype=F64)
    assert_close(board.log_density(x, signal, noise), brute_force(board, x, signal, noise), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("signal", "noise"), [(1.0, 0.05), (0.9, 0.3), (0.1, 0.99), (0.0, 1.0)])
def test_noised_score_is_the_gradient_of_the_log_density(board: Squares, signal: float, noise: float) -> None:
    x = torch.randn(300, 2, generator=stream(0, "test"), dtype=F64).requires_grad_()
    (gradient,) = torch.autograd.grad(board.log_density(x, signal, noise).sum(), x)
    assert_close(board.score(x.detach(), signal, noise), gradient, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("signal", [0.0, 1e-7, 0.999e-5, 1.001e-5, 1e-4])
def test_all_noise_is_one_gaussian_without_a_jump_on_the_way(board: Squares, signal: float) -> None:
    x = 3 * torch.randn(100, 2, generator=stream(0, "test"), dtype=F64)
    gaussian = -x.square().sum(1) / 2 - math.log(2 * math.pi)
    first_order = signal * x @ (board.corners.mean(0) + board.side / 2)
    assert_close(board.log_density(x, signal, 1.0), gaussian + first_order, atol=1e-6, rtol=0)
    assert_close(board.score(x, signal, 1.0), -x, atol=1e-3, rtol=0)


def test_far_away_and_nearly_clean_all_stays_finite(board: Squares) -> None:
    x = torch.tensor([[1e3, -1e3], [0.5, 0.5], [-0.5, 0.5], [2.0, 2.0]])
    for noise in (1e-3, 0.1, 1.0):
        assert board.log_density(x, 1.0, noise).isfinite().all()
        assert board.score(x, 1.0, noise).isfinite().all()
    assert float(board.score(torch.tensor([[2.5, 0.5]]), 1.0, 0.1)[0, 0]) < -10  # back to the board


def test_answers_keep_the_type_of_the_question(board: Squares) -> None:
    for dtype in (torch.float32, F64):
        x = torch.zeros(3, 2, dtype=dtype)
        for noise in (0.0, 0.5):
            assert board.log_density(x, 1.0, noise).dtype == board.score(x, 1.0, noise).dtype == dtype
