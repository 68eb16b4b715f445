"""The sampler's own settings: made from its fields, with the label and a seed."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from playground.core.hyperparams import Value
from playground.gui.widgets.hyperparam_form import HyperparamForm
from playground.gui.widgets.number_boxes import INT_LIMIT, ChoiceBox, IntBox

MOST_CLASSES = 24  # in a list; of more the first factor alone is offered
MOST_KNOBS = 2  # of the sampler that are seen on opening; the others are under More
SETTLE_MILLISECONDS = 120  # a spin box held down asks once, when it rests


class SamplingForm(QWidget):
    """Settings, label and seed of a sampler.

    Signals:
        changed: something was edited, and the hand has come to rest.
    """

    changed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._form: HyperparamForm | None = None
        self._facts: Mapping[str, Any] = {}
        self.setAccessibleName("Sampling settings")

        self._seed = IntBox(0, INT_LIMIT)
        self._seed.setObjectName(f"{name}.seed")
        self._seed.setAccessibleName("Sampling seed")
        self._seed.setToolTip("Decides the noise: the same seed gives the same samples")
        self._again = QPushButton("New noise")
        self._again.setObjectName(f"{name}.again")
        self._again.setAccessibleName("New noise")
        self._again.setToolTip("Takes the next seed")
        self._again.clicked.connect(lambda: self._seed.setValue(self._seed.value() + 1))
        self._label = ChoiceBox(())
        self._label.setObjectName(f"{name}.label")
        self._label.setAccessibleName("Label")
        self._label.setToolTip("Which class to ask for; only a model trained with labels can be asked")
        self._label_words = QLabel("label")
        self._fixed = QGridLayout()
        self._fixed.setColumnStretch(1, 1)
        seed_words = QLabel("seed")
        seed_words.setBuddy(self._seed)
        for row, widgets in enumerate(((self._label_words, self._label), (seed_words, self._seed))):
            for column, widget in enumerate(widgets):
                self._fixed.addWidget(widget, row, column)
        # Room for ten digits would make this view's settings wider than the others' and the stage jump.
        self._seed.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        heading = QLabel("Sampling")
        heading.setProperty("role", "heading")
        self._place = QVBoxLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(heading)
        layout.addLayout(self._fixed)
        layout.addWidget(self._again)
        layout.addLayout(self._place)

        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SETTLE_MILLISECONDS)
        self._rest.timeout.connect(self.changed)
        self._seed.valueChanged.connect(self._touched)
        self._label.activated.connect(self._touched)

    def show_fields(self, facts: Mapping[str, Any]) -> None:
        """Builds the form for another model; values that still exist are kept."""
        kept = self.settings()
        self._facts = facts
        if self._form is None or not self._form.restart(facts["sample_fields"]):
            self._form = self._new_form()
        self._form.set_values({key: value for key, value in kept.items() if key in self._form.values()})
        self._show_labels()

    def _new_form(self) -> HyperparamForm:
        if self._form is not None:
            self._form.setParent(None)  # at once: its controls' ids are taken over
            self._form.deleteLater()
        form = HyperparamForm(self._facts["sample_fields"], id_prefix=f"{self._name}.sampler", most=MOST_KNOBS)
        form.value_changed.connect(self._touched)
        form.align_with(self._fixed)
        self._place.addWidget(form)
        return form

    def _show_labels(self) -> None:
        chosen = self._label.currentText()
        self._label.clear()
        names = self._facts["factors"][0][1] if self._facts["conditional"] else ()
        self._label.addItem("each in turn", -2)
        for index, name in enumerate(names):
            self._label.addItem(name, index)
        self._label.addItem("none", -1)
        self._label.setCurrentIndex(max(self._label.findText(chosen), 0))
        self._label.setVisible(bool(names))
        self._label_words.setVisible(bool(names))

    def show_warnings(self, warnings: Mapping[str, str]) -> None:
        """Says beside the knobs what is known against their values, by the keys ``sample.KEY``."""
        if self._form is not None:
            self._form.set_warnings({key.removeprefix("sample."): words for key, words in warnings.items()})

    def set_settings(self, values: Mapping[str, Value]) -> None:
        """Sets some of the sampler's settings as a person would."""
        if self._form is not None:
            self._form.set_values(values)
            self.changed.emit()

    def settings(self) -> dict[str, Value]:
        """The sampler's settings as they stand."""
        return self._form.values() if self._form else {}

    def seed(self) -> int:
        """The seed as it stands."""
        return self._seed.value()

    def label(self, n: int) -> np.ndarray | None:
        """int64 (n, F) as chosen; None for a model without labels."""
        if not self._facts.get("conditional"):
            return None
        chosen = self._label.currentData()
        if chosen == -2:
            return labels_in_turn(self._facts, n)
        labels = np.full((n, len(self._facts["factors"])), -1, dtype=np.int64)
        labels[:, 0] = chosen
        return labels

    def _touched(self) -> None:
        self._rest.start()


def labels_in_turn(facts: Mapping[str, Any], n: int) -> np.ndarray | None:
    """Each value of the first factor in turn, others left open: int64 (n, F); None for a model without labels."""
    if not facts["conditional"]:
        return None
    labels = np.full((n, len(facts["factors"])), -1, dtype=np.int64)
    labels[:, 0] = np.arange(n) % len(facts["factors"][0][1])
    return labels


def classes(factors: tuple[tuple[str, tuple[str, ...]], ...]) -> list[tuple[str, tuple[int, ...]]]:
    """Each combination of the factors' values in words, with its label; of too many the first factor's values, the
    others left open."""
    count = int(np.prod([len(values) for _, values in factors]))
    if count > MOST_CLASSES:
        (_, values), others = factors[0], (-1,) * (len(factors) - 1)
        return [(value, (i, *others)) for i, value in enumerate(values)]
    every = product(*(enumerate(values) for _, values in factors))
    return [(", ".join(value for _, value in one), tuple(i for i, _ in one)) for one in every]
