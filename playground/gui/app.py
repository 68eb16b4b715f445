"""Starts the window: painted first, then torch is imported in the background."""

import sys

from PySide6.QtWidgets import QApplication

from playground import paths
from playground.core.errors import PlaygroundError
from playground.gui.collector import Collector
from playground.gui.errors import ErrorHub
from playground.gui.main_window import MainWindow
from playground.gui.preferences import Preferences
from playground.gui.widgets import icons, theme


def main(open_path: str | None = None, panel: str | None = None) -> int:
    """Runs the application until its window is closed; returns the exit code."""
    app = application()
    hub = ErrorHub()
    hub.install()
    window = open_window(Preferences.load(), open_path, panel)
    hub.error_met.connect(window.error_met)
    return app.exec()


def application() -> QApplication:
    """The QApplication, made once."""
    existing = QApplication.instance()
    app = existing if isinstance(existing, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("Generative playground")
    app.setDesktopFileName("generative-playground")
    icons.set_folder(paths.resources() / "icons")
    if app.findChild(Collector) is None:
        Collector(app)
    return app


def open_window(preferences: Preferences, open_path: str | None = None, panel: str | None = None) -> MainWindow:
    """The window, painted with the stored samples of a bundled run; its model is on its way."""
    theme.apply(preferences.theme, preferences.type_scale)
    window = MainWindow(preferences)
    family = panel or (preferences.panel if preferences.panel in window.families() else "") or _first(window)
    chosen = window.show_panel(family, open_default=False)
    window.show()
    QApplication.processEvents()  # paint before the import of torch competes for the interpreter
    try:
        if open_path:
            window.open_run(open_path)
        else:
            chosen.open_default()
    except PlaygroundError as error:
        chosen.open_default()
        window.say("bad", str(error))
    return window


def _first(window: MainWindow) -> str:
    """The lecture's showpiece, if it is there."""
    families = window.families()
    return "diffusion" if "diffusion" in families else families[0]
