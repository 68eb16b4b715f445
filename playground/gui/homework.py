"""Hands in: packs answers and runs into one file, in a thread of its own, since samples are drawn for it."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from playground import paths, registry
from playground.core.aside import Aside
from playground.core.errors import PlaygroundError
from playground.core.experiment import Experiment
from playground.gui.catalogue import StoredRun
from playground.gui.lessons.progress import Progress
from playground.gui.panels.base.parts import counted
from playground.gui.panels.base.waiter import Waiter

if TYPE_CHECKING:
    from playground.gui.main_window import MainWindow

MOST = 24  # runs that are offered, as many as one file holds


class Homework(QObject):
    """What there is to hand in, and the file.

    Signals:
        ended: level ("good" or "bad") and sentence, when a file was written or could not be.
    """

    ended = Signal(str, str)

    def __init__(self, window: "MainWindow") -> None:
        super().__init__(window)
        self._window = window
        self._waiter = Waiter(self)
        self._waiter.ended.connect(lambda result: self.ended.emit(*(result or ("bad", "Nothing was handed in."))))

    def show(self) -> None:
        """The place where a person hands in."""
        self._window.lessons.leave("lecture")
        page = self._window.show_page("lecture")
        page.show_hand_in()  # type: ignore[attr-defined]

    def runs(self) -> list[StoredRun]:
        """A person's own runs: those that are open, then those stored, the newest first; at most `MOST`."""
        own = [(file.stat().st_mtime, str(file.parent)) for file in paths.runs().glob("*/manifest.json")]
        found: dict[Path, StoredRun] = {}
        for run in (*self._open(), *(run for _, run in sorted(own, reverse=True))):
            path = Path(run)
            with suppress(PlaygroundError, OSError):  # damaged, or gone meanwhile
                experiment = Experiment.load(path / "experiment.json")
                if experiment.model in registry.models() and path.resolve() not in found:
                    changed = (path / "manifest.json").stat().st_mtime
                    found[path.resolve()] = StoredRun(run, experiment, changed)
        return list(found.values())[:MOST]

    def is_open(self, run: StoredRun) -> bool:
        """Whether a run stands in the window now."""
        return run.run in self._open()

    def _open(self) -> list[str]:
        bundled = registry.pretrained()
        runs = dict.fromkeys(session.run for session in self._window.sessions)
        return [run for run in runs if run and run not in bundled and (Path(run) / "manifest.json").is_file()]

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._waiter.busy

    def hand_in(self, student: str, runs: Sequence[str], path: Path) -> None:
        """Writes the file: what was done in the lessons, and these runs as they were last saved."""
        if self.busy:
            self.ended.emit("warn", "Another hand-in is still being written; try again in a moment.")
            return
        progress = self._window.lessons.progress
        self._waiter.wait_for(Aside(lambda: _written(student, tuple(runs), progress, path), name="playground-hand-in"))

    def close(self) -> None:
        """Waits for the one under way."""
        self._waiter.close()


def _written(student: str, runs: Sequence[str], progress: Progress, path: Path) -> tuple[str, str]:
    """Level and sentence of what came of it."""
    from playground.core import hand_in, hand_in_file  # brings torch, and not on the window's thread
    from playground.evaluation.hand_in import packed

    answers = {scene: hand_in.Prediction(**asdict(answer)) for scene, answer in progress.answers.items()}
    try:
        hand_in_file.write(packed(student, runs, progress.done, answers), path)
    except PlaygroundError as error:
        return "bad", str(error)
    except Exception as error:  # noqa: BLE001  (whatever breaks, the window must say what happened)
        return "bad", f"Nothing was handed in: {type(error).__name__}: {error}. Your runs are as they were."
    held = (counted(len(runs), "run"), f"{counted(len(progress.done), 'scene')} done",
            counted(len(answers), "prediction"))  # fmt: skip
    return "good", f"Wrote {path}: {', '.join(held)}. Send this one file; playground report {path.name} shows it."
