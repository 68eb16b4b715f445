"""Windows of context, other stacks, and doubtful pixels, on a tiny model of real digits."""

import numpy as np
import pytest
import torch

from playground.core.data import DataSpec
from playground.evaluation.pixels import IMAGES, PLACES, PixelLab, near, two_peaks
from playground.models.autoregressive import Autoregressive, AutoregressiveConfig
from tests.helpers import generator, trained


@pytest.fixture(scope="module")
def tiny_model():
    trainer, _ = trained("autoregressive", "digits")
    return trainer.model.eval(), PixelLab(trainer.dataset), trainer.dataset


def last(steps):
    *before, end = steps
    assert [step.index for step in before] == list(range(end.total))
    return end


def test_the_widest_window_is_the_models_own_cost_and_the_narrowest_knows_nothing(tiny_model):
    model, lab, data = tiny_model
    end = last(lab.windows(model, generator(3)))
    places = torch.randperm(64, generator=generator(3))[:PLACES]
    whole = model.costs(data.test.x[:IMAGES]).flatten(1)[:, places].mean() / np.log(2)
    assert end.x[-1].item() == pytest.approx(whole.item(), rel=1e-4)
    assert end.views["radii"].tolist() == [0, 1, 2, 3, 4, 6, 7]
    alone = model.costs(data.test.x[:IMAGES, :, :1, :1]).shape
    assert alone == (IMAGES, 1, 1, 1)
    assert end.x[0] > end.x[-1]
    assert bool((end.views["error"] > 0).all())
    only = last(lab.windows(model, generator(3), whole=True))
    assert only.views["radii"].tolist() == [7]
    assert only.x.item() == end.x[-1].item()


def test_another_stack_shows_its_blind_spot_and_nothing_later(tiny_model):
    _, lab, data = tiny_model
    model = Autoregressive.fresh(data.spec, AutoregressiveConfig(width=12), generator())
    for context, sees in (("masked", False), ("full", True)):
        field = lab.field_of(model, data.test.x[:8], 4 * 8 + 1, context)[0]
        assert bool(field.flatten()[4 * 8 + 1 :].eq(0).all())
        assert bool(field[3, 7] > 0) is sees  # far to the right, one row up
    assert model.config.context == "full"


def test_doubtful_pixels_have_a_mean_in_a_valley(tiny_model):
    model, lab, data = tiny_model
    end = last(lab.doubtful(model))
    p, number = end.views["p"], end.views["number"]
    assert len(end.x) == len(p) == len(number) == 12
    scores = two_peaks(p)
    assert bool((scores.diff() <= 1e-6).all())
    said = model.conditionals(end.x[:1]).exp().flatten(2)[0, :, number[0]]
    torch.testing.assert_close(p[0], said, rtol=1e-4, atol=1e-5)
    everywhere = two_peaks(model.conditionals(data.test.x[:128]).exp().flatten(2).transpose(1, 2))
    assert scores[0].item() == pytest.approx(everywhere.max().item(), abs=1e-5)


def test_two_peaks_by_hand():
    p = torch.tensor([[0.5, 0.0, 0.1, 0.0, 0.4], [0.0, 0.1, 0.8, 0.1, 0.0], [0.2, 0.2, 0.2, 0.2, 0.2]])
    torch.testing.assert_close(two_peaks(p), torch.tensor([0.3, -0.7, 0.0]))
    wide = torch.zeros(1, 256)
    wide[0, 40:50], wide[0, 200:210], wide[0, 125] = 0.045, 0.045, 0.1
    torch.testing.assert_close(two_peaks(wide), torch.tensor([0.35]))  # each peak with its neighbours
    assert two_peaks(wide.flip(1)).item() == pytest.approx(0.35)
    assert near(wide)[0, 45].item() == pytest.approx(0.45)


def test_costs_add_up_to_the_likelihood_and_a_cutting_is_an_image_of_its_own():
    spec = DataSpec("rgb", (3, 5, 5), levels=6)
    for context in ("3", "masked", "full"):
        model = Autoregressive.fresh(spec, AutoregressiveConfig(context=context, width=12, depth=3), generator())
        x = torch.randint(6, (4, 3, 5, 5), generator=generator(1)) / 5
        costs = model.costs(x)
        assert costs.shape == x.shape
        torch.testing.assert_close(-costs.flatten(1).sum(1), model.log_density(x, generator()), rtol=1e-5, atol=1e-4)
        torch.testing.assert_close(model.costs(x[:, :, :3, :]), costs[:, :, :3], rtol=1e-4, atol=1e-4)  # nothing below
        assert not torch.allclose(model.costs(x[:, :, :, 2:])[:, :, :, 0], costs[:, :, :, 2])
