"""One sample under the hand: what it is most like in the training data, and where it can go from here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QGuiApplication, QImage, QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.icon_button import IconButton
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox

NEAREST = 3  # training examples shown beside a sample
COPIED_SIDE = 280  # pixels of a copied picture, at least
NOWHERE = "nowhere"


@dataclass(frozen=True, eq=False)
class Example:
    """An image on its way from one panel to another.

    Attributes:
        x: (C, H, W) in [0, 1].
        data: the data set that its model learned.
        words: where it comes from: "GAN, step 2,000, seed 0, #3".
    """

    x: np.ndarray
    data: str
    words: str

    def copy(self) -> None:
        """Puts the picture onto the clipboard, enlarged by whole pixels."""
        image = to_qimage(self.x)
        factor = -(-COPIED_SIDE // max(image.width(), image.height()))
        size = QSize(image.width() * factor, image.height() * factor)
        fast = Qt.TransformationMode.FastTransformation
        QGuiApplication.clipboard().setImage(image.scaled(size, mode=fast))


def to_qimage(x: np.ndarray) -> QImage:
    """(C, H, W) in [0, 1] with C 1 or 3 as a picture of that many pixels."""
    pixels = np.ascontiguousarray(np.rint(255 * x.clip(0, 1)).astype(np.uint8).transpose(1, 2, 0))
    height, width, channels = pixels.shape
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    return QImage(pixels.data, width, height, width * channels, kind).copy()  # outlives the array


class SendBox(NameBox):
    """The families whose panels have a use for an image.

    Signals:
        sent: the family that was chosen.
    """

    sent = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Send to", "Hands this image to another panel, which opens", parent)
        cards = TrainingSession.models().values()
        takers = [(card.name, f"{card.title}: {use}") for card in cards if (use := card.extra.get("receives"))]
        self.set_choices([(NOWHERE, "Send to ..."), *takers])
        self.chosen.connect(self._chosen)

    def _chosen(self, family: str) -> None:
        self.show_name(NOWHERE)  # a button that opens a list, not a setting
        if family != NOWHERE:
            self.sent.emit(family)


class Shelf(Asker):
    """A sample, the training examples nearest to it, and what can be done with it; hidden until one is offered.

    Signals:
        kept: the `Example`, to be kept beside others.
        sent: (the example, a family) to be handed to that family's panel.
    """

    kept = Signal(object)
    sent = Signal(object, str)

    def __init__(self, name: str, ask: Ask, offers_all: bool = False, parent: QWidget | None = None) -> None:
        """`offers_all`: the view can show the nearest of all samples, see `each`."""
        super().__init__(name, ask, parent)
        self.example: Example | None = None
        self.pictures = ImageGrid(f"{name}.pictures")
        self.pictures.set_columns(NEAREST + 1)
        self.words = QLabel()
        self.words.setObjectName(f"{name}.words")
        self.words.setProperty("role", "caption")
        self.words.setWordWrap(True)
        self.words.setToolTip(
            "Euclidean distance in pixel values from 0 to 1.\n"
            "A copy: under a tenth of the usual distance; close to one: under half."
        )
        self.keep = IconButton("keep", "Keep", "Keeps it below the stage, beside samples of other models",
                               object_name=f"{name}.keep")  # fmt: skip
        self.copy = IconButton("copy", "Copy", "Puts the picture onto the clipboard", object_name=f"{name}.copy")
        self.send = SendBox(f"{name}.send")
        self.each = QCheckBox("Nearest beside each sample")
        self.each.setObjectName(f"{name}.each")
        self.each.setAccessibleName(self.each.text())
        self.each.setToolTip("Shows beside every sample the training image most like it, and how far away it is")
        self.each.setVisible(offers_all)
        self.dismiss = IconButton("close", "Close", "Closes this shelf", object_name=f"{name}.close", role="flat")
        self.keep.clicked.connect(lambda: self.kept.emit(self.example))
        self.copy.clicked.connect(lambda: self.example and self.example.copy())
        self.send.sent.connect(lambda family: self.sent.emit(self.example, family))
        self.dismiss.clicked.connect(self.hide)
        self._lay_out()
        self.hide()

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        """Samples of another model are on show now."""
        self.example = None
        self.hide()
        super().opened(facts, experiment)

    def offer(self, x: np.ndarray, words: str) -> None:
        """Shows a sample (C, H, W)."""
        assert self.experiment is not None
        title = TrainingSession.models()[self.experiment.model].title
        self.example = Example(np.array(x), self.experiment.data, f"{title}, {words}")
        self.pictures.set_images(self.example.x[None].clip(0, 1), ["sample"])
        self.words.setText("Looking for the training images most like it ...")
        self.show()
        self.outdate()

    def trained(self, step: int) -> None:
        """The training data stay what they are."""

    def refresh(self) -> None:
        if self.example is not None:
            self.ask("nearest", "nearest", target="neighbours", x=self.example.x[None], k=NEAREST)

    def answered(self, answer: Answer) -> None:
        if self.example is None:
            return
        distance, usual = answer.arrays["distance"][0], float(answer.arrays["usual"])
        shown = np.concatenate([self.example.x[None], answer.arrays["x"][0]])
        self.pictures.set_images(shown.clip(0, 1), ["sample", *(f"{d:.2f}" for d in distance)])
        verdict = "a copy" if distance[0] < 0.1 * usual else "close to a copy" if distance[0] < 0.5 * usual else "new"
        self.words.setText(
            f"{self.example.words}. Nearest training image: {distance[0]:.2f} away, of held-out images usually "
            f"{usual:.2f}: {verdict}."
        )
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """As high as its words need at this width, whatever stands above."""
        self.pictures.setFixedSize(theme.em(self, 16), theme.em(self, 5))
        self.setFixedHeight(self._row.totalHeightForWidth(self.width()))

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (self.keep, self.copy, self.send, self.each):
            row.addWidget(widget)
        right = QVBoxLayout()
        right.addWidget(self.words)
        right.addLayout(row)
        right.addStretch(1)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.addWidget(self.pictures)
        self._row.addLayout(right, 1)
        self._row.addWidget(self.dismiss, 0, Qt.AlignmentFlag.AlignTop)
        self._fit()
