"""Wrapped words that keep the room they need."""

import re

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel

_MINUS = re.compile(r"-(?=\d)")


class Words(QLabel):
    """Wrapped words that are never lower than their lines: a page that lacks the room is scrolled, not clipped."""

    def __init__(self, name: str, role: str = "caption") -> None:
        super().__init__()
        self.setObjectName(name)
        self.setProperty("role", role)
        self.setWordWrap(True)

    def say(self, text: str) -> None:
        """Shows other words, with real minus signs."""
        self.setText(_MINUS.sub("−", text))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.setMinimumHeight(max(0, self.heightForWidth(self.width())))
