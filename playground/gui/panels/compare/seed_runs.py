"""Five seeds of two families, trained for a while one after another, each looked at again and again on its way."""

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import QObject, Signal

from playground.core.hyperparams import Value
from playground.core.records import Answer, Query
from playground.gui.panels.compare.column import IMAGES, POINTS, SEED, quick_settings
from playground.gui.panels.compare.metrics import Metric
from playground.gui.session import State, TrainingSession

SEEDS = 5
LOOKS = 8  # at each run on its way, beside the one before its first step


class SeedRuns(QObject):
    """Trains one run at a time: the first seed of each family, then the second of each, and so on.

    Signals:
        changed: there is one number more, or it has ended.
        troubled: (sentence, details) a run broke; the others are not trained.

    Attributes:
        families: that are compared.
        steps: of training, each run.
        floor: real examples in the place of samples reach this number; None before it is known.
    """

    changed = Signal()
    troubled = Signal(str, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.families: Sequence[str] = ()
        self.steps = 0
        self.floor: float | None = None
        self._data, self._options = "", dict[str, Value]()
        self._metric: Metric | None = None
        self._left: list[tuple[int, int]] = []  # place of the family, and seed, of runs that are still to be trained
        self._now: tuple[int, int] | None = None
        self._session: TrainingSession | None = None
        self._found: dict[tuple[int, int], dict[int, float]] = {}  # by place and seed: the number after each step

    # -- commands -----------------------------------------------------------------------------------------------------

    def start(
        self, families: Sequence[str], data: str, options: Mapping[str, Value], steps: int, metric: Metric
    ) -> None:
        """Fresh models of each family on this data, each trained for so many steps."""
        self.forget()
        self.families, self.steps, self._metric = tuple(families), steps, metric
        self._data, self._options = data, dict(options)
        self._left = [(place, seed) for seed in range(SEEDS) for place in range(len(families))]
        self._next()

    def stop(self) -> None:
        """Ends the run that trains; what was measured stays."""
        session, self._session, self._now, self._left = self._session, None, None, []
        if session is not None:
            session.let_go()
        self.changed.emit()

    def forget(self) -> None:
        """Ends, and drops all numbers."""
        self._found, self.floor = {}, None
        self.stop()

    # -- what is there ------------------------------------------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether there is more to come."""
        return self._now is not None

    def sessions(self) -> Sequence[TrainingSession]:
        """The run that trains."""
        return () if self._session is None else (self._session,)

    def finished(self) -> int:
        """Runs of which all is known."""
        return len(self._found) - (self._now in self._found)

    def curves(self, place: int) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """Of one family: seed to (steps, numbers), each (P,)."""
        rows = {seed: row for (at, seed), row in self._found.items() if at == place}
        return {seed: (np.array(list(row), float), np.array(list(row.values()))) for seed, row in rows.items()}

    def summary(self, place: int) -> Mapping[str, float]:
        """Of one family over its finished runs: the `mean` of the last number and its `spread`, greatest minus least;
        and `widest`, the greatest spread at any look, a measure of how little the seeds agree on their way."""
        rows = [row for key, row in self._found.items() if key[0] == place and key != self._now]
        if len(rows) < 2:
            return {}
        common = set.intersection(*(set(row) for row in rows)) - {0}
        last = [list(row.values())[-1] for row in rows]
        spreads = [float(np.ptp([row[step] for row in rows])) for step in sorted(common)]
        numbers = {"mean": float(np.mean(last)), "spread": float(np.ptp(last))}
        return numbers | ({"widest": max(spreads)} if spreads else {})

    # -- one run after the other --------------------------------------------------------------------------------------

    def _next(self) -> None:
        if not self._left:
            self.stop()
            return
        if self._session is not None:
            self._session.let_go()
        self._now = self._left.pop(0)
        place, seed = self._now
        session = self._session = TrainingSession(self)
        session.opened.connect(self._measure)
        session.answered.connect(self._answered)
        session.state_changed.connect(self._rested)
        session.failed.connect(self._failed)
        session.prepare(self.families[place], self._data, self._options, seed, keep=False)
        self.changed.emit()

    def _measure(self) -> None:
        assert self._session is not None
        facts = self._session.facts
        count = POINTS if facts["kind"] == "points" else IMAGES
        arguments = {"n": count, "settings": quick_settings(facts)}
        self._session.ask(Query("compare.seeds/measure", "measure", arguments, SEED, "evaluation"))

    def _answered(self, answer: Answer) -> None:
        assert self._metric is not None
        if answer.error or self._now is None or self._metric.name not in answer.arrays:
            self._failed(answer.error or f"{self._metric.title} cannot be measured on this data.", "")
            return
        row = self._found.setdefault(self._now, {})
        row[answer.step] = float(answer.arrays[self._metric.name])
        if (floor := answer.arrays.get(f"{self._metric.name}_floor")) is not None:
            self.floor = float(floor)
        self._go_on(answer.step)
        self.changed.emit()

    def _go_on(self, step: int) -> None:
        """To the next look, or to the next run where this one has come to its end."""
        assert self._session is not None
        if step >= self.steps or self._session.state == "done":
            self._next()
            return
        looks = -(-self.steps // LOOKS)
        self._session.steps(min(looks, self.steps - step))

    def _rested(self, state: State) -> None:
        if state in ("paused", "done") and self._session is not None:
            self._measure()

    def _failed(self, sentence: str, details: str) -> None:
        self.stop()
        self.troubled.emit(sentence, details)
