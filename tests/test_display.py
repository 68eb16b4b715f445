"""Whether a window can open is found out before Qt is asked, and said in one sentence."""

import importlib
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from playground import display


def test_without_a_display_it_says_so() -> None:
    assert "no display" in (display.problem({}) or "")


def test_a_display_that_does_not_answer_is_named() -> None:
    assert display.problem({"DISPLAY": ":4711"}) == "The display :4711 does not answer."


def test_offscreen_needs_no_display() -> None:
    assert display.problem({"QT_QPA_PLATFORM": "offscreen"}) is None


@pytest.mark.parametrize("platform", ["xcb", "holodeck"])
def test_a_process_without_a_display_ends_with_a_sentence(platform: str) -> None:
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "PLAYGROUND_HOME") if name in os.environ}
    child = subprocess.run(
        [sys.executable, "-m", "playground"], env=environment | {"QT_QPA_PLATFORM": platform}, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    assert child.returncode == 2
    assert "The window cannot open. These commands need no display" in child.stderr
    assert len(child.stderr.splitlines()) == 1


def test_an_unknown_platform_is_refused_with_the_known_ones() -> None:
    sentence = display.problem({"QT_QPA_PLATFORM": "holodeck", "DISPLAY": ":0"})
    assert sentence is not None
    assert "holodeck" in sentence
    assert "offscreen" in sentence


def test_a_missing_library_is_named_by_its_package(monkeypatch: pytest.MonkeyPatch) -> None:

    def without_cursor(name: str) -> object:
        if name.startswith("libxcb-cursor"):
            raise OSError
        return object()

    monkeypatch.setattr(display.ctypes, "CDLL", without_cursor)
    monkeypatch.setattr(display, "_answers", lambda name: True)
    assert display.problem({"DISPLAY": ":0"}) == "System libraries are missing: sudo apt install libxcb-cursor0."


def test_a_display_that_answers_is_no_problem(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(display, "_missing_libraries", lambda asked: [])
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        path = tmp_path / "X"
        server.bind(str(path))
        server.listen()
        assert display.problem({"DISPLAY": str(path)}) is None


@pytest.mark.parametrize(("platform", "first"), [("win32", ["torch"]), ("linux", []), ("darwin", [])])
def test_torch_goes_first_on_windows_only(platform: str, first: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(importlib, "import_module", loaded.append)
    assert display.load_torch_before_qt(platform) == bool(first)
    assert loaded == first
