"""The time machine of a panel: its loss curve, and below it the way back to stored steps and the forks from there."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from playground.core.experiment import Budget
from playground.core.hyperparams import Value
from playground.core.records import TrainRecord
from playground.gui.panels.base.settings import SettingsColumn
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.history_bar import HistoryBar
from playground.gui.widgets.loss_plot import LossPlot

PARENT = "parent"  # what the curve behind a fork's own is called


class TimeMachine(QWidget):
    """Shows the training of one session over time.

    Signals:
        moved: other weights answer from here on; all that is on show is to be asked for again.
        preparing: (words) a fork is on its way.
        noted: (sentence) what a person should know.

    Attributes:
        loss, bar: the curve, and the stored steps.
    """

    moved = Signal()
    preparing = Signal(str)
    noted = Signal(str)

    def __init__(self, family: str, session: TrainingSession, settings: SettingsColumn) -> None:
        super().__init__()
        self.setObjectName(f"{family}.time")
        self._session = session
        self.loss = LossPlot(f"{family}.loss")
        self.loss.set_unit(str(session.models()[family].extra.get("loss_unit", "loss")))
        self.bar = HistoryBar(f"{family}.history")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.loss, 1)
        layout.addWidget(self.bar)
        self._fit()
        self._forking = False  # the run that is opened next is a fork of the one on show
        self._fork_at: int | None = None  # where it shall stand; None: where its parent was saved last
        self.bar.step_chosen.connect(self._go)
        self.bar.fork_clicked.connect(self.fork)
        session.past_changed.connect(self._saved)
        session.visited.connect(self._show_visited)
        settings.edited.connect(self._setting_edited)

    def fork(self) -> None:
        """A run of its own that goes on from the step on show; the curve of this one stays behind its own."""
        step, session = self.bar.step(), self._session
        if not session.has_run(session.run):
            self.noted.emit("Nothing of this run is stored yet, so there is nothing to fork: train it first.")
            return
        self.loss.set_reference(self.loss.series(), PARENT)
        session.fork(step)
        self.preparing.emit("Opening the fork ...")
        self._forking, self._fork_at = True, step

    def opened(self) -> None:
        """Another run is there."""
        floor = self._session.facts["floor"]
        self.loss.clear()
        self.loss.set_floor(floor, f"entropy of the data {floor:.3f} nats" if floor is not None else "")
        session, step = self._session, self._fork_at
        forked, self._forking, self._fork_at = self._forking, False, None
        self._show_past()
        self.bar.setEnabled(True)
        self.bar.set_can_fork(session.can_train)
        if not forked:
            self.loss.set_reference({})
        elif step is not None and session.step < step:
            session.start(Budget("steps", step))
            self.noted.emit(
                f"Of step {step:,} only weights are stored, so this fork trains from step {session.step:,} to there "
                "once more, to the same numbers. Its parent's curve stays behind its own."
            )
        else:
            self.noted.emit(
                f"This fork goes on from step {session.step:,} exactly as its parent did, until you change a setting. "
                "Its parent's curve stays behind its own."
            )

    def forget_fork(self) -> None:
        """Another run is on its way."""
        self._forking, self._fork_at = False, None
        self.bar.setEnabled(False)

    def add(self, records: Sequence[TrainRecord]) -> None:
        """Training went on, or the log of a stored run is there."""
        for record in records:
            self.loss.add(record.first, {name: np.array(values) for name, values in record.values.items()})
            for step, terms in record.held_out.items():
                self.loss.add_held_out(step, terms)
        self.bar.set_now(self._session.step)

    def beneath(self, views: QWidget) -> QSplitter:
        """The views above and this below, which share the height as a person likes."""
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.addWidget(views)
        splitter.addWidget(self)
        splitter.setStretchFactor(0, 3)
        splitter.setStretchFactor(1, 1)
        splitter.setSizes([3000, 1000])  # shares: Qt scales them to the room there is
        splitter.setChildrenCollapsible(False)
        splitter.handle(1).setToolTip("Drag to give the loss more or less room")
        self._fit()
        return splitter

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def _fit(self) -> None:
        self.loss.setMinimumHeight(theme.em(self, 8))
        if isinstance(splitter := self.parent(), QSplitter):
            splitter.setHandleWidth(theme.em(self, 0.6))  # clear of the words above it

    def _go(self, step: int | None) -> None:
        self._session.visit(step)
        self.loss.set_cursor(step)
        self.moved.emit()

    def _saved(self) -> None:
        self._show_past()
        if self._session.facts.get("followed") and self.bar.step() is None:
            self.moved.emit()  # by somebody else, to a newer now

    def _show_past(self) -> None:
        stored = self._session.stored
        self.bar.set_history(stored.steps, stored.exact, self._session.step)

    def _show_visited(self, step: int | None) -> None:
        """What the worker did, which may be less than what was asked for, or more: to train goes back to now."""
        if step != self.bar.step():
            self.bar.show_step(step)
            self.loss.set_cursor(step)
            self.moved.emit()

    def _setting_edited(self, key: str, value: Value, live: bool) -> None:
        step = self.bar.step()
        if step is not None and live and self._session.can_train:
            self.noted.emit(
                f"This changes the run from now (step {self._session.step:,}) on. "
                f"To try it from step {step:,}, fork first."
            )
