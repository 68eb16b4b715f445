"""What of a panel gives way in a presentation, so that the stage has the whole screen."""

from collections.abc import Collection

from PySide6.QtWidgets import QTabWidget, QWidget


class Presenting:
    """Takes the head and the settings away, and the curve of training from every view but the first.

    Only what changes is shown or hidden: a scene of a lesson may have hidden parts of its own.
    """

    def __init__(self, header: QWidget, settings: QWidget, curve: QWidget, views: QTabWidget) -> None:
        self._is_on = False
        self._views = views
        self._header, self._settings, self._curve = header, settings, curve
        views.currentChanged.connect(self._show_view)
        self._away: dict[QWidget, bool] = {header: False, settings: False, curve: False}

    def set(self, on: bool, needed: Collection[str]) -> None:
        """In or out; the settings stay where a control in them is needed."""
        self._is_on = on
        beside = any(self._settings.findChild(QWidget, name) is not None for name in needed)
        self._take(self._header, on)
        self._take(self._settings, on and not beside)
        self._show_view(self._views.currentIndex())

    def _show_view(self, view: int) -> None:
        self._take(self._curve, self._is_on and view != 0)

    def _take(self, part: QWidget, away: bool) -> None:
        if self._away[part] != away:
            self._away[part] = away
            part.setVisible(not away)
