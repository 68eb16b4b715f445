"""A part of a panel that asks its session under its own name, and gets the answers to its own questions only."""

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer, Query

Ask = Callable[[Query], None]
_SAMPLES = (("model", "sample"), ("model", "sample_steps"))


class Asker(QWidget):
    """Asks, and shows what comes back; it is brought up to date when it is seen, not before.

    Attributes:
        facts, experiment: of the opened model; see `core.worker.describe`.
    """

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._ask = ask
        self.facts: Mapping[str, Any] = {}
        self.experiment: Experiment | None = None
        self._is_current = False
        self._asked: set[str] = set()  # questions on their way
        self.sampled: Query | None = None  # the newest question for plain samples, to be exported

    def ask(self, what: str, method: str, seed: int = 0, target: str = "model", **arguments: object) -> None:
        """Asks the model; the answer comes to `answered` with the channel ``<name>/<what>``."""
        self._asked.add(what)
        query = Query(f"{self.objectName()}/{what}", method, arguments, seed, target)
        if (target, method) in _SAMPLES and not {"start", "given"} & set(arguments):
            self.sampled = query
        self._ask(query)

    def take(self, answer: Answer) -> None:
        """Receives an answer; one that is an error ends the question all the same."""
        if answer.last:
            self._asked.discard(answer.query.channel.rpartition("/")[2])
        if not answer.error:
            self.answered(answer)

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        """Another model is there."""
        self.facts, self.experiment = facts, experiment
        self.sampled = None
        self._asked.clear()
        self.outdate()

    def outdate(self) -> None:
        """The model has changed: what is on show is asked for again, now or when it is next seen."""
        self._is_current = False
        self._bring_up_to_date()

    def _bring_up_to_date(self) -> None:
        if self.facts and self.isVisible() and not self._is_current:
            self._is_current = True
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._bring_up_to_date()

    def refresh(self) -> None:
        """Asks for what is on show."""

    def trained(self, step: int) -> None:
        """Training went on; called up to thirty times a second."""
        self._is_current = False

    def answered(self, answer: Answer) -> None:
        """An answer to one of its own questions."""

    def readings(self) -> Mapping[str, float]:
        """Numbers that it shows just now, by name, for the scenes of a lesson."""
        return {}

    def is_settled(self) -> bool:
        """Whether everything asked for is on show."""
        return self._is_current and not self._asked

    @property
    def is_points(self) -> bool:
        """Whether the data are points in the plane or on the line."""
        return bool(self.facts.get("kind") == "points")
