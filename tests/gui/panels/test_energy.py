"""The energy's lenses in the window: what is drawn, pressed and said, on a plane, on the line and on images."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from tests.gui.driving import LEFT

TABS = "energy.inside.lens"


@pytest.fixture
def inside(open_window, tiny_run):
    def open_on(data, **settings):
        person = open_window(tiny_run("energy", data, **settings))
        person.show_view("Inside")
        return person

    return open_on


def readings(person):
    return person.view.lens.readings()


def words(person, lens):
    return person.find(f"energy.inside.{lens}.words").text()


def test_the_plane(inside):
    person = inside("moons", steps=40)
    _surface(person)
    _chains(person)
    _truth(person)
    _phases(person)


def _surface(person):
    plane = person.find("energy.inside.surface.plane")
    drawn = {"energy, high to low", "learned energy", "exact −log p, same floor", "learned score", "exact score"}
    assert set(plane.visible_layers()) == drawn
    person.find("energy.inside.surface.arrows").click()
    person.find("energy.inside.surface.contours").click()
    assert plane.visible_layers() == ["energy, high to low"]
    person.choose("energy.inside.surface.heat", "density exp(−E)/Z")
    assert plane.visible_layers() == ["density exp(−E)/Z"]
    now = readings(person)
    # The tabulated KL is that of held-out data, whose −log p the trained run's log holds, less their entropy.
    nll = person.session.facts["data"]["entropy"] + now["kl"]
    table = person.view.lens.table
    held_out = table.at(person.session.facts["test"]).mean() + table.log_z
    assert nll == pytest.approx(held_out, abs=0.03)
    assert f"log Z = {now['log_z']:.3f}" in words(person, "surface")


def _phases(person):
    person.show_tool(TABS, "Two phases")
    before, plane = readings(person), person.find("energy.inside.phases.plane")
    assert before["nll"] == pytest.approx(before["data"] + before["log_z"])
    assert "ΔE at data" not in plane.visible_layers()
    person.press("energy.inside.phases.step1")
    person.wait(lambda: person.session.step == 41)
    person.until("paused")
    assert {"ΔE at data", "ΔE at model's own"} <= set(plane.visible_layers())
    then = readings(person)["nll"]
    person.find("energy.inside.phases.negative").click()
    person.press("energy.inside.phases.step10")
    person.wait(lambda: person.session.step == 51)
    person.until("paused")
    without = readings(person)
    assert without["log_z"] > before["log_z"] + 0.1
    assert without["data"] < before["data"] - 0.1
    assert person.session.experiment.settings()["negative_phase"] is False
    assert "what was learned is being lost" in words(person, "phases")
    person.find("energy.inside.phases.negative").click()
    person.press("energy.inside.phases.step10")
    person.wait(lambda: person.session.step == 61)
    person.until("paused")
    assert readings(person)["nll"] < without["nll"]
    assert f"Before it was off, at step 41, −log p was {then:.2f} nats" in words(person, "phases")


def _chains(person):
    person.show_tool(TABS, "Chains")
    person.type("energy.inside.chains.steps", "30")
    person.wait(lambda: len(person.view.lens.states) == 31)
    person.settle()
    lens = person.view.lens
    from_noise = lens.states[0]
    end = readings(person)["energy"]
    person.press("energy.inside.chains.first")
    assert readings(person)["energy"] > end  # they walked downhill
    assert "Step 0 of 30" in person.find("energy.inside.chains.caption").text()
    person.ask_again(lambda: person.choose("energy.inside.chains.start", "real data"))
    assert np.allclose(lens.states[0], person.session.facts["test"][: len(from_noise)])
    hot = lens.states[-1]
    person.type("energy.inside.chains.temperature", "0")
    person.wait(lambda: not np.array_equal(lens.states[-1], hot) and len(lens.states) == 31)
    person.settle()
    mean = [energy.mean() for energy in lens._energies]
    assert all(after <= before + 1e-4 for before, after in pairwise(mean))  # downhill without noise


def _truth(person):
    person.show_tool(TABS, "True samples")
    person.type("energy.inside.truth.steps", "1")
    person.wait(lambda: person.view.lens.is_settled())
    early = readings(person)
    assert early["tv"] > 2 * early["tv_chance"]
    assert "do not draw from" in words(person, "truth")
    assert f"{early['tv']:.3f}" in words(person, "truth")


def test_the_line(inside):
    person = inside("bumps", steps=5)
    assert "KL(data‖exp(−E)/Z)" in words(person, "surface")
    for title in ("Two phases", "Chains", "True samples"):
        person.show_tool(TABS, title)
        assert readings(person)


def test_images(inside, qtbot: QtBot):
    person = inside("digits", steps=5)
    assert "Z of images cannot be computed" in words(person, "phases")
    assert "log_z" not in readings(person)
    person.show_tool(TABS, "Chains")
    assert person.find("energy.inside.chains.strip").frame_count() == len(person.view.lens.states) == 101
    person.show_tool(TABS, "Outliers")
    lens = person.view.lens
    assert lens._shown[lens.likely].max() <= lens._shown[lens.unlikely].min()
    for grid in (lens.likely, lens.strangers):
        qtbot.mouseClick(grid, LEFT, pos=grid.tile_rect(0).center().toPoint())
    a, b = lens._shown[lens.likely][0], lens._shown[lens.strangers][0]
    said = person.find("energy.inside.outliers.ratio.words").text().replace("−", "-")
    assert float(re.search(r"= ([+-][\d.]+) nats", said)[1]) == pytest.approx(b - a, abs=0.006)
    assert float(re.search(r"a is ([\d.e-]+) times", said)[1]) == pytest.approx(math.exp(b - a), rel=0.02)
    empty = readings(person)["drawn"], lens._energies["drawn"][0]
    person.ask_again(lambda: qtbot.mouseClick(lens.canvas, LEFT, pos=lens.canvas.rect().center()))
    assert lens._energies["drawn"][0] != empty[1]
    _race(person)


def _race(person):
    """Calls are counted at the networks themselves."""
    person.show_tool(TABS, "Direct or search")
    assert readings(person)["direct_network_calls"] == 1
    person.type("energy.inside.race.steps", "7")
    person.wait(lambda: readings(person)["search_network_calls"] == 7)
    person.settle()
    assert "as long" not in words(person, "race")
    person.press("energy.inside.race.time")
    now = readings(person)
    times = now["search_milliseconds"] / now["direct_milliseconds"]
    assert f"takes {times:.3g} times as long" in words(person, "race")
