"""Five seeds of two families: all are trained as they say, one after another, and their curves are told truthfully."""

import numpy as np
import pytest

from playground.gui.panels.compare.page import Page
from playground.gui.panels.compare.seed_runs import LOOKS, SEEDS
from tests.gui.driving import Person

STEPS = 16


@pytest.fixture
def stage(open_window):
    def opened(*families: str) -> tuple[Person, Page]:
        person = open_window()
        page = person.window.show_page("compare", open_default=False)
        page.start("bumps", families)
        page.count.setValue(2)
        person.wait(page.is_settled)
        page.tabs.setCurrentWidget(page.seeds)
        return person, page

    return opened


def test_ten_runs_are_trained_and_the_words_are_their_numbers(stage):
    person, page = stage("gaussian", "autoregressive")
    runs = page.seeds.runs
    before = [column.session.step for column in page.race.columns]
    person.type("compare.seeds.steps", str(STEPS))
    person.press("compare.seeds.begin")
    assert not page.is_settled()
    person.wait(page.is_settled)
    assert runs.finished() == 2 * SEEDS
    assert page.readings()["compare.seeds.finished"] == 2 * SEEDS

    own = runs.curves(1)
    assert sorted(own) == list(range(SEEDS))
    looks = np.arange(0, STEPS + 1, STEPS // LOOKS)
    assert all(list(steps) == list(looks) for steps, _ in own.values())
    table = np.array([numbers for _, numbers in own.values()])
    assert len(np.unique(table[:, -1])) == SEEDS  # the seed decides
    said = page.readings()
    assert said["compare.seeds.2.mean"] == pytest.approx(table[:, -1].mean())
    assert said["compare.seeds.2.spread"] == pytest.approx(np.ptp(table[:, -1]))
    assert said["compare.seeds.2.widest"] == pytest.approx(np.ptp(table[:, 1:], axis=0).max())
    assert f"{said['compare.seeds.2.spread']:.2g} apart" in page.seeds.says[1].text()
    assert [column.session.step for column in page.race.columns] == before

    one, other = (plot._plot.getPlotItem().getViewBox().viewRange()[1] for plot in page.seeds.plots)
    assert one == pytest.approx(other)  # both plots reach as high

    page.tabs.setCurrentIndex(0)
    person.choose("compare.1.family", "VAE")
    person.wait(page.is_settled)
    assert not runs.curves(0)  # what another family did does not stay on show
    assert not runs.curves(1)


def test_it_can_be_stopped_and_keeps_what_is_finished(stage):
    person, page = stage("gaussian", "autoregressive")
    person.type("compare.seeds.steps", str(STEPS))
    person.press("compare.seeds.begin")
    person.wait(lambda: page.seeds.runs.finished() >= 1)
    person.press("compare.seeds.begin")
    assert page.seeds.is_settled()
    assert 1 <= page.seeds.runs.finished() < 2 * SEEDS
    assert not page.seeds.runs.sessions()
    assert page.seeds.begin.text() == "Train five seeds"
