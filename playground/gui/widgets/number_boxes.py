"""Spin boxes and a combo box that a scrolling wheel cannot change in passing."""

import math
import re

from PySide6.QtCore import QLocale, Qt
from PySide6.QtGui import QValidator, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QSpinBox, QWidget

_HALF_TYPED = re.compile(r"[+-]?\d*\.?\d*(e[+-]?\d*)?", re.IGNORECASE)
INT_LIMIT = 2**31 - 1


class IntBox(QSpinBox):
    """Whole numbers, grouped by thousands; `doubling` steps by factors of two."""

    def __init__(self, low: int, high: int, *, doubling: bool = False, parent: QWidget | None = None) -> None:
        """`low` and `high` are both allowed."""
        super().__init__(parent)
        self._doubling = doubling
        self.setLocale(QLocale.c())
        self.setGroupSeparatorShown(True)
        self.setRange(max(low, -INT_LIMIT), min(high, INT_LIMIT))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)

    def stepBy(self, steps: int) -> None:
        if not self._doubling:
            super().stepBy(steps)
            return
        value = self.value()
        for _ in range(abs(steps)):
            value = max(value * 2, 1) if steps > 0 else value // 2
        self.setValue(min(max(value, self.minimum()), self.maximum()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        _pass_by_unless_focused(self, super().wheelEvent, event)


class FloatBox(QDoubleSpinBox):
    """Decimal numbers with as many digits as they have; `log` climbs the ladder 1, 2, 5, 10 instead of adding."""

    def __init__(self, low: float, high: float, *, log: bool = False, parent: QWidget | None = None) -> None:
        """`low` and `high` are both allowed."""
        super().__init__(parent)
        self._log = log
        self.setLocale(QLocale.c())
        self.setDecimals(12)  # Qt rounds values to so many decimals; what is shown is decided below
        self.setRange(low, high)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setKeyboardTracking(False)

    def textFromValue(self, value: float) -> str:
        return short_number(value)

    def valueFromText(self, text: str) -> float:
        return float(text)

    def validate(self, text: str, position: int) -> tuple[QValidator.State, str, int]:
        try:
            value = float(text)
        except ValueError:
            state = QValidator.State.Intermediate if _HALF_TYPED.fullmatch(text) else QValidator.State.Invalid
        else:
            fits = self.minimum() <= value <= self.maximum()
            state = QValidator.State.Acceptable if fits else QValidator.State.Intermediate
        return state, text, position

    def stepBy(self, steps: int) -> None:
        if not self._log:
            super().stepBy(steps)
            return
        value = self.value()
        for _ in range(abs(steps)):
            value = next_rung(value, up=steps > 0)
        self.setValue(min(max(value, self.minimum()), self.maximum()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        _pass_by_unless_focused(self, super().wheelEvent, event)


class ChoiceBox(QComboBox):
    """A drop-down list of words."""

    def __init__(self, choices: tuple[str, ...], parent: QWidget | None = None) -> None:
        """`choices` in the order in which they are listed."""
        super().__init__(parent)
        self.addItems(list(choices))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def wheelEvent(self, event: QWheelEvent) -> None:
        _pass_by_unless_focused(self, super().wheelEvent, event)


def short_number(value: float) -> str:
    """A number without needless digits: 0.002, 1e-5, 12.5."""
    return re.sub(r"e([+-])0*", lambda sign: "e" + sign.group(1).replace("+", ""), f"{value:.7g}")


def next_rung(value: float, *, up: bool) -> float:
    """The next number of ... 0.1, 0.2, 0.5, 1, 2, 5 ... above or below `value` (0 goes up to 1e-6)."""
    if value <= 0:
        return 1e-6 if up and value == 0 else value
    power = math.floor(math.log10(value))
    rungs = [float(f"{digit}e{power + shift}") for shift in (-1, 0, 1) for digit in (1, 2, 5)]
    slack = 1e-9 * value  # what was read back from text may miss its rung by a rounding
    if up:
        return next(rung for rung in rungs if rung > value + slack)
    return next(rung for rung in reversed(rungs) if rung < value - slack)


def _pass_by_unless_focused(box: QWidget, handle, event: QWheelEvent) -> None:
    """Leaves the wheel to the scroll area around a box that was not chosen on purpose."""
    if box.hasFocus():
        handle(event)
    else:
        event.ignore()
