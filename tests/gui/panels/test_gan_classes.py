"""Classes in the window: the ends of a walk between labels are the labels' own, and a row holds its z."""

import numpy as np
import pytest
import torch

from playground import registry
from playground.gui.panels.base.sampling import classes
from playground.gui.panels.gan.classes import CODES, STEPS


@pytest.fixture
def person(open_window):
    person = open_window("gan-shapes")
    person.show_view("Inside")
    person.show_tool("gan.inside.lens", "Classes")
    return person


def test_the_way_between_two_classes_begins_and_ends_in_them(person):
    grid = person.find("gan.inside.classes.grid")
    person.choose("gan.inside.classes.first", "square, green")
    person.settle()
    person.choose("gan.inside.classes.second", "triangle, red")
    person.settle()
    z = np.random.default_rng(1).standard_normal((CODES, person.session.facts["latent_dim"])).astype(np.float32)
    model = registry.open_run("gan-shapes", "cpu").model
    shown = grid.images().reshape(CODES, STEPS, 3, 16, 16)
    for column, label in ((0, (1, 3)), (-1, (2, 0))):
        told = torch.tensor([label]).expand(CODES, -1)
        assert np.allclose(shown[:, column], model.decode(torch.from_numpy(z), told).clamp(0, 1).numpy(), atol=1e-5)
    assert np.abs(shown[:, STEPS // 2] - shown[:, 0]).mean() > 0.01
    assert "even ones would make 12%" in person.find("gan.inside.classes.says").text()

    person.choose("gan.inside.classes.way", "every class")
    person.settle()
    assert not person.find("gan.inside.classes.first").isEnabled()
    shown = grid.images().reshape(CODES, 18, 3, 16, 16)
    told = torch.tensor([(1, 3)]).expand(CODES, -1)
    assert np.allclose(shown[:, 9], model.decode(torch.from_numpy(z), told).clamp(0, 1).numpy(), atol=1e-5)


def test_half_way_between_two_labels_lies_the_mean_of_their_vectors():
    model = registry.open_run("gan-digits", "cpu").model
    z = torch.randn(3, model.latent_dim)
    first, second = (torch.full((3, 1), digit) for digit in (3, 8))
    table = model.generator.label.tables[0].weight
    mixed = torch.cat([z, ((table[4] + table[9]) / 2).expand(3, -1)], dim=1)
    assert torch.allclose(
        model.between(z, first, second, torch.full((3,), 0.5)), model.generator.body(mixed), atol=1e-5
    )


def test_too_many_combinations_leave_all_but_the_first_factor_open():
    few = (("shape", ("disc", "box")), ("colour", ("red", "blue")))
    assert classes(few) == [("disc, red", (0, 0)), ("disc, blue", (0, 1)), ("box, red", (1, 0)), ("box, blue", (1, 1))]
    many = (("shape", ("disc", "box")), ("tone", tuple(map(str, range(20)))))
    assert classes(many) == [("disc", (0, -1)), ("box", (1, -1))]
