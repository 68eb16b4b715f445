"""The failure gallery and what follows: the alarm, its repair, and the word that all is well; warnings beside knobs."""

from PySide6.QtWidgets import QLabel

from playground.evaluation.failures import failures
from playground.gui.panels.base import alarm_desk

NAN = "failures.diffusion.moons.nan"
COLLAPSE = "failures.vae.digits.posterior-collapse"
FEW = "failures.energy.eight-gaussians.too-few-steps"


def _warning(person, name: str) -> str:
    label = person.window.findChild(QLabel, f"{name}.warning")
    return label.text() if label is not None and label.isVisible() else ""


def test_the_gallery_is_reached_from_home_and_from_the_menu(open_window):
    person = open_window()
    person.window.show_page("home")
    person.press("home.to_failures")
    assert person.window.page.name == "failures"
    for failure in failures():
        tile = person.find(f"failures.{failure.name}")
        assert failure.title in tile.accessibleName()
        assert f"within {failure.within:,} steps" in tile.accessibleDescription()
    person.window.show_page("home")
    person.window.actions_by_id["run.failures"].trigger()
    assert person.window.page.name == "failures"


def test_a_failure_is_diagnosed_and_a_fresh_model_repairs_it(open_window):
    person = open_window()
    person.window.show_page("failures")
    person.press(NAN)
    assert person.panel.family == "diffusion"
    person.wait(lambda: person.session.state == "failed")
    assert person.panel.messages.text().startswith("Not a number. Training diverged")
    assert "Repair sets learning rate 0.002, in a fresh model." in person.panel.messages.text()
    broken = person.session.experiment
    person.press("diffusion.message.action")
    person.wait(lambda: "is over" in person.panel.messages.text())
    assert person.session.state == "running"
    assert person.panel.messages.level() == "good"
    assert (broken.train.lr, person.session.experiment.train.lr) == (1000.0, 0.002)
    assert person.session.experiment.seed == broken.seed
    assert person.panel.alarms.alarm is None


def test_a_live_repair_keeps_what_was_learned_and_becomes_an_event(open_window):
    person = open_window()
    person.window.show_page("failures")
    person.press(COLLAPSE)
    person.wait(lambda: person.panel.messages.text().startswith("Posterior collapse at step"))
    step = person.session.step
    person.press("vae.message.action")
    person.wait(lambda: "is over" in person.panel.messages.text())
    assert person.session.step >= step
    assert [dict(event.set) for event in person.session.experiment.events] == [{"beta": 1.0}]
    assert person.find("vae.config.beta").value() == 1.0


def test_a_closed_alarm_stays_closed_and_looks_are_paced(open_window, monkeypatch):
    monkeypatch.setattr(alarm_desk, "EVERY", 10)
    person = open_window()
    person.window.show_page("failures")
    person.press(FEW)
    desk = person.panel.alarms
    person.wait(lambda: desk.alarm is not None and not person.panel.messages.isHidden())
    person.press("energy.message.dismiss")
    person.wait(lambda: len(desk.evidence.looks) >= 1)
    assert {"modes_hit", "on_data", "spread"} <= set(desk.evidence.looks[-1].numbers)
    assert desk.rest._next_at > desk.rest._began_at  # the next one waits for its turn
    assert person.panel.messages.isHidden()
    assert desk.alarm is not None


def test_a_knob_says_what_is_known_against_its_value(open_window, tiny_run):
    person = open_window(tiny_run("gan", "eight-gaussians", steps=5, penalty=0.3))
    assert _warning(person, "gan.config.objective") == ""
    person.choose("gan.config.objective", "minimax")
    person.wait(lambda: _warning(person, "gan.config.objective"))
    assert "flat where D is sure" in _warning(person, "gan.config.objective")
    assert "flat where D is sure" in person.find("gan.config.objective").accessibleDescription()
    person.choose("gan.config.objective", "non-saturating")
    person.wait(lambda: not _warning(person, "gan.config.objective"))
    person.show_view("Sample")
    person.panel.alarms._samplers[0].set_settings({"truncation": 0.0})
    person.wait(lambda: _warning(person, "gan.sample.sampler.truncation"))
    assert person.panel.alarms.alarm is None  # nothing trains: a word beside the knob is enough
