"""The time machine through its controls: back to stored weights, to now again, and forks that go on from there."""

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt

from playground import registry
from playground.core.random import stream
from playground.core.run_folder import RunFolder
from playground.gui.panels.base import TrainView
from playground.gui.widgets.end_labels import EndLabels
from tests.gui.panels.test_base import Records, train

STEPS = 20
KEYS = Qt.Key


@pytest.fixture
def vae(open_window, tiny_run):
    """A run of twenty steps: stored are the weights of 0, 1, 2, 4, 8, 16 and 20, and the full state of 1 and from 8."""
    person = open_window(tiny_run("vae", "digits", steps=STEPS))
    person.show_view("Train")
    person.window.undo.settle()
    return person


def shown(person) -> np.ndarray:
    """The images on the stage."""
    return person.view.stage.images.images()


def expected(run: str, step: int | None) -> np.ndarray:
    """What the weights of a step give from the noise of the view *Train*."""
    model = registry.open_run(run, step=step).model
    noise = stream(TrainView.SEED, "sampling")
    return model.sample(40, settings=model.SampleSettings(), generator=noise).clamp(0, 1).numpy()


def scrub(person, *keys) -> None:
    """Presses keys on the history and waits for what the view shows."""
    for key in keys:
        person.qtbot.keyClick(person.find("vae.history"), key)
    person.settle()


def words(person) -> str:
    return person.find("vae.history.words").text()


def test_the_keys_show_what_the_stored_weights_make(vae):
    run = vae.session.run
    np.testing.assert_array_equal(shown(vae), expected(run, None))
    assert words(vae) == "now: step 20"
    scrub(vae, *[KEYS.Key_Left] * 2)
    assert words(vae) == "showing step 8 of 20"
    np.testing.assert_array_equal(shown(vae), expected(run, 8))
    assert "Samples after 8 steps, from the same noise each time." in vae.texts()
    assert not np.array_equal(expected(run, 8), expected(run, None))
    scrub(vae, KEYS.Key_Home)
    assert words(vae) == "showing step 0 of 20 (weights only)"
    np.testing.assert_array_equal(shown(vae), expected(run, 0))
    vae.press("vae.history.now")
    vae.settle()
    np.testing.assert_array_equal(shown(vae), expected(run, None))


def test_the_loss_has_a_cursor_where_one_looks(vae):
    cursor = vae.panel.loss._cursor
    assert not cursor.isVisible()
    scrub(vae, KEYS.Key_Left)
    assert (cursor.isVisible(), cursor.value()) == (True, 16)
    scrub(vae, KEYS.Key_End)
    assert not cursor.isVisible()


def test_every_view_goes_back(vae):
    scrub(vae, KEYS.Key_Home)
    vae.show_view("Sample")
    assert "Samples after 0 steps, seed 0." in vae.texts()


def test_to_train_goes_back_to_now(vae):
    losses = Records(vae.session)
    scrub(vae, KEYS.Key_Home)
    train(vae, 25)
    vae.until("done")
    assert words(vae) == "now: step 25"
    assert not vae.panel.loss._cursor.isVisible()
    np.testing.assert_array_equal(shown(vae), expected(vae.session.run, None))
    assert len(losses.losses()) == 5


def test_to_look_back_holds_the_training(vae):
    train(vae, 10**6)
    vae.wait(lambda: vae.session.step > STEPS)
    scrub(vae, KEYS.Key_Home)
    vae.until("paused")
    np.testing.assert_array_equal(shown(vae), expected(vae.session.run, 0))
    assert words(vae).startswith("showing step 0 of")


def test_a_bundled_run_has_no_past_to_show(open_window):
    person = open_window("vae-digits")
    assert not person.panel.time.bar.isVisible()
    train(person, 3)
    person.until("done")
    assert person.panel.time.bar.isVisible()


def test_a_fork_at_a_full_state_goes_on_exactly_with_its_parents_curve_behind(vae):
    parent = vae.session.run
    scrub(vae, KEYS.Key_Left)
    losses = Records(vae.session)
    fork(vae)
    assert (vae.session.run != parent, vae.session.step, vae.session.state) == (True, 16, "idle")
    assert "exactly as its parent did" in vae.panel.messages._text.text()
    np.testing.assert_array_equal(shown(vae), expected(parent, 16))
    losses.forget()
    train(vae, STEPS)
    vae.until("done")
    assert [np.float32(loss) for loss in losses.losses()] == [np.float32(loss) for loss in logged(parent)[16:]]
    assert labels(vae) == ["loss", "parent"]
    assert RunFolder.open(Path(parent)).step == STEPS  # as it was
    vae.press("vae.default")
    vae.settle()
    assert labels(vae) == ["loss"]


def test_a_fork_takes_other_settings(vae):
    parent = vae.session.run
    scrub(vae, KEYS.Key_Left)
    fork(vae)
    vae.type("vae.config.beta", "7")
    train(vae, STEPS)
    vae.until("done")
    assert logged(vae.session.run)[:16] == logged(parent)[:16]
    assert logged(vae.session.run)[16:] != logged(parent)[16:]
    (event,) = RunFolder.open(Path(vae.session.run)).experiment.events
    assert (event.step, event.set) == (16, {"beta": 7.0})


def test_a_fork_where_only_weights_are_stored_trains_up_to_there_again(vae):
    parent = vae.session.run
    scrub(vae, *[KEYS.Key_Left] * 3)
    vae.press("vae.history.fork")
    vae.until("done")
    assert vae.session.step == 4
    assert "only weights are stored" in vae.panel.messages._text.text()
    assert logged(vae.session.run) == logged(parent)[:4]
    np.testing.assert_array_equal(shown(vae), expected(parent, 4))


def test_a_setting_edited_while_looking_back_says_where_it_takes_effect(vae):
    scrub(vae, KEYS.Key_Home)
    vae.type("vae.config.beta", "7")
    assert "from now (step 20) on" in vae.panel.messages._text.text()
    vae.wait(lambda: vae.session.experiment.events)
    assert vae.session.experiment.events[0].step == STEPS


def test_a_fork_of_a_run_with_changes_shows_the_settings_of_its_step(vae):
    vae.type("vae.config.beta", "7")
    train(vae, 30)
    vae.until("done")
    while not words(vae).startswith("showing step 16"):  # how many are stored after it, depends on the turns
        scrub(vae, KEYS.Key_Left)
    vae.window.undo.settle()  # the fork is an act of its own, however fast the machine
    fork(vae)
    vae.wait(lambda: vae.session.step == 16 and vae.session.state in ("idle", "done"))
    assert vae.find("vae.config.beta").value() == 1.0
    vae.window.undo.undo()
    vae.wait(lambda: vae.session.is_open and vae.session.step == 30)
    vae.settle()
    assert vae.find("vae.config.beta").value() == 7.0


def test_undo_comes_back_from_the_past(vae):
    run = vae.session.run
    scrub(vae, KEYS.Key_Home)
    vae.window.undo.settle()
    vae.window.undo.undo()
    vae.settle()
    assert words(vae) == "now: step 20"
    np.testing.assert_array_equal(shown(vae), expected(run, None))


def test_a_document_remembers_the_step_on_show(vae):
    run = vae.session.run
    scrub(vae, KEYS.Key_Left, KEYS.Key_Left)
    state = vae.panel.capture()
    assert state.values["vae.history"] == 8
    vae.press("vae.default")
    vae.settle()
    vae.panel.restore(state)
    vae.wait(lambda: vae.session.visiting == 8)
    vae.settle()
    np.testing.assert_array_equal(shown(vae), expected(run, 8))


def test_damaged_weights_are_a_sentence_and_one_stays_where_one_was(vae):
    at_16 = expected(vae.session.run, 16)
    (Path(vae.session.run) / "history" / "weights-00000008.safetensors").unlink()
    scrub(vae, KEYS.Key_Left)
    scrub(vae, KEYS.Key_Left)
    vae.wait(lambda: "weights-00000008" in vae.panel.messages._text.text())
    assert words(vae) == "showing step 16 of 20"
    vae.settle()
    np.testing.assert_array_equal(shown(vae), at_16)


def fork(person) -> None:
    """Presses Fork and waits for the fork."""
    person.press("vae.history.fork")
    person.wait(lambda: person.session.is_open)
    person.settle()


def logged(run: str) -> list[float]:
    return [loss for record in RunFolder.open(Path(run)).records() for loss in record.values["loss"]]


def labels(person) -> list[str]:
    """What stands beside the curves, without their values."""
    person.wait(lambda: not person.panel.loss.is_stale())
    texts = person.panel.loss.findChild(EndLabels).texts()
    return [text.rpartition(" ")[0] for text in texts if "held-out" not in text]
