"""Which controls a document hides or locks: they stay so whatever the program does with them meanwhile."""

from collections.abc import Iterable

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QLabel, QWidget

from playground.gui.widgets import controls


class Access(QObject):
    """Hides and locks controls of one window by id.

    Attributes:
        hidden, locked: the ids.
        whose: what locks, in a word for the tooltip.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self.whose = "document"
        self.hidden: tuple[str, ...] = ()
        self.locked: tuple[str, ...] = ()
        self._were_enabled: dict[str, tuple[bool, str]] = {}  # before the lock, with the tooltip
        self._taken: set[str] = set()  # hidden here; the others were out of sight before

    def set(self, hidden: Iterable[str] = (), locked: Iterable[str] = ()) -> None:
        """Frees what was held, then hides and locks these; a control that comes later is held when it comes."""
        application = QApplication.instance()
        assert application is not None
        application.removeEventFilter(self)
        there = controls.find(self._window)
        before_hidden, before_locked = self.hidden, self.locked
        self.hidden, self.locked = tuple(hidden), tuple(locked)
        for name in (set(before_hidden) - set(self.hidden)) & self._taken:
            self._taken.discard(name)
            for widget in self._with_label(there, name):
                widget.setVisible(True)
        for name in set(before_locked) - set(self.locked):
            enabled, tooltip = self._were_enabled.pop(name, (True, ""))
            if name in there:
                there[name].setEnabled(enabled)
                there[name].setToolTip(tooltip)
        if not self.hidden and not self.locked:
            return
        for name in self.hidden:
            for widget in self._with_label(there, name):
                self._hide(name, widget)
        for name in self.locked:
            if name in there:
                self._lock(there[name])
        application.installEventFilter(self)

    def dress(self, page: QWidget) -> None:
        """Hides and locks what is to be so in a page that is not on the stage yet; it is never seen otherwise."""
        for name in self.hidden:
            for widget in page.findChildren(QWidget, name):
                self._hide(name, widget)
        for name in self.locked:
            for widget in page.findChildren(QWidget, name):
                self._lock(widget)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind not in (QEvent.Type.Show, QEvent.Type.EnabledChange, QEvent.Type.Polish):
            return False
        if not isinstance(watched, QWidget) or watched.window() is not self._window:
            return False
        name = watched.objectName()
        if kind is QEvent.Type.Show and name.removesuffix(".label") in self.hidden:
            self._hide(name.removesuffix(".label"), watched)
        elif kind is not QEvent.Type.Show and name in self.locked and watched.isEnabled():
            self._lock(watched)
        return False

    def _hide(self, name: str, widget: QWidget) -> None:
        if not widget.isHidden():
            self._taken.add(name)
        widget.setVisible(False)

    def _lock(self, widget: QWidget) -> None:
        name = widget.objectName()
        if name not in self._were_enabled:
            self._were_enabled[name] = (widget.isEnabled(), widget.toolTip())
        if widget.isEnabled():
            widget.setToolTip(f"Locked by this {self.whose}. {self._were_enabled[name][1]}")
            widget.setEnabled(False)

    def _with_label(self, there: dict[str, QWidget], name: str) -> list[QWidget]:
        """A control, or a part of a page that has a name, and the words in front of it."""
        parts = [there[name]] if name in there else self._window.findChildren(QWidget, name)
        return [*parts, *self._window.findChildren(QLabel, f"{name}.label")]
