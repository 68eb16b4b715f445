"""Keys of a lecture: a slide's number and Enter open its scene, A to D answer the question that is on show.

They are taken only where no control under the focus would use them.
"""

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)

from playground.gui.lessons.question_box import LETTERS
from playground.gui.widgets import theme
from playground.gui.widgets.listening import listen

FORGOTTEN_MILLISECONDS = 4000
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_DIGITS = 3


class LessonKeys(QObject):
    """Listens for one window.

    Signals:
        slide_wanted: a slide's number.
        choice_wanted: the place of a choice; connect it to something that says whether it took it.
    """

    slide_wanted = Signal(int)
    choice_wanted = Signal(int)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._digits = ""
        self.asks = lambda: False  # whether letters answer a question just now
        self._sign = QLabel(window)
        self._sign.setObjectName("lesson.number")
        self._sign.setProperty("role", "card")
        self._sign.hide()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FORGOTTEN_MILLISECONDS)
        self._timer.timeout.connect(self._forget)
        listen(window, self._heard)

    def _heard(self, watched: QWidget, event: QEvent) -> bool:
        return event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and self._take(watched, event)

    def _take(self, focus: QWidget, event: QKeyEvent) -> bool:
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if modifiers not in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            return False
        text = event.text().upper()
        if self._digits and event.key() in _ENTER:
            number = int(self._digits)
            self._forget()
            self.slide_wanted.emit(number)
            return True
        if self._digits and event.key() == Qt.Key.Key_Escape:
            self._forget()
            return True
        if uses(focus, text):
            return False
        if len(text) == 1 and text.isascii() and text.isdigit() and len(self._digits) < _DIGITS:
            self._add(text)
            return True
        if len(text) == 1 and text in LETTERS and self.asks():
            self.choice_wanted.emit(LETTERS.index(text))
            return True
        return False

    def _add(self, digit: str) -> None:
        self._digits += digit
        self._sign.setText(f"Slide {self._digits}: press Enter")
        self._sign.adjustSize()
        gap = theme.em(self._sign, 1.5)
        self._sign.move(gap, self._window.height() - self._sign.height() - gap)
        self._sign.raise_()
        self._sign.show()
        self._timer.start()

    def _forget(self) -> None:
        self._digits = ""
        self._timer.stop()
        self._sign.hide()


def uses(focus: QWidget, text: str) -> bool:
    """Whether the control under the focus does something of its own with this letter or digit."""
    if isinstance(focus, QComboBox):
        first = (focus.itemText(row)[:1].upper() for row in range(focus.count()))
        return focus.isEditable() or text in first
    return isinstance(focus, QLineEdit | QAbstractSpinBox | QTextEdit | QPlainTextEdit)
