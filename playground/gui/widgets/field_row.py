"""One setting of a form: its label, its editor, and how far it is from its default."""

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QWidget

from playground.gui.widgets.number_boxes import INT_LIMIT, ChoiceBox, FloatBox, IntBox, short_number

Value = int | float | bool | str
_FLOAT_LIMIT = 1e12


class FieldSpec(Protocol):
    """What a form must know of a setting.

    Attributes:
        name, label: the key of the value, and the words in front of it.
        default: its type (bool, int, float, str) chooses the editor.
        low, high: the range of a number, or None where there is no end.
        step: the nudge of a spin box, or None; ignored where `log`.
        unit: what the number counts, or "".
        help: what the setting does, in plain words.
        choices: the allowed words of a str setting, or ().
        live: may change while training runs.
        log: nudge by factors (learning rates, widths).
        more: seldom needed.
    """

    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def default(self) -> Value: ...
    @property
    def low(self) -> float | None: ...
    @property
    def high(self) -> float | None: ...
    @property
    def step(self) -> float | None: ...
    @property
    def unit(self) -> str: ...
    @property
    def help(self) -> str: ...
    @property
    def choices(self) -> Sequence[str]: ...
    @property
    def live(self) -> bool: ...
    @property
    def log(self) -> bool: ...
    @property
    def more(self) -> bool: ...


class FieldLabel(QLabel):
    """The words in front of an editor.

    Signals:
        double_clicked(): the person asked for the default.
    """

    double_clicked = Signal()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.double_clicked.emit()


class FieldRow(QObject):
    """Binds a setting's label to its editor and what is known against its value; a form places the three.

    Signals:
        edited(str, object): a person chose another value, or went back to the default.
    """

    edited = Signal(str, object)

    def __init__(self, spec: FieldSpec, *, id_prefix: str, parent: QWidget) -> None:
        """The editor's object name is `id_prefix`, a dot and the setting's name."""
        super().__init__(parent)
        self.spec = spec
        self.default: Value = spec.default
        words = spec.label if spec.label.endswith(spec.unit) else f"{spec.label} ({spec.unit})"  # not "steps (steps)"
        self.label = FieldLabel(words, parent)
        self.label.setWordWrap(True)
        self.editor = _make_editor(spec, parent)
        self.editor.setObjectName(f"{id_prefix}.{spec.name}")
        self.editor.setAccessibleName(words)
        self.label.setObjectName(f"{id_prefix}.{spec.name}.label")
        self.label.setBuddy(self.editor)
        self.warning = QLabel(parent)
        self.warning.setObjectName(f"{id_prefix}.{spec.name}.warning")
        self.warning.setProperty("role", "warning")
        self.warning.setWordWrap(True)
        self.warning.hide()
        self.label.double_clicked.connect(self.reset)
        self._put(spec.default)
        self._watch_editor()
        self._add_reset_action()
        self.set_fixed(False)

    def value(self) -> Value:
        """What the editor shows, in the type of the default."""
        match self.editor:
            case QCheckBox() as box:
                return box.isChecked()
            case ChoiceBox() as box:
                return box.currentText()
            case IntBox() | FloatBox() as box:
                return box.value()
            case _:
                return self._line().text()

    def set_value(self, value: Value) -> None:
        """Shows a value without a signal. Raises ValueError for a word that is not among the choices."""
        self.editor.blockSignals(True)
        try:
            self._put(value)
        finally:
            self.editor.blockSignals(False)
        self._mark()

    def set_default(self, value: Value) -> None:
        """Says what `reset` goes back to; what the editor shows stays."""
        self.default = value
        self._mark()

    def is_changed(self) -> bool:
        """Whether the value differs from the default."""
        return self.value() != self.default

    def reset(self) -> None:
        """Goes back to the default, as an edit by the person; nothing happens where the editor may not change."""
        if self.editor.isEnabled() and self.is_changed():
            self.set_value(self.default)
            self.edited.emit(self.spec.name, self.value())

    def set_warning(self, words: str) -> None:
        """Says below the editor why its value is known not to work; "" for nothing."""
        if words != self.warning.text():
            self.warning.setText(words)
            self.warning.setAccessibleName(f"Warning: {words}" if words else "")
            self.warning.setVisible(bool(words))
            self._mark()

    def set_fixed(self, fixed: bool) -> None:
        """Greys the editor out and says why, or opens it again."""
        self.editor.setEnabled(not fixed)
        parts = [part for part in (self.spec.help, self._range_text()) if part]
        if fixed:
            parts.append("Fixed while training runs: a change takes effect on Reset, which builds the model anew.")
        self.editor.setToolTip("\n".join(parts) or self.spec.label)
        self._mark()

    def _watch_editor(self) -> None:
        match self.editor:
            case QCheckBox() as box:
                box.toggled.connect(self._emit_edit)
            case ChoiceBox() as box:
                box.currentTextChanged.connect(self._emit_edit)
            case IntBox() | FloatBox() as box:
                box.valueChanged.connect(self._emit_edit)
            case _:
                self._line().editingFinished.connect(self._emit_text)

    def _add_reset_action(self) -> None:
        self._reset_action = QAction("Back to the default", self)
        self._reset_action.setShortcut(QKeySequence("Alt+Home"))
        self._reset_action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        self._reset_action.triggered.connect(self.reset)
        self.editor.addAction(self._reset_action)
        self.label.addAction(self._reset_action)
        self.label.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _put(self, value: Value) -> None:
        match self.editor:
            case QCheckBox() as box:
                box.setChecked(bool(value))
            case ChoiceBox() as box:
                index = box.findText(str(value))
                if index < 0:
                    raise ValueError(f"{self.spec.name} has no choice '{value}'")
                box.setCurrentIndex(index)
            case IntBox() as box:
                box.setValue(int(value))
            case FloatBox() as box:
                box.setValue(float(value))
            case _:
                self._line().setText(str(value))
                self._last_text = str(value)

    def _line(self) -> QLineEdit:
        assert isinstance(self.editor, QLineEdit)
        return self.editor

    def _emit_edit(self) -> None:
        self._mark()
        self.edited.emit(self.spec.name, self.value())

    def _emit_text(self) -> None:
        # a line also reports "finished" when it only loses the focus
        if self._line().text() != self._last_text:
            self._last_text = self._line().text()
            self._emit_edit()

    def _mark(self) -> None:
        changed = self.is_changed()
        font = self.label.font()
        font.setBold(changed)
        self.label.setFont(font)
        hint = f"Changed; the default is {_shown(self.default)}. Double-click or Alt+Home: back to it."
        self.label.setToolTip(f"{self.editor.toolTip()}\n{hint}" if changed else self.editor.toolTip())
        said = hint if changed else self.spec.help
        self.editor.setAccessibleDescription(" ".join(part for part in (self.warning.text(), said) if part))

    def _range_text(self) -> str:
        spec = self.spec
        if spec.choices or isinstance(spec.default, bool | str) or (spec.low is None and spec.high is None):
            return ""
        low = "" if spec.low is None else f"from {_shown(spec.low)} "
        high = "" if spec.high is None else f"to {_shown(spec.high)}"
        return f"Range: {low}{high}".rstrip()


def _make_editor(spec: FieldSpec, parent: QWidget) -> QWidget:
    match spec.default:
        case bool():
            return QCheckBox(parent)
        case int():
            low = -INT_LIMIT if spec.low is None else int(spec.low)
            high = INT_LIMIT if spec.high is None else int(spec.high)
            whole = IntBox(low, high, doubling=spec.log, parent=parent)
            whole.setSingleStep(max(1, int(spec.step or 1)))
            return whole
        case float():
            lowest = -_FLOAT_LIMIT if spec.low is None else spec.low
            highest = _FLOAT_LIMIT if spec.high is None else spec.high
            decimal = FloatBox(lowest, highest, log=spec.log, parent=parent)
            decimal.setSingleStep(spec.step or 0.1)
            return decimal
        case _ if spec.choices:
            return ChoiceBox(tuple(spec.choices), parent)
        case _:
            return QLineEdit(parent)


def _shown(value: Value) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return short_number(value) if isinstance(value, float) else str(value)
