"""Means of classes and principal components, against sums by hand and numpy's singular values."""

import numpy as np
import pytest
import torch

from playground import registry
from playground.evaluation.moments import Moments, errors_by_length, principal_directions
from tests.helpers import generator


@pytest.fixture(scope="module")
def digits():
    return registry.load_data("digits")


def test_means_of_classes_are_those_of_the_training_examples(digits):
    found = Moments(digits).class_means(None)
    x, labels = digits.train.x.numpy(), digits.train.labels[:, 0].numpy()
    for k in range(10):
        of_class = x[labels == k]
        np.testing.assert_allclose(found["mean"][k], of_class.mean(axis=0), atol=1e-5)
        assert found["variance"][k].item() == pytest.approx(of_class.var(axis=0).mean(), rel=1e-4)
        assert found["count"][k].item() == len(of_class)
    np.testing.assert_allclose(found["mean"][10], x.mean(axis=0), atol=1e-5)
    assert found["count"][10].item() == len(x)


@pytest.mark.parametrize("shape", [(40, 12), (12, 40)], ids=["many rows", "few rows"])
def test_principal_directions_are_the_right_singular_vectors(shape):
    rows = torch.randn(*shape, generator=generator()).double() * torch.linspace(0.3, 3, shape[1]).double()
    centred = rows - rows.mean(dim=0)
    found = principal_directions(centred, 4)
    _, _, expected = np.linalg.svd(centred.numpy(), full_matrices=False)
    np.testing.assert_allclose(np.abs(found @ torch.from_numpy(expected[:4]).T), np.eye(4), atol=1e-6)


def test_the_error_of_each_length_is_that_of_rebuilding(digits):
    found = Moments(digits).components(None, 20)
    x, mean, directions = digits.test.x[:1000].flatten(1), found["mean"], found["directions"]
    for k in (0, 1, 7, 20):
        kept = directions[:k]
        rebuilt = mean + (x - mean) @ kept.T @ kept
        assert found["error"][k].item() == pytest.approx((rebuilt - x).square().mean().item(), rel=1e-4)
    assert bool((found["error"].diff() < 0).all())


def test_all_directions_lose_nothing():
    centred = torch.randn(30, 5, generator=generator()).double()
    assert errors_by_length(centred, principal_directions(centred, 5))[-1].item() == pytest.approx(0, abs=1e-12)
