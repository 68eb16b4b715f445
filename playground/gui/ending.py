"""The end of a window: everything that was learned is saved, by all runs at the same time; what could not be saved is
said, at once to whoever reads the log, and in the window at the next start."""

import contextlib
import logging
import time
from collections.abc import Sequence
from pathlib import Path

from playground import paths
from playground.gui.session import TrainingSession

PATIENCE = 10.0  # seconds for runs to be saved; they take a fraction of one
SHORT_PATIENCE = 1.5  # where nothing is learned: what is still being loaded ends by itself
_MOST = 4000  # letters that are told


def end_all(sessions: Sequence[TrainingSession]) -> None:
    """Closes them and waits until what was learned is on disk."""
    begin = time.monotonic()
    patience = [PATIENCE if session.can_train else SHORT_PATIENCE for session in sessions]
    for session in sessions:
        session.close(timeout=0.0)
    for session, most in zip(sessions, patience, strict=True):
        session.close(max(begin + most - time.monotonic(), 0.0))
    _remember([sentence for session in sessions for sentence in session.unsaved])


def unsaved() -> str:
    """What the last window could not save when it was closed, "" for nothing; told once."""
    told = ""
    with contextlib.suppress(OSError):
        with _file().open(encoding="utf-8", errors="replace") as file:
            told = " ".join(file.read(_MOST).split())
        _file().unlink()
    return f"When the window was closed last: {told}" if told else ""


def _remember(sentences: Sequence[str]) -> None:
    for sentence in sentences:
        logging.getLogger("playground").error("%s", sentence)
    if sentences:
        with contextlib.suppress(OSError):  # the disk may be full for this, too
            _file().write_text("\n".join(sentences), encoding="utf-8")


def _file() -> Path:
    return paths.user_data() / "unsaved.txt"
