"""What every panel does: train, pause, step, start over, change data and settings, and say what went wrong."""

import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractSpinBox

import playground.models
from playground import registry
from playground.core.data import DataSpec
from playground.core.experiment import Event
from playground.core.hyperparams import params
from playground.gui.panels.base import ModelPanel, TrainView
from playground.gui.panels.base.rest import Rest
from tests.gui.driving import LEFT

RUN = "vae-digits"


@pytest.fixture
def vae(open_window):
    """The VAE's panel on its bundled run of real digits."""
    return open_window(RUN)


class Records:
    """What a session says while it trains."""

    def __init__(self, session) -> None:
        self._records: list = []
        session.records_added.connect(self._records.extend)

    def forget(self) -> None:
        self._records.clear()

    def losses(self, name: str = "loss") -> list[float]:
        return [value for record in self._records for value in record.values[name]]

    def held_out(self, name: str = "loss") -> dict[int, float]:
        return {step: terms[name] for record in self._records for step, terms in record.held_out.items()}


def train(person, steps):
    """Sets the budget and presses Train."""
    family = person.panel.family
    person.choose(f"{family}.unit", "steps")
    person.type(f"{family}.budget", str(steps))
    person.press(f"{family}.start")


def start_word(person):
    return person.find(f"{person.panel.family}.start").text()


# -- the transport --------------------------------------------------------------------------------------------------


def test_train_on_a_bundled_run_builds_a_fresh_model_and_trains_it(vae):
    stored = vae.session.experiment
    assert not vae.session.can_train
    train(vae, 40)
    vae.until("done")
    assert vae.session.can_train
    assert vae.session.step == 40
    assert dict(vae.session.experiment.config) == dict(stored.config)
    assert vae.session.experiment.train == stored.train
    assert any(words.startswith("40 steps") for words in vae.texts())
    vae.press("vae.start")  # goes on for as long again
    vae.until("done")
    assert vae.session.step == 80


def test_pause_resume_step_and_stop(vae):
    train(vae, 1_000_000)
    vae.wait(lambda: vae.session.step > 10)
    assert start_word(vae) == "Pause"
    assert not vae.find("vae.step").isEnabled()
    vae.press("vae.start")
    vae.until("paused")
    assert start_word(vae) == "Resume"
    at = vae.session.step
    vae.press("vae.step")
    vae.until("paused")
    assert vae.session.step == at + 1
    vae.press("vae.start")
    vae.wait(lambda: vae.session.step > at + 1)
    vae.press("vae.stop")
    vae.until("done")
    assert start_word(vae) == "Train"
    assert not vae.find("vae.stop").isEnabled()


def test_one_step_on_a_bundled_run_is_the_first_of_a_fresh_model(vae):
    vae.press("vae.step")
    vae.until("paused")
    assert vae.session.step == 1


def test_reset_starts_over_with_the_same_numbers_and_reseed_with_others(vae):
    records, seen = Records(vae.session), []
    for button in ("vae.reset", "vae.reset", "vae.reseed"):
        vae.press(button)
        vae.wait(lambda: vae.session.is_open and vae.session.step == 0)
        records.forget()
        train(vae, 20)
        vae.until("done")
        seen.append((vae.session.experiment.seed, records.losses()))
    (seed, first), (_, again), (next_seed, other) = seen
    assert first == again
    assert next_seed == seed + 1 == vae.find("vae.seed").value()
    assert other[0] != first[0]


def test_the_loss_plot_shows_what_the_session_said(vae):
    vae.press("vae.reset")
    vae.wait(lambda: vae.session.is_open and vae.session.step == 0)
    records = Records(vae.session)
    train(vae, 60)
    vae.until("done")
    series = vae.panel.loss.series()
    for term in ("loss", "reconstruction", "KL"):
        np.testing.assert_allclose(series[term][1], records.losses(term), rtol=1e-6)
    assert dict(zip(*map(list, series["loss held-out"]), strict=True)) == pytest.approx(records.held_out())
    assert set(records.held_out()) == {0, 50}


def test_previews_do_not_change_the_losses(vae, monkeypatch):
    monkeypatch.setattr(Rest, "is_over", True)
    records, seen, previews = Records(vae.session), [], []

    def note(answer):
        if answer.query.channel.startswith("vae.train/"):
            previews.append(answer.step)

    vae.session.answered.connect(note)
    for tab in ("Train", "Latent"):
        vae.press("vae.reset")
        vae.wait(lambda: vae.session.is_open and vae.session.step == 0)
        vae.show_view(tab)
        records.forget()
        previews.clear()
        train(vae, 150)
        vae.until("done")
        seen.append((records.losses(), [step for step in previews if 0 < step < 150]))
    (watched, while_watched), (unwatched, while_unwatched) = seen
    assert while_watched
    assert not while_unwatched
    assert watched == unwatched


@pytest.mark.parametrize(("family", "quick"), [("diffusion", {"steps": 10}), ("energy", {"steps": 100}), ("gan", {})])
def test_previews_take_the_quick_settings_that_a_family_names(qtbot, family, quick):
    asked = []
    view = TrainView("train", asked.append)
    qtbot.addWidget(view)
    fields = tuple(params(registry.model_class(family).SampleSettings).values())
    spec, facts = DataSpec("plane", (2,)), {"sample_fields": fields, "conditional": False}
    view.facts = facts | {"spec": spec, "capabilities": registry.model_class(family).capabilities(spec)}
    view.refresh()
    assert asked[0].arguments["settings"] == quick


# -- settings -------------------------------------------------------------------------------------------------------


def test_a_setting_that_shapes_the_model_asks_for_a_fresh_one_and_train_builds_it(vae):
    vae.press("vae.step")
    vae.until("paused")
    vae.type("vae.config.latent_dim", "3")
    assert "fresh model" in vae.panel.messages.text()
    vae.press("vae.stop")
    train(vae, 10)
    vae.until("done")
    assert vae.session.experiment.config["latent_dim"] == vae.session.facts["latent_dim"] == 3
    assert vae.session.step == 10
    assert vae.panel.messages.text() == ""


def test_a_live_setting_changes_the_run_that_trains(vae):
    train(vae, 1_000_000)
    vae.wait(lambda: vae.session.step > 10)
    assert not vae.find("vae.config.latent_dim").isEnabled()
    vae.type("vae.config.beta", "2.5")
    vae.wait(lambda: vae.session.experiment.events)
    (event,) = vae.session.experiment.events
    assert event == Event(event.step, set={"beta": 2.5})
    assert event.step > 10
    vae.wait(lambda: vae.session.step > event.step)
    vae.press("vae.stop")
    vae.until("done")


def test_other_data_and_back_to_the_working_default(vae):
    vae.window.open_run("vae-strokes")
    vae.settle()
    vae.show_view("Train")
    pictures = vae.find("vae.train.images").images().copy()
    settings, budget = vae.panel.settings.assignments(), vae.panel.transport.budget()

    vae.choose("vae.data", registry.data()["moons"].title)
    vae.settle()
    assert vae.session.experiment.data == "moons"
    train(vae, 30)
    vae.until("done")
    assert vae.session.step == 30
    assert vae.find("vae.train.points").visible_layers() == ["real data", "exact density", "samples"]

    vae.show_view("Sample")
    vae.type("vae.sample.seed", "7")
    vae.press("vae.default")
    vae.settle()
    vae.wait(lambda: vae.find("vae.sample.seed").value() == 0)
    vae.show_view("Train")
    assert vae.find("vae.data").currentData() == "strokes"
    assert vae.panel.settings.assignments() == settings
    assert vae.panel.transport.budget() == budget
    np.testing.assert_array_equal(vae.find("vae.train.images").images(), pictures)


def test_a_damaged_run_is_one_sentence_with_the_way_back(open_window, tiny_run):
    folder = Path(tiny_run("vae", "digits"))
    good = folder.with_name("good")
    shutil.copytree(folder, good)
    weights = folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-4] + b"\0\0\0\1")
    person = open_window(str(good))
    person.window.open_run(str(folder))
    person.wait(lambda: person.session.state == "failed")
    assert person.panel.messages.level() == "bad"
    assert "\n" not in person.panel.messages.text()
    assert "weights.safetensors" in person.panel.messages.text()
    assert person.find("vae.message.action").text() == "Back to the working default"
    person.press("vae.message.action")
    person.settle()
    assert person.session.experiment.data == "strokes"
    assert not person.session.can_train
    assert person.panel.messages.text() == ""


# -- recognition, which makes nothing -------------------------------------------------------------------------------


def test_the_classifier_captions_real_digits_and_is_right(open_window):
    person = open_window("classifier-digits")
    assert [person.panel.tabs.tabText(i) for i in range(person.panel.tabs.count())] == ["Train", "Inside"]
    captions = person.find("classifier.train.images")._captions
    assert len(captions) == 60
    right = [caption for caption in captions if "✗" not in caption]
    assert len(right) >= 55
    assert all(caption.split()[0] in "0123456789" for caption in captions)
    (words,) = [words for words in person.texts() if "held-out images are labelled right" in words]
    assert float(words.split("steps ")[1].split("%")[0]) >= 98


# -- a family that is one file --------------------------------------------------------------------------------------

TOY = '''
from dataclasses import dataclass

import torch
from torch import nn

from playground.core.hyperparams import param
from playground.core.model import GenerativeModel, SampleStep

CARD = {"name": "toy", "title": "Toy", "group": "Toys", "order": 50, "data_groups": ("plane",)}


class Toy(GenerativeModel):
    """One Gaussian."""

    @dataclass(frozen=True)
    class Config:
        pull: float = param(1.0, low=0.0, high=10.0, live=True, help="Weight of the loss.")

    def __init__(self, spec, config):
        super().__init__(spec, config)
        self.mean = nn.Parameter(torch.zeros(spec.shape))

    @classmethod
    def supports(cls, spec):
        return None if spec.kind == "points" else "A toy only knows points in the plane."

    @classmethod
    def capabilities(cls, spec):
        return frozenset({"sample"})

    def train_step(self, batch, optimizers, generator, parts):
        loss = self.config.pull * ((batch.x - self.mean) ** 2).sum(dim=1).mean()
        optimizers["model"].zero_grad()
        loss.backward()
        optimizers["model"].step()
        return {"loss": loss.detach()}

    @torch.no_grad()
    def sample_steps(self, n, *, label=None, settings=None, generator, start=None, given=None):
        yield SampleStep(1, 1, self.mean + torch.randn(n, *self.spec.shape, generator=generator))
'''


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A family that somebody dropped into the folder of models."""
    (tmp_path / "toy.py").write_text(TOY, encoding="utf-8")
    monkeypatch.setattr(playground.models, "__path__", [*playground.models.__path__, str(tmp_path)])
    yield
    sys.modules.pop("playground.models.toy", None)


def test_a_family_of_one_file_is_in_the_rail_trains_and_samples(toy, open_window):
    person = open_window()
    rail = person.window.rail
    (item,) = rail.findItems("Toy", Qt.MatchFlag.MatchExactly)
    person.qtbot.mouseClick(rail.viewport(), LEFT, pos=rail.visualItemRect(item).center())
    assert type(person.panel) is ModelPanel
    person.settle()
    assert person.session.experiment.data in ("moons", "eight-gaussians")
    train(person, 30)
    person.until("done")
    assert person.session.step == 30
    person.show_view("Sample")
    assert person.find("toy.sample.points").visible_layers() == ["real data", "exact density", "samples"]
    before = person.find("toy.sample.points").grab().toImage()
    person.ask_again(lambda: person.type("toy.sample.seed", "3"))
    after = person.find("toy.sample.points").grab().toImage()
    assert before != after


def test_reset_makes_no_new_editors(vae):
    """Qt's style sheets keep some memory for good of every number box that they ever drew."""
    before = vae.window.findChildren(QAbstractSpinBox)
    vae.press("vae.reset")
    vae.settle()
    assert vae.window.findChildren(QAbstractSpinBox) == before


def test_reset_keeps_the_options_of_the_data(open_window, tiny_run):
    person = open_window(tiny_run("vae", "eight-gaussians", **{"data.std": 0.3}))
    shown = person.session.facts["data_hash"]
    person.press("vae.reset")
    person.settle()
    assert person.session.experiment.data_options["std"] == 0.3
    assert person.session.facts["data_hash"] == shown


def test_going_on_trains_the_rest_of_the_budget_and_then_as_much_again(open_window, tiny_run):
    person = open_window(tiny_run("vae", "moons", steps=20))
    train(person, 50)
    person.until("done")
    assert person.session.step == 50
    train(person, 30)
    person.until("done")
    assert person.session.step == 80


def test_one_step_and_then_resume_trains_to_the_budget_on_show(open_window, tiny_run):
    person = open_window(tiny_run("vae", "moons", steps=20))
    person.panel.transport.set_budget("steps", 40)
    person.press("vae.step")
    person.until("paused")
    assert person.session.step == 21
    person.press("vae.start")
    person.until("done")
    assert person.session.step == 40


def test_a_run_that_cannot_be_kept_says_so_and_comes_to_rest(open_window, tiny_run, monkeypatch, tmp_path):
    person = open_window(tiny_run("vae", "moons", steps=2))
    (tmp_path / "file").touch()
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path / "file"))
    person.press("vae.reset")
    person.settle()
    person.press("vae.start")
    person.until("idle")
    assert "file" in person.panel.messages.text()
    assert person.session.step == 0


def test_a_live_setting_that_a_run_cannot_go_on_under_is_that_of_the_next_fresh_model(open_window, tiny_run):
    gan = open_window(tiny_run("gan", "eight-gaussians", steps=5))
    gan.choose("gan.config.objective", "hinge")  # from one game to another: goes on
    gan.wait(lambda: gan.session.experiment.events)
    gan.choose("gan.config.objective", "L2")
    gan.wait(lambda: any("L2 is no game" in words for words in gan.texts()))
    assert [event.set for event in gan.session.experiment.events] == [{"objective": "hinge"}]
    train(gan, 8)
    gan.until("done")
    assert gan.session.experiment.config["objective"] == "L2"
    assert gan.session.experiment.events == ()
    assert gan.session.step == 8
