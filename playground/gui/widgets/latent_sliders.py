"""Sliders for a latent code, one a coordinate, in standard deviations of the prior."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QEvent, QRectF, Qt, Signal
from PySide6.QtGui import QBrush, QColor, QPainter
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.icon_button import IconButton
from playground.gui.widgets.maths_label import lowered

VISIBLE_ROWS = 8
_REACH = 3.0  # sigmas at either end
_USUAL = 2.5  # beyond this a standard normal falls in one draw of eighty, and a decoder has seen little
_TICKS = 100  # slider values a sigma


class SigmaSlider(GrooveSlider):
    """A slider from -3 to +3 sigma with its zero marked and its unlikely ends hatched."""

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts at 0; arrow keys move by 0.1 sigma, page keys by 0.5."""
        super().__init__(parent)
        self.setRange(round(-_REACH * _TICKS), round(_REACH * _TICKS))
        self.setSingleStep(_TICKS // 10)
        self.setPageStep(_TICKS // 2)

    def paint_groove(self, painter: QPainter, groove: QRectF) -> None:
        now = theme.current()
        self.fill(painter, groove, now.border)
        left, right = self.x_of(round(-_USUAL * _TICKS)), self.x_of(round(_USUAL * _TICKS))
        tall = groove.adjusted(0, -groove.height() * 0.6, 0, groove.height() * 0.6)
        hatch = theme.faded(now.warn, 0.55)
        for start, end in ((tall.left(), left), (right, tall.right())):
            painter.fillRect(QRectF(start, tall.top(), end - start, tall.height()), theme.faded(now.warn, 0.16))
            painter.setBrush(QBrush(hatch, Qt.BrushStyle.BDiagPattern))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawRect(QRectF(start, tall.top(), end - start, tall.height()))
        zero, width = self.x_of(0), theme.em(self, 0.1)
        painter.fillRect(QRectF(zero - width / 2, tall.top(), width, tall.height()), QColor(now.muted))
        if self.isEnabled():
            here = self.x_of(self.value())
            self.fill(painter, QRectF(min(zero, here), groove.top(), abs(here - zero), groove.height()), now.accent)


class LatentSliders(QWidget):
    """Edits a latent code.

    Signals:
        values_changed(object): a person moved or reset a slider; the whole code, float32 of shape (axes,).
        released(): the hand let go, or a key or button had its whole effect.
        random_clicked(): a person asked for a random code; the owner draws it and calls `set_values`.
    """

    values_changed = Signal(object)
    released = Signal()
    random_clicked = Signal()

    def __init__(self, *, id_prefix: str, parent: QWidget | None = None) -> None:
        """Has no axes until `set_axes`; slider i is named `<id_prefix>.z.<i>`."""
        super().__init__(parent)
        self.setObjectName(f"{id_prefix}.z")
        self.setAccessibleName("Code z")
        self.setToolTip("The code, in standard deviations of the prior")
        self._id_prefix = id_prefix
        self._values = np.zeros(0, dtype=np.float32)
        self._rows: list[_Row] = []
        self._rows_box = QWidget(self)
        self._reset_button = IconButton(
            "reset", "Reset all", "Move every slider to 0, the middle of the prior", object_name=f"{id_prefix}.z.reset"
        )
        self._random_button = IconButton(
            "reseed", "Random", "Draw a code from the prior", object_name=f"{id_prefix}.z.random"
        )
        self._reset_button.clicked.connect(self._reset_all)
        self._random_button.clicked.connect(self.random_clicked)
        buttons = QHBoxLayout()
        buttons.addWidget(self._reset_button)
        buttons.addWidget(self._random_button)
        buttons.addStretch(1)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.addWidget(self._rows_box)
        self._layout.addLayout(buttons)

    def set_axes(
        self, names: Sequence[str], shares: Sequence[float] | None = None, notes: Sequence[tuple[str, str]] = ()
    ) -> None:
        """Builds one slider a name, in the order given, all at 0.

        `shares` (as many as `names`) says how much of the change in the output each one makes, in [0, 1]. A note is
        what a slider says beside its name instead of its share, or "", and a line for its tooltip. Raises ValueError
        where the lengths differ.
        """
        notes = notes or [("", "")] * len(names)
        if len(notes) != len(names):
            raise ValueError(f"{len(names)} names but {len(notes)} notes")
        if shares is not None and len(shares) != len(names):
            raise ValueError(f"{len(names)} names but {len(shares)} shares")
        self._values = np.zeros(len(names), dtype=np.float32)
        box = QWidget(self)
        self._rows = []
        for index, name in enumerate(names):
            share = None if shares is None else shares[index]
            row = _Row(index, name, share, notes[index], f"{self._id_prefix}.z.{index}", box)
            row.moved.connect(self._take)
            row.slider.sliderReleased.connect(self.released)
            self._rows.append(row)
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        fit = len(self._rows) <= VISIBLE_ROWS
        shown = VISIBLE_ROWS if fit else VISIBLE_ROWS - 1  # the last place opens the rest
        for row in self._rows[:shown]:
            layout.addWidget(row)
        if not fit:
            rest = QWidget(box)
            rest_layout = QVBoxLayout(rest)
            rest_layout.setContentsMargins(0, 0, 0, 0)
            rest_layout.setSpacing(0)
            for row in self._rows[shown:]:
                rest_layout.addWidget(row)
            title = f"More ({len(self._rows) - shown})"
            layout.addWidget(Collapsible(rest, id_prefix=f"{self._id_prefix}.z", title=title))
        self._layout.replaceWidget(self._rows_box, box)
        self._rows_box.hide()
        self._rows_box.setParent(None)  # the new sliders have the names of the old ones
        self._rows_box.deleteLater()
        self._rows_box = box
        box.show()
        self._align()

    def values(self) -> np.ndarray:
        """The code as float32 of shape (axes,): what was set, or 0.01 sigma exact where a person moved a slider."""
        return self._values.copy()

    def set_values(self, values: np.ndarray, emit: bool = False) -> None:
        """Shows a code; beyond 3 sigma the number tells what the slider cannot. Raises ValueError by shape."""
        new = np.asarray(values, dtype=np.float32)
        if new.shape != self._values.shape:
            raise ValueError(f"expected {self._values.shape[0]} values, got shape {new.shape}")
        self._values = new.copy()
        for row, value in zip(self._rows, new, strict=True):
            row.show_value(float(value))
        if emit:
            self.values_changed.emit(self.values())

    def control_value(self) -> list[float]:
        """The code, as a document keeps it."""
        return [float(value) for value in self._values]

    def set_control_value(self, value: list[float]) -> None:
        """Takes a code back. Raises ValueError where there are not as many axes."""
        self.set_values(np.asarray(value, dtype=np.float32), emit=True)
        self.released.emit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._align()

    def _align(self) -> None:
        metrics = self.fontMetrics()
        widest = max((metrics.horizontalAdvance(row.name_label.text()) for row in self._rows), default=0)
        for row in self._rows:
            row.set_columns(min(widest, theme.em(self, 13)), metrics.horizontalAdvance("+0.000 σ"))

    def _take(self, index: int, value: float) -> None:
        self._values[index] = value
        self.values_changed.emit(self.values())
        if not self._rows[index].slider.isSliderDown():
            self.released.emit()

    def _reset_all(self) -> None:
        self.set_values(np.zeros_like(self._values), emit=True)
        self.released.emit()


class _Row(QWidget):
    """Name, slider, value and reset of one coordinate; `moved(int, float)` tells a person's edit in sigmas."""

    moved = Signal(int, float)

    def __init__(
        self, index: int, name: str, share: float | None, note: tuple[str, str], object_name: str, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._index = index
        self._name = name
        beside = note[0] or ("" if share is None else f"{share:.0%}")
        self.name_label = QLabel(f"{lowered(name)}  {beside}".rstrip(), self)
        self.slider = SigmaSlider(self)
        self.slider.setObjectName(object_name)
        effect = "" if share is None else f"\nIt makes {share:.0%} of the change in the output."
        known = f"\n{note[1]}" if note[1] else ""
        tooltip = f"{name}, in standard deviations of the prior.{effect}{known}\nThe hatched ends are rarely drawn."
        self.slider.setToolTip(tooltip)
        self.name_label.setToolTip(tooltip)
        self._value_label = QLabel(self)
        self._value_label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._reset_button = IconButton(
            "reset", f"Reset {name}", f"Move {name} to 0", object_name=f"{object_name}.reset", role="flat", parent=self
        )
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        for column, part in enumerate((self.name_label, self.slider, self._value_label, self._reset_button)):
            self._grid.addWidget(part, 0, column)
        self._grid.setColumnStretch(1, 1)
        self.show_value(0.0)
        self.slider.valueChanged.connect(self._moved)
        self._reset_button.clicked.connect(self._reset)

    def show_value(self, value: float) -> None:
        """Moves the slider without a signal and writes the number."""
        self.slider.blockSignals(True)
        self.slider.setValue(round(value * _TICKS))
        self.slider.blockSignals(False)
        self._write(value)

    def set_columns(self, name_width: int, value_width: int) -> None:
        """Lines the columns up with those of the other rows, in pixels."""
        self._grid.setColumnMinimumWidth(0, name_width)
        self._grid.setColumnMinimumWidth(2, value_width)

    def _moved(self, ticks: int) -> None:
        self._write(ticks / _TICKS)
        self.moved.emit(self._index, ticks / _TICKS)

    def _reset(self) -> None:
        self.show_value(0.0)
        self.moved.emit(self._index, 0.0)

    def _write(self, value: float) -> None:
        self._value_label.setText(f"{value:+.2f} σ".replace("-", "−"))
        self.slider.setAccessibleName(f"{self._name}, {value:+.2f} sigmas")
