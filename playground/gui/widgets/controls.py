"""Every control has an id, its objectName: found, read and set here, for undo, documents, scenes and tests alike.

A control's id has the page's name in front: ``vae.latent.z``, ``diffusion.data``. Qt's own sliders, boxes, lists,
lines, switches and tabs are known here. A composite widget of ours joins by two methods, and speaks for its children:

    def control_value(self) -> Value: ...                    # what a document keeps
    def set_control_value(self, value: Value) -> None: ...   # as if a person had done it; ValueError: not possible now

A control whose value follows from the run (the chosen data set) is marked by `follow_run`: the run is kept, not it.
"""

from collections.abc import Iterator
from typing import Any

from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QLineEdit,
    QRadioButton,
    QScrollBar,
    QSpinBox,
    QTabWidget,
    QWidget,
)

Value = int | float | bool | str | list[float]
_FOLLOWS = "follows_run"
_KNOWN = (QAbstractButton, QAbstractSlider, QAbstractSpinBox, QComboBox, QLineEdit, QTabWidget)


def follow_run(widget: QWidget) -> None:
    """Marks a control whose value is the run's own."""
    widget.setProperty(_FOLLOWS, True)


def find(root: QWidget) -> dict[str, QWidget]:
    """All controls below `root` by id, those that are hidden too, in the order in which they were made."""
    return {widget.objectName(): widget for widget in _walk(root)}


def _walk(root: QWidget) -> Iterator[QWidget]:
    for child in root.children():
        if not isinstance(child, QWidget):
            continue
        if is_control(child):
            yield child
        yield from _walk(child)


def is_control(widget: QWidget) -> bool:
    """Whether a person acts on it and it has an id; Qt's own inner parts aside."""
    name = widget.objectName()
    if "." not in name or isinstance(widget, QScrollBar):
        return False
    return isinstance(widget, _KNOWN) or hasattr(widget, "control_value")


def value(widget: QWidget) -> Value | None:
    """What a control shows; None for one that shows nothing: a push button, or a list that is empty as yet."""
    composite: Any = widget
    match widget:
        case QComboBox() if not widget.count():
            return None
        case _ if hasattr(widget, "control_value"):
            result: Value = composite.control_value()
            return result
        case QCheckBox() | QRadioButton():
            return widget.isChecked()
        case QAbstractButton():
            return widget.isChecked() if widget.isCheckable() else None
        case QTabWidget():
            return widget.tabText(widget.currentIndex())
        case QComboBox():
            return widget.currentText()
        case QSpinBox() | QDoubleSpinBox() | QAbstractSlider():
            return widget.value()
        case QLineEdit():
            return widget.text()
    return None


def set_value(widget: QWidget, new: Value) -> None:
    """Sets a control as if a person had done it, signals included. Raises ValueError where that is not possible now."""
    composite: Any = widget
    match widget:
        case _ if hasattr(widget, "control_value"):
            composite.set_control_value(new)
        case QAbstractButton():
            if widget.isChecked() != bool(new):
                widget.click() if widget.isEnabled() else widget.setChecked(bool(new))
        case QTabWidget():
            titles = [widget.tabText(index) for index in range(widget.count())]
            _possible(new in titles and widget.isTabVisible(titles.index(str(new))), widget, new)
            widget.setCurrentIndex(titles.index(str(new)))
        case QComboBox():
            row = widget.findText(str(new))
            _possible(row >= 0, widget, new)
            widget.setCurrentIndex(row)
            widget.activated.emit(row)
        case QSpinBox() | QDoubleSpinBox() | QAbstractSlider():
            _possible(isinstance(new, int | float) and widget.minimum() <= new <= widget.maximum(), widget, new)
            widget.setValue(new)  # type: ignore[arg-type]
        case QLineEdit():
            widget.setText(str(new))
            widget.editingFinished.emit()


def _possible(is_so: bool, widget: QWidget, new: Value) -> None:
    if not is_so:
        raise ValueError(f"{widget.objectName()} cannot show {new!r} now")


def values(root: QWidget) -> dict[str, Value]:
    """What all controls below `root` show. A composite speaks for its children; the run speaks for what follows it."""
    result: dict[str, Value] = {}
    spoken_for: set[QWidget] = set()
    for widget in _walk(root):
        if hasattr(widget, "control_value"):
            spoken_for.update(widget.findChildren(QWidget))
        if widget in spoken_for or widget.property(_FOLLOWS):
            continue
        shown = value(widget)
        if shown is not None and shown != []:
            result[widget.objectName()] = shown
    return result
