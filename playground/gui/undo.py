"""Undo and redo of everything a person sets: the page on the stage is compared before and after each act.

No control takes part by itself. When a person presses, types, turns the wheel or drops something, the stage is captured
first; when the hand has come to rest it is captured again; if a person would see another state, one can go back to the
first. What the program does by itself (a sampler that goes on, a model that trains) is never an act.
"""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QWidget

from playground.gui.document import ViewState
from playground.gui.widgets.listening import listen, stop_listening

REST_MILLISECONDS = 250  # a hand that holds still so long has finished an act
DEEPEST = 200  # acts that can be undone

Acts = tuple[tuple[ViewState, ...], tuple[ViewState, ...]]  # to be undone, to be done again

_ACTS = {
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.MouseButtonDblClick,
    QEvent.Type.ShortcutOverride,
    QEvent.Type.KeyPress,
    QEvent.Type.KeyRelease,
    QEvent.Type.Wheel,
    QEvent.Type.Drop,
    QEvent.Type.InputMethod,
}


class Undo(QObject):
    """The acts of a person in one window.

    Signals:
        changed: there is more or less to undo or redo.
    """

    changed = Signal()

    def __init__(
        self, window: QWidget, capture: Callable[[], ViewState | None], restore: Callable[[ViewState], None]
    ) -> None:  # fmt: skip
        super().__init__(window)
        self._window = window
        self._capture = capture
        self._restore = restore
        self._undone: list[ViewState] = []
        self._done: list[ViewState] = []
        self._before: ViewState | None = None  # of the act under way
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MILLISECONDS)
        self._rest.timeout.connect(self.settle)
        listen(window, self._heard)

    @property
    def can_undo(self) -> bool:
        """Whether there is an act to take back; one that is under way counts."""
        return bool(self._done) or self._before is not None

    @property
    def can_redo(self) -> bool:
        """Whether one was taken back."""
        return bool(self._undone)

    def undo(self) -> None:
        """Takes the last act back."""
        self.settle()
        self._swap(self._done, self._undone)

    def redo(self) -> None:
        """Does it again."""
        self.settle()
        self._swap(self._undone, self._done)

    def swap(self, acts: Acts) -> Acts:
        """Takes these acts in place of its own, and gives those."""
        self.settle()
        mine: Acts = (tuple(self._done), tuple(self._undone))
        self._done, self._undone = (list(states) for states in acts)
        self.changed.emit()
        return mine

    def close(self) -> None:
        """No acts any more."""
        self._rest.stop()
        stop_listening(self._window, self._heard)

    def begin(self) -> None:
        """An act begins, if none is under way."""
        if self._before is None:
            self._before = self._capture()
            self.changed.emit()
        self._rest.start()

    def settle(self) -> None:
        """The act under way has ended."""
        self._rest.stop()
        before, self._before = self._before, None
        after = self._capture()
        if before and after and after.page == before.page and not after.same_as(before):
            self._done = [*self._done, before][-DEEPEST:]
            self._undone = []
        self.changed.emit()

    def _swap(self, source: list[ViewState], target: list[ViewState]) -> None:
        if not source:
            return
        state = source.pop()
        now = self._capture_of(state)
        if now is not None:
            target.append(now)
        self._restore(state)
        self.changed.emit()

    def _capture_of(self, state: ViewState) -> ViewState | None:
        now = self._capture()
        return now if now is not None and now.page == state.page else None

    def _heard(self, watched: QWidget, event: QEvent) -> bool:
        if event.type() not in _ACTS:
            return False
        if event.type() is QEvent.Type.ShortcutOverride and _is_undo(event):
            if isinstance(watched, QLineEdit) and watched.isUndoAvailable():
                return False  # typing that is not finished is undone by the line itself
            event.ignore()
            return True  # else Qt's boxes would keep the key and do nothing
        if not _is_undo(event):
            self.begin()
        return False


def _is_undo(event: QEvent) -> bool:
    keys = (QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo)
    return isinstance(event, QKeyEvent) and any(event.matches(key) for key in keys)
