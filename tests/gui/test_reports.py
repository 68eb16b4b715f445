"""After a native crash the next window says so, once, and a report can be copied."""

import subprocess
import sys

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPlainTextEdit, QPushButton

from playground import paths
from playground.core import session_log
from playground.gui import reports

CRASH = "import faulthandler; from playground.gui.errors import ErrorHub; ErrorHub().install(); faulthandler._sigsegv()"
LOOK = "from playground.gui.errors import ErrorHub; hub = ErrorHub(); hub.install(); print(hub.last_crash)"


def test_a_crash_is_found_at_the_next_start_and_at_no_other(tmp_path, monkeypatch):
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    assert subprocess.run([sys.executable, "-c", CRASH], capture_output=True, check=False).returncode != 0
    first, second = (subprocess.run([sys.executable, "-c", LOOK], capture_output=True, text=True, check=True)
                     for _ in range(2))  # fmt: skip
    assert "Segmentation fault" in first.stdout or "access violation" in first.stdout
    assert second.stdout.strip() == ""


@pytest.fixture
def crashed(open_window, tiny_run):
    """A person at a window after a session that crashed."""
    person = open_window(tiny_run("vae", "moons"))
    logs = paths.user_data() / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    session_log.crash_file(logs).write_text(f'Fatal Python error\n  File "{paths.user_data()}/a.py"\n')
    person.window.reports.tell_crash(session_log.set_crash_aside(logs))
    return person


def test_the_window_says_that_it_crashed_and_copies_the_report(crashed):
    messages = crashed.panel.messages
    assert messages.text().startswith(reports.CRASHED)
    details = crashed.window.findChild(QPlainTextEdit, "vae.message.details.text").toPlainText()
    assert 'File "<data>/a.py"' in details
    button = crashed.window.findChild(QPushButton, "vae.message.action")
    assert button.text() == "Copy report"
    crashed.press("vae.message.action")
    assert "Fatal Python error" in QGuiApplication.clipboard().text()
    assert messages.text() == reports.COPIED


def test_the_menu_copies_a_report(open_window, tiny_run):
    person = open_window(tiny_run("vae", "moons"))
    QGuiApplication.clipboard().clear()
    person.window.actions_by_id["help.report"].trigger()
    text = QGuiApplication.clipboard().text()
    assert "generative-playground" in text
    assert "torch " in text
    assert str(paths.user_data()) not in text
    assert person.panel.messages.text() == reports.COPIED
