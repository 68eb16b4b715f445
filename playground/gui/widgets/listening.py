"""What a person does in a window, told to whoever wants to know it before the control does.

Opening a panel sends tens of thousands of events, and each costs microseconds for each filter of the application that
is written in Python. So a window has one filter, however many listen, and it lets all go that no person has caused.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QDropEvent, QHelpEvent, QInputEvent, QInputMethodEvent
from PySide6.QtWidgets import QApplication, QWidget

Listener = Callable[[QWidget, QEvent], bool]  # says whether it took the event, which then goes no further

_OF_A_PERSON = (QInputEvent, QHelpEvent, QDropEvent, QInputMethodEvent)


def listen(window: QWidget, listener: Listener) -> None:
    """Tells it of mouse, keys, wheel, drops and tooltips at any widget in `window`; who came last hears it first."""
    _ears(window).listeners.insert(0, listener)


def stop_listening(window: QWidget, listener: Listener) -> None:
    """Tells it nothing more."""
    listeners = _ears(window).listeners
    if listener in listeners:
        listeners.remove(listener)


def _ears(window: QWidget) -> "_Ears":
    found = window.findChild(_Ears, options=Qt.FindChildOption.FindDirectChildrenOnly)
    return found if isinstance(found, _Ears) else _Ears(window)


class _Ears(QObject):
    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.listeners: list[Listener] = []
        self._window = window
        application = QApplication.instance()
        assert application is not None
        application.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if not isinstance(event, _OF_A_PERSON) or not isinstance(watched, QWidget):
            return False
        return watched.window() is self._window and any(listener(watched, event) for listener in tuple(self.listeners))
