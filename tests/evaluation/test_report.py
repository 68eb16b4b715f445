"""The whole report on models whose numbers are known beforehand."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from playground import registry
from playground.core.data import Batch, Dataset, DataSpec, Factor
from playground.core.errors import PlaygroundError, UsageError
from playground.core.random import stream
from playground.data._mixture import Mixture
from playground.evaluation.features import Yardstick
from playground.evaluation.report import KEYS, evaluate
from playground.models.classifier import Classifier
from tests.evaluation.fakes import Copier, Known, open_fake

DESIGN = (
    "model data step seed device parameters seconds_training nll nll_unit nll_kind entropy_floor kl kl_kind kl_stderr "
    "feature_distance feature_distance_floor feature_distance_share precision recall label_accuracy "
    "reconstruction_label_accuracy nearest_train_ratio modes_hit share_within_3_sigma sliced_wasserstein "
    "sliced_wasserstein_floor"
)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    """A small classifier after a second of training."""
    digits = registry.load_data("digits")
    model = Classifier.fresh(digits.spec, Classifier.Config(width=8), stream(0, "init"))
    optimizers, order, generator = model.configure_optimizers(), stream(0, "order"), stream(0, "training")
    optimizers["model"].param_groups[0]["lr"] = 5e-3
    for _ in range(150):
        rows = torch.randint(len(digits.train), (32,), generator=order)
        model.train_step(digits.train.take(rows), optimizers, generator, model.parts)
    return model.eval()


@pytest.fixture
def with_classifier(classifier: Classifier, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if `classifier` were bundled."""
    run = open_fake(classifier, registry.load_data("digits"), "classifier")
    monkeypatch.setattr(registry, "pretrained", lambda: {"classifier-digits": Path("fake")})
    monkeypatch.setattr(registry, "open_run", lambda name, device: {"classifier-digits": run}[name])


def copier(conditional: bool = False, offset: int = 0) -> tuple[Copier, Dataset]:
    digits = registry.load_data("digits")
    return Copier(digits.spec, Copier.Config(conditional, offset), digits.train), digits


def without(report: dict[str, object]) -> set[str]:
    return {key for key, value in report.items() if value is None}


def test_keys_are_those_of_the_design_in_order() -> None:
    assert " ".join(KEYS) == DESIGN


def test_points_from_the_truth_itself() -> None:
    dataset = registry.load_data("eight-gaussians")
    before = torch.get_rng_state()
    report = evaluate(open_fake(Known(dataset.spec, dataset.exact), dataset))
    assert torch.equal(torch.get_rng_state(), before)
    assert list(report) == list(KEYS)
    assert json.loads(json.dumps(report)) == report
    assert (report["model"], report["data"], report["step"], report["seed"]) == ("fake", "eight-gaussians", 7, 4)
    assert (report["device"], report["parameters"], report["seconds_training"]) == ("cpu", 0, 1.5)
    assert report["modes_hit"] == 8
    assert report["share_within_3_sigma"] > 0.98
    assert report["sliced_wasserstein"] < 2 * report["sliced_wasserstein_floor"]
    assert 0.8 < report["nearest_train_ratio"] < 1.2
    assert without(report) == {
        *("feature_distance", "feature_distance_floor", "feature_distance_share", "precision", "recall"),
        *("label_accuracy", "reconstruction_label_accuracy"),
    }


def test_points_from_one_mode_only() -> None:
    dataset = registry.load_data("eight-gaussians")
    one = Mixture(torch.ones(1), dataset.exact.centres[:1], dataset.exact.std)
    report = evaluate(open_fake(Known(dataset.spec, one), dataset), count=500)
    assert report["modes_hit"] == 1
    assert report["kl"] > 1
    assert report["sliced_wasserstein"] > 10 * report["sliced_wasserstein_floor"]


def test_the_seed_alone_decides() -> None:
    dataset = registry.load_data("moons")
    run = open_fake(Known(dataset.spec, dataset.exact), dataset)
    assert evaluate(run, 300, seed=1) == evaluate(run, 300, seed=1)
    assert evaluate(run, 300, seed=1)["sliced_wasserstein"] != evaluate(run, 300, seed=2)["sliced_wasserstein"]
    assert evaluate(run, 300)["modes_hit"] is None


@pytest.mark.usefixtures("with_classifier")
def test_copies_of_training_images() -> None:
    model, digits = copier()
    report = evaluate(open_fake(model, digits))
    assert sum(model.asked) == len(digits.test) == 360
    assert max(model.asked) <= 256
    assert report["nearest_train_ratio"] == 0.0
    assert abs(report["feature_distance_share"]) < 0.2
    assert report["precision"] > 0.7
    assert report["recall"] > 0.7
    assert report["reconstruction_label_accuracy"] == 1.0
    assert report["label_accuracy"] is None
    assert report["nll"] is None


@pytest.mark.usefixtures("with_classifier")
def test_samples_labelled_as_asked() -> None:
    right, digits = copier(conditional=True)
    assert evaluate(open_fake(right, digits), count=100)["label_accuracy"] > 0.8
    wrong, _ = copier(conditional=True, offset=1)
    assert evaluate(open_fake(wrong, digits), count=100)["label_accuracy"] < 0.1


@pytest.mark.usefixtures("with_classifier")
def test_gray_images_are_far_from_digits() -> None:
    class Gray(Copier):
        def sample(self, n, *, label=None, settings=None, generator):  # type: ignore[no-untyped-def]
            return 0.5 + 0.01 * torch.rand(n, *self.spec.shape, generator=generator)

        def decode(self, z: Tensor, label: Tensor | None = None) -> Tensor:
            return torch.full((len(z), *self.spec.shape), 0.5)

    _, digits = copier()
    report = evaluate(open_fake(Gray(digits.spec, Copier.Config(), digits.train), digits))
    assert report["feature_distance_share"] > 1
    assert report["recall"] < 0.1
    assert report["reconstruction_label_accuracy"] < 0.3


def test_the_classifier_reports_its_own_accuracy(classifier: Classifier) -> None:
    report = evaluate(open_fake(classifier, registry.load_data("digits"), "classifier"))
    assert report["label_accuracy"] > 0.9
    assert report["parameters"] == sum(p.numel() for p in classifier.parameters())
    assert report["nearest_train_ratio"] is None


def test_the_classifier_reports_how_well_it_estimates_continuous_factors() -> None:
    """An estimate that is off by half the factor's own spread explains three quarters of its variance."""

    class Off(Classifier):
        def measures(self, x: Tensor) -> Tensor:
            return x.mean(dim=(1, 2, 3))[:, None] + spread / 2

    gray = torch.linspace(0, 1, 51)[:, None]
    spread = float(gray.std(correction=0))
    batch = Batch.of(gray[:, :, None, None].expand(-1, 1, 4, 4).clone(), (gray > 0.5).long(), gray)
    spec = DataSpec("lit", (1, 4, 4), factors=(Factor("half", ("dark", "light")), Factor("gray")))
    model = Off.fresh(spec, Classifier.Config(width=8), stream(0, "init"))
    report = evaluate(open_fake(model.eval(), Dataset(spec, batch, batch, batch), "classifier"))
    assert set(report["label_accuracy"]) == {"half", "gray"}
    assert report["label_accuracy"]["gray"] == pytest.approx(0.75, abs=1e-3)


def test_without_a_classifier_there_are_no_feature_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "pretrained", dict)
    model, digits = copier(conditional=True)
    report = evaluate(open_fake(model, digits), count=50)
    assert {"feature_distance", "precision", "label_accuracy", "reconstruction_label_accuracy"} <= without(report)
    assert report["nearest_train_ratio"] == 0.0


@pytest.mark.usefixtures("with_classifier")
def test_a_classifier_of_other_images_is_no_yardstick() -> None:
    spec = registry.load_data("digits").spec
    assert Yardstick.bundled(spec, "cpu") is not None
    assert Yardstick.bundled(replace(spec, shape=(1, 16, 16)), "cpu") is None
    assert Yardstick.bundled(replace(spec, factors=()), "cpu") is None
    assert Yardstick.bundled(DataSpec("moons", (2,)), "cpu") is None


def test_errors_say_what_is_wrong() -> None:
    model, digits = copier()
    with pytest.raises(UsageError, match="at least 10 samples"):
        evaluate(open_fake(model, digits), count=1)
    model.train_data = replace(digits.train, x=digits.train.x * float("nan"))
    with pytest.raises(PlaygroundError, match="diverged"):
        evaluate(open_fake(model, digits), count=20)
