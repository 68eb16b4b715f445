"""What is done to all columns at once: train, pause, stop, start over; and what they are doing together."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from playground.core.experiment import Budget
from playground.core.hyperparams import Value
from playground.core.turns import FairShare, Unit
from playground.gui.panels.compare.choices import bundled_run, same_data, shared_options
from playground.gui.panels.compare.column import Column
from playground.gui.session import State


class Race(QObject):
    """Some columns that learn the same data from the same seed, and share the time to do so.

    Signals:
        changed: a column is in another state.
        advanced: some have come further; many times a second.
    """

    changed = Signal()
    advanced = Signal()

    def __init__(self, columns: Sequence[Column], share: FairShare, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all = columns
        self._share = share
        self.count = len(columns)
        self.begins_trained = False  # with bundled runs, where there are some
        self.options: dict[str, Value] = {}  # of the data, where the presets' own are not wanted
        for column in columns:
            column.state_changed.connect(self.changed)
            column.advanced.connect(self.advanced)
            column.opened.connect(self.changed)
            column.held.connect(self._hold_one)

    @property
    def columns(self) -> Sequence[Column]:
        """Those that take part."""
        return self._all[: self.count]

    # -- commands -------------------------------------------------------------------------------------------------

    def prepare(self, data: str, seed: int, only: Column | None = None) -> None:
        """Fresh models of all families, or of one column's; or their bundled runs."""
        options = self.options or shared_options([column.family.name() for column in self.columns], data)
        for column in self.columns if only is None else [only]:
            run = bundled_run(column.family.name(), data, options) if self.begins_trained else ""
            column.prepare(data, options, seed, run)
        for column in self._all[self.count :]:
            column.leave()
        self.changed.emit()

    def train(self, kind: str, amount: float) -> None:
        """Trains all to a budget, a total for each; once all have spent it, as much again."""
        done = max(_done(column, kind) for column in self.columns)
        spent = all(_done(column, kind) >= amount or column.session.state == "done" for column in self.columns)
        self._budget = Budget(kind, done + amount if spent and done else amount)
        for column in self.columns:
            if column.session.state in ("idle", "paused", "done"):
                column.start(self._budget)

    def pause(self) -> None:
        """Holds all."""
        for column in self.columns:
            column.session.pause()

    def one_step(self) -> None:
        """Exactly one step of each."""
        for column in self.columns:
            if column.session.state in ("idle", "paused", "done"):
                column.session.steps()

    def stop(self) -> None:
        """Ends all; what was learned stays."""
        for column in self.columns:
            column.session.stop()

    def share_by(self, unit: Unit) -> None:
        """Shares seconds of training or steps between those that train."""
        self._share.share_by(unit)

    def _hold_one(self) -> None:
        column = self.sender()
        assert isinstance(column, Column)
        if column.session.state == "paused" and column.session.budget:
            column.session.start(column.session.budget)
        else:
            column.session.pause()

    # -- together ---------------------------------------------------------------------------------------------------

    @property
    def state(self) -> State:
        """Running while one runs; then paused while one is held."""
        states = [column.session.state for column in self.columns]
        for state in ("running", "stopping", "paused"):
            if state in states:
                return state  # type: ignore[return-value]
        return "done" if "done" in states else "failed" if all(state == "failed" for state in states) else "idle"

    @property
    def can_start(self) -> bool:
        """Whether there is a model to train."""
        return any(column.session.is_open for column in self.columns)

    def progress(self) -> tuple[float | None, int, float | None, float | None]:
        """Share of the budgets, steps, steps a second and seconds left of all together."""
        sessions = [column.session for column in self.columns]
        fractions = [1.0 if s.state == "done" else s.fraction() or 0.0 for s in sessions if s.budget]
        fraction = sum(fractions) / len(fractions) if fractions and self.state != "idle" else 0.0
        running = [session for session in sessions if session.state == "running"]
        paces = [pace for session in running if (pace := session.steps_per_second()) is not None]
        left = [rest for session in running if (rest := session.seconds_left()) is not None]
        by_seconds = any(session.budget and session.budget.kind == "seconds" for session in running)
        seconds = (sum(left) if by_seconds else max(left)) if left else None  # one trains at a time
        return fraction, sum(session.step for session in sessions), sum(paces) if paces else None, seconds

    def hashes(self) -> dict[str, str]:
        """What each open column learns, by its number and title: two columns may be of one family."""
        return {
            f"{number} {column.title}": column.session.facts["data_hash"]
            for number, column in enumerate(self.columns, start=1)
            if column.session.is_open
        }

    @property
    def is_same_data(self) -> bool:
        """Whether all of them learn the same examples."""
        return same_data(self.hashes())


def _done(column: Column, kind: str) -> float:
    return column.session.step if kind == "steps" else column.session.seconds
