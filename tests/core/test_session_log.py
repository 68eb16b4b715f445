"""A session's log, the crash that is told once, and the report that names nobody."""

import logging
import os
from pathlib import Path

import pytest

from playground.core import session_log


@pytest.fixture
def logs(tmp_path, monkeypatch):
    """The log folder of Ann's data folder, in her home."""
    home = tmp_path / "home" / "ann"
    folder = home / "kept data" / "logs"
    folder.mkdir(parents=True)
    monkeypatch.setattr(Path, "home", lambda: home)
    monkeypatch.setattr(session_log.getpass, "getuser", lambda: "ann")
    monkeypatch.setattr(session_log.platform, "node", lambda: "anns-laptop")
    return folder


def test_a_report_has_versions_log_and_trace_and_names_nobody(logs):
    data, home = logs.parent, logs.parent.parent
    (logs / "playground-1.log").write_text(
        f"line of {data}/runs/a and {home}/thesis\nfile://{home}/x {str(data).replace(' ', '%20')}/runs\n"
        f"user ann on anns-laptop, annual sums; /home/bob/run and C:\\Users\\carl\\run\n"
    )
    (logs / "crash.log").write_text(f'Fatal Python error: Segmentation fault\n  File "{home}/venv/a.py", line 1\n')
    text = session_log.report(data, "cpu")
    for word in (str(home), str(data), "bob", "carl", "laptop", " ann ", "kept"):
        assert word not in text
    assert "line of <data>/runs/a and ~/thesis" in text
    assert "user <user> on <computer>, annual sums" in text
    assert "Segmentation fault" in text
    assert 'File "~/venv/a.py"' in text
    assert "torch 2" in text
    assert "PySide6-Essentials 6" in text
    assert "device cpu" in text


def test_a_report_has_the_last_lines_of_the_newest_logs(logs):
    for number in range(3):
        file = logs / f"playground-{number}.log"
        file.write_text("".join(f"{number}: {line}\n" for line in range(150)))
        os.utime(file, (number, number))
    lines = session_log.report(logs.parent).splitlines()
    assert "2: 0" in lines
    assert "1: 149" in lines
    assert "1: 0" not in lines
    assert "0: 149" not in lines


def test_each_session_has_a_log_and_the_newest_ten_are_kept(logs):
    for number in range(14):
        old = logs / f"playground-old{number:02}.log"
        old.write_text("old")
        os.utime(old, (number, number))
    handler = session_log.begin_log(logs)
    handler.emit(logging.LogRecord("playground", logging.ERROR, "", 1, "now", None, None))
    handler.close()
    kept = sorted(file.name for file in logs.iterdir())
    assert len(kept) == session_log.LOGS_KEPT
    assert "playground-old13.log" in kept
    assert "playground-old04.log" not in kept
    assert "ERROR now" in Path(handler.baseFilename).read_text()


def test_a_log_does_not_grow_without_end(logs, monkeypatch):
    monkeypatch.setattr(session_log, "LOG_BYTES", 1000)
    handler = session_log.begin_log(logs)
    for _ in range(200):
        handler.emit(logging.LogRecord("playground", logging.ERROR, "", 1, "much", None, None))
    handler.close()
    assert sum(file.stat().st_size for file in logs.iterdir()) <= 2000


def test_a_crash_is_told_once_and_three_are_kept(logs):
    for number in range(5):
        old = logs / f"crash-old{number}.log"
        old.write_text("old")
        os.utime(old, (number, number))
    with session_log.crash_file(logs).open("a") as other:  # a second window, which is open
        other.write("Fatal Python error")
        other.flush()
        assert session_log.set_crash_aside(logs) == "Fatal Python error"
        assert session_log.set_crash_aside(logs) == ""
        assert len(list(logs.glob("crash-*.log"))) == session_log.CRASHES_KEPT
        other.write("its own")
        other.flush()
        assert session_log.set_crash_aside(logs) == "its own"


def test_a_clock_that_was_set_back_does_not_cost_the_session_its_own_log_or_crash(logs):
    for pattern in ("playground-old{}.log", "crash-old{}.log"):
        for number in range(14):
            file = logs / pattern.format(number)
            file.write_text("from the future")
            os.utime(file, (2**33, 2**33))
    handler = session_log.begin_log(logs)
    handler.close()
    assert Path(handler.baseFilename).exists()
    session_log.crash_file(logs).write_text("Fatal Python error")
    assert session_log.set_crash_aside(logs)
    assert "Fatal Python error" in [file.read_text() for file in logs.glob("crash-*.log")]
    assert len(list(logs.glob("playground*.log"))) == session_log.LOGS_KEPT
    assert len(list(logs.glob("crash-*.log"))) == session_log.CRASHES_KEPT
