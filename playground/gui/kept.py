"""Samples that were kept: of any model, beside each other, on every page."""

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.gui.panels.base.shelf import Example, SendBox
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.icon_button import IconButton
from playground.gui.widgets.image_grid import ImageGrid

MOST = 12


class Kept(QWidget):
    """A strip below the stage; hidden while nothing is kept. A click chooses one; the buttons are for that one.

    Signals:
        sent: (the example, a family) to be handed to that family's panel.
    """

    sent = Signal(object, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("kept")
        self.setAccessibleName("Kept samples")
        self.examples: tuple[Example, ...] = ()
        self._chosen = 0
        self.pictures = ImageGrid("kept.pictures")
        self.words = QLabel()
        self.words.setObjectName("kept.words")
        self.words.setProperty("role", "caption")
        self.words.setWordWrap(True)
        self.copy = IconButton("copy", "Copy", "Puts the picture onto the clipboard", object_name="kept.copy")
        self.send = SendBox("kept.send")
        self.remove = IconButton("close", "Remove", "Keeps this one no longer", object_name="kept.remove")
        self.clear = IconButton("reset", "Remove all", "Keeps none of them any longer", object_name="kept.clear")
        self.pictures.image_clicked.connect(self.choose)
        self.copy.clicked.connect(lambda: self.examples[self._chosen].copy())
        self.send.sent.connect(lambda family: self.sent.emit(self.examples[self._chosen], family))
        self.remove.clicked.connect(self._remove)
        self.clear.clicked.connect(lambda: self._show(()))
        self._lay_out()
        self.hide()

    def add(self, example: Example) -> None:
        """Keeps one more; of too many the oldest goes."""
        self._chosen = min(len(self.examples), MOST - 1)
        self._show((*self.examples, example)[-MOST:])

    def choose(self, index: int) -> None:
        """The one that the buttons are for."""
        self._chosen = index
        self.words.setText(f"{index + 1} of {len(self.examples)}: {self.examples[index].words}")

    def _remove(self) -> None:
        self._show((*self.examples[: self._chosen], *self.examples[self._chosen + 1 :]))

    def _show(self, examples: Iterable[Example]) -> None:
        self.examples = tuple(examples)
        self.setVisible(bool(self.examples))
        if self.examples:
            captions = [f"{i + 1}: {example.words.split(',')[0]}" for i, example in enumerate(self.examples)]
            self.pictures.set_columns(len(self.examples))
            self.pictures.set_images(alike([example.x for example in self.examples]), captions)
            self.choose(min(self._chosen, len(self.examples) - 1))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def _fit(self) -> None:
        self.pictures.setFixedHeight(theme.em(self, 5.5))
        self.words.setFixedWidth(theme.em(self, 18))

    def _lay_out(self) -> None:
        heading = QLabel("Kept samples")
        heading.setProperty("role", "heading")
        row = FlowLayout()
        for widget in (self.copy, self.send, self.remove, self.clear):
            row.addWidget(widget)
        right = QVBoxLayout()
        right.addWidget(heading)
        right.addWidget(self.words)
        right.addLayout(row)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pictures, 1)
        layout.addLayout(right)
        layout.setAlignment(right, Qt.AlignmentFlag.AlignTop)
        self._fit()


def alike(images: list[np.ndarray]) -> np.ndarray:
    """Images (C, H, W) of several sizes as one array (N, C, H, W): each pixel repeated as often as fits, centred in
    black; gray becomes RGB beside colour."""
    channels = max(len(x) for x in images)
    side = max(max(x.shape[1:]) for x in images)
    result = np.zeros((len(images), channels, side, side), dtype=np.float32)
    for place, x in zip(result, images, strict=True):
        factor = side // max(x.shape[1:])
        large = x.repeat(factor, axis=1).repeat(factor, axis=2)
        top, left = ((side - size) // 2 for size in large.shape[1:])
        place[:, top : top + large.shape[1], left : left + large.shape[2]] = large  # one channel serves all
    return result
