"""Binds a panel's source pane to the rest of the panel: its button, its place, and the settings behind the symbols."""

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QPushButton, QTabWidget

from playground.gui.panels.base.settings import SettingsColumn
from playground.gui.panels.base.source import SourcePane
from playground.gui.panels.base.views import View
from playground.gui.widgets.side_by_side import SideBySide


class SourceDesk(QObject):
    """Opens and closes the pane, and brings the setting behind a symbol to a person's eyes and hands.

    Signals:
        noted: (sentence) why nothing can be shown.
    """

    noted = Signal(str)

    def __init__(
        self, pane: SourcePane, button: QPushButton, place: SideBySide, settings: SettingsColumn, tabs: QTabWidget,
        views: Sequence[View],
    ) -> None:  # fmt: skip
        super().__init__(tabs)
        self._pane, self._button, self._settings, self._tabs, self._views = pane, button, settings, tabs, views
        button.toggled.connect(place.show_side)
        pane.close_wanted.connect(button.toggle)
        pane.setting_wanted.connect(self.show_setting)

    def search(self) -> None:
        """Opens the pane with the keyboard in its search."""
        self._button.setChecked(True)
        self._pane.start_search()

    def show_setting(self, key: str) -> None:
        """Shows a setting by its key on the command line; ``sample.KEY`` is one of a sampler in its view."""
        for view in self._views:
            if self._settings.is_in(view.side_form(), key) and self._tabs.isTabVisible(self._tabs.indexOf(view)):
                self._tabs.setCurrentWidget(view)
        if not self._settings.show_setting(key):
            self.noted.emit("This setting is there once the model is.")
