"""The window that is measured: a real one, whose runs are kept in a folder that goes with it."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent

from playground.core import engine
from playground.core.errors import UsageError
from playground.gui.app import ENGINE, application
from playground.gui.main_window import MainWindow
from playground.gui.preferences import Preferences
from playground.gui.widgets import theme


@contextlib.contextmanager
def bench_window(where: str = "") -> Iterator[MainWindow]:
    """A window as it is opened by default. `where` its workers run: "auto", "thread" or "process"; "" as in the
    environment."""
    home, before = os.environ.get("PLAYGROUND_HOME"), engine.current()
    engine.use(engine.chosen(where or os.environ.get(ENGINE, "auto")))
    with tempfile.TemporaryDirectory(prefix="playground-bench-") as folder:
        os.environ["PLAYGROUND_HOME"] = folder
        application()
        theme.apply("light")
        window = MainWindow(Preferences())
        window.show()
        try:
            yield window
        finally:
            window.close()
            window.deleteLater()
            QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
            engine.current().close()
            engine.use(before)
            os.environ.pop("PLAYGROUND_HOME")
            if home is not None:
                os.environ["PLAYGROUND_HOME"] = home


def shown_page(window: MainWindow, name: str, data: str) -> Any:
    """A page with some data, or with what it opens with. Raises UsageError where the two do not go together."""
    page: Any = window.show_page(name, open_default=not data)
    if data:
        if not hasattr(page, "open_data"):
            raise UsageError(f"The page '{name}' has no data of its own; name a family, or leave out --data.")
        page.open_data(data)
    return page


def sessions_of(page: Any, name: str) -> list[Any]:
    """What trains on a page. Raises UsageError where nothing does."""
    sessions = page.sessions()
    if not sessions:
        raise UsageError(f"Nothing trains on the page '{name}'; name a family, or compare.")
    return list(sessions)
