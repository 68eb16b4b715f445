"""Any prediction of diffusion gives all others."""

from itertools import product

import numpy as np
import pytest

from playground.core.noise_targets import TARGETS, converted, solved, target_of

SIGNAL = np.cos(np.linspace(0.01, 1.56, 40))[:, None]
LEVELS = {"circle": (SIGNAL, np.sqrt(1 - SIGNAL**2)), "straight": (SIGNAL, 1 - SIGNAL)}


@pytest.mark.parametrize("path", LEVELS)
@pytest.mark.parametrize(("source", "target"), list(product(TARGETS, TARGETS)))
def test_there_and_back_again(path, source, target):
    signal, sigma = LEVELS[path]
    draw = np.random.default_rng(0)
    x, prediction = draw.standard_normal((2, 40, 3))
    there = converted(prediction, x, source, target, signal, sigma)
    back = converted(there, x, target, source, signal, sigma)
    np.testing.assert_allclose(back, prediction, atol=1e-5)
    if source != target:
        assert np.abs(there - prediction).max() > 0.1


@pytest.mark.parametrize("path", LEVELS)
@pytest.mark.parametrize("target", TARGETS)
def test_the_truth_is_found_again(path, target):
    signal, sigma = LEVELS[path]
    image, noise = np.random.default_rng(1).standard_normal((2, 40, 3))
    x = signal * image + sigma * noise
    found = solved(target_of(target, noise, image, signal, sigma), x, target, signal, sigma)
    np.testing.assert_allclose(found[0], noise, atol=1e-9)
    np.testing.assert_allclose(found[1], image, atol=1e-9)


def test_v_turns_the_pair_of_noise_and_image_by_a_right_angle():
    """Salimans and Ho 2022: x = α x_0 + σ ε and v = α ε − σ x_0, so x_0 = α x − σ v and ε = σ x + α v."""
    signal, sigma = LEVELS["circle"]
    x, v = np.random.default_rng(2).standard_normal((2, 40, 3))
    noise, image = solved(v, x, "v", signal, sigma)
    np.testing.assert_allclose(image, signal * x - sigma * v, atol=1e-12)
    np.testing.assert_allclose(noise, sigma * x + signal * v, atol=1e-12)
