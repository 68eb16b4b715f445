"""The forward process as a chain."""

import numpy as np
import pytest

from playground.core.noise_chain import MOST_STEPS, apart, chain


def levels(t: int) -> tuple[np.ndarray, np.ndarray]:
    sigma = np.linspace(0.01, 0.9, 1000)[: t + 1]
    return np.sqrt(1 - sigma**2), sigma


@pytest.mark.parametrize(("t", "steps"), [(0, 1), (7, 8), (700, MOST_STEPS)])
def test_many_steps_leave_as_much_image_and_noise_as_one_jump(t, steps):
    signal, sigma = levels(t)
    x, made = chain(np.full((200_000, 1), 3.0), signal, sigma, np.random.default_rng(1))
    assert made == steps
    assert x.mean() == pytest.approx(3 * signal[-1], abs=0.01)
    assert x.std() == pytest.approx(sigma[-1], abs=0.01)


def test_clouds_of_one_distribution_are_nearer_than_those_of_two():
    draw = np.random.default_rng(2)
    one, same, other = draw.normal(0, 1, (3, 2000, 2)) + np.array([0, 0, 0.5])[:, None, None]
    assert apart(one, one) == 0
    assert 5 * apart(one, same) < apart(one, other)
    assert apart(one, one + np.array([3, 0])) == pytest.approx(3 * 2 / np.pi, rel=0.2)  # on average over all directions
