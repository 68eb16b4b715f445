"""Bundled runs that a lens asks beside the panel's own: opened when they are first needed, let go with the model."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, Signal

from playground.core.records import Answer, Query
from playground.gui.session import TrainingSession


class Companions(QObject):
    """Sessions by what each is there for.

    Signals:
        opened: which of them can be asked now.
        answered: (which, its `Answer`); never one that is an error.
        failed: (which, the sentence that says why it cannot be opened or asked).
    """

    opened = Signal(str)
    answered = Signal(str, object)
    failed = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._sessions: dict[str, TrainingSession] = {}
        self._waiting: set[tuple[str, str]] = set()  # (which, channel) that has no answer yet; "" until it is open

    def open(self, runs: Mapping[str, str]) -> None:
        """Opens these bundled runs, which by its name; those that are there already stay."""
        for which, run in runs.items():
            if which not in self._sessions:
                session = self._sessions[which] = TrainingSession(self)
                self._waiting.add((which, ""))
                session.opened.connect(partial(self._opened, which))
                session.answered.connect(partial(self._answered, which))
                session.failed.connect(partial(self._failed, which))
                session.open_run(run)

    def ask(self, which: str, channel: str, method: str, seed: int = 0, **arguments: object) -> None:
        """Asks one of them; on each channel only the newest question counts."""
        self._waiting.add((which, channel))
        self._sessions[which].ask(Query(channel, method, arguments, seed))

    def is_open(self, which: str) -> bool:
        """Whether it can be asked."""
        return which in self._sessions and self._sessions[which].is_open

    def facts(self, which: str) -> Mapping[str, Any]:
        """Of one that is open."""
        return self._sessions[which].facts

    def all(self) -> Sequence[TrainingSession]:
        """All of them, open or on their way."""
        return list(self._sessions.values())

    def is_settled(self) -> bool:
        """Whether nothing is on its way."""
        return not self._waiting

    def let_go(self) -> None:
        """Ends them all."""
        for session in self._sessions.values():
            session.let_go()
        self._sessions, self._waiting = {}, set()

    def _opened(self, which: str) -> None:
        self._waiting.discard((which, ""))
        self.opened.emit(which)

    def _answered(self, which: str, answer: Answer) -> None:
        if answer.last:
            self._waiting.discard((which, answer.query.channel))
        if answer.error:
            self.failed.emit(which, answer.error)
        else:
            self.answered.emit(which, answer)

    def _failed(self, which: str, sentence: str, details: str) -> None:
        self._waiting = {pair for pair in self._waiting if pair[0] != which}
        self.failed.emit(which, sentence)
