"""Where to begin: every family with its samples, in the lecture's order, and the ways to see them together."""

from collections.abc import Mapping

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from playground.gui.panels.base.header import slides_of
from playground.gui.panels.base.page import Page as BasePage
from playground.gui.session import Card, TrainingSession
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.picture_tile import PictureTile
from playground.gui.widgets.tile_grid import MOST, TileGrid

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
        cards = [card for card in TrainingSession.models().values() if card.extra.get("in_rail", True)]
        self._tiles = {card.name: self._tile(card) for card in cards}
        self.grid = TileGrid(list(self._tiles.values()))
        self.grid.rearranged.connect(self._place_ways)
        answers = dict.fromkeys(answer for card in cards for answer in reversed(_answers(card)))
        self.mark = NameBox("home.mark", "Mark", "Which families share an answer: what they optimise, how they sample")
        self.mark.set_choices([("", "no family"), *((answer, answer) for answer in sorted(answers, key=_ways_first))])
        self.mark.chosen.connect(self._mark)
        quiet = QHBoxLayout()
        quiet.addWidget(hint, 1)
        quiet.addWidget(labelled("Mark", self.mark))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._head)
        layout.addLayout(quiet)
        layout.addWidget(self.messages)
        layout.addWidget(self.grid, 1)
        self._place_ways(self.grid.columns)

    def _add_way(self, page: str, words: str, tooltip: str) -> None:
        button = QPushButton(words)
        button.setObjectName(f"home.to_{page}")
        button.setAccessibleName(words)
        button.setToolTip(tooltip)
        button.setProperty("role", "primary")
        button.clicked.connect(lambda: self.page_wanted.emit(page))
        self._ways.addWidget(button)

    def _tile(self, card: Card) -> PictureTile:
        tags = " · ".join(part for part in (slides_of(card), card.extra.get("objective", "")) if part)
        approach = card.extra.get("approach", "")
        tooltip = f"{card.about}\n{approach}".strip()
        tile = PictureTile(card.title, tags, card.about, tooltip, object_name=f"home.{card.name}")
        if run := TrainingSession.default_run(card.name):
            points = TrainingSession.stored_facts(run)["kind"] == "points"
            picture = TrainingSession.bundled_runs()[run] / "samples.png"
            if picture.is_file():
                tile.set_picture(picture, drawing=points)
            else:
                tile.set_network()  # it makes nothing
        tile.clicked.connect(lambda: self.page_wanted.emit(card.name))
        return tile

    def readings(self) -> Mapping[str, float]:
        """How many families are marked."""
        return {"home.marked": sum(tile.is_marked for tile in self._tiles.values())}

    def _mark(self, mark: str) -> None:
        """Lifts those families that share an answer above the others."""
        for name, tile in self._tiles.items():
            tile.set_marked(bool(mark) and mark in _answers(TrainingSession.models()[name]), dims=bool(mark))

    def _place_ways(self, columns: int) -> None:
        """Beside the title where there is room, else below it."""
        self._head.removeItem(self._ways)
        self._head.addLayout(self._ways, int(columns < MOST), int(columns == MOST))


def _answers(card: Card) -> tuple[str, ...]:
    """A family's two answers in the lecture: what it optimises, and whether it samples directly."""
    approach = str(card.extra.get("approach", "")).partition(":")[0].lower()
    objective = str(card.extra.get("objective", "")) if approach else ""  # recognition generates nothing
    return tuple(answer for answer in (objective, approach) if answer)


def _ways_first(answer: str) -> bool:
    return answer not in ("direct", "indirect")
