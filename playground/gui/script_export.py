"""Writes a run as a plain script in a thread of its own: that needs torch and the data, and the window stays alive."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject

from playground.core.aside import Aside
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.gui.panels.base.waiter import Waiter


class ScriptExport(QObject):
    """One export after the other."""

    def __init__(self, say: Callable[[str, str], None], parent: QObject) -> None:
        """`say` shows a level ("good", "bad", "info") and a sentence."""
        super().__init__(parent)
        self._say = say
        self._waiter = Waiter(self)
        self._waiter.ended.connect(self._ended)

    @property
    def busy(self) -> bool:
        """Whether one is under way."""
        return self._waiter.busy

    def begin(self, experiment: Experiment, path: Path) -> None:
        """Writes the script of a run."""
        if self.busy:
            self._say("warn", "Another script is still being written; try again in a moment.")
            return
        self._waiter.wait_for(Aside(lambda: _written(experiment, path), name="playground-script"))
        self._say("info", f"Writing {path.name} ...")

    def close(self) -> None:
        """Waits for the one under way."""
        self._waiter.close()

    def _ended(self, result: tuple[str, str] | None) -> None:
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
