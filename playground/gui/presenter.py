"""What a teacher needs before a class: presenter mode, with text, curves and samples that the last row can see, a
spotlight, and notes that only the speaker sees."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QShortcut

from playground.gui.lessons.speaker import Speaker
from playground.gui.widgets import theme
from playground.gui.widgets.spotlight import Spotlight

if TYPE_CHECKING:
    from playground.gui.main_window import MainWindow
    from playground.gui.panels.base.page import Page


class Presenter(QObject):
    """Enters and leaves presenter mode; sizes follow the height of the window, and with it the screen.

    Attributes:
        is_on: whether the stage stands alone.
        spotlight: what darkens all but the control that is used.
        speaker: the notes, in a window of their own.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.spotlight = Spotlight(window)
        window.lessons.pointed.connect(self.spotlight.point_at)
        self.speaker = Speaker(window.lessons, window)
        self.is_on = False
        self._before = window.windowState()
        self._height = 0
        self._escape = QShortcut(Qt.Key.Key_Escape, window)
        self._escape.setEnabled(False)
        self._escape.activated.connect(self.leave)
        window.installEventFilter(self)

    def toggle(self) -> None:
        """In, or out."""
        if self.is_on:
            self.leave()
        else:
            self.enter()

    def enter(self) -> None:
        """Everything but the stage goes away, and the stage grows."""
        window = self._window
        self._before = window.windowState()
        self.is_on = True
        self._escape.setEnabled(True)
        self._show_around(False)
        window.setWindowState(self._before | Qt.WindowState.WindowFullScreen)
        self._scale()
        self.dress()

    def leave(self) -> None:
        """As it was."""
        if not self.is_on:
            return
        window = self._window
        self.is_on = False
        self._escape.setEnabled(False)
        window.setWindowState(self._before)
        self._show_around(True)
        self._scale()
        self.dress()

    def toggle_spotlight(self) -> None:
        """On or off."""
        self.spotlight.set_on(not self.spotlight.isVisible())

    def toggle_notes(self) -> None:
        """The speaker's window, or none."""
        self.speaker.setVisible(not self.speaker.isVisible())

    def close(self) -> None:
        """The window closes."""
        self.leave()
        self.speaker.close()

    def dress(self) -> None:
        """Tells the pages; to be called again when another page comes onto the stage."""
        for page in self._window.pages.values():
            self.dress_page(page)

    def dress_page(self, page: "Page") -> None:
        """The same for one page, before it is seen: a window that had to grow for it would not shrink again."""
        page.set_presenting(self.is_on, self._window.lessons.needed())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if self.is_on and event.type() is QEvent.Type.Resize:
            self._scale()
        return False

    def _show_around(self, on: bool) -> None:
        window = self._window
        for widget in (window.rail, window.menuBar(), window.statusBar()):
            widget.setVisible(on)

    def _scale(self) -> None:
        height = self._window.height() if self.is_on else 0
        if height != self._height:
            self._height = height
            theme.present(height)
            theme.apply(self._window.preferences.theme, self._window.preferences.type_scale)
