"""What can be passed on when something broke: copied from the Help menu, and offered after a native crash."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication

from playground import paths
from playground.core import session_log

if TYPE_CHECKING:
    from playground.gui.main_window import MainWindow

COPIED = (
    "The report is copied: versions, the last lines of the log and the last crash, without your name and folders. "
    "Paste it into a message to whoever helps you."
)
CRASHED = "The last session ended in a crash outside Python; what was saved is safe."


class Reports(QObject):
    """The window's part that reports."""

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window

    def copy(self) -> None:
        """Puts the report on the clipboard and says so."""
        QGuiApplication.clipboard().setText(session_log.report(paths.user_data()))
        self._window.say("good", COPIED)

    def tell_crash(self, trace: str) -> None:
        """Says on the page that opened that the last session crashed; `trace` is under Details, the report a button
        away, or in the menu where the button goes on with training. What the page said already is said after it."""
        page = self._window.page
        if page is None or not trace:
            return
        details = session_log.without_names(trace, session_log.private_words(paths.user_data()))
        if not page.messages.put_before(CRASHED, details):
            sentence = f"{CRASHED} {page.messages.text()}".rstrip()
            page.messages.show_message("warn", sentence, details, "Copy report", self.copy)
