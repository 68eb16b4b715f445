"""What is measured while a model learns: the numbers of the evaluation, in pieces, on any family."""

from dataclasses import replace

import pytest
import torch

from playground.core.data import Batch
from playground.core.random import stream
from playground.evaluation import coverage, distance, pieces
from playground.evaluation.examiner import Examiner
from tests.helpers import dataset_of, generator, tiny, trained, trainer_of

BOTH = ("precision", "precision_floor", "recall", "recall_floor")


def measured(model: str, data: str, n: int = 60, steps: int = 5):
    """The last state of one measurement, its model and data."""
    run, _ = trained(model, data, steps)
    *_, last = Examiner(run.dataset).measure(run.sampler, n, generator(3))
    return last, run.sampler, run.dataset


def test_points_have_the_plane_s_numbers_beside_their_floors():
    last, model, dataset = measured("gan", "eight-gaussians")
    assert set(last.views) == {
        "count", "sliced_wasserstein", "sliced_wasserstein_floor", "modes_hit", "modes_hit_floor",
        "share_within_3_sigma", "share_within_3_sigma_floor", *BOTH,
    }  # fmt: skip
    x = model.sample(60, generator=generator(3))
    assert torch.equal(last.x, x)
    test = dataset.test.x[torch.randperm(len(dataset.test), generator=stream(0, "examine/rows"))[:60]]
    assert float(last.views["sliced_wasserstein"]) == pytest.approx(distance.sliced_wasserstein(x, test))
    both = (float(last.views[name]) for name in ("precision", "recall"))
    assert tuple(both) == pytest.approx(coverage.precision_recall(x, test))
    centres, std = dataset.modes
    assert float(last.views["share_within_3_sigma"]) == pytest.approx(coverage.share_within_3_sigma(x, centres, std))
    assert 0 < last.views["sliced_wasserstein_floor"] < last.views["sliced_wasserstein"]
    assert last.views["share_within_3_sigma_floor"] > 0.95


def test_only_an_exact_density_has_a_likelihood():
    exact, _, dataset = measured("gaussian", "eight-gaussians")
    assert float(exact.views["nll_floor"]) == pytest.approx(dataset.exact.entropy)
    bound, *_ = measured("vae", "eight-gaussians")
    assert "nll" not in bound.views
    assert "kl" not in bound.views


def test_the_kl_is_that_of_the_same_examples():
    run, _ = trained("gaussian", "eight-gaussians", 5)
    *_, last = Examiner(run.dataset).measure(run.sampler, 40, generator(3))
    test = run.dataset.test.x[torch.randperm(len(run.dataset.test), generator=stream(0, "examine/rows"))[:40]]
    log_model = run.sampler.log_density(test, generator()).double()
    assert float(last.views["nll"]) == pytest.approx(-float(log_model.mean()))
    gap = run.dataset.exact.log_density(test).double() - log_model
    assert float(last.views["kl"]) == pytest.approx(float(gap.mean()), abs=1e-6)


def test_images_are_measured_in_the_features_of_their_classifier():
    last, _, _ = measured("vae", "digits", n=25)
    assert set(last.views) == {"count", "feature_distance", "feature_distance_floor", *BOTH}
    assert last.x.shape == (25, 1, 8, 8)
    assert last.x.min() >= 0
    assert last.x.max() <= 1
    assert last.views["feature_distance"] > last.views["feature_distance_floor"]


def test_real_examples_in_the_samples_place_reach_the_floor():
    run, _ = trained("gan", "eight-gaussians", 5)
    looks = [Examiner(run.dataset)._compared(pieces.some(run.dataset.train, 60, look)) for look in range(5)]
    *_, last = Examiner(run.dataset).measure(run.sampler, 60, generator(3))
    mean = sum(look["sliced_wasserstein"] for look in looks) / 5
    assert float(last.views["sliced_wasserstein_floor"]) == pytest.approx(mean)


def test_a_stepwise_sampler_stops_between_its_steps(monkeypatch):
    monkeypatch.setattr(pieces, "PIECE_SECONDS", -1.0)
    run, _ = trained("diffusion", "eight-gaussians", 5)
    states = list(Examiner(run.dataset).measure(run.sampler, 20, generator()))
    assert len(states) > 25
    assert [state.index == state.total for state in states] == [False] * (len(states) - 1) + [True]
    assert torch.equal(states[-1].x, run.sampler.sample(20, generator=generator()))


def test_too_little_data_and_broken_samples_are_not_measured():
    run, _ = trained("gan", "eight-gaussians", 5)
    few = replace(run.dataset, test=Batch.of(run.dataset.test.x[:9]))
    *_, last = Examiner(few).measure(run.sampler, 60, generator())
    assert not last.views
    broken = trainer_of(tiny("gan", "eight-gaussians")).sampler
    for tensor in broken.generator.state_dict().values():
        tensor.fill_(float("nan"))
    *_, last = Examiner(dataset_of(tiny("gan", "eight-gaussians"))).measure(broken, 60, generator())
    assert not last.views
    assert len(last.x) == 60


def test_what_a_sample_costs():
    run, _ = trained("diffusion", "eight-gaussians", 5)
    settings = run.sampler.SampleSettings(steps=25)
    *_, last = Examiner(run.dataset).cost(run.sampler, 10, generator(), settings)
    assert float(last.views["network_calls"]) == 25
    assert last.views["milliseconds"] > 0


def test_a_conditional_model_is_asked_for_each_class():
    trainer = trainer_of(tiny("gan", "digits", conditional=True))
    *_, last = Examiner(trainer.dataset).measure(trainer.sampler, 20, generator())
    labels = torch.arange(20)[:, None] % 10
    assert torch.equal(last.x, trainer.sampler.sample(20, label=labels, generator=generator()).clamp(0, 1))


def test_measuring_leaves_the_global_generator_and_the_weights_alone():
    run, _ = trained("energy", "eight-gaussians", 5)
    state, weights = torch.get_rng_state(), {name: t.clone() for name, t in run.sampler.state_dict().items()}
    *_, last = Examiner(run.dataset).measure(run.sampler, 20, generator())
    assert last.views
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(weights[name], t) for name, t in run.sampler.state_dict().items())
