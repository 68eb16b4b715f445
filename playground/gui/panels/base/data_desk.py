"""What a panel does with data of one's own: opens them, and puts back what was on the stage where that fails."""

from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from playground.core.hyperparams import Value
from playground.gui.document import ViewState
from playground.gui.panels.base.data_dock import DataDock
from playground.gui.panels.base.settings import SettingsColumn
from playground.gui.session import TrainingSession

_TABLES = (".csv", ".tsv", ".txt", ".npy")
_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".bmp")


class DataDesk(QObject):
    """Binds the dock and the settings of one panel to its session.

    Signals:
        preparing: (words) a fresh model is on its way.
        refused: (sentence) nothing was changed, and why.
    """

    preparing = Signal(str)
    refused = Signal(str)

    def __init__(
        self, session: TrainingSession, settings: SettingsColumn, dock: DataDock, seed: Callable[[], int],
        capture: Callable[[], ViewState], parent: QObject,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._session, self._settings = session, settings
        self._seed, self._capture = seed, capture
        self._before: ViewState | None = None  # on the stage, until the new data are there
        self._family = session.models()[settings.family].title
        dock.wanted.connect(self.use)
        dock.refused.connect(self.refused)
        dock.path_chosen.connect(self.open_path)
        dock.closed.connect(lambda: settings.data_section.edit_button.setChecked(False))
        session.opened.connect(self._arrived)

    def use(self, data: str, options: Mapping[str, Value]) -> None:
        """A fresh model on some data. On the same data the settings stay as they stand; other data bring their own."""
        experiment, settings = self._session.experiment, {}
        if experiment is not None and experiment.data == data:
            settings = self._settings.assignments()
        self._before = self._capture() if self._session.is_open else None
        self._session.prepare(self._settings.family, data, {**settings, **options}, self._seed())
        self._settings.data_section.edit_button.setChecked(False)
        self.preparing.emit("Building a fresh model ...")

    def open_path(self, path: str) -> bool:
        """Opens a file of points or a folder of images as data. Returns False for anything else; data that the family
        cannot learn, or that come while a model trains, are refused with a sentence."""
        place = Path(path)
        if place.is_dir() and _holds_pictures(place):
            name, group, learns, other = f"folder:{place.resolve()}", "images", "points", "holds images"
        elif place.suffix.lower() in _TABLES:
            name, group, learns, other = f"drawn:{place.resolve()}", "plane", "images", "holds points"
        else:
            return False
        if not self._settings.data_section.learns(group):
            self.refused.emit(f"{self._family} learns {learns}, and {place.name} {other}. Nothing was changed; choose "
                              "another family in the rail for it.")  # fmt: skip
        elif self._session.state in ("running", "stopping"):
            self.refused.emit(f"{place.name} was not opened, since a model is training: pause or stop it first.")
        else:
            self.use(name, {})
        return True

    def put_back(self) -> ViewState | None:
        """What was on the stage before data that could not be opened; once."""
        before, self._before = self._before, None
        return before

    def _arrived(self) -> None:
        self._before = None


_GLANCE = 2000  # files looked at: a person who drops a whole disk does not wait for it


def _holds_pictures(folder: Path) -> bool:
    """Whether pictures lie in a folder or one below, as far as a glance tells."""
    if (folder / "manifest.json").exists():
        return False
    files = (file for pattern in ("*", "*/*") for file in folder.glob(pattern))
    return any(file.suffix.lower() in _PICTURES for file in islice(files, _GLANCE))
