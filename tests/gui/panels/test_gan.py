"""The GAN's lenses: D against the best answer, one player alone, modes followed, playing the discriminator."""

import re
import threading
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PySide6.QtCore import Qt

from playground import registry
from playground.core.worker import Worker
from playground.evaluation import census
from playground.gui.main_window import _panel_class
from playground.gui.panels.base.rest import Rest
from playground.gui.panels.gan import surface
from playground.gui.panels.gan.game import Game
from playground.gui.panels.gan.parts import Threshold, contrast
from playground.gui.session import TrainingSession
from playground.gui.widgets.model_diagram import ModelDiagram
from playground.gui.widgets.source_outline import Outline
from tests.gui.driving import PATIENCE


@pytest.fixture
def inside(open_window, tiny_run, monkeypatch):
    """Opens the Inside view of a tiny GAN."""
    monkeypatch.setattr(surface, "DRAWN", 4000)
    monkeypatch.setattr(Rest, "is_over", True)

    def opened(data, **settings):
        person = open_window(tiny_run("gan", data, steps=30, **settings))
        person.show_view("Inside")
        return person

    return opened


def lens(person, title):
    person.show_tool("gan.inside.lens", title)
    return person.view.lens


def words(person, name):
    return person.find(f"gan.inside.{name}").text()


# -- the stages of a step in the drawing ----------------------------------------------------------------------------


@pytest.mark.parametrize("family", registry.models())
def test_every_stage_that_a_family_declares_lights_a_node(family, qapp):
    """In the family's own drawing on every bundled run, conditional or not."""
    stages = set(Outline(registry.source(family)).stages)
    assert stages
    kind = _panel_class(family)
    assert set(kind.stage_nodes) <= stages, "stages that are no more"
    parts = registry.model_class(family).parts
    for run in [run for run in registry.pretrained() if run.startswith(f"{family}-")]:
        facts = {**TrainingSession.stored_facts(run), "parts": parts}
        panel = SimpleNamespace(card=registry.models()[family], stage_nodes=kind.stage_nodes,
                                session=SimpleNamespace(facts=facts))  # fmt: skip
        nodes, edges = kind.graph(panel, facts)
        known = {node.id for node in nodes} | {node.part for node in nodes}
        assert {name for named in kind.stage_nodes.values() for name in named} <= known
        diagram = ModelDiagram("stages.diagram")
        diagram.set_graph(nodes, edges)
        for stage in stages:
            diagram.light(kind.nodes_of(panel, stage))
            assert diagram.lit(), f"{stage} of {run} lights nothing"


def test_slow_motion_lights_what_is_at_work_in_each_stage(inside, monkeypatch):
    shown, seen = threading.Semaphore(0), []
    monkeypatch.setattr(Worker, "_hold", lambda *_: shown.acquire(timeout=PATIENCE / 1000))
    person = inside("eight-gaussians", discriminator_steps=1)
    lens(person, "Players")
    diagram = person.panel.diagram

    def note(staged):
        seen.append((staged.names, diagram.lit()))
        shown.release()

    person.press("gan.inside.players.slow")
    person.session.staged.connect(note)
    person.press("gan.inside.players.step.both")
    person.until("paused")
    made = {"z", "generator", "sample", "discriminator", "verdict"}
    assert seen == [
        (("D on data",), {"x", "discriminator", "verdict"}), (("D on samples",), made),
        (("update D",), {"discriminator"}), (("G through D",), made), (("update G",), {"generator"}), ((), set()),
    ]  # fmt: skip
    person.show_view("Train")  # the lens is not seen: nobody watches
    assert not person.session.watching.on
    person.panel.train()
    person.wait(lambda: diagram.lit())
    assert diagram.lit() == {"generator", "discriminator"}
    person.session.pause()
    person.until("paused")


# -- the discriminator's surface ------------------------------------------------------------------------------------


def test_the_surface_is_the_models_and_its_layers_can_be_switched(inside):
    person = inside("eight-gaussians")
    shown = lens(person, "Discriminator")
    assert shown.plane.visible_layers() == ["D", "real data", "samples", "pushes"]
    person.find("gan.inside.surface.show.pushes").click()
    assert shown.plane.visible_layers() == ["D", "real data", "samples"]
    assert shown.other.visible_layers() == ["best D"]
    difference = shown.readings()["difference"]
    assert f"Mean difference from D: {difference:.3f}" in words(person, "surface.words")
    assert "estimate from 4,000 samples" in words(person, "surface.words")
    assert "Arrows" not in words(person, "surface.words")
    person.find("gan.inside.surface.show.pushes").click()
    assert "Arrows: where samples are pushed" in words(person, "surface.words")
    best = np.nan_to_num(shown.p / np.maximum(shown.p + shown.q, 1e-300))
    weight = (shown.p + shown.q) / (shown.p + shown.q).sum()
    assert difference == pytest.approx((np.abs(shown.d - best) * weight).sum(), abs=1e-6)
    person.choose("gan.inside.surface.beside", "q of the generator")
    assert shown.other.visible_layers() == ["density"]
    # Another game, live, that asks D for no share: no difference is claimed.
    person.choose("gan.config.objective", "wgan-gp")
    person.wait(lambda: person.session.experiment.events)
    person.press("gan.step")
    person.until("paused")
    assert shown.readings() == {}
    person.choose("gan.inside.surface.beside", "best D: p / (p + q)")
    assert "asked for something else" in words(person, "surface.words")


def test_on_the_line_both_answers_are_curves(inside):
    shown = lens(inside("bumps"), "Discriminator")
    assert set(shown.densities._curves) == {"p, exact", "q, estimate"}
    assert set(shown.answers._curves) == {"D", "best D"}
    x, p = shown.densities._curves["p, exact"]
    assert np.trapezoid(p, x) == pytest.approx(1, abs=0.01)


# -- the players ----------------------------------------------------------------------------------------------------


def test_each_player_is_stepped_alone_and_k_is_one_setting(inside):
    person = inside("eight-gaussians")
    shown = lens(person, "Players")
    before = dict(shown.losses)
    person.press("gan.inside.players.step.d")
    person.until("paused")
    person.press("gan.inside.players.step.g")
    person.until("paused")
    person.press("gan.inside.players.step.both")
    person.until("paused")
    assert [event.parts for event in person.session.experiment.events] == [("discriminator",), ("generator",)]
    assert person.session.step == 33
    assert shown.losses != before
    assert f"D's loss {shown.losses['discriminator']:.3f}" in words(person, "players.words")
    person.type("gan.inside.players.k", "4")
    person.wait(lambda: person.session.experiment.settings()["discriminator_steps"] == 4)
    assert person.panel.settings.assignments()["discriminator_steps"] == 4
    person.panel.settings.show_value("discriminator_steps", 2)
    assert person.find("gan.inside.players.k").value() == 2
    for _, (_, share) in shown.scores._curves.items():
        assert share[::2].sum() == pytest.approx(1)
    # The drawing says it too, as long as the lens is seen.
    assert re.fullmatch(r"x̂ 0\.\d\d, x 0\.\d\d", person.panel.diagram.words("verdict"))
    lens(person, "Modes")
    assert person.panel.diagram.words("verdict") == ""


def test_live_images_are_said_to_be_real_or_fake_and_counted_by_class(inside):
    person = inside("digits")
    shown = lens(person, "Players")
    assert len(shown.items.images()) == 8
    for caption in shown.items._captions:
        word, says = caption.split()
        assert word == ("REAL" if float(says) > 0.5 else "FAKE") or float(says) == 0.5
    person.window.resize(1024, 720)  # no room for the numbers
    person.ask_again(shown.outdate)
    assert set(shown.items._captions) <= {"REAL", "FAKE"}
    assert set(person.view.pictures) == {"x", "sample"}
    shown = lens(person, "Modes")
    assert words(person, "modes.counter").startswith("Classes hit: ")
    assert "Judged by the project's classifier" in words(person, "modes.words")
    assert sum(shown.bars.counts()) == 200


def test_where_there_is_no_game_the_lenses_say_so(inside):
    person = inside("eight-gaussians", objective="L2")
    for title, name in (("Discriminator", "surface"), ("Players", "players"), ("You against D", "judge")):
        lens(person, title)
        assert "With L2 there is no game" in words(person, f"{name}.words")
    assert not person.find("gan.inside.judge.real").isEnabled()


# -- the generator's manifold ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("latent_dim", "lines", "said"),
    [
        pytest.param(1, 1, "a line", marks=pytest.mark.slow),
        pytest.param(2, 42, "the whole of z", marks=pytest.mark.slow),
        (4, 42, "a slice"),
    ],
)
def test_the_mesh_is_the_generators_own(inside, latent_dim, lines, said):
    person = inside("eight-gaussians", latent_dim=latent_dim, prior="uniform")
    shown = lens(person, "Manifold")
    assert said in words(person, "manifold.words")
    codes = shown._mesh()
    assert codes.shape == (lines * 121 + 21 * (latent_dim == 1), latent_dim)
    codes = codes[: lines * 121]
    x, _ = shown.warped._layers["paths"].item.getData()
    run = registry.open_run(person.session.folder)
    np.testing.assert_allclose(x, run.model.decode(torch.from_numpy(codes))[:, 0], atol=1e-4)


# -- modes ----------------------------------------------------------------------------------------------------------


def test_modes_are_counted_while_training_goes_on(inside, monkeypatch):
    monkeypatch.setattr(census, "POINTS_AT_ONCE", 500)
    person = inside("eight-gaussians")
    shown = lens(person, "Modes")
    assert set(shown.history) == {30}
    hit, share = shown.history[30]
    assert words(person, "modes.counter") == f"Modes hit: {hit} of 8  ·  within 3 σ of a mode: {share:.1%}"
    person.press("gan.step")
    person.until("paused")
    assert set(shown.history) == {30, 31}
    steps, hits = shown.curves._curves["modes"]
    assert steps.tolist() == [30, 31]
    assert hits[0] == hit / 8
    assert shown.curves._curves["in 3 σ"][1][0] == share
    assert shown.curves.isVisible()


# -- playing the discriminator --------------------------------------------------------------------------------------


def test_the_rules_count_both_on_the_same_items():
    real, fake = np.zeros((30, 2)), np.ones((30, 2))
    game = Game.dealt(real, fake, np.full(30, 0.9), np.full(30, 0.6), 0.5, 12, seed=4)
    assert (game.items[:, 0] == 0).tolist() == game.is_real.tolist()
    assert 0 < game.is_real.sum() < 12
    np.testing.assert_array_equal(game.machine, np.where(game.is_real, 0.9, 0.6))
    for place in range(12):
        assert game.place == place
        assert game.answer(True) == game.is_real[place]
        assert game.machine_says_real(place)  # it is fooled by every fake
    assert game.is_over
    assert game.right() == (game.is_real.sum(), game.is_real.sum())
    again = Game.dealt(real, fake, np.full(30, 0.9), np.full(30, 0.6), 0.5, 12, seed=4)
    np.testing.assert_array_equal(again.is_real, game.is_real)
    few = Game.dealt(real[:5], fake, np.full(5, 0.9), np.full(30, 0.6), 0.5, 12, seed=4)
    assert len(few.items) == 12


def test_the_threshold_is_a_half_or_half_way_between_the_means():
    assert Threshold.of(np.array([0.9]), np.array([0.2]), True).at == 0.5
    other = Threshold.of(np.array([3.0, 5.0]), np.array([-2.0]), False)
    assert other.at == 1.0
    assert other.word(1.5) == "REAL"
    assert other.word(0.5) == "FAKE"
    assert contrast(np.array([0.46, 0.52]), np.array([0.5]), np.array([0.5]), True) == (0.45, 0.55)
    assert contrast(np.array([0.1, 0.52]), np.array([0.5]), np.array([0.5]), True) == (0.0, 1.0)


def test_a_person_plays_by_the_keys_against_d(inside):
    person = inside("digits")
    shown = lens(person, "You against D")
    game, right = shown.game, 0
    for place in range(20):
        assert words(person, "judge.question") == f"Item {place + 1} of 20: real or fake?"
        says_real = place % 3 == 0
        person.qtbot.keyClick(shown, Qt.Key.Key_R if says_real else Qt.Key.Key_F)
        right += says_real == game.is_real[place]
        machine = "real" if game.machine[place] > 0.5 else "fake"
        assert words(person, "judge.question").endswith(f"D said {machine}.")
        person.qtbot.keyClick(shown, Qt.Key.Key_F)  # a second answer does not count
        person.qtbot.keyClick(shown, Qt.Key.Key_N)
    assert shown.readings()["right"] == right
    caught = int(((game.machine > 0.5) == game.is_real).sum())
    assert words(person, "judge.score").startswith(f"You {right} of 20  ·  D {caught} of 20")
    person.ask_again(lambda: person.press("gan.inside.judge.again"))
    assert shown.game is not game
    assert words(person, "judge.score") == "No answer yet"
