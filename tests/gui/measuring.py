"""Measures whether words have the room that they need."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QTextDocument
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QLabel,
    QPushButton,
    QScrollArea,
    QTabBar,
    QWidget,
)


def too_little_room(window: QWidget) -> list[str]:
    """Every visible word below `window` that is cut, and every control that sticks out of a column that does not
    scroll sideways."""
    found = []
    for widget in window.findChildren(QWidget):
        if widget.isVisible() and (lacking := _lacking(widget)):
            found.append(f"{widget.objectName() or type(widget).__name__}: {lacking}")
    return found


def _lacking(widget: QWidget) -> str:
    match widget:
        case QLabel() if widget.text() and widget.pixmap().isNull():
            return _label(widget)
        case QPushButton() if widget.text():
            icon = widget.iconSize().width() if not widget.icon().isNull() else 0
            wanted = widget.fontMetrics().horizontalAdvance(widget.text().replace("&", "")) + icon
            return widget.text() if wanted > widget.width() or _flat(widget) else ""
        case QCheckBox() if widget.text():
            return widget.text() if widget.sizeHint().width() > widget.width() else ""
        case QAbstractSpinBox():
            line = widget.lineEdit()
            return widget.text() if line.fontMetrics().horizontalAdvance(widget.text()) > line.width() else ""
        case QComboBox():
            arrow = widget.fontMetrics().height()
            wanted = widget.fontMetrics().horizontalAdvance(widget.currentText())
            return widget.currentText() if wanted > widget.width() - arrow / 2 else ""
        case QTabBar():
            return "tabs" if widget.sizeHint().width() > widget.width() and not widget.usesScrollButtons() else ""
        case QScrollArea() if widget.horizontalScrollBarPolicy().name == "ScrollBarAlwaysOff":
            content = widget.widget()
            return "content" if content and content.width() > widget.viewport().width() else ""
    return ""


def _label(label: QLabel) -> str:
    """Wrapped words need their longest word's width and all lines' height; marked-up words, a table among them, what
    they are laid out to; others the longest line."""
    text = label.text()
    document = QTextDocument()
    if label.textFormat() is Qt.TextFormat.MarkdownText:
        document.setMarkdown(text)
    elif "<" in text and ">" in text:
        document.setHtml(text)
    marked_up = not document.isEmpty()
    text = document.toPlainText() if marked_up else text
    metrics: QFontMetrics = label.fontMetrics()
    if label.wordWrap():
        widest = max((metrics.horizontalAdvance(word) for word in text.split()), default=0)
        high = label.heightForWidth(label.width())
    elif marked_up:
        widest, high = label.sizeHint().toTuple()
    else:
        widest = max((metrics.horizontalAdvance(line) for line in text.splitlines()), default=0)
        high = metrics.height() * len(text.splitlines())
    return text[:60] if widest > label.width() + 1 or high > label.height() + 2 else ""


def _flat(button: QPushButton) -> bool:
    return button.fontMetrics().height() > button.height()
