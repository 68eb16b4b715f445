"""The only bridge between a worker and the window: an explicit state machine that speaks in signals.

Importing this file costs no torch; the worker imports it. A session opens one run after another (a bundled
one, a fresh one, one from disk), trains it, and passes questions on. Several sessions can live at once.
"""

import contextlib
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Literal

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from playground import openings
from playground.core import engine, messages
from playground.core.aside import Aside
from playground.core.backend import Backend, Opening
from playground.core.experiment import Budget, Experiment
from playground.core.hyperparams import Value
from playground.core.pace import Pace
from playground.core.records import Answer, CurveOrder, Exported, Query, SampleOrder, TrainRecord
from playground.core.turns import FairShare
from playground.gui.catalogue import Card, Catalogue, Failure

__all__ = ["Card", "Failure", "State", "TrainingSession"]

State = Literal["idle", "running", "paused", "stopping", "done", "failed"]

POLL_MILLISECONDS = 33
SHOWN_EVERY = 0.1  # seconds; who draws what training says more often takes from it the time to train
DIED = "The process that trains ended unexpectedly; perhaps memory ran out."


class TrainingSession(Catalogue, QObject):
    """One run in the window.

    Signals:
        opened: a model is there and can be asked; the attributes describe it.
        state_changed: the new state.
        records_added: a list of `TrainRecord`, newest last; at most ten times a second while nothing else happens.
        answered: an `Answer`, never one that a newer question on its channel has overtaken.
        failed: (sentence, details) when a run cannot be opened or trained on.
        refused: a sentence, when something asked for could not be done and all is as it was.
        change_refused: the settings that this run cannot go on under.
        past_changed: a save has changed what is stored of the run's past.
        visited: (step, or None for the newest) whose weights answer from here on.
        written: an `Exported`, when an order was carried out or could not be.
        staged: a `Staged`, while the stages are watched; at most one signal a frame.

    Attributes:
        state: idle (nothing trained since it was opened), running, paused, stopping, done or failed.
        facts: of the opened model and data, see `core.worker.describe`; empty before.
        experiment: of the opened run, with the changes made by hand so far.
        step, seconds: how far it is.
        can_train: False for a bundled run, which has no training state.
        folder: where the run is on disk, or "".
        run: what was opened: a folder or a bundled run's name; for a fresh model the folder that it will have.
        stored: which steps of the run are on disk.
        visiting: the stored step whose weights answer; None for the newest.
        asked: how many questions so far; the stamp of the newest.
        unsaved: a sentence for each run that could not be saved when it was left.
    """

    opened = Signal()
    state_changed = Signal(str)
    records_added = Signal(list)
    answered = Signal(object)
    failed = Signal(str, str)
    refused = Signal(str)
    change_refused = Signal(dict)
    past_changed = Signal()
    visited = Signal(object)
    written = Signal(object)
    staged = Signal(object)
    _answer_came = Signal()

    def __init__(self, parent: QObject | None = None, share: FairShare | None = None) -> None:
        """`share`: with whose sessions this one shares the time to train in; alone it has all."""
        super().__init__(parent)
        self._share = share
        self.state: State = "idle"
        self.facts: Mapping[str, Any] = {}
        self.experiment: Experiment | None = None
        self.step = 0
        self.seconds = 0.0
        self.can_train = False
        self.folder = ""
        self.run = ""
        self.stored = messages.Stored()
        self.visiting: int | None = None
        self._wish: int | None = None  # what was asked to be visited last
        self.budget: Budget | None = None
        self._asides: list[Aside[Exported]] = []
        self._backend: Backend | None = None
        self._retiring: list[Backend] = []
        self._to_send: list[messages.Command] = []  # held back until the model is there
        self._watchers: dict[str, messages.Watch] = {}
        self.asked = 0
        self.unsaved: list[str] = []
        self._newest: dict[str, int] = {}
        self._pace = Pace()
        self._held: list[TrainRecord] = []  # not shown yet
        self._shown_at = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self.poll)
        self._woken = False
        self._answer_came.connect(self.poll, Qt.ConnectionType.QueuedConnection)

    # -- opening and closing --------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether a model is there to be asked."""
        return bool(self.facts)

    def open_run(self, run: str) -> None:
        """Opens a run folder, or a bundled run by name."""
        self._begin(partial(openings.stored, run), run)

    def prepare(
        self, model: str, data: str, assignments: Mapping[str, object], seed: int, preset: str = "", keep: bool = True
    ) -> None:
        """A fresh model, ready to train. `assignments` as on the command line; `keep`: store the run on disk."""
        self._begin(partial(openings.fresh, model, data, preset, dict(assignments), seed, keep))

    def prepare_as(self, experiment: Experiment) -> None:
        """A fresh model as an Experiment describes it, ready to train."""
        self._begin(partial(openings.described, experiment))

    def fork(self, step: int | None) -> None:
        """A run of its own that goes on from a stored step of this one, or from now, exactly as this one did; where
        only weights are stored it is opened at an earlier step, to be trained up to there again."""
        self._begin(partial(openings.forked, self.run, step))

    def _begin(self, opening: Opening, run: str = "") -> None:
        self._retire()
        self.facts, self.can_train, self.budget, self.experiment = {}, False, None, None
        self.step, self.seconds, self.folder, self.run = 0, 0.0, "", run
        self.stored, self.visiting, self._wish = messages.Stored(), None, None
        self._to_send, self._newest = [], {}
        self._held = []
        self._pace.clear()
        self._backend = engine.current().start(opening, self._share, self._retiring, self._answer_is_here)
        self._set_state("idle")
        self._timer.start()

    def _retire(self) -> None:
        """Lets the worker save and end while the window goes on."""
        if self._backend is not None:
            self._backend.ask_to_close()
            self._retiring.append(self._backend)
            self._backend = None

    def close(self, timeout: float = 10.0) -> bool:
        """Saves and ends; returns whether every worker and every export ended in time."""
        self._retire()
        self._timer.stop()
        self.facts = {}
        self._retiring = [backend for backend in self._retiring if not self._has_retired(backend, timeout)]
        self._asides = [aside for aside in self._asides if not aside.has_ended(timeout)]
        return not self._retiring and not self._asides

    def let_go(self) -> None:
        """Ends for good without waiting: what was learned is saved by a worker that outlives this object."""
        self.close(timeout=0.0)
        self.deleteLater()

    # -- commands -------------------------------------------------------------------------------------------------

    def start(self, budget: Budget) -> None:
        """Trains until `budget`, a total for this run, is spent."""
        self.budget, self._wish = budget, None
        self._pace.clear()
        self._send(messages.Train(budget))
        self._set_state("running")

    def pause(self) -> None:
        """Stops after the current turn; `start` goes on."""
        if self.state == "running":
            self._send(messages.Pause())

    def steps(self, count: int = 1, parts: tuple[str, ...] = ()) -> None:
        """Exactly so many steps, of some parts or of all, then paused."""
        self._wish = None
        self._send(messages.TrainSteps(count, parts))
        self._set_state("running")

    def stop(self) -> None:
        """Ends this training; what was learned is saved and stays to be sampled."""
        if self.state == "running":
            self._set_state("stopping")
            self._send(messages.Pause())
        elif self.state == "paused":
            self._set_state("done")

    def change(self, changes: Mapping[str, Value]) -> None:
        """Changes live settings from the next step on."""
        self._send(messages.Change(changes))

    def visit(self, step: int | None) -> None:
        """Has all questions from here on answered by the weights of a stored step, or by the newest again; training
        pauses, and to train goes back to now."""
        self._wish = step
        self._send(messages.Visit(step))

    def export(self, order: SampleOrder | CurveOrder) -> None:
        """Writes something of a stored run to a file, in a thread of its own."""

        def work() -> Exported:
            from playground.evaluation.exports import carry_out

            return carry_out(order)

        self._asides.append(Aside(work))
        self._timer.start()

    def ask(self, query: Query) -> int:
        """Passes a question on; returns its stamp. An older one on the same channel is forgotten."""
        self.asked += 1
        self._newest[query.channel] = self.asked
        self._send(messages.Ask(query, self.asked))
        return self.asked

    def watch(self, on: bool, pause: float = 0.0, who: str = "") -> None:
        """Reports the stages of each step by `staged`, in this run and those opened later, or no longer. `pause`:
        seconds for which the model is held at each. Each of several watchers speaks for itself; the slowest counts."""
        before = self.watching
        self._watchers[who] = messages.Watch(on, pause if on else 0.0)
        if self.is_open and self.watching != before:  # else it is said when the model is there
            self._send(self.watching)

    @property
    def watching(self) -> messages.Watch:
        """What all watchers want together."""
        wanted = self._watchers.values()
        return messages.Watch(any(w.on for w in wanted), max((w.pause for w in wanted), default=0.0))

    def _send(self, command: messages.Command) -> None:
        if self._backend is None:
            return
        if self.is_open:
            self._backend.send(command)
        else:
            self._to_send.append(command)

    # -- what the window shows beside the state --------------------------------------------------------------------

    def steps_per_second(self) -> float | None:
        """The pace of the last seconds, None where nothing moves."""
        return self._pace.steps_per_second() if self.state == "running" else None

    def seconds_left(self) -> float | None:
        """Until the budget is spent, at the present pace."""
        pace = self.steps_per_second()
        if self.budget is None or pace is None:
            return None
        if self.budget.kind == "seconds":
            return max(self.budget.amount - self.seconds, 0.0)
        return max(self.budget.amount - self.step, 0.0) / pace if pace else None

    def fraction(self) -> float | None:
        """How much of the budget is spent, 0 to 1."""
        if self.budget is None or not self.budget.amount:
            return None
        spent = self.step if self.budget.kind == "steps" else self.seconds
        return min(spent / self.budget.amount, 1.0)

    def exported(self) -> Experiment | None:
        """The run so far as an Experiment: trained headless, it gives the same losses."""
        return replace(self.experiment, budget=Budget("steps", self.step)) if self.experiment else None

    # -- messages -------------------------------------------------------------------------------------------------

    def _answer_is_here(self) -> None:
        """On a worker's thread: an answer is shown at once, not with the next frame. Many that come together are."""
        if not self._woken:
            self._woken = True
            with contextlib.suppress(RuntimeError):  # let go of meanwhile
                self._answer_came.emit()

    def poll(self) -> None:
        """Takes what the worker said since the last frame; records are passed on together, ten times a second."""
        self._woken = False
        self._retiring = [backend for backend in self._retiring if not self._has_retired(backend)]
        for aside in [aside for aside in self._asides if aside.has_ended()]:
            self._asides.remove(aside)
            self.written.emit(aside.result())
        if self._backend is None:
            if not self._retiring and not self._asides:
                self._timer.stop()
            return
        backend = self._backend
        gone = backend.has_ended()  # looked at before its last words are read
        records, self._held = self._held, []
        staged: messages.Staged | None = None  # only where the model is now matters
        for message in backend.receive():
            if isinstance(message, messages.Staged):
                staged = message
                continue
            if isinstance(message, messages.Trained):
                records.append(message.record)
                continue
            if not isinstance(message, Answer):  # an answer names its own step; many answers must not split a frame
                self._pass_on(records)
                records = []
            self._take(message)
            if self._backend is not backend:
                return  # a listener opened another run
        if gone or time.monotonic() - self._shown_at >= SHOWN_EVERY:
            self._pass_on(records)
        else:
            self._held = records
        if staged:
            self.staged.emit(staged)
        if gone and self.state != "failed":
            self._mourn()

    def _mourn(self) -> None:
        """The worker died without a word, with its process: a run that it trained comes back as it was last saved."""
        if self.stored.steps and self.state in ("running", "stopping"):  # never what may have died of being opened
            self.open_run(self.run)
            self.refused.emit(f"{DIED} This run is opened again as it was last saved; press Train to go on.")
        else:
            self._take(messages.Failed(f"{DIED} The last saved state is kept; open it again."))

    def _has_retired(self, backend: Backend, timeout: float = 0.0) -> bool:
        """Whether a worker that was told to close is gone; says so if it could not save."""
        gone = backend.has_ended(timeout)
        for message in backend.receive():
            if isinstance(message, messages.Failed):
                self.unsaved.append(message.message)
                self.refused.emit(message.message)
        return gone

    def _pass_on(self, records: list[TrainRecord]) -> None:
        if not records:
            return
        self._shown_at = time.monotonic()
        self.step, self.seconds = records[-1].step, records[-1].seconds
        self._pace.moved(self.step)
        self.records_added.emit(records)

    def _take(self, message: messages.Message) -> None:
        match message:
            case messages.Opened():
                self.facts, self.experiment = message.facts, message.experiment
                self.step, self.seconds = message.step, message.seconds
                self.can_train, self.folder = message.can_train, message.folder
                self.run, self.stored = self.run or message.place, message.stored
                if self.watching.on:
                    self._send(self.watching)
                waiting, self._to_send = self._to_send, []
                for command in waiting:
                    self._send(command)
                self.opened.emit()
                if message.records:
                    self.records_added.emit(list(message.records))
            case Answer():
                if message.stamp == self._newest.get(message.query.channel):
                    self.answered.emit(message)
            case messages.Rested():
                self.experiment, self.step, self.folder = message.experiment, message.step, message.folder
                stopped = self.state == "stopping" and message.state == "paused"
                self._set_state("done" if stopped else message.state)
                if message.state == "failed":
                    self.failed.emit(message.message, message.details)
                elif message.message:
                    self.refused.emit(message.message)
            case messages.Stored():
                self.stored = message
                self.past_changed.emit()
            case messages.Visited():
                self.visiting = message.step
                if message.wanted == self._wish:  # else a newer one is on its way
                    self.visited.emit(message.step)
            case messages.Changed():
                self.experiment = message.experiment
            case messages.Refused():
                self.refused.emit(message.message)
                if message.set:
                    self.change_refused.emit(dict(message.set))
            case messages.Failed():
                self._set_state("failed")
                self.failed.emit(message.message, message.details)

    def _set_state(self, state: State) -> None:
        if state != self.state:
            self.state = state
            self.state_changed.emit(state)
