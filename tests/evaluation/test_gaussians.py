"""What the helper says of Gaussians, against the model's own density and against numpy."""

import numpy as np
import pytest
import torch

from playground import registry
from playground.core.errors import PlaygroundError
from playground.core.plane import responsibilities
from playground.evaluation.gaussians import Gaussians
from tests.helpers import generator


@pytest.mark.parametrize("covariance", ["full", "diagonal", "tied"])
def test_the_parts_of_a_mixture_make_its_density(covariance):
    dataset = registry.load_data("moons", {"count": 500})
    model_class = registry.model_class("gaussian")
    model = model_class.build(dataset.spec, model_class.Config(components=5, covariance=covariance))
    model.prepare(dataset.train, generator(0))
    model.em_step(dataset.train, generator(1))
    said = Gaussians(dataset).components(model, generator(2))
    weights, means, covariances = (said[name].double().numpy() for name in ("weights", "means", "covariances"))
    assert weights.sum() == pytest.approx(1.0, abs=1e-6)
    _, log_p = responsibilities(dataset.train.x.double().numpy(), weights, means, covariances)
    of_model = model.log_density(dataset.train.x, generator(3)).numpy()
    np.testing.assert_allclose(log_p, of_model, atol=2e-4)
    assert float(said["log_likelihood"]) == pytest.approx(log_p.mean(), abs=1e-4)


def test_another_family_has_no_such_parts():
    dataset = registry.load_data("moons", {"count": 500})
    with pytest.raises(PlaygroundError, match="no mixture"):
        Gaussians(dataset).components(torch.nn.Linear(1, 1), generator(0))


def test_the_best_gaussian_of_images_has_their_mean_and_covariance():
    dataset = registry.load_data("digits")
    said = Gaussians(dataset).fit(torch.nn.Linear(1, 1), 6, 4000, generator(0))
    x = dataset.train.x.flatten(1).double().numpy()
    values, vectors = np.linalg.eigh(np.cov(x.T, bias=True))
    np.testing.assert_allclose(said["mean"].flatten(), x.mean(axis=0), atol=1e-5)
    directions = said["directions"].flatten(1).double().numpy()
    np.testing.assert_allclose(np.linalg.norm(directions, axis=1), np.sqrt(values[::-1][:6]), rtol=1e-3)
    aligned = np.abs((directions / np.linalg.norm(directions, axis=1, keepdims=True)) @ vectors[:, ::-1][:, :6])
    np.testing.assert_allclose(np.diag(aligned), 1.0, atol=0.02)
    np.testing.assert_allclose(said["shares"], values[::-1][:6] / values.sum(), rtol=1e-3)
    drawn = said["samples"].flatten(1).double().numpy()
    spread = np.cov(drawn.T)
    assert np.trace(spread) == pytest.approx(values.sum(), rel=0.03)
    assert directions[0] @ spread @ directions[0] == pytest.approx(values[-1] ** 2, rel=0.1)
    assert (int(said["used"]), int(said["levels"])) == (len(x), 17)
