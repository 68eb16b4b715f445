"""The dock's second page: a density painted with a brush, from which points are drawn and kept."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from playground.core.errors import PlaygroundError
from playground.gui.panels.base.data_page import DataPage, describe
from playground.gui.session import TrainingSession
from playground.gui.widgets.brush_canvas import LARGEST, SMALLEST, BrushCanvas
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.number_boxes import INT_LIMIT, IntBox

_FEWEST, _MOST, _USUAL = 100, 50_000, 5000
_WORDS = (
    "Paint where points shall be: more paint, more points. They are drawn with the seed and kept in your data folder, "
    "each time under a new name."
)


class DataDrawPage(DataPage):
    """Canvas, brush, and how many points.

    Signals:
        refused: (sentence) nothing was kept, and why.
    """

    refused = Signal(str)

    def __init__(self, name: str, session: TrainingSession, parent: QWidget | None = None) -> None:
        self.canvas = BrushCanvas(f"{name}.canvas")
        super().__init__(name, self.canvas, _WORDS, "Draws and keeps the points, builds a fresh model on them", parent)
        self._session = session
        self._brush = GrooveSlider()
        self._brush.setRange(round(100 * SMALLEST), round(100 * LARGEST))
        self._brush.setSingleStep(5)
        self._brush.setValue(round(100 * self.canvas.radius()))
        describe(self._brush, f"{name}.brush", "Brush size", "Radius of the brush; so does the wheel over the canvas")
        self._brush.valueChanged.connect(lambda value: self.canvas.set_radius(value / 100))
        self.canvas.brush_changed.connect(lambda radius: self._brush.setValue(round(100 * radius)))
        self._erase = QPushButton("Erase")
        self._erase.setCheckable(True)
        describe(self._erase, f"{name}.erase", "Erase", "The left button and Space take away, as the right button does")
        self._erase.toggled.connect(self.canvas.set_erasing)
        self._clear = QPushButton("Clear")
        describe(self._clear, f"{name}.clear", "Clear", "An empty canvas; undo brings it back")
        self._clear.clicked.connect(self.canvas.clear)
        self._count = IntBox(_FEWEST, _MOST)
        self._count.setSingleStep(1000)
        self._count.setValue(_USUAL)
        describe(self._count, f"{name}.count", "Points", "How many are drawn; four fifths of them are trained on")
        self._seed = IntBox(0, INT_LIMIT)
        describe(self._seed, f"{name}.seed", "Drawing seed", "The same painting and seed give the same points")
        self._name = QLineEdit("drawing")
        describe(self._name, f"{name}.name", "Name", "Of the file; one that is taken gets a number")

        rows = QFormLayout()
        rows.addRow("brush", self._brush)
        buttons = QHBoxLayout()
        buttons.addWidget(self._erase)
        buttons.addWidget(self._clear)
        rows.addRow("", buttons)
        rows.addRow("points", self._count)
        self.side.addLayout(rows)
        seldom = QWidget()
        more = QFormLayout(seldom)
        more.setContentsMargins(0, 0, 0, 0)
        more.addRow("name", self._name)
        more.addRow("seed", self._seed)
        self.side.addWidget(Collapsible(seldom, id_prefix=name))
        keys = QLabel("Keyboard: arrows move, Space paints, Delete erases.")
        keys.setProperty("role", "caption")
        keys.setWordWrap(True)
        self.side.addWidget(keys)

    def use(self) -> None:
        try:
            data = self._session.keep_drawing(
                self.canvas.density(), self._count.value(), self._seed.value(), self._name.text()
            )
        except PlaygroundError as error:
            self.refused.emit(str(error))
            return
        self.wanted.emit(data, {})
