"""Arithmetic of attributes: what most of those with one have in common, less what those with another have."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.parts import caption, choice, shrinking
from playground.gui.widgets.groove_slider import GrooveSlider

_TICKS = 100  # of the slider for the whole difference


class AttributesTool(Tool):
    """z + strength (mean code of B - mean code of A)."""

    title = "Attributes"
    tooltip = "Add the mean code of one label minus that of another"

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, code, parent)
        self.less = choice(f"{name}.less", "Less of", "The attribute whose mean code is taken away")
        self.more = choice(f"{name}.more_of", "More of", "The attribute whose mean code is added")
        for box in (self.less, self.more):
            shrinking(box)
        self.strength = Strength(f"{name}.strength")
        self.amount = QLabel("+0.00")
        self.words = caption()
        self._means: np.ndarray = np.empty((0, 0), dtype=np.float32)
        self._base: np.ndarray = code.z  # the code at strength 0
        self._moving = False
        self.less.activated.connect(self._begin)
        self.more.activated.connect(self._begin)
        self.strength.valueChanged.connect(self._add)
        self.strength.shown.connect(self._rebase)
        self.strength.sliderReleased.connect(code.released)
        code.moved.connect(self._moved_elsewhere)
        self._lay_out()

    def fits(self, facts: Mapping[str, Any]) -> bool:
        known = "encode" in facts["capabilities"] or facts["kind"] == "images"
        return known and len(attribute_names(facts)) > 1

    def start(self, facts: Mapping[str, Any]) -> None:
        self._means = np.empty((0, facts["latent_dim"]), dtype=np.float32)
        for box, row in ((self.less, 0), (self.more, 1)):
            box.clear()
            box.addItems(attribute_names(facts))
            box.setCurrentIndex(row)
        self._begin()

    def refresh(self) -> None:
        self.words.setText("Measuring the mean code of each attribute ...")
        self.ask("means", "attributes", target="latent")

    def answered(self, answer: Answer) -> None:
        self._means = answer.arrays["x"]
        count = answer.arrays["count"]
        who = (
            f"draws from the prior, in which the project's classifier saw the attribute ({int(count.max()):,} at most)"
            if answer.arrays["judged"]
            else "held-out examples that have the attribute"
        )
        told = (
            " The decoder is told a label as well: with 'any' the code alone decides."
            if self.code.label is not None
            else ""
        )
        known = len(self._means) > 0
        self.words.setText(
            f"z + strength × (mean code B − mean code A), over {who}.{told}"
            if known
            else "Nobody can tell the attributes of what this model makes: there is no classifier for these data."
        )
        self.strength.setEnabled(known)

    # -- the sum -----------------------------------------------------------------------------------------------------

    def difference(self) -> np.ndarray:
        """Mean code of B minus mean code of A, (Z,); 0 where one of them is not known."""
        if not len(self._means):
            return np.zeros_like(self.code.z)
        step = self._means[self.more.currentIndex()] - self._means[self.less.currentIndex()]
        return np.nan_to_num(step).astype(np.float32)

    def _begin(self) -> None:
        """From the code on show, at strength 0."""
        self._base = self.code.z
        self.strength.show_value(0)
        self.amount.setText("+0.00")

    def _rebase(self) -> None:
        """A strength is shown that is in the code already."""
        share = self.strength.value() / _TICKS
        self._base = self.code.z - share * self.difference()
        self.amount.setText(f"{share:+.2f}".replace("-", "−"))

    def _add(self, ticks: int) -> None:
        share = ticks / _TICKS
        self.amount.setText(f"{share:+.2f}".replace("-", "−"))
        self._moving = True
        self.code.set_z(self._base + share * self.difference(), released=not self.strength.isSliderDown())
        self._moving = False

    def _moved_elsewhere(self) -> None:
        if not self._moving:
            self._begin()

    def _lay_out(self) -> None:
        rows = QGridLayout()
        for row, (words, widget) in enumerate(
            (("A, less of", self.less), ("B, more of", self.more), ("strength", self.strength))
        ):
            rows.addWidget(QLabel(words), row, 0)
            rows.addWidget(widget, row, 1)
        rows.addWidget(self.amount, 2, 2)
        rows.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(rows)
        layout.addWidget(self.words)
        layout.addStretch(1)


class Strength(GrooveSlider):
    """From -2 to +2 differences. As a control it is only shown: the code that it led to is kept by the sliders of z.

    Signals:
        shown: a value was shown that is in the code already.
    """

    shown = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Strength")
        self.setToolTip("How many times the difference is added to the code; 0 is the code from which you began")
        self.setRange(-2 * _TICKS, 2 * _TICKS)
        self.setSingleStep(_TICKS // 10)
        self.setPageStep(_TICKS // 2)

    def show_value(self, ticks: int) -> None:
        """Moves the handle alone."""
        self.blockSignals(True)
        self.setValue(ticks)
        self.blockSignals(False)

    def control_value(self) -> int:
        """Its place, in hundredths."""
        return self.value()

    def set_control_value(self, value: object) -> None:
        """Shows a strength. Raises ValueError for what it does not reach."""
        if not isinstance(value, int) or not self.minimum() <= value <= self.maximum():
            raise ValueError(f"The strength is from {self.minimum()} to {self.maximum()}, not {value!r}.")
        self.show_value(value)
        self.shown.emit()


def attribute_names(facts: Mapping[str, Any]) -> Sequence[str]:
    """The attributes in the order of the latent lab: values of discrete factors, then low and high of the others."""
    discrete = [f"{factor} {value}" for factor, values in facts["factors"] for value in values]
    return discrete + [f"{factor} {end}" for factor in facts["measures"] for end in ("low", "high")]
