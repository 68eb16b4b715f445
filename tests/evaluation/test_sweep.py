"""A sampler's setting, value by value: the same noise, the numbers of the evaluation, and what a sample costs."""

import pytest
import torch

from playground import registry
from playground.core.random import stream
from playground.evaluation import coverage, distance, pieces
from playground.evaluation.features import Yardstick
from playground.evaluation.labels import sample_labels
from playground.evaluation.sweep import Sweep
from tests.helpers import generator, trained


def point(run, n, seed=0, **settings):
    """The last state, with a generator of that seed."""
    label = settings.pop("label", None)
    sampling = run.sampler.SampleSettings(**settings)
    *_, last = Sweep(run.dataset).point(run.sampler, n, generator(seed), sampling, label)
    return last


def test_points_are_compared_by_their_coordinates():
    run, _ = trained("diffusion", "eight-gaussians", 5)
    last = point(run, 60, steps=7)
    drawn = run.sampler.sample(60, settings=run.sampler.SampleSettings(steps=7), generator=generator())
    test = pieces.some(run.dataset.test, 60)
    assert torch.equal(last.x, drawn[:9])
    assert int(last.views["network_calls"]) == 7
    assert (float(last.views["precision"]), float(last.views["recall"])) == pytest.approx(
        coverage.precision_recall(drawn, test)
    )
    assert float(last.views["sliced_wasserstein"]) == pytest.approx(distance.sliced_wasserstein(drawn, test))
    assert {"count", "modes_hit", "share_within_3_sigma", "sliced_wasserstein_floor"} <= set(last.views)


def test_images_are_compared_by_the_classifiers_features_each_class_in_turn():
    run = registry.open_run("stylegan-digits", "cpu")
    *_, last = Sweep(run.dataset).point(run.model, 40, generator(), run.model.SampleSettings(psi=0.5))
    yardstick, labels = Yardstick.bundled(run.dataset.spec, "cpu"), sample_labels(run.dataset.spec, 40)
    told, settings, noise = labels if run.model.conditional else None, run.model.SampleSettings(psi=0.5), generator()
    drawn = torch.cat([
        run.model.sample(20, label=None if told is None else told[rows], settings=settings, generator=noise)
        for rows in torch.arange(40).split(20)
    ])  # fmt: skip
    seen, real = (yardstick.features(x) for x in (drawn, pieces.some(run.dataset.test, 40)))
    assert float(last.views["feature_distance"]) == pytest.approx(distance.frechet_distance(seen, real), rel=1e-4)
    assert float(last.views["precision"]) == pytest.approx(coverage.precision_recall(seen, real)[0])
    assert int(last.views["network_calls"]) == 1
    assert float(last.views["learned"]) == 1
    assert len(last.x) == 9


def test_of_one_class_only_its_own_examples_are_the_measure():
    run = registry.open_run("gan-digits", "cpu")
    label = torch.tensor([[3]])
    *_, last = Sweep(run.dataset).point(run.model, 30, generator(), None, label)
    own = (run.dataset.test.labels[:, 0] == 3).nonzero()[:, 0]
    real = Yardstick.bundled(run.dataset.spec, "cpu").features(pieces.some(run.dataset.test.take(own), 30))
    drawn = torch.cat([
        run.model.sample(len(rows), label=label.expand(len(rows), -1), generator=noise)
        for noise in (generator(),) for rows in torch.arange(30).split(20)
    ])  # fmt: skip
    seen = Yardstick.bundled(run.dataset.spec, "cpu").features(drawn)
    assert float(last.views["recall"]) == pytest.approx(coverage.precision_recall(seen, real)[1])


@pytest.mark.slow
def test_truncating_styles_never_makes_the_bundled_run_more_varied():
    run = registry.open_run("stylegan-shapes", "cpu")
    sweep, recalls = Sweep(run.dataset), []
    for psi in (0.0, 0.5, 1.0):
        noise = stream(1, "sampling", "cpu")
        *_, last = sweep.point(run.model, 200, noise, run.model.SampleSettings(psi=psi))
        recalls.append(float(last.views["recall"]))
    assert recalls == sorted(recalls)
    assert recalls[0] < recalls[-1]
