"""What is looked at while a model trains, and the presets of the failure gallery."""

import json

import pytest
import torch

from playground import registry
from playground.core.model import empty_copy
from playground.evaluation import coverage
from playground.evaluation.alarms import AlarmWatch
from playground.evaluation.failures import failures
from tests.helpers import differing, generator, trained

FROM_RECORDS = {"mode-collapse", "oscillation", "posterior-collapse", "nan", "overfit", "blow-up"}
NAMES = FROM_RECORDS | {"too-few-sampler-steps", "wrong-noise-schedule"}


def looked(model: str, data: str, steps: int = 5):
    """The last state of one look, and the run."""
    run, _ = trained(model, data, steps)
    *_, last = AlarmWatch(run.dataset).look(run.sampler, generator(3))
    return last, run


def test_points_with_modes_are_counted_and_spread_is_that_of_two_real_ones():
    last, run = looked("gan", "eight-gaussians")
    x = run.sampler.sample(256, generator=generator(3))
    assert torch.equal(last.x, x)
    centres, std = run.dataset.modes
    assert int(last.views["modes"]) == 8
    assert int(last.views["modes_hit"]) == coverage.modes_hit(x, centres, std)
    assert float(last.views["on_data"]) == pytest.approx(coverage.share_within_3_sigma(x, centres, std))
    assert float(last.views["spread"] * last.views["distance"]) == pytest.approx(float(torch.pdist(x).mean()), rel=1e-4)
    assert 0 <= float(last.views["recall"]) <= 1


def test_images_are_told_apart_by_their_classifier_and_codes_by_what_they_say():
    before = torch.get_rng_state()
    last, run = looked("vae", "digits")
    weights = {name: tensor.clone() for name, tensor in run.sampler.state_dict().items()}
    assert int(last.views["classes"]) == 10
    assert 1 <= int(last.views["classes_hit"]) <= 10
    codes = run.sampler.posterior(run.dataset.validation.x[:128])
    kl = 0.5 * (codes["mean"] ** 2 + codes["std"] ** 2 - 2 * codes["std"].log() - 1).mean(dim=0)
    assert float(last.views["KL"]) == pytest.approx(float(kl.sum()), rel=1e-4)
    assert int(last.views["axes"]) == int((kl >= 0.01).sum())
    assert differing(weights, run.sampler.state_dict()) == []
    assert torch.equal(before, torch.get_rng_state())


def test_real_examples_in_the_samples_place_are_well():
    run, _ = trained("gan", "eight-gaussians", 5)
    watch = AlarmWatch(run.dataset)
    numbers = watch._of_samples(run.dataset.test.x[:256])
    assert numbers["modes_hit"] == 8
    assert numbers["spread"] == pytest.approx(1.0, abs=0.1)
    assert min(numbers["precision"], numbers["recall"], numbers["on_data"]) > 0.8


def test_samples_that_are_no_numbers_say_nothing():
    run, _ = trained("gan", "eight-gaussians", 5)
    model, watch = run.sampler, AlarmWatch(run.dataset)
    *_, last = watch.look(model, generator())
    assert last.views
    weights = {name: torch.full_like(tensor, float("nan")) for name, tensor in model.state_dict().items()
               if tensor.is_floating_point()}  # fmt: skip
    *_, last = watch.look(empty_copy(model, {**model.state_dict(), **weights}), generator())
    assert not last.views


def test_advice_comes_as_words_by_key():
    run, _ = trained("gan", "eight-gaussians", 5)
    said = AlarmWatch(run.dataset).advise(
        run.sampler, "gan", {"penalty": 0.0, "train.lr": 1.0, "sample.truncation": 0.0}
    )
    assert list(said["keys"]) == ["train.lr", "penalty", "sample.truncation"]
    assert json.loads(said["repairs"][1]) == {"penalty": 0.1}
    assert all(why.endswith(".") for why in said["why"])


def test_the_gallery_shows_each_kind_of_failure_once():
    assert sorted(failure.alarm for failure in failures()) == sorted(NAMES)


@pytest.mark.parametrize("failure", failures(), ids=lambda failure: failure.name)
def test_a_failure_of_the_gallery_is_a_preset_with_a_repair(failure):
    bad = registry.experiment(failure.model, failure.data, failure.preset)
    mended = registry.experiment(failure.model, failure.data, failure.preset, failure.repair)
    assert bad.settings() | dict(bad.data_options) != mended.settings() | dict(mended.data_options)
    assert failure.shows.endswith(".")
    assert 0 < failure.within <= bad.budget.amount <= 4000
    by_settings = {entry.alarm.lower().replace(" ", "-") for entry in registry.known_bad(failure.model)}
    assert failure.alarm in by_settings | FROM_RECORDS
