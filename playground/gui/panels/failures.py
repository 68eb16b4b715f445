"""The failure gallery: runs that go wrong on purpose, each one click away, diagnosed and mended in its own panel."""

from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.gui.panels.base.page import Page as BasePage
from playground.gui.session import Failure, TrainingSession
from playground.gui.widgets.picture_tile import PictureTile
from playground.gui.widgets.tile_grid import TileGrid

ABOUT = (
    "Each of these trains with settings that do not work. Watch what happens: soon a message names the failure, "
    "the number by which it was found, and what to change. Repair does that, and the run gets well."
)


class Page(BasePage):
    """A tile a failure; a press opens its family's panel and trains."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("failures", parent)
        title, about = QLabel("Failures"), QLabel(ABOUT)
        title.setProperty("role", "title")
        about.setProperty("role", "caption")
        about.setWordWrap(True)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(title)
        layout.addWidget(about)
        layout.addWidget(self.messages)
        layout.addWidget(TileGrid([self._tile(failure) for failure in TrainingSession.failures()]))
        layout.addStretch(1)

    def _tile(self, failure: Failure) -> PictureTile:
        family = TrainingSession.models()[failure.model].title
        data = TrainingSession.data_sets()[failure.data].title
        tags = f"{family} · {data} · diagnosed within {failure.within:,} steps"
        tooltip = f"Opens {family} with these settings and trains it. Your own runs stay on disk."
        tile = PictureTile(failure.title, tags, failure.shows, tooltip, object_name=f"failures.{failure.name}")
        tile.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)  # no picture to give room to
        tile.clicked.connect(lambda: self.failure_wanted.emit(failure))
        return tile
