"""What the lenses on styles share: codes from a seed, a label, and the two axes along which a cloud spreads most."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.lens import Lens
from playground.gui.panels.base.sampling import classes
from playground.gui.widgets import theme
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import IntBox

ANY = "any"
MOST_SEEDS = 9999  # so that the box is no wider than it must be


class StyleLens(Lens):
    """A lens with a label to ask for, where the model was trained with labels."""

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.label = NameBox(
            f"{name}.label", "Label", "The class that the mapping network is told; what it does not name is left open"
        )
        self._labels: dict[str, tuple[int, ...]] = {}  # by the words in the list
        self.label_field = labelled("Label", self.label)
        self.label.chosen.connect(lambda _: self.outdate())

    def start(self, facts: Mapping[str, Any]) -> None:
        self._labels = label_choices(facts["factors"] if facts["conditional"] else ())
        self.label.set_choices([(words, words) for words in self._labels])
        self.label_field.setVisible(facts["conditional"])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self.fit()

    def fit(self) -> None:
        """Sizes that follow the size of the type."""

    def labels(self, count: int) -> np.ndarray | None:
        """int64 (count, F): the label chosen, other factors left open; None for a model without labels."""
        if not self.facts["conditional"]:
            return None
        return np.tile(np.array(self._labels[self.label.name()], dtype=np.int64), (count, 1))

    def codes(self, seed: int, count: int) -> np.ndarray:
        """z (count, Z), normal, the same for a seed."""
        draw = np.random.default_rng(seed)
        return draw.standard_normal((count, self.facts["latent_dim"])).astype(np.float32)


def label_choices(factors: tuple[tuple[str, tuple[str, ...]], ...]) -> dict[str, tuple[int, ...]]:
    """What may be told, by the words for it: a value of the first factor, a combination of all, or nothing; what is
    not named is left open, -1."""
    one = classes(factors[:1]) if factors else []
    every = classes(factors) if len(factors) > 1 else []
    return {words: label + (-1,) * (len(factors) - len(label)) for words, label in [*one, *every, (ANY, ())]}


def seed_box(name: str, words: str, tooltip: str, value: int) -> IntBox:
    """A number that decides a draw."""
    box = IntBox(0, MOST_SEEDS)
    box.setObjectName(name)
    box.setAccessibleName(words)
    box.setToolTip(tooltip)
    box.setValue(value)
    return box


def slider(name: str, words: str, tooltip: str, high: int, value: int) -> GrooveSlider:
    """A slider from 0 to `high`."""
    result = GrooveSlider()
    result.setObjectName(name)
    result.setAccessibleName(words)
    result.setToolTip(tooltip)
    result.setRange(0, high)
    result.setValue(value)
    return result


def principal(cloud: np.ndarray) -> tuple[np.ndarray, float]:
    """The two orthonormal directions in which a cloud (N, D) spreads most, as columns (D, 2), and their share of its
    variance."""
    values, vectors = np.linalg.eigh(np.cov(cloud.T.astype(float)))
    return vectors[:, [-1, -2]], float(values[-2:].sum() / max(values.sum(), 1e-12))


def layer_words(layers: np.ndarray) -> str:
    """Layers (K,), counted from 0, as a person counts them: "layer 1", "layers 2 to 3"."""
    first, last = int(layers[0]) + 1, int(layers[-1]) + 1
    return f"layer {first}" if first == last else f"layers {first} to {last}"
