"""The small controls and quiet words of which views and lenses are made, each with all that a control needs."""

from collections.abc import Sequence
from typing import TypeVar

from PySide6.QtWidgets import QCheckBox, QLabel, QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.number_boxes import ChoiceBox, FloatBox, IntBox

Control = TypeVar("Control", bound=QWidget)


def named(control: Control, name: str, title: str, tooltip: str) -> Control:
    """Gives a control its id, the name that is read aloud, and its tooltip."""
    control.setObjectName(name)
    control.setAccessibleName(title)
    control.setToolTip(tooltip)
    return control


def counted(n: int, thing: str) -> str:
    """So many of a thing: "1 step", "1,018 steps"."""
    return f"{n:,} {thing}{'' if n == 1 else 's'}"


def caption(name: str = "") -> QLabel:
    """A quiet line that may break."""
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("role", "caption")
    label.setWordWrap(True)
    return label


def switch(words: str, name: str, tooltip: str, on: bool = True) -> QCheckBox:
    """A check box."""
    box = named(QCheckBox(words), name, words, tooltip)
    box.setChecked(on)
    return box


def choice(name: str, title: str, tooltip: str, entries: Sequence[str] = ()) -> ChoiceBox:
    """A drop-down list."""
    return named(ChoiceBox(tuple(entries)), name, title, tooltip)


def shrinking(box: ChoiceBox) -> None:
    """Lets a list of long entries be narrower than the longest: the open list shows them whole."""
    box.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(9)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)


def roomy(box: ChoiceBox) -> None:
    """Lets a list that is filled late be as wide as its longest entry, where there is room for it."""
    box.setSizeAdjustPolicy(ChoiceBox.SizeAdjustPolicy.AdjustToContents)
    box.setMinimumWidth(theme.em(box, 9))


def int_box(name: str, title: str, tooltip: str, low: int, high: int) -> IntBox:
    """A box for whole numbers."""
    return named(IntBox(low, high), name, title, tooltip)


def float_box(name: str, title: str, tooltip: str, low: float, high: float, step: float) -> FloatBox:
    """A box for numbers."""
    box = named(FloatBox(low, high), name, title, tooltip)
    box.setSingleStep(step)
    return box
