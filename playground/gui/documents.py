"""Documents in the window: what is open is captured, saved, opened, dropped, copied, and there again after a crash."""

import contextlib
import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu

from playground import paths, registry
from playground.core.errors import PlaygroundError, UsageError
from playground.core.file_lock import FileLock
from playground.core.whole_file import kept_aside, whole_file
from playground.gui.access import Access
from playground.gui.document import Document, ViewState, is_document
from playground.gui.recovery import Recovery
from playground.gui.script_export import ScriptExport

if TYPE_CHECKING:
    from playground.gui.main_window import MainWindow

AUTOSAVE_MILLISECONDS = 5000
HAND_IN = ".handin"
_KINDS = "Documents and pictures (*.json *.png)"

Aside = tuple[dict[str, ViewState], tuple[str, ...], tuple[str, ...]]

_log = logging.getLogger("playground")


class Documents(QObject):
    """Opens and saves all that one window shows.

    Attributes:
        access: the controls that the open document hides and locks.
        scripts: writes runs as scripts.
    """

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self.access = Access(window)
        self.scripts = ScriptExport(window.say, window)
        self._recovery: Recovery | None = None
        self._waiting: dict[str, ViewState] = {}  # of pages that nobody has looked at yet
        self._kept: Document | None = None
        self._is_aside = False
        self._lock: FileLock | None = None  # of several windows on one data folder, one is found again
        self._timer = QTimer(self)
        self._timer.setInterval(AUTOSAVE_MILLISECONDS)
        self._timer.timeout.connect(self.keep)
        self.recent_menu = QMenu("Open re&cent", window)
        self.recent_menu.setObjectName("file.recent")
        self.recent_menu.aboutToShow.connect(self._fill_recent)

    # -- the document that is open ------------------------------------------------------------------------------------

    def current(self) -> Document:
        """All that the window shows."""
        pages = {name: page.capture() for name, page in self._window.pages.items()}
        stage = self._window.page.name if self._window.page else ""
        return Document(stage, self._waiting | pages, self.access.hidden, self.access.locked)

    def apply(self, document: Document) -> None:
        """Shows a document; pages that are not seen wait until they are. Raises UsageError for an unknown page."""
        names = self._window.page_names()
        for name in (document.stage, *document.pages):
            if name not in names:
                raise UsageError(f"This document needs a page '{name}', which this version does not have. "
                                 "Nothing was changed.")  # fmt: skip
        self._waiting = dict(document.pages)
        self.access.set(document.hidden, document.locked)
        for name in [name for name in self._window.pages if name in self._waiting and name != document.stage]:
            self._window.pages[name].restore(self._waiting.pop(name))
        page = self._window.show_page(document.stage, open_default=document.stage not in self._waiting)
        if state := self.state_for(document.stage):
            page.restore(state)

    def state_for(self, name: str) -> ViewState | None:
        """What a page shall show when it is first seen, once."""
        return self._waiting.pop(name, None)

    def set_aside(self) -> Aside:
        """Makes room for a document of somebody else; the next start will find what is open now."""
        if self._timer.isActive():
            self.keep()
        aside: Aside = (self._waiting, self.access.hidden, self.access.locked)
        self.access.set()
        self._waiting, self._is_aside = {}, True
        self.access.whose = "scene"
        return aside

    def bring_back(self, aside: Aside) -> None:
        """What was open before."""
        self._waiting, hidden, locked = aside
        self._is_aside = False
        self.access.whose = "document"
        self.access.set(hidden, locked)

    # -- opening anything ---------------------------------------------------------------------------------------------

    def open_path(self, path: str) -> None:
        """Opens a run, a document, an experiment, a picture with a document inside, or whatever the page on the stage
        can take (data). Raises PlaygroundError with a sentence; then nothing has changed."""
        try:
            self._open(path)
        except OSError as error:  # a name that is too long, a disk that is gone
            raise PlaygroundError(
                f"{path} cannot be opened: {error.strerror or error}. Nothing was changed."
            ) from error

    def _open(self, path: str) -> None:
        file = Path(path)
        if file.suffix.lower() == HAND_IN and file.is_file():
            raise UsageError(f"{path} is a hand-in; playground report {file.name} says what is in it.")
        if file.suffix.lower() == ".png" and file.is_file():
            self.apply(Document.load(file))
        elif file.suffix.lower() == ".json" and file.is_file():
            self._open_json(file)
        elif (file / "manifest.json").is_file() or path in registry.pretrained():
            self._window.open_run(path)
        elif not self._window.open_data_file(path):
            registry.find_run(path)  # says why it is none
        if file.exists():
            self._remember(file)

    def open_or_say(self, path: str) -> None:
        """The same, with the sentence on the stage."""
        try:
            self.open_path(path)
        except PlaygroundError as error:
            self._window.say("bad", str(error))

    def _open_json(self, file: Path) -> None:
        from playground.core.experiment import Experiment
        from playground.core.untrusted import read_json

        content = read_json(file)
        if is_document(content):
            self.apply(Document.from_json(content))
            return
        experiment = Experiment.from_json(content)
        if experiment.model not in self._window.families():
            raise UsageError(f"This experiment needs the model '{experiment.model}', which this version does not have. "
                             "Nothing was changed.")  # fmt: skip
        page = self._window.show_panel(experiment.model, open_default=False)
        page.restore(ViewState(experiment.model, experiment=experiment))

    # -- what the menu does -------------------------------------------------------------------------------------------

    def choose_document(self) -> None:
        """Asks for a file and opens it."""
        name, _ = QFileDialog.getOpenFileName(self._window, "Open", "", _KINDS)
        if name:
            self.open_or_say(name)

    def choose_run(self) -> None:
        """Asks for a run folder and opens it."""
        folder = QFileDialog.getExistingDirectory(self._window, "Open run", str(paths.runs()))
        if folder:
            self.open_or_say(folder)

    def save_document(self) -> None:
        """Asks for a file and writes the document."""
        name, _ = QFileDialog.getSaveFileName(self._window, "Save document", "playground.json", "Document (*.json)")
        if name:
            done = self._write(lambda: self.current().save(Path(name)), f"Wrote {name}. Open it with: playground "
                               f"--open {name}")  # fmt: skip
            if done:
                self._remember(Path(name))

    def save_picture(self) -> None:
        """Asks for a file and writes a picture of the window with its document inside."""
        name, _ = QFileDialog.getSaveFileName(self._window, "Save picture", "playground.png", "Picture (*.png)")
        if name:
            self.write_picture(Path(name))

    def write_picture(self, path: Path) -> None:
        """The picture of the window as it stands; the message that it was written is not on it."""
        image = self._window.grab().toImage()
        done = self._write(lambda: self.current().only_stage().save_picture(image, path),
                           f"Wrote {path}. Drop it on the window and it opens again.")  # fmt: skip
        if done:
            self._remember(path)

    def export_experiment(self) -> None:
        """Asks for a file and writes the current run's Experiment."""
        panel = self._window.panel
        experiment = panel.session.exported() if panel else None
        if experiment is None:
            return
        name, _ = QFileDialog.getSaveFileName(
            self._window, "Export experiment", "experiment.json", "Experiment (*.json)"
        )
        if name:
            repeat = f"Wrote {name}. Repeat it with: playground train {name} --out DIR"
            self._write(lambda: experiment.save(Path(name)), repeat)

    def export_script(self) -> None:
        """Asks for a file and writes the current run as a plain torch script."""
        panel = self._window.panel
        experiment = panel.session.exported() if panel else None
        if experiment is None:
            return
        suggested = f"{experiment.model}_{experiment.data.partition(':')[0].replace('-', '_')}.py"
        name, _ = QFileDialog.getSaveFileName(self._window, "Export script", suggested, "Python (*.py)")
        if name:
            self.scripts.begin(experiment, Path(name).with_suffix(".py"))

    def copy_state(self) -> None:
        """Puts the page on the stage onto the clipboard, as one line of text."""
        QGuiApplication.clipboard().setText(self.current().only_stage().to_string())
        self._window.say("good", "The state of this page was copied as one line of text. 'Open the copied state' "
                         "shows it again, here or on another machine.")  # fmt: skip

    def paste_state(self) -> None:
        """Opens the line of text on the clipboard."""
        try:
            self.apply(Document.from_string(QGuiApplication.clipboard().text()))
        except PlaygroundError as error:
            self._window.say("bad", str(error))

    def _write(self, write: Callable[[], None], done: str) -> bool:
        try:
            write()
        except PlaygroundError as error:
            self._window.say("bad", f"{error} Choose another place; nothing else changed.")
            return False
        self._window.say("good", done)
        return True

    def _remember(self, file: Path) -> None:
        self._window.preferences.remember(str(file.resolve()))

    def _fill_recent(self) -> None:
        self.recent_menu.clear()
        there = [path for path in self._window.preferences.recent if Path(path).exists()]
        for path in there:
            action = QAction(path, self.recent_menu)
            action.triggered.connect(lambda _=False, path=path: self.open_or_say(path))
            self.recent_menu.addAction(action)
        if not there:
            self.recent_menu.addAction("Nothing was opened or saved yet").setEnabled(False)

    # -- the next start -----------------------------------------------------------------------------------------------

    def start_keeping(self) -> None:
        """From now on the next start finds what is open now. What the last session could not end is offered."""
        if self.is_first():
            self._timer.start()
            self._recovery = Recovery(self._window)
            self._recovery.offer()

    def is_first(self) -> bool:
        """Whether no other window is open on this data folder; only what the first one shows is there at the next
        start."""
        if self._lock is None:
            self._lock = FileLock.take(paths.user_data() / "window.lock")
        return self._lock is not None

    def keep(self) -> None:
        """Writes what is open, if it has changed; a home that cannot be written only loses the memory."""
        if self._is_aside:
            return
        if self._recovery is not None:
            self._recovery.note()
        document = self.current()
        if document == self._kept:
            return
        try:
            with whole_file(_last(), "last document", lasting=False) as part:
                part.write_text(json.dumps(document.to_json()), encoding="utf-8")
        except PlaygroundError as error:
            _log.warning("%s", error)
        self._kept = document

    def stop_keeping(self) -> None:
        """The window closes by itself: nothing went wrong."""
        if self._timer.isActive():
            self._timer.stop()
            self.keep()
            _opened()
        if self._recovery is not None:
            self._recovery.end()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def reopen(self) -> str | None:
        """Shows what was open when the window was last closed, or when it crashed.

        Returns None if it does, "" if there is nothing to show, and else the sentence why it does not. A document that
        brought the program down while it was opened is left alone.
        """
        if not self.is_first() or not _last().is_file():
            return ""
        if _opening().exists():
            _opened()
            return (f"The last session ended while its document was being opened, so it was not opened again. It is "
                    f"kept: {_last()}")  # fmt: skip
        try:
            with contextlib.suppress(OSError):  # a home that cannot be written is no reason
                _opening().touch()
            self.apply(Document.load(_last()))
        except (PlaygroundError, OSError) as error:
            _opened()
            _log.warning("last document not opened: %s", error)
            return kept_aside(_last(), "What was open last", "it was not opened again")
        QTimer.singleShot(AUTOSAVE_MILLISECONDS, self, _opened)
        return None


def _last() -> Path:
    return paths.user_data() / "last-document.json"


def _opened() -> None:
    with contextlib.suppress(OSError):
        _opening().unlink(missing_ok=True)


def _opening() -> Path:
    """There while the last document is being opened."""
    return paths.user_data() / "last-document.opening"
