"""One run of the comparison: its family, its samples, what they cost, and its own pause and stop."""

import statistics
from collections import deque
from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.core.experiment import Budget
from playground.core.hyperparams import Value
from playground.core.records import Answer, Query, TrainRecord
from playground.core.turns import FairShare
from playground.gui.panels.base.parts import counted
from playground.gui.panels.base.rest import Rest
from playground.gui.panels.base.sampling import labels_in_turn
from playground.gui.panels.base.views import SampleStage
from playground.gui.panels.compare.metrics import Track
from playground.gui.session import State, TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.icon_button import IconButton
from playground.gui.widgets.name_box import NameBox
from playground.gui.widgets.series_key import SeriesKey

SEED = 12  # of the noise that all samples come from
POINTS, IMAGES = 600, 100  # drawn for one measurement
SHOWN = 16  # images of them on show
TIMED = {"points": POINTS, "images": 8}  # samples in the batch whose calls and milliseconds are counted
LEAST_WIDTH = 9.5  # em
PREPARING = "preparing ..."
NO_FACTS = "\n\n"  # as high as those that come
_MOST_PAIRS = 4000  # of step and seconds that are kept

_HOLD = {
    "running": ("pause", "Pause", "Holds this run; the others go on"),
    "paused": ("play", "Go on", "This run goes on"),
}


class Column(QWidget):
    """A session with what a comparison shows of it. It measures itself while it learns, seen or not.

    Signals:
        opened: a fresh model is there.
        measured: there are newer samples and numbers.
        advanced: training went on.
        state_changed: the session's state is another one.
        troubled: (sentence, details) something could not be done.
        family_chosen: another family was chosen for this column.
        held: its own button was pressed: pause, or go on.
        drawn: (seed, samples) that were asked for by `draw`.

    Attributes:
        session: its run.
        track: its numbers so far.
        samples: the newest, as they were drawn; None before.
        cost: network calls of a batch and milliseconds a sample, once measured.
    """

    opened = Signal()
    measured = Signal()
    advanced = Signal()
    state_changed = Signal()
    troubled = Signal(str, str)
    family_chosen = Signal()
    held = Signal()
    drawn = Signal(int, object)

    def __init__(self, name: str, index: int, share: FairShare, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.session = TrainingSession(self, share)
        self.track = Track()
        self.samples: np.ndarray | None = None
        self.cost: Mapping[str, float] = {}
        self._milliseconds: list[float] = []
        self._pairs: deque[tuple[int, float]] = deque(maxlen=_MOST_PAIRS)
        self._asked = False
        self._rest = Rest(patience=3.0, shortest=0.5, longest=6.0)  # others train meanwhile
        self._again = False  # once more, since the model has changed meanwhile

        self.family = NameBox(f"{name}.family", f"Family of column {index + 1}", "Which family learns here")
        self.hold_button = IconButton("pause", *_HOLD["running"][1:], object_name=f"{name}.hold", role="flat")
        self.stop_button = IconButton("stop", "Stop", "Ends this run; the others go on", object_name=f"{name}.stop",
                                      role="flat")  # fmt: skip
        self.stage = SampleStage(name, legend=False)
        self.stage.caption.hide()  # said beside the buttons, where there is room
        self.when = QLabel(PREPARING)
        self.when.setObjectName(f"{name}.when")
        self.when.setProperty("role", "caption")
        self.facts_label = QLabel(NO_FACTS)
        self.facts_label.setObjectName(f"{name}.cost")
        self.facts_label.setProperty("role", "caption")
        self.facts_label.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._lay_out(SeriesKey(f"{name}.key", index))
        self._connect()
        self._show_state(self.session.state)

    # -- the run --------------------------------------------------------------------------------------------------

    def prepare(self, data: str, options: Mapping[str, Value], seed: int, run: str = "") -> None:
        """A fresh model of the chosen family, or a bundled run of it."""
        self.track, self.samples, self.cost = Track(), None, {}
        self._milliseconds, self._asked, self._again = [], False, False
        self._rest.forget()
        self._pairs.clear()
        self.when.setText(PREPARING)
        self.facts_label.setText(NO_FACTS)
        if run:
            self.session.open_run(run)
        else:
            self.session.prepare(self.family.name(), data, options, seed)

    def start(self, budget: Budget) -> None:
        """Trains, or goes on, unless the budget is spent already."""
        if not budget.spent(self.session.step, self.session.seconds):
            self.session.start(budget)

    def leave(self) -> None:
        """Ends the run without waiting for it; what it learned is saved."""
        self.session.close(timeout=0.0)

    @property
    def title(self) -> str:
        """What the family is called."""
        return self.family.currentText()

    @property
    def is_settled(self) -> bool:
        """Whether what is on show is the newest."""
        return self.session.is_open and not self._asked and self.samples is not None and bool(self.cost)

    # -- measuring ------------------------------------------------------------------------------------------------

    def measure(self) -> None:
        """Asks for samples and their numbers, or notes that it shall be done once more."""
        if self._asked:
            self._again = True
            return
        facts = self.session.facts
        self._asked, self._again = True, False
        self._rest.begin_look()
        count = POINTS if facts["kind"] == "points" else IMAGES
        arguments = {"n": count, "settings": quick_settings(facts)}
        self.session.ask(Query(f"{self.objectName()}/measure", "measure", arguments, SEED, "evaluation"))

    def draw(self, n: int, seed: int) -> None:
        """Samples with the sampler's own settings, each class in turn; they come with `drawn`."""
        facts = self.session.facts
        arguments: dict[str, object] = {"n": n, "label": labels_in_turn(facts, n), "settings": {}}
        self.session.ask(Query(f"{self.objectName()}/draw", "sample", arguments, seed))

    def _ask_cost(self) -> None:
        arguments: dict[str, object] = {"n": TIMED[self.session.facts["kind"]], "settings": {}}
        self.session.ask(Query(f"{self.objectName()}/cost", "cost", arguments, SEED, "evaluation"))

    def _answered(self, answer: Answer) -> None:
        what = answer.query.channel.rpartition("/")[2]
        if what == "measure":
            self._asked = False
        if answer.error:
            self.troubled.emit(f"{self.title}: {answer.error}", "")
            return
        if what == "draw":
            self.drawn.emit(answer.query.seed, answer.arrays["x"])
            return
        numbers = {name: float(value) for name, value in answer.arrays.items() if value.ndim == 0}
        if what == "cost":
            self._milliseconds.append(numbers["milliseconds"])
            self.cost = {**numbers, "milliseconds": statistics.median(self._milliseconds)}
            self._show_facts()
            self.measured.emit()
            return
        self._rest.end_look()
        x = self.samples = answer.arrays["x"]
        self.track.add(answer.step, self._seconds_at(answer.step), numbers)
        self.when.setText(counted(answer.step, "step") if answer.step else "untrained")
        self.stage.show_samples(x[:SHOWN] if x.ndim == 4 else x, "")
        self.measured.emit()
        if self._again:
            self.measure()

    def _seconds_at(self, step: int) -> float:
        """Training seconds when so many steps were done."""
        if not self._pairs:
            return 0.0
        steps, seconds = np.array(self._pairs).T
        return float(np.interp(step, steps, seconds))

    # -- what the session says ------------------------------------------------------------------------------------

    def _opened(self) -> None:
        self._pairs.append((self.session.step, self.session.seconds))
        facts = self.session.facts
        self.stage.show_data(facts)
        if facts["kind"] == "points":  # as many as there are samples, and half as long to draw
            self.stage.points.set_points("real data", facts["test"][:POINTS], "data")
        self._show_facts()
        self._ask_cost()
        self.measure()
        self.opened.emit()

    def _trained(self, records: list[TrainRecord]) -> None:
        self._pairs.extend((record.step, record.seconds) for record in records)
        if not self._asked and self._rest.is_over:
            self.measure()
        self.advanced.emit()

    def _show_state(self, state: State) -> None:
        face = "paused" if state == "paused" else "running"
        self.hold_button.set_face(*_HOLD[face])
        self.hold_button.setEnabled(state in ("running", "paused"))
        self.stop_button.setEnabled(state in ("running", "paused"))
        self.family.setEnabled(state not in ("running", "stopping"))
        if self.session.is_open and state in ("paused", "done"):
            self.measure()
            self._ask_cost()
        self.state_changed.emit()

    def _failed(self, sentence: str, details: str) -> None:
        self._asked = False
        self.when.setText("failed")
        self.troubled.emit(f"{self.title}: {sentence}", details)

    def _show_facts(self) -> None:
        """What a sample costs, in three lines of their own."""
        parameters = self.session.facts["parameters"]
        lines = [f"{parameters:,} parameters" if parameters else "no network"]
        if self.cost:
            calls = int(self.cost["network_calls"])
            lines.insert(0, f"{calls:,} network call{'s' * (calls != 1)}" if calls else "drawn at once")
            lines.insert(1, f"{_short(self.cost['milliseconds'])} ms a sample")
        self.facts_label.setText("\n".join(lines))

    def _lay_out(self, key: QWidget) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(theme.em(self, 0.3))
        foot.addWidget(key)
        foot.addStretch(1)
        foot.addWidget(self.hold_button)
        foot.addWidget(self.stop_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.family)
        layout.addWidget(self.stage, 1)
        layout.addLayout(foot)
        layout.addWidget(self.when)
        layout.addWidget(self.facts_label)
        share_the_width(self)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            share_the_width(self)

    def _connect(self) -> None:
        self.session.opened.connect(self._opened)
        self.session.answered.connect(self._answered)
        self.session.records_added.connect(self._trained)
        self.session.state_changed.connect(self._show_state)
        self.session.failed.connect(self._failed)
        self.session.refused.connect(lambda sentence: self.troubled.emit(f"{self.title}: {sentence}", ""))
        self.family.chosen.connect(lambda _: self.family_chosen.emit())
        self.hold_button.clicked.connect(self.held)
        self.stop_button.clicked.connect(self.session.stop)


def share_the_width(column: QWidget) -> None:
    """All columns are as wide, whatever stands in them, and wide enough for the names of families at any type size."""
    column.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    column.setMinimumWidth(theme.em(column, LEAST_WIDTH))


def quick_settings(facts: Mapping[str, Any]) -> dict[str, Value]:
    """What a measurement of images takes instead of the sampler's defaults, so that it does not hold training up."""
    if not facts or facts["kind"] == "points":
        return {}
    return {field.name: field.quick for field in facts["sample_fields"] if field.quick is not None}


def _short(milliseconds: float) -> str:
    return f"{milliseconds:,.0f}" if milliseconds >= 10 else f"{milliseconds:.2g}"
