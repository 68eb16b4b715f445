"""A window that is told to end while it trains saves and ends well, whoever tells it."""

import json
import os
import signal
import subprocess
import sys

import pytest

from playground.core.run_folder import RunFolder

CHILD = """
import sys
from PySide6.QtCore import QTimer
from playground.gui import app

opening = app.open_window

def open_and_train(*words):
    window = opening(*words)
    session = window.panel.session
    session.prepare("vae", "moons", {"hidden": 16, "latent_dim": 2}, 0)
    window.panel.transport.set_budget("steps", 10_000_000)
    window.panel.train()
    def look():
        if session.can_train and session.step > 20:
            watch.stop()
            print(session.run, session.step, flush=True)
            if "close" in sys.argv:
                window.close()
    watch = QTimer(window, interval=20)
    watch.timeout.connect(look)
    watch.start()
    return window

app.open_window = open_and_train
sys.exit(app.main(panel="vae"))
"""


@pytest.mark.parametrize(
    "how", ["SIGTERM", "close", *(pytest.param(name, marks=pytest.mark.slow) for name in ("SIGINT", "SIGHUP"))]
)
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_window_that_trains_saves_and_ends(how, tmp_path):
    environment = os.environ | {"PLAYGROUND_HOME": str(tmp_path)}
    command = [sys.executable, "-c", CHILD, how]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as child:
        try:
            assert child.stdout is not None
            run, step = child.stdout.readline().rsplit(" ", 1)
            if how != "close":
                child.send_signal(signal.Signals[how])
            _, errors = child.communicate(timeout=60)
        finally:
            child.kill()
    assert child.returncode == 0, errors
    assert "Traceback" not in errors
    assert RunFolder.open(tmp_path / "runs" / run).step >= int(step)
    last = json.loads((tmp_path / "last-document.json").read_text(encoding="utf-8"))
    assert last["stage"] == "vae"
    assert (tmp_path / "preferences.json").is_file()
