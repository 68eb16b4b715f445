"""The end of a window: everything that was learned is saved, by all runs at the same time."""

import time
from collections.abc import Sequence

from playground.gui.session import TrainingSession

PATIENCE = 10.0  # seconds for runs to be saved; they take a fraction of one
SHORT_PATIENCE = 1.5  # where nothing is learned: what is still being loaded ends by itself


def end_all(sessions: Sequence[TrainingSession]) -> None:
    """Closes them and waits until what was learned is on disk."""
    begin = time.monotonic()
    patience = [PATIENCE if session.can_train else SHORT_PATIENCE for session in sessions]
    for session in sessions:
        session.close(timeout=0.0)
    for session, most in zip(sessions, patience, strict=True):
        session.close(max(begin + most - time.monotonic(), 0.0))
