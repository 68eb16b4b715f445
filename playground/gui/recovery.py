"""A run that was being trained when the window ended without being closed: noted while it trains, and at the next start
there is an offer to go on."""

import contextlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from playground import paths
from playground.core.errors import PlaygroundError
from playground.core.whole_file import whole_file

if TYPE_CHECKING:
    from playground.gui.main_window import MainWindow

ENDED = "The last session ended in the middle of training. The run is here again as it was last saved."
GO_ON = "Go on training"
HINT = "Trains the run that was interrupted, from its last saved step to the budget it had"
_MOST = 100_000  # bytes of the note

_Note = tuple[str, str]  # a page and its run


class Recovery:
    """The window's part that notes what trains, and offers to go on with it."""

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._noted: _Note | None = None
        self._found = _read()
        self._forget()  # told once

    def note(self) -> None:
        """Writes down what trains now, where that has changed."""
        panels = sorted(self._window.panels(), key=lambda panel: panel is not self._window.page)  # the stage first
        training = [
            (panel.name, panel.session.run)
            for panel in panels
            if panel.session.state == "running" and panel.session.stored.steps
        ]
        newest = training[0] if training else None
        if newest == self._noted:
            return
        self._noted = newest
        if newest is None:
            self._forget()
            return
        with contextlib.suppress(PlaygroundError), whole_file(_file(), "note of what trains", lasting=False) as part:
            part.write_text(json.dumps(newest), encoding="utf-8")

    def end(self) -> None:
        """The window closes by itself: there is nothing to recover."""
        self._noted = None
        self._forget()

    def offer(self) -> None:
        """Says on the page that opened what happened, with a button that goes on; what the page said already is said
        after it."""
        page = self._window.page
        if page is None or self._found is None:
            return
        name, run = self._found
        if name in self._window.page_names() and (Path(run) / "manifest.json").is_file():
            sentence = f"{ENDED} {page.messages.text()}".rstrip()
            page.messages.show_message("warn", sentence, f"{name}: {run}", GO_ON, self._go_on, HINT)

    def _go_on(self) -> None:
        assert self._found is not None
        name, run = self._found
        if name in self._window.families():
            panel = self._window.show_panel(name)
            if panel.session.run != run:
                panel.open_run(run)
            panel.train()

    def _forget(self) -> None:
        with contextlib.suppress(OSError):
            _file().unlink(missing_ok=True)


def _read() -> _Note | None:
    try:
        with _file().open(encoding="utf-8") as file:
            page, run = json.loads(file.read(_MOST))
    except (OSError, ValueError, TypeError, RecursionError):
        return None
    return (page, run) if isinstance(page, str) and isinstance(run, str) else None


def _file() -> Path:
    return paths.user_data() / "training.json"
