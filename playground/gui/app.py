"""Starts the window: painted first, then torch is imported in the background."""

import contextlib
import importlib
import logging
import os
import sys
import threading
from typing import NoReturn

from PySide6.QtWidgets import QApplication

from playground import paths
from playground.core import engine
from playground.core.aside import ASIDE
from playground.core.errors import PlaygroundError
from playground.gui.collector import Collector
from playground.gui.ending import PATIENCE, unsaved
from playground.gui.errors import ErrorHub
from playground.gui.main_window import MainWindow
from playground.gui.preferences import Preferences
from playground.gui.signals import EndSignals
from playground.gui.widgets import icons, theme
from playground.gui.widgets.formula import bring_typesetter

ENGINE = "PLAYGROUND_ENGINE"  # in the environment: auto, thread or process
SECOND = (
    "Another window of the playground is open, here or on another machine with this data folder. Both can be used; "
    "the next start shows what the first one had open."
)


def main(open_path: str | None = None, panel: str | None = None) -> NoReturn:
    """Runs the application until its window is closed, and ends the process."""
    app = application()
    hub = ErrorHub()
    hub.install()
    engine.use(engine.chosen(os.environ.get(ENGINE, "auto"), hub.logs))
    window = open_window(Preferences.load(), open_path, panel)
    hub.error_met.connect(window.error_met)
    window.reports.tell_crash(hub.last_crash)
    signals = EndSignals(app)
    signals.met.connect(window.close)
    signals.met.connect(app.quit)  # also out of a dialog
    _leave(app.exec())


def _leave(code: int) -> NoReturn:
    """Ends the process: all is saved, and nobody waits until Python has taken torch and Qt apart, which takes a second,
    or until a thread ends that only imports torch or has been too long at a step for the window to wait."""
    for thread in threading.enumerate():
        if thread.name == ASIDE:  # an export
            thread.join(PATIENCE)
    if left := [t.name for t in threading.enumerate() if t is not threading.current_thread() and not t.daemon]:
        logging.getLogger("playground").warning("ended with %s still at work", ", ".join(left))
    logging.shutdown()
    engine.current().close()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):  # nobody reads it any more, or there is none
            stream.flush()
    os._exit(code)


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
    first = panel or window.page_names()[0]
    shown = window.show_page(first, open_default=False)
    window.show()
    QApplication.processEvents()  # paint before the import of torch competes for the interpreter
    trouble = _open(window, open_path, reopen=not panel and preferences.on_disk)
    if trouble is not None:  # nothing was opened
        shown.open_default()
    said = [unsaved() if preferences.on_disk else "", preferences.trouble, window.memory.trouble, trouble or ""]
    if preferences.on_disk and not window.documents.is_first():
        said.append(SECOND)
    if sentences := [sentence for sentence in said if sentence]:
        window.say("bad" if trouble else "warn", " ".join(sentences))
    if preferences.on_disk:
        window.documents.start_keeping()
    engine.current().warm()  # the first page may need no torch, and the next one should not have to wait for it
    threading.Thread(target=_bring_panels, name="playground-panels", daemon=True).start()  # nor for the plots
    return window


def _bring_panels() -> None:
    importlib.import_module("playground.gui.panels.base.panel")
    bring_typesetter()


def _open(window: MainWindow, open_path: str | None, reopen: bool) -> str | None:
    """Opens what was asked for, or what was open last. None: done; else why not, "" where there was nothing."""
    if open_path:
        try:
            window.documents.open_path(open_path)
        except PlaygroundError as error:
            return str(error)
        return None
    return window.documents.reopen() if reopen else ""
