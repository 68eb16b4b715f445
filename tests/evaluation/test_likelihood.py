"""NLL and KL of models whose density is known."""

import math
from dataclasses import replace

import pytest
import torch

from playground import registry
from playground.core.data import Batch, Dataset, DataSpec
from playground.core.random import stream
from playground.data._mixture import Mixture
from playground.evaluation.likelihood import likelihood
from tests.evaluation.fakes import Bounded, Copier, Known


@pytest.fixture
def dataset() -> Dataset:
    return registry.load_data("eight-gaussians")


def mixture(dataset: Dataset) -> Mixture:
    assert isinstance(dataset.exact, Mixture)
    return dataset.exact


def test_the_truth_has_no_divergence_from_itself(dataset: Dataset) -> None:
    found = likelihood(Known(dataset.spec, mixture(dataset)), dataset, stream(0, "test"))
    assert found["kl"] == 0.0
    assert found["kl_stderr"] == 0.0
    assert found["kl_kind"] == found["nll_kind"] == "exact"
    assert found["nll_unit"] == "nats"
    assert found["entropy_floor"] == mixture(dataset).entropy
    assert found["nll"] == pytest.approx(mixture(dataset).entropy, abs=0.03)


def test_a_shifted_model_is_as_far_as_brute_force_says(dataset: Dataset) -> None:
    truth = mixture(dataset)
    shifted = replace(truth, centres=truth.centres + 0.05)
    found = likelihood(Known(dataset.spec, shifted), dataset, stream(0, "test"))
    axis = torch.arange(-3.0, 3.0, 0.02, dtype=torch.float64)
    grid = torch.cartesian_prod(axis, axis)
    log_p = truth.log_density(grid)
    brute = float((log_p.exp() * (log_p - shifted.log_density(grid))).sum()) * 0.02**2
    assert brute > 0.05
    assert abs(found["kl"] - brute) < 3 * found["kl_stderr"] < 0.2 * brute


def test_a_lower_bound_on_the_density_is_an_upper_bound_on_the_nll(dataset: Dataset) -> None:
    found = likelihood(Bounded(dataset.spec, mixture(dataset)), dataset, stream(0, "test"))
    assert found["nll_kind"] == found["kl_kind"] == "upper bound"


def test_images_count_bits_a_dimension() -> None:
    class Uniform(Known):
        def log_density(self, x, generator, label=None):  # type: ignore[no-untyped-def]
            return torch.full((len(x),), -64 * math.log(17))

    digits = registry.load_data("digits")
    found = likelihood(Uniform(digits.spec, None), digits, stream(0, "test"))  # type: ignore[arg-type]
    assert found["nll"] == pytest.approx(math.log2(17))
    assert found["nll_unit"] == "bits/dim"
    assert "kl" not in found
    assert "entropy_floor" not in found


def test_a_conditional_model_is_told_the_labels_and_gets_no_floor(dataset: Dataset) -> None:
    class ByMode(Known):
        conditional = True

        def log_density(self, x, generator, label=None):  # type: ignore[no-untyped-def]
            centre = truth.centres[label[:, 0]]
            return -((x - centre) ** 2).sum(1) / (2 * truth.std**2) - math.log(2 * math.pi * truth.std**2)

    truth = mixture(dataset)
    found = likelihood(ByMode(dataset.spec, truth), dataset, stream(0, "test"))
    assert found["nll"] == pytest.approx(math.log(2 * math.pi * math.e) + 2 * math.log(truth.std), abs=0.03)
    assert "kl" not in found
    assert "entropy_floor" not in found


def test_a_family_without_a_density_still_shows_the_floor(dataset: Dataset) -> None:
    spec = DataSpec("fake", (2,))
    model = Copier(spec, Copier.Config(), Batch.of(torch.zeros(3, 2)))
    assert likelihood(model, dataset, stream(0, "test")) == {"entropy_floor": mixture(dataset).entropy}
