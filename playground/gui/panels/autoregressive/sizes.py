"""Small networks, each trained for its own size of context: what a window is worth to one that knows nothing else."""

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from playground.core.experiment import Budget, Experiment
from playground.core.records import Answer, Query
from playground.gui.session import TrainingSession

STEPS = 300  # of each
CONTEXTS = {"3": 1, "5": 2, "7": 3}  # the setting, and how far around the pixel it reaches


class Sizes(QObject):
    """Trains them one after the other on the run's data, seed and settings, and measures each when it is trained.

    Signals:
        changed: a step was taken, a size measured, or all of it ended; see `bits`, `error` and `words`.
    """

    changed = Signal()

    def __init__(self, channel: str, parent: QObject | None = None) -> None:
        """`channel`: under which the sessions are asked."""
        super().__init__(parent)
        self._channel = channel
        self._session: TrainingSession | None = None
        self._experiment: Experiment | None = None
        self._left: list[str] = []  # contexts that are still to be trained, the first of them now
        self.bits: dict[int, float] = {}  # per dim, by radius
        self.error = ""

    @property
    def runs(self) -> bool:
        """Whether one of them is being trained or measured."""
        return self._session is not None

    @property
    def words(self) -> str:
        """How far it is."""
        if self._session is None:
            return self.error
        return f"Context {self._left[0]}: step {self._session.step:,} of {STEPS:,}."

    def sessions(self) -> Sequence[TrainingSession]:
        """The one that is at work."""
        return () if self._session is None else (self._session,)

    def train(self, experiment: Experiment, known: set[str]) -> None:
        """Begins anew. `known`: settings of the model's Config; what was changed live is in force from the start."""
        self.let_go()
        settings = {key: value for key, value in experiment.settings().items() if key in known}
        self._experiment, self._left = replace(experiment, config=settings, events=()), list(CONTEXTS)
        self._next()

    def let_go(self) -> None:
        """Stops, and forgets what was measured."""
        self.stop()
        self.bits, self.error = {}, ""

    def stop(self) -> None:
        """Ends the one at work; what is measured stays."""
        session, self._session, self._left = self._session, None, []
        if session is not None:
            session.let_go()
            self.changed.emit()

    def _next(self) -> None:
        assert self._experiment is not None
        session = self._session = TrainingSession(self)
        session.opened.connect(lambda: session.start(Budget("steps", STEPS)))
        session.records_added.connect(lambda _: self.changed.emit())
        session.state_changed.connect(self._state)
        session.answered.connect(self._measured)
        session.failed.connect(lambda sentence, _: self._failed(sentence))
        config = {**self._experiment.config, "context": self._left[0]}
        session.prepare_as(replace(self._experiment, config=config))

    def _state(self, state: str) -> None:
        if state == "done" and self._session is not None and self.sender() is self._session:
            self._session.ask(Query(self._channel, "windows", {"whole": True}, 0, "pixels"))

    def _measured(self, answer: Answer) -> None:
        if self._session is None or self.sender() is not self._session or not answer.last:
            return
        if answer.error:
            self._failed(answer.error)
            return
        self.bits[CONTEXTS[self._left.pop(0)]] = float(answer.arrays["x"][-1])
        session, self._session = self._session, None
        session.let_go()
        if self._left:
            self._next()
        self.changed.emit()

    def _failed(self, sentence: str) -> None:
        self.error = sentence
        self.stop()
