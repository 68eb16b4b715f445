"""Where to begin: every family with its samples, in the lecture's order, and the ways to see them together."""

from PySide6.QtCore import QEvent
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from playground.gui.panels.base.page import Page as BasePage
from playground.gui.session import Card, TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.picture_tile import PictureTile

WELCOME = "Run generative models instead of reading about them"
HINT = "Choose a model: it works at once, and Train starts it anew from noise."


class Page(BasePage):
    """The first page. Its pictures are stored samples of the bundled runs."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("home", parent)
        title, hint = QLabel(WELCOME), QLabel(f"{HINT} The pictures are stored samples of the bundled models.")
        title.setProperty("role", "title")
        title.setWordWrap(True)
        hint.setProperty("role", "caption")
        hint.setWordWrap(True)
        self._ways = QHBoxLayout()
        self._add_way("compare", "Race four models", "Four families learn the same data side by side")
        self._add_way("failures", "See models fail", "Eight ways to go wrong, each with its diagnosis and its repair")
        self._add_way("lecture", "Start the lecture", "The lecture as scenes, each with something to do")
        self._head = QGridLayout()
        self._head.addWidget(title, 0, 0)
        self._head.setColumnStretch(0, 1)
        cards = TrainingSession.models().values()
        self._tiles = [self._tile(card) for card in cards if card.extra.get("in_rail", True)]
        self._grid = QGridLayout()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._head)
        layout.addWidget(hint)
        layout.addWidget(self.messages)
        layout.addLayout(self._grid, 1)
        self._columns = 0
        self._arrange()

    def _add_way(self, page: str, words: str, tooltip: str) -> None:
        button = QPushButton(words)
        button.setObjectName(f"home.to_{page}")
        button.setAccessibleName(words)
        button.setToolTip(tooltip)
        button.setProperty("role", "primary")
        button.clicked.connect(lambda: self.page_wanted.emit(page))
        self._ways.addWidget(button)

    def _tile(self, card: Card) -> PictureTile:
        tags = " · ".join(part for part in (f"Slides {card.slides}", card.extra.get("objective", "")) if part)
        approach = card.extra.get("approach", "")
        tooltip = f"{card.about}\n{approach}".strip()
        tile = PictureTile(card.title, tags, card.about, tooltip, object_name=f"home.{card.name}")
        if run := TrainingSession.default_run(card.name):
            points = TrainingSession.stored_facts(run)["kind"] == "points"
            tile.set_picture(TrainingSession.bundled_runs()[run] / "samples.png", drawing=points)
        tile.clicked.connect(lambda: self.page_wanted.emit(card.name))
        return tile

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_columns"):
            self._columns = 0
            self._arrange()

    def _arrange(self) -> None:
        """As many columns as the width has room for, three at most."""
        columns = min(3, max(1, self.width() // theme.em(self, 18)))
        if columns == self._columns:
            return
        self._columns = columns
        self._head.removeItem(self._ways)
        self._head.addLayout(self._ways, int(columns < 3), int(columns == 3))
        for place, tile in enumerate(self._tiles):
            self._grid.addWidget(tile, place // columns, place % columns)
        for line in range(len(self._tiles)):
            self._grid.setColumnStretch(line, int(line < columns))
            self._grid.setRowStretch(line, int(line < -(-len(self._tiles) // columns)))
