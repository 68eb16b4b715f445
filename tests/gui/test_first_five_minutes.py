"""The first five minutes, played: no file dialog, no setting touched, at most eight clicks."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QFileDialog, QLabel, QSlider

from playground import registry
from playground.gui import app
from playground.gui.preferences import Preferences
from playground.gui.widgets import theme
from tests.gui.driving import LEFT, Person

MOST_CLICKS = 8


class Newcomer(Person):
    """Counts clicks; a choice from a list is two."""

    clicks = 0

    def press(self, name: str) -> None:
        self.clicks += 1
        super().press(name)

    def choose(self, name: str, words: str) -> None:
        self.clicks += 2
        super().choose(name, words)

    def choose_page(self, title: str) -> None:
        """Clicks it in the rail."""
        self.clicks += 1
        rail = self.window.rail
        (item,) = (item for item in rail.findItems(title, Qt.MatchFlag.MatchExactly) if item.data(256))
        self.qtbot.mouseClick(rail.viewport(), LEFT, pos=rail.visualItemRect(item).center())

    def drag(self, slider: QSlider, share: float) -> None:
        """Takes the handle to a share of the way."""
        end = QPoint(round(share * slider.width()), slider.height() // 2)
        self.qtbot.mousePress(slider, LEFT, pos=slider.rect().center())
        self.qtbot.mouseMove(slider, end)
        self.qtbot.mouseRelease(slider, LEFT, pos=end)


@pytest.fixture
def newcomer(qtbot, tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    for name in ("getOpenFileName", "getSaveFileName", "getExistingDirectory"):
        monkeypatch.setattr(QFileDialog, name, lambda *_: pytest.fail("a file dialog opened"))
    window = app.open_window(Preferences.load())
    yield Newcomer(window, qtbot)
    window.close()
    window.deleteLater()
    theme.apply("light")


def test_the_first_five_minutes(newcomer):
    person, window = newcomer, newcomer.window

    # painted at once: pictures of every family, before any model is there
    tiles = [f"home.{family}" for family in window.families()]
    assert all(person.find(tile).isVisible() for tile in tiles)
    assert not window.sessions

    # drag z: a digit morphs
    person.press("home.vae")
    person.settle()
    decoded = person.find("vae.latent.decoded")
    before = decoded.images().copy()
    person.ask_again(lambda: person.drag(person.find("vae.latent.z.0", QSlider), 0.95))
    assert np.abs(decoded.images() - before).max() > 0.2

    # Space plays the denoising, arrow keys step
    person.choose_page("Diffusion")
    person.settle()
    window.actions_by_id["sampler.play"].trigger()
    assert person.view.title == "Sample"
    scrubber = person.view.scrubber
    person.wait(lambda: scrubber.position() >= 2)
    assert scrubber.is_playing()
    window.actions_by_id["sampler.play"].trigger()
    assert not scrubber.is_playing()
    person.settle()
    here = scrubber.position()
    noisy = person.find("diffusion.sample.x_t").images().copy()
    person.qtbot.keyClick(scrubber.focusProxy(), Qt.Key.Key_Right)
    assert scrubber.position() == here + 1
    assert (person.find("diffusion.sample.x_t").images() != noisy).any()
    person.qtbot.keyClick(scrubber.focusProxy(), Qt.Key.Key_Left)
    np.testing.assert_array_equal(person.find("diffusion.sample.x_t").images(), noisy)

    # Train: what is learned is seen
    person.press("diffusion.start")
    person.wait(lambda: person.session.can_train and person.session.step > 1)
    assert person.view.title == "Train"
    shown = person.find("diffusion.train.images")
    caption = person.find("diffusion.train.caption", QLabel)
    person.wait(lambda: caption.text().startswith("Samples after"))
    first = shown.images().copy()
    person.wait(lambda: (shown.images() != first).any())
    run = person.session.run

    # other data, while it still trains: what was learned is kept
    person.choose("diffusion.data", registry.data()["eight-gaussians"].title)
    person.settle()
    assert person.session.experiment.data == "eight-gaussians"
    assert run in person.panel.messages.text()
    person.wait(lambda: registry.find_run(run).is_dir())
    person.press("diffusion.start")
    person.wait(lambda: person.session.can_train and person.session.step > 20)
    assert person.session.experiment.data == "eight-gaussians"

    # and back
    person.press("diffusion.default")
    person.settle()
    assert person.session.run == "diffusion-strokes"
    assert person.session.state == "idle"
    assert person.clicks <= MOST_CLICKS, f"{person.clicks} clicks"
