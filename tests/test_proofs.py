"""Long proofs of what a minute of training reaches, in the window as a person would; run with  pytest -m slow."""

import numpy as np
import pytest
import torch
from pytestqt.qtbot import QtBot

from playground import registry
from playground.evaluation.features import Yardstick
from playground.gui.app import application
from playground.gui.main_window import MainWindow
from playground.gui.panels.base import ModelPanel
from playground.gui.preferences import Preferences
from playground.gui.widgets import theme

pytestmark = pytest.mark.slow
MINUTE = 60_000


def trained_for_a_minute(window: MainWindow, qtbot: QtBot, family: str, data: str) -> ModelPanel:
    """Presses Train and waits until 60 seconds of training are over."""
    panel = window.show_panel(family)
    qtbot.waitUntil(lambda: panel.session.is_open, timeout=MINUTE)
    if panel.settings.data() != data:
        panel.open_data(data)
        qtbot.waitUntil(lambda: panel.session.is_open, timeout=MINUTE)
    panel.transport.set_budget("seconds", 60)
    panel.transport.start_button.click()
    qtbot.waitUntil(lambda: panel.session.state == "done", timeout=4 * MINUTE)
    return panel


@pytest.fixture
def window(qtbot: QtBot) -> MainWindow:
    application()
    theme.apply("light")
    window = MainWindow(Preferences())
    qtbot.addWidget(window)
    window.show()
    return window


def test_diffusion_gives_the_digits_that_are_asked_for(window: MainWindow, qtbot: QtBot) -> None:
    panel = trained_for_a_minute(window, qtbot, "diffusion", "digits")
    run = registry.open_run(panel.session.folder or _newest_run())
    yardstick = Yardstick.bundled(run.dataset.spec, "cpu")
    assert yardstick is not None
    labels = torch.arange(300)[:, None] % 10
    samples = run.model.sample(300, label=labels, generator=torch.Generator().manual_seed(5)).clamp(0, 1)

    right = float((yardstick.labels(samples) == labels).double().mean())
    assert right >= 0.85, f"{right:.1%} of the samples are labelled as asked after {run.step} steps"


def test_vae_keeps_the_label_of_held_out_digits(window: MainWindow, qtbot: QtBot) -> None:
    trained_for_a_minute(window, qtbot, "vae", "digits")
    run = registry.open_run(_newest_run())
    yardstick = Yardstick.bundled(run.dataset.spec, "cpu")
    assert yardstick is not None
    x = run.dataset.test.x
    kept = float((yardstick.labels(run.model.decode(run.model.encode(x))) == yardstick.labels(x)).double().mean())

    assert kept >= 0.90, f"{kept:.1%} of the reconstructions keep their label"


def test_diffusion_finds_all_eight_modes(window: MainWindow, qtbot: QtBot) -> None:
    trained_for_a_minute(window, qtbot, "diffusion", "eight-gaussians")
    run = registry.open_run(_newest_run())
    samples = run.model.sample(2000, generator=torch.Generator().manual_seed(5)).numpy()
    assert run.dataset.modes is not None
    centres, std = run.dataset.modes
    distance = np.linalg.norm(samples[:, None] - centres.numpy()[None], axis=2)
    near = distance <= 3 * std

    assert near.any(axis=0).all()
    assert near.any(axis=1).mean() >= 0.90


def _newest_run() -> str:
    from playground import paths

    return str(max(paths.runs().iterdir()))
