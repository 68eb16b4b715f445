"""The style GAN's lenses on a small run: what truncation, mixing, noise and a walk do to what is on show."""

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from playground import registry, runs
from playground.core.experiment import Budget
from playground.evaluation.features import Yardstick
from playground.gui.panels.stylegan.styles import label_choices
from playground.gui.panels.stylegan.walk import LEG
from playground.gui.widgets.tiles import SIGNED_LIMIT
from tests.gui.driving import opened_window
from tests.helpers import tiny


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "styles"
    runs.train(runs.start(tiny("stylegan", "digits"), path), Budget("steps", 20))
    return str(path)


@pytest.fixture(scope="module")
def person(qapp, request, path):
    with opened_window(QtBot(request), path) as person:
        person.show_view("Inside")
        yield person


def lens(person, title):
    person.show_tool("stylegan.inside.lens", title)
    return person.view.lens


def test_no_truncation_keeps_samples_apart_and_the_whole_of_it_makes_them_one(person):
    seen = lens(person, "z to w")
    own = seen.spread
    assert own > 1e-3
    assert len(np.unique(seen.samples.images().round(4), axis=0)) > 1
    person.ask_again(lambda: person.find("stylegan.inside.mapping.psi").setValue(0))
    assert seen.spread < 1e-6
    assert np.ptp(seen.samples.images(), axis=0).max() < 1e-5
    assert "0.000" in person.find("stylegan.inside.mapping.says").text()
    cutoff = person.find("stylegan.inside.mapping.cutoff")
    person.ask_again(lambda: cutoff.setValue(0))  # no layer is touched
    assert seen.spread == pytest.approx(own)
    person.ask_again(lambda: cutoff.setValue(1))
    assert 1e-6 < seen.spread < own


def test_the_heads_of_the_mixing_table_are_unmixed_and_its_inside_takes_layers_from_both(person, path):
    seen = lens(person, "Mixing")

    def table():
        images = seen.grid.images()
        return images.reshape(5, 8, *images.shape[1:])

    model = registry.open_run(path, "cpu").model
    for head, seed in ((table()[1:, 0], 1), (table()[0, 1:], 2)):
        label = seen.labels(len(head))
        told = None if label is None else torch.from_numpy(label)
        unmixed = model.decode(torch.from_numpy(seen.codes(seed, len(head))), told)
        assert np.allclose(head, unmixed.numpy(), atol=1e-5)
    coarse = table()
    person.choose("stylegan.inside.mixing.level", "fine")
    person.settle()
    assert not np.allclose(coarse[1:, 1:], table()[1:, 1:], atol=1e-4)
    person.choose("stylegan.inside.mixing.level", "all")
    person.settle()
    assert np.allclose(table()[1:, 1:], np.broadcast_to(table()[:1, 1:], table()[1:, 1:].shape), atol=1e-5)
    person.choose("stylegan.inside.mixing.level", "none")
    person.settle()
    assert np.allclose(table()[1:, 1:], np.broadcast_to(table()[1:, :1], table()[1:, 1:].shape), atol=1e-5)
    person.type("stylegan.inside.mixing.seed_b", "1")
    person.settle()
    person.choose("stylegan.inside.mixing.level", "coarse")
    person.settle()
    diagonal = np.stack([table()[i, i] for i in range(1, 5)])  # the same code from both sides
    assert np.allclose(diagonal, table()[1:, 0], atol=1e-5)


def test_one_style_varies_by_fresh_noise_only(person):
    seen = lens(person, "Noise")
    assert seen.deviation.max() > 1e-6
    drawn = seen.drawn.images()
    person.press("stylegan.inside.noise.reseed")
    person.settle()
    assert not np.array_equal(drawn, seen.drawn.images())
    drawn = seen.drawn.images()
    person.press("stylegan.inside.noise.animate")
    person.wait(lambda: not np.array_equal(drawn, seen.drawn.images()))
    person.press("stylegan.inside.noise.animate")
    for kind in ("fixed", "none"):
        person.choose("stylegan.inside.noise.noise", kind)
        person.settle()
        assert seen.deviation.max() < 1e-6
        assert "the style alone decides" in person.find("stylegan.inside.noise.says").text()
    assert np.allclose(seen.drawn.images()[0], seen.still.images()[0], atol=1e-6)


def test_both_walks_meet_at_the_codes_and_come_back(person):
    seen = lens(person, "Walk")
    w, z = seen._walks["w"], seen._walks["z"]
    assert np.allclose(w[::LEG], z[::LEG], atol=1e-4)
    assert np.allclose(w[0], w[-1], atol=1e-5)
    assert not np.allclose(w[LEG // 2], z[LEG // 2], atol=1e-4)
    way = np.sqrt(np.square(np.diff(w.reshape(len(w), -1), axis=0)).mean(axis=1)).sum()
    assert person.panel.readings()["stylegan.inside.walk.w_length"] == pytest.approx(way, rel=1e-5)
    person.choose("stylegan.inside.walk.measure", "features")
    seen_by = Yardstick.bundled(registry.load_data("digits").spec, "cpu").features(torch.from_numpy(w)).numpy()
    way = np.sqrt(np.square(np.diff(seen_by, axis=0)).mean(axis=1)).sum()
    assert seen.readings()["w_length"] == pytest.approx(way, rel=1e-4)
    assert f"in features: {way:.2f} in w" in person.find("stylegan.inside.walk.says").text()
    person.press("stylegan.inside.walk.forward")
    assert np.array_equal(seen.in_w.images()[0], w[1].clip(0, 1))
    assert "from code 1 to code 2" in person.texts()
    assert "Path length" in person.find("stylegan.inside.walk.says").text()


def test_a_layer_shows_its_maps_and_their_spectra(person):
    seen = lens(person, "Layers")
    assert person.find("stylegan.inside.layers.layer").count() == len(seen._seen)
    person.choose("stylegan.inside.layers.layer", "1: 4 x 4")
    assert seen.maps.images().shape[1:] == (1, 4, 4)
    assert np.abs(seen.maps.images()).max() == pytest.approx(SIGNED_LIMIT), "the colours are used to their ends"
    seen.plot.marker_moved.emit(3.0)
    assert f"Channel 3: mean {seen._seen[0][2].mean():+.2f}" in person.find("stylegan.inside.layers.says").text()
    person.choose("stylegan.inside.layers.kind", "spectra")
    assert not seen.maps.isVisible()
    assert seen.spectra.images().max() == pytest.approx(1)


def test_every_factor_of_the_label_can_be_told_or_left_open():
    choices = label_choices((("shape", ("disc", "box")), ("colour", ("red", "blue"))))
    assert list(choices) == ["disc", "box", "disc, red", "disc, blue", "box, red", "box, blue", "any"]
    assert [choices[name] for name in ("box", "disc, blue", "any")] == [(1, -1), (0, 1), (-1, -1)]
    assert label_choices(()) == {"any": ()}
