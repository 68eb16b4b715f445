"""A setting swept in the window: the curve grows point by point, bars come with further seeds, one value is shown."""

import numpy as np
import pytest

from playground.gui.panels.base import LensView, ModelPanel, TrainView
from playground.gui.panels.base.sweep_lens import SEEDS, SweepLens, mosaic


class Truncation(SweepLens):
    """How far the noise reaches."""

    key, title, tooltip = "truncation", "Truncation", "How far the noise reaches"
    setting, words, values, points = "truncation", "truncation", (0.0, 1.0, 3.0), 100


class Elsewhere(SweepLens):
    """A setting that the model has not."""

    key, title, tooltip, setting = "elsewhere", "Elsewhere", "Nothing", "guidance"


class Inside(LensView):
    """Two sweeps, of which one fits."""

    lens_classes = (Truncation, Elsewhere)


class Toy(ModelPanel):
    """A panel of two views."""

    view_classes = (TrainView, Inside)


@pytest.fixture
def gan(open_window, tiny_run, monkeypatch):
    monkeypatch.setattr("playground.gui.main_window._panel_class", lambda family: Toy)
    person = open_window(tiny_run("gan", "eight-gaussians"))
    person.show_view("Inside")
    return person


def test_a_setting_is_swept_from_the_same_noise(gan):
    assert gan.view.tabs.isTabVisible(0)
    assert not gan.view.tabs.isTabVisible(1)
    gan.wait(lambda: gan.view.is_settled())
    lens = gan.view.lens
    (trail,) = gan.find("gan.inside.truncation.plot").trails()
    assert np.isfinite(trail.x).all()
    assert (trail.y[:, 0] <= trail.y[:, 2]).all()
    assert [len(seeds) for seeds in lens._found.values()] == 3 * [len(SEEDS)]
    assert np.ptp(lens._samples["", 0], axis=0).max() == 0  # one sample, whatever the noise
    assert lens._samples["", 2].std() > 0
    assert trail.x[0, 1] <= trail.x[2, 1] or trail.x[2, 1] == 0
    assert "3 seeds" in gan.find("gan.inside.truncation.says").text()

    gan.choose("gan.inside.truncation.axes", "sliced Wasserstein distance against truncation")
    (trail,) = lens.plot.trails()
    assert trail.x[:, 1].tolist() == [0.0, 1.0, 3.0]
    gan.choose("gan.inside.truncation.shown", "3")
    assert lens.readings()["sliced_wasserstein"] == pytest.approx(trail.y[2, 1])
    lens.plot.value_chosen.emit(1)
    assert gan.find("gan.inside.truncation.shown").currentText() == "1"

    gan.press("gan.inside.truncation.again")
    assert lens.plot.trails() == []
    gan.press("gan.inside.truncation.again")  # it says Stop now
    assert lens._left == []
    assert lens.again.text() == "Measure again"


def test_a_mosaic_keeps_the_pictures_apart():
    tiles = np.stack([np.full((1, 2, 3), value, dtype=np.float32) for value in (0.0, 0.25, 0.75, 1.0)])
    picture = mosaic(tiles)
    _, high, wide = picture.shape
    middle = wide // 2
    assert picture[0, :, middle].tolist() == high * [0.5]
    assert 0.5 not in picture[0, 0, [middle - 1, middle + 1]]  # a hairline, however few pixels a picture has
    assert [picture[0, row, column] for row in (0, -1) for column in (0, -1)] == [0.0, 0.25, 0.75, 1.0]
