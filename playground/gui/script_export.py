"""Writes a run as a plain script in a thread of its own: that needs torch and the data, and the window stays alive."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from playground.core.aside import Aside
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment

POLL_MILLISECONDS = 50


class ScriptExport(QObject):
    """One export after the other."""

    def __init__(self, say: Callable[[str, str], None], parent: QObject) -> None:
        """`say` shows a level ("good", "bad", "info") and a sentence."""
        super().__init__(parent)
        self._say = say
        self._work: Aside[tuple[str, str]] | None = None
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MILLISECONDS)
        self._timer.timeout.connect(self._look)

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return self._work is not None

    def begin(self, experiment: Experiment, path: Path) -> None:
        """Writes the script of a run."""
        if self._work is not None:
            self._say("warn", "Another script is still being written; try again in a moment.")
            return
        self._work = Aside(lambda: _written(experiment, path), name="playground-script")
        self._say("info", f"Writing {path.name} ...")
        self._timer.start()

    def close(self) -> None:
        """Waits for the one under way."""
        self._timer.stop()
        if self._work is not None:
            self._work.has_ended(timeout=10.0)
            self._work = None

    def _look(self) -> None:
        if self._work is not None and self._work.has_ended():
            result, self._work = self._work.result(), None
            self._timer.stop()
            self._say(*(result or ("bad", "The script was not written.")))


def _written(experiment: Experiment, path: Path) -> tuple[str, str]:
    """Level and sentence of what came of it."""
    from playground.script import export_script  # brings torch, and not on the window's thread

    try:
        files = export_script(experiment, path)
    except PlaygroundError as error:
        return "bad", str(error)
    except Exception as error:  # noqa: BLE001  (whatever a family's code is like, the window must say what happened)
        return "bad", f"The script was not written: {type(error).__name__}: {error}. The run is as it was."
    beside = f" Its training data are beside it in {files[1].name}; keep both together." if len(files) > 1 else ""
    return "good", f"Wrote {path}. Run it with: python {path.name}.{beside}"
