"""The dock's third page: a mixture of Gaussians made by hand, whose density is known exactly."""

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QPushButton, QWidget

from playground.core.hyperparams import Value
from playground.gui.panels.base.data_page import DataPage, describe
from playground.gui.widgets.components import FARTHEST, HEAVIEST, LIGHTEST, MOST, THINNEST, WIDEST
from playground.gui.widgets.mixture_editor import MixtureEditor
from playground.gui.widgets.number_boxes import ChoiceBox, FloatBox

_KEYS = ("means", "weights", "spreads")
_START = ("-1.4,-0.8;1.4,-0.8;0,1.6", "1", "0.3")
_WORDS = (
    "Drag a middle, or the square handle for the spread; the wheel changes the weight, a double click adds a "
    "component. The density is exact, and so are entropy and score."
)
_SPACES = ("in the plane", "on the line")


class DataMixturePage(DataPage):
    """The editor, and the numbers of the component that is selected."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        self.editor = MixtureEditor(f"{name}.editor")
        super().__init__(name, self.editor, _WORDS, "Builds a fresh model on points of this mixture", parent)
        self.editor.set_words(*_START)
        self._space = ChoiceBox(_SPACES)
        describe(self._space, f"{name}.space", "Space", "Whether components are places in the plane or on the line")
        self._space.currentIndexChanged.connect(lambda index: self.editor.set_on_line(index == 1))
        self._boxes = {
            "x": FloatBox(-FARTHEST, FARTHEST), "y": FloatBox(-FARTHEST, FARTHEST),
            "weight": FloatBox(LIGHTEST, HEAVIEST, log=True), "spread": FloatBox(THINNEST, WIDEST),
        }  # fmt: skip
        tips = {
            "x": "Middle of the component, along", "y": "Middle of the component, up",
            "weight": "How often it is drawn, compared to the others", "spread": "Its standard deviation",
        }  # fmt: skip
        self._which = QLabel()
        self._which.setObjectName(f"{name}.which")
        self._which.setProperty("role", "heading")
        self.rows = QFormLayout()
        self.rows.addRow("space", self._space)
        self.rows.addRow(self._which)
        for key, box in self._boxes.items():
            box.setSingleStep(0.05 if key == "spread" else 0.1)
            describe(box, f"{name}.{key}", f"Component {key}", tips[key])
            box.valueChanged.connect(self._typed)
            self.rows.addRow(key, box)
        self._add, self._remove = QPushButton("Add"), QPushButton("Remove")
        describe(self._add, f"{name}.add", "Add a component", f"One more component; at most {MOST}")
        describe(self._remove, f"{name}.remove", "Remove the component", "Takes the selected component away")
        self._add.clicked.connect(lambda: self.editor.add())
        self._remove.clicked.connect(self.editor.remove)
        buttons = QHBoxLayout()
        buttons.addWidget(self._add)
        buttons.addWidget(self._remove)
        self.side.addLayout(self.rows)
        self.side.addLayout(buttons)
        self.editor.edited.connect(self._show_numbers)
        self.editor.selected.connect(lambda _: self._show_numbers())
        self._show_numbers()

    def show_options(self, options: Mapping[str, Value]) -> None:
        """Shows the mixture that a run was trained on."""
        self.editor.set_words(*(str(options[key]) for key in _KEYS))
        self._show_numbers()

    def use(self) -> None:
        words = zip(_KEYS, self.editor.words(), strict=True)
        self.wanted.emit("mixture", {f"data.{key}": word for key, word in words})

    def _typed(self) -> None:
        values = {key: box.value() for key, box in self._boxes.items()}
        self.editor.change(replace(self.editor.components()[self.editor.current()], **values))

    def _show_numbers(self) -> None:
        """Boxes, space and buttons as the editor stands, without a signal."""
        here, count = self.editor.components()[self.editor.current()], len(self.editor.components())
        for key, box in self._boxes.items():
            box.blockSignals(True)
            box.setValue(getattr(here, key))
            box.blockSignals(False)
        self._space.blockSignals(True)
        self._space.setCurrentIndex(int(self.editor.on_line()))
        self._space.blockSignals(False)
        self.rows.setRowVisible(self._boxes["y"], not self.editor.on_line())
        self._which.setText(f"Component {self.editor.current() + 1} of {count}")
        self._add.setEnabled(count < MOST)
        self._remove.setEnabled(count > 1)
