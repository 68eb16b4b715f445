""" "Show me": performs a scene's solution step by step, slowly enough to be followed."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtWidgets import QAbstractButton, QWidget

from playground.gui.lessons.acts import Act
from playground.gui.lessons.scene import Step
from playground.gui.widgets import controls

TICK_MILLISECONDS = 40
TICKS = 25  # that a slider takes from where it stands to where it goes
PATIENCE = 250  # ticks that a control may take to be there, or to be able to show the value
LONG_PATIENCE = 3000  # ticks that a step may wait for what a model does


class Solution(QObject):
    """One performance.

    Signals:
        acts: on a control.
        ended: "" when everything was set, else a sentence.
    """

    acts = Signal(object)
    ended = Signal(str)

    def __init__(
        self,
        steps: Sequence[Step],
        find: Callable[[], Mapping[str, QWidget]],
        holds: Callable[[Act], bool],
        parent: QObject | None = None,
    ) -> None:
        """`find` gives the controls by id, `holds` says whether an act has happened."""
        super().__init__(parent)
        self._left = list(steps)
        self._find, self._holds = find, holds
        self._start: float | None = None  # where the slider stood
        self._tick = 0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MILLISECONDS)
        self._timer.timeout.connect(self._advance)

    def start(self, at_once: bool = False) -> None:
        """Begins; `at_once` jumps to each value."""
        self._at_once = at_once
        self._timer.start()
        self._advance()

    def stop(self) -> None:
        """Leaves everything as it stands."""
        self._timer.stop()

    def _advance(self) -> None:
        if not self._left:
            self._end("")
            return
        step = self._left[0]
        self._tick += 1
        if self._do(step):
            self._left.pop(0)
            self._tick, self._start = 0, None
        elif self._tick > (LONG_PATIENCE if step.kind == "until" else PATIENCE):
            self._end(f"{_words(step)} is not possible now; the rest is left to you.")

    def _do(self, step: Step) -> bool:
        """One tick's work; whether the step is done."""
        if step.kind == "until":
            return self._holds(step.value)
        widget = self._find().get(step.name)
        if widget is None:
            return False
        self.acts.emit(widget)
        if step.kind == "set":
            return self._set(widget, step.value)
        if isinstance(widget, QAbstractButton) and widget.isEnabled():
            widget.click()
            return True
        return False

    def _set(self, widget: QWidget, value: Any) -> bool:
        """One tick nearer; whether the control has arrived."""
        here = controls.value(widget)
        share = 1.0
        if _is_number(here) and _is_number(value) and not self._at_once:
            if self._start is None:
                self._start, self._tick = float(here), 1  # type: ignore[arg-type]
            share = min(self._tick / TICKS, 1.0)
            between = self._start + share * (value - self._start)
            new = value if share == 1.0 else round(between) if isinstance(here, int) else between
        else:
            new = value
        try:
            controls.set_value(widget, new)
        except ValueError:
            return False
        return share == 1.0

    def _end(self, sentence: str) -> None:
        self._timer.stop()
        self.ended.emit(sentence)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _words(step: Step) -> str:
    match step.kind:
        case "press":
            return f"Pressing {step.name}"
        case "until":
            return f"'{step.value.kind} {step.value.subject}'"
    return f"{step.name} = {step.value}"
