"""This run beside real data and another run, from the same noise; and the way to the page of comparisons."""

import json

import numpy as np
import pytest

from playground import paths, runs
from playground.core.experiment import Budget
from playground.gui.catalogue import Catalogue
from playground.gui.panels.base.compare_view import CompareView
from tests.helpers import tiny


def of(person) -> CompareView:
    view = person.show_view("Compare")
    assert isinstance(view, CompareView)
    return view


@pytest.fixture
def own_run():
    """A run of one's own on the bumps, in the folder of runs."""
    experiment = tiny("vae", "bumps")
    folder = runs.new_folder(experiment)
    runs.train(runs.start(experiment, folder), Budget("steps", 5))
    return str(folder)


def test_runs_on_the_same_data_are_found_without_opening_them(own_run):
    found = {each.run: each for each in Catalogue.runs_on("bumps", {})}
    assert "gaussian-bumps" in found
    assert found[own_run].experiment.model == "vae"
    assert found[own_run].changed > 0
    assert all(each.experiment.data == "bumps" for each in found.values())
    assert not [each for each in Catalogue.runs_on("shapes", {"size": 32}) if each.run == "vae-shapes"]
    assert [each for each in Catalogue.runs_on("shapes", {"size": 16}) if each.run == "vae-shapes"]


def test_a_run_of_a_model_that_is_not_installed_is_left_out(own_run):
    file = paths.runs() / own_run / "experiment.json"
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"model": "toy"}), encoding="utf-8")
    assert str(file.parent) not in {each.run for each in Catalogue.runs_on(content["data"], {})}


def test_a_folder_that_cannot_be_read_is_left_out(own_run):
    broken = paths.runs() / "broken"
    broken.mkdir(exist_ok=True)
    (broken / "manifest.json").write_text("{}")
    (broken / "experiment.json").write_text(json.dumps({"model": 3}))
    assert str(broken) not in {each.run for each in Catalogue.runs_on("bumps", {})}


def test_samples_of_both_runs_come_from_the_same_noise(open_window):
    person = open_window("gan-eight-gaussians")
    view = of(person)
    assert view.run.name() not in ("", "none", "gan-eight-gaussians")  # another family, at first
    person.choose("gan.compare.run", "diffusion-eight-gaussians (bundled)")
    person.settle()
    assert view.other.experiment.model == "diffusion"
    assert "seed 12" in view.mine.caption.text()
    assert "seed 12" in view.theirs.caption.text()
    assert view.facts["data_hash"][:8] in view.real.caption.text()
    assert "samples" in view.mine.points.visible_layers()
    assert "samples" in view.theirs.points.visible_layers()
    assert view.real.points.visible_layers() == ["real data", "exact density"]
    person.type("gan.compare.seed", "3")
    person.settle()
    assert "seed 3" in view.mine.caption.text()
    assert "seed 3" in view.theirs.caption.text()


def test_the_other_run_ends_when_it_is_let_go_and_when_another_is_opened(open_window):
    person = open_window("gan-eight-gaussians")
    view = of(person)
    person.wait(lambda: view.other is not None and view.other.is_open)
    assert view.other in person.window.sessions
    person.choose("gan.compare.run", "none")
    person.settle()
    assert view.sessions() == ()
    assert not view.theirs.points.visible_layers() or "samples" not in view.theirs.points.visible_layers()
    person.panel.open_run("gan-digits")
    person.settle()
    person.wait(lambda: view.other is not None and view.other.is_open)
    assert view.other.experiment.data == "digits"
    assert np.shape(view.theirs.images.images()) == (36, 1, 8, 8)
    assert not view.theirs.points.visible_layers()  # nothing is left of the points
    assert "classifier-digits" not in view.run.names()  # it makes no samples


def test_a_run_that_is_gone_is_said_in_words(open_window, own_run):
    person = open_window("gaussian-bumps")
    view = of(person)
    person.settle()
    view.run.addItem("gone", "nowhere/at-all")
    person.choose("gaussian.compare.run", "gone")
    person.settle()
    assert "nowhere" in view.theirs.caption.text()


def test_one_click_races_them_on_the_same_data(open_window):
    person = open_window("gan-eight-gaussians")
    view = of(person)
    person.wait(lambda: view.other is not None and view.other.is_open)
    second = view.other.experiment.model
    person.press("gan.compare.race")
    page = person.window.pages["compare"]
    assert person.window.page is page
    person.wait(page.is_settled)
    assert [column.session.experiment.model for column in page.columns[:2]] == ["gan", second]
    assert {column.session.experiment.data for column in page.columns} == {"eight-gaussians"}


def test_a_recogniser_has_no_such_view(open_window):
    person = open_window("classifier-digits")
    assert not [view for view in person.panel.views if isinstance(view, CompareView)]
