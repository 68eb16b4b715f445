"""What several lenses of this family share: small controls, and how pixels are counted."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from playground.gui.widgets.flow_layout import FlowLayout

COLOURS = ("red", "green", "blue")


class Place(NamedTuple):
    """One number of an image."""

    colour: int
    row: int
    column: int

    @property
    def pixel(self) -> tuple[int, int]:
        """Row and column."""
        return self.row, self.column


def place_of(number: int, shape: Sequence[int]) -> Place:
    """Where a number stands that is counted as it lies in memory, in images of shape (C, H, W)."""
    return Place(*(int(part) for part in np.unravel_index(number, tuple(shape))))


def words_of(place: Place, shape: Sequence[int]) -> str:
    """A number in words: row, column, and the colour where there are three. Counted from 1."""
    colour = f", {COLOURS[place.colour]}" if shape[0] == 3 else ""
    return f"row {place.row + 1}, column {place.column + 1}{colour}"


def swatch_of(place: Place, shape: Sequence[int]) -> str:
    """The colour in which levels are drawn: "" for gray."""
    return COLOURS[place.colour] if shape[0] == 3 else ""


def levels_of(facts: Mapping[str, Any]) -> int:
    """How many levels a pixel of the data can have."""
    return facts["levels"] or 256


def within_words(bars: int, levels: int) -> str:
    """Why a level costs more than its bar says, where a bar stands for several levels; else ""."""
    return "" if bars == levels else f" (its bar, and which of the bar's {-(-levels // bars)} levels)"


def set_quietly(box: Any, value: Any) -> None:
    """Shows a value that nobody has chosen by hand."""
    box.blockSignals(True)
    box.setValue(value)
    box.blockSignals(False)


def line_of(*widgets: QWidget | tuple[str, QWidget]) -> FlowLayout:
    """Controls in a row that breaks where the width ends, some with words before them."""
    row = FlowLayout()
    for widget in widgets:
        row.addWidget(_worded(*widget) if isinstance(widget, tuple) else widget)
    return row


def _worded(words: str, widget: QWidget) -> QWidget:
    """They stay on one line."""
    both = QWidget()
    layout = QHBoxLayout(both)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(QLabel(words))
    layout.addWidget(widget)
    return both
