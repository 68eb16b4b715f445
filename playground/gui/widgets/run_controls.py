"""The transport: start, pause, step, stop and start over, with a seed and a budget."""

from typing import Literal

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QSizePolicy, QVBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.icon_button import IconButton, Role
from playground.gui.widgets.number_boxes import INT_LIMIT, ChoiceBox, IntBox

State = Literal["idle", "running", "paused", "stopping", "done", "failed"]

_FULL = 1000  # the progress bar counts in thousandths
_DEFAULT_AMOUNTS = {"steps": 1000.0, "seconds": 60.0}
_FACES = {
    "Train": ("play", "Train", "Start training, up to the budget"),
    "Pause": ("pause", "Pause", "Hold training after this step; nothing is lost"),
    "Resume": ("play", "Resume", "Go on training from where it was held"),
}


class RunControls(QWidget):
    """One row of buttons, a seed, a budget and the progress; it wraps where the width ends.

    Signals:
        train_clicked(), pause_clicked(), resume_clicked(): the toggle, by what it read.
        step_clicked(), stop_clicked(), reset_clicked(): the button of that name.
        reseed_clicked(int): start over with this new seed, which the seed box already shows.
        seed_changed(int): a person typed another seed; it counts from the next reset on.
        budget_changed(str, float): a person chose another kind ("steps" or "seconds") or amount.
    """

    train_clicked = Signal()
    pause_clicked = Signal()
    resume_clicked = Signal()
    step_clicked = Signal()
    stop_clicked = Signal()
    reset_clicked = Signal()
    reseed_clicked = Signal(int)
    seed_changed = Signal(int)
    budget_changed = Signal(str, float)

    def __init__(self, *, id_prefix: str, parent: QWidget | None = None) -> None:
        """Names its controls `<id_prefix>.start`, step, stop, reset, reseed, seed, budget, unit and progress."""
        super().__init__(parent)
        self._state: State = "idle"
        self._fraction: float | None = 0.0
        self._amounts = dict(_DEFAULT_AMOUNTS)
        self.setObjectName(f"{id_prefix}.transport")
        self._make_buttons(id_prefix)
        self._make_fields(id_prefix)
        self._make_progress(id_prefix)
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        for part in (
            self.start_button, self.step_button, self.stop_button, self.reset_button, self.reseed_button,
            self._seed_field, self._budget_field, self._progress_field,
        ):  # fmt: skip
            self._flow.addWidget(part)
        self._fit()
        self.set_state("idle", can_start=True)
        self.set_progress(0.0, 0, None, None)

    def set_state(self, state: State, can_start: bool) -> None:
        """Shows a session's state: the only place that decides which controls may be used.

        `can_start` is False where the model or its data are not ready, or the budget is spent.
        """
        self._state = state
        self._show_fraction()
        had_focus = next((child for child in self.findChildren(QWidget) if child.hasFocus()), None)
        resting = state in ("idle", "paused", "done", "failed")
        face = {"running": "Pause", "stopping": "Pause", "paused": "Resume"}.get(state, "Train")
        self.start_button.set_face(*_FACES[face])
        self.start_button.setEnabled(state == "running" or (resting and can_start))
        self.step_button.setEnabled(resting and can_start)
        self.stop_button.setEnabled(state in ("running", "paused"))
        for control in (self.reset_button, self.reseed_button, self.seed_box, self.budget_box, self.unit_box):
            control.setEnabled(resting)
        if had_focus and not had_focus.isEnabled() and self.start_button.isEnabled():
            self.start_button.setFocus()  # Qt would hand it to the next one, and Enter would reset

    def set_progress(
        self, fraction: float | None, step: int, steps_per_second: float | None, seconds_left: float | None
    ) -> None:
        """Shows how far training is; `fraction` in [0, 1], None where the end is unknown."""
        self._fraction = fraction
        self._show_fraction()
        parts = [f"{step:,} step{'' if step == 1 else 's'}"]
        if steps_per_second is not None:
            parts.append(f"{steps_per_second:,.{0 if steps_per_second >= 10 else 1}f} steps/s")
        if seconds_left is not None:
            parts.append(f"{clock_text(seconds_left)} left")
        self.progress_label.setText(" · ".join(parts))

    def budget(self) -> tuple[str, float]:
        """The kind ("steps" or "seconds") and the amount."""
        return self.unit_box.currentText(), float(self.budget_box.value())

    def set_budget(self, kind: str, amount: float) -> None:
        """Shows a budget, without a signal. Raises KeyError for an unknown kind."""
        if kind not in self._amounts:
            raise KeyError(kind)
        self._amounts[kind] = amount
        for box in (self.unit_box, self.budget_box):
            box.blockSignals(True)
        self.unit_box.setCurrentText(kind)
        self.budget_box.setValue(round(amount))
        for box in (self.unit_box, self.budget_box):
            box.blockSignals(False)

    def seed(self) -> int:
        """The seed shown."""
        return self.seed_box.value()

    def set_seed(self, seed: int) -> None:
        """Shows a seed, without a signal."""
        self.seed_box.blockSignals(True)
        self.seed_box.setValue(seed)
        self.seed_box.blockSignals(False)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def _make_buttons(self, id_prefix: str) -> None:
        def button(name: str, icon: str, text: str, tooltip: str, role: Role = "") -> IconButton:
            return IconButton(icon, text, tooltip, object_name=f"{id_prefix}.{name}", role=role, parent=self)

        self.start_button = button("start", *_FACES["Train"], role="primary")
        self.step_button = button("step", "step-forward", "One step", "Do one training step, then hold")
        self.stop_button = button("stop", "stop", "Stop", "End this run; the model keeps what it learnt")
        self.reset_button = button("reset", "reset", "Reset", "Build the model anew with the settings and seed shown")
        self.reseed_button = button("reseed", "reseed", "Reseed", "Start over with the next seed")
        self.start_button.clicked.connect(self._emit_start)
        self.step_button.clicked.connect(self.step_clicked)
        self.stop_button.clicked.connect(self.stop_clicked)
        self.reset_button.clicked.connect(self.reset_clicked)
        self.reseed_button.clicked.connect(self._reseed)

    def _make_fields(self, id_prefix: str) -> None:
        self.seed_box = IntBox(0, INT_LIMIT, parent=self)
        self.seed_box.setGroupSeparatorShown(False)
        self.seed_box.valueChanged.connect(self.seed_changed)
        _describe(self.seed_box, f"{id_prefix}.seed", "Seed", "The same seed gives the same run on this machine")
        self.budget_box = IntBox(1, 10_000_000, parent=self)
        self.budget_box.setValue(round(self._amounts["steps"]))
        self.budget_box.valueChanged.connect(self._emit_budget)
        _describe(self.budget_box, f"{id_prefix}.budget", "Budget", "How long to train in all, counted from step 0")
        self.unit_box = ChoiceBox(tuple(self._amounts), self)
        self.unit_box.currentTextChanged.connect(self._switch_unit)
        _describe(self.unit_box, f"{id_prefix}.unit", "Unit of the budget", "Count training steps, or seconds")
        self._seed_field = _field(self, "Seed", self.seed_box)
        self._budget_field = _field(self, "Budget", self.budget_box, self.unit_box)

    def _make_progress(self, id_prefix: str) -> None:
        self._progress_field = QWidget(self)
        self._progress_field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.progress_bar = QProgressBar(self._progress_field)
        self.progress_bar.setTextVisible(False)
        _describe(self.progress_bar, f"{id_prefix}.progress", "Training progress", "The share of the budget used")
        self.progress_label = QLabel(self._progress_field)
        self.progress_label.setProperty("role", "caption")
        _describe(self.progress_label, f"{id_prefix}.progress.text", "", "Steps done, speed, and time left")
        layout = QVBoxLayout(self._progress_field)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.progress_label)
        layout.addWidget(self.progress_bar)

    def _fit(self) -> None:
        # as wide as its longest word, so that the row stays put when the word changes
        metrics, button = self.start_button.fontMetrics(), self.start_button
        words = max(metrics.horizontalAdvance(word) for word in _FACES)
        button.setMinimumWidth(button.sizeHint().width() + words - metrics.horizontalAdvance(button.text()))
        self._flow.setSpacing(theme.em(self, 0.5))
        self.progress_bar.setFixedHeight(theme.em(self, 0.5))
        self._progress_field.setMinimumWidth(theme.em(self, 16))
        self.seed_box.setFixedWidth(theme.em(self, 5))
        self.budget_box.setFixedWidth(theme.em(self, 6.5))

    def _show_fraction(self) -> None:
        # Qt draws a bar without a range as busy
        busy = self._fraction is None and self._state == "running"
        self.progress_bar.setRange(0, 0 if busy else _FULL)
        self.progress_bar.setValue(round(_FULL * min(max(self._fraction or 0.0, 0.0), 1.0)))

    def _emit_start(self) -> None:
        {"running": self.pause_clicked, "paused": self.resume_clicked}.get(self._state, self.train_clicked).emit()

    def _reseed(self) -> None:
        # the next seed rather than a random one: a lecture that is given twice comes out the same twice
        self.set_seed((self.seed() + 1) % INT_LIMIT)
        self.reseed_clicked.emit(self.seed())

    def _switch_unit(self, kind: str) -> None:
        self.set_budget(kind, self._amounts[kind])
        self._emit_budget()

    def _emit_budget(self) -> None:
        kind, amount = self.budget()
        self._amounts[kind] = amount
        self.budget_changed.emit(kind, amount)


def clock_text(seconds: float) -> str:
    """A duration as m:ss, or h:mm:ss from an hour on."""
    minutes, rest = divmod(round(max(seconds, 0.0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _field(parent: QWidget, words: str, *editors: QWidget) -> QWidget:
    result = QWidget(parent)
    layout = QHBoxLayout(result)
    layout.setContentsMargins(0, 0, 0, 0)
    label = QLabel(words, result)
    label.setBuddy(editors[0])
    layout.addWidget(label)
    for editor in editors:
        layout.addWidget(editor)
    return result


def _describe(widget: QWidget, object_name: str, name: str, tooltip: str) -> None:
    widget.setObjectName(object_name)
    widget.setToolTip(tooltip)
    if name:
        widget.setAccessibleName(name)
