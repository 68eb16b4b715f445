"""The quiz: which column is real? Names are hidden until somebody chooses."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.gui.panels.base.views import SampleStage, button
from playground.gui.panels.compare.choices import MOST
from playground.gui.panels.compare.column import POINTS, SHOWN, Column, share_the_width
from playground.gui.panels.compare.quiz import Quiz, real_examples
from playground.gui.panels.compare.race import Race
from playground.gui.widgets import theme

_LETTERS = "ABCDE"


class _Card(QWidget):
    """One place: samples of nobody knows whom, and the button that says they are real."""

    def __init__(self, name: str, letter: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.stage = SampleStage(f"{name}.{letter.lower()}", legend=False)
        self.stage.caption.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.button = button(f"{letter} is real", f"{name}.pick.{letter.lower()}", f"You think that {letter} is real "
                             f"data (key: {letter})")  # fmt: skip
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stage, 1)
        layout.addWidget(self.button)
        layout.addStretch(0)  # room that the picture cannot use
        share_the_width(self)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.stage.setMaximumHeight(event.size().width() + 4 * theme.em(self))  # the button stays near the picture

    def show_examples(self, x: np.ndarray, extent: float) -> None:
        """Every candidate in the same ink and number."""
        if x.ndim == 2:
            self.stage.points.clear()
            self.stage.points.set_extent(-extent, extent)
        self.stage.show_samples(x, "")


class QuizView(QWidget):
    """Rounds of one question. The samples of a round come from its own noise, the real ones were never trained on."""

    def __init__(self, name: str, race: Race, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.quiz = Quiz()
        self._race = race
        self._drawn: dict[Column, np.ndarray] = {}  # of this round
        self._columns: Sequence[Column] = ()  # that are asked in this round
        self.question = QLabel("Which column is real?")
        self.question.setObjectName(f"{name}.question")
        self.question.setProperty("role", "title")
        self.question.setWordWrap(True)
        self.score = QLabel()
        self.score.setObjectName(f"{name}.score")
        self.next_button = button(
            "Next round", f"{name}.next", "Other samples, other real data, another order (key: N)"
        )
        self.next_button.setProperty("role", "primary")
        self.cards = [_Card(name, letter) for letter in _LETTERS[: MOST + 1]]
        self._lay_out()
        self.next_button.clicked.connect(self.next_round)
        for place, card in enumerate(self.cards):
            card.button.clicked.connect(lambda _=False, place=place: self.pick(place))
        for column in race.columns:
            column.drawn.connect(self._take)
            column.opened.connect(self._lost)
            column.troubled.connect(self._interrupted)
        self._lost()

    # -- rounds -------------------------------------------------------------------------------------------------------

    def next_round(self) -> None:
        """Asks every model for samples; the question stands once all have answered."""
        self._columns = [column for column in self._race.columns if column.session.is_open]
        if len(self._columns) < len(self._race.columns):
            return
        self.quiz.begin(len(self._columns) + 1)
        self._drawn = {}
        self.question.setText("Drawing ...")
        self._allow(picking=False, going_on=False)
        count = self._count
        for column in self._columns:
            column.draw(count, self.quiz.round)

    def pick(self, place: int) -> None:
        """Says that the column in this place is the real one; then the names are shown."""
        is_right = self.quiz.pick(place)
        real = _LETTERS[self.quiz.real_place]
        self.question.setText(f"Right: {real} is real." if is_right else f"No, {_LETTERS[place]} is "
                              f"{self._name(place)}. {real} is real.")  # fmt: skip
        for index in range(len(self.quiz.order)):
            self.cards[index].stage.caption.setText(self._revealed(index))
        self._show_score()
        self._allow(picking=False, going_on=True)

    def is_settled(self) -> bool:
        """Whether no samples are on their way."""
        return not self._columns or len(self._drawn) == len(self._columns)

    # -- what is on show ----------------------------------------------------------------------------------------------

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """A letter picks its column, N goes on."""
        letter = event.text().upper()
        buttons = {**dict(zip(_LETTERS, (card.button for card in self.cards), strict=False)), "N": self.next_button}
        if letter in buttons and buttons[letter].isVisible():
            buttons[letter].click()
        else:
            super().keyPressEvent(event)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFocus()  # so that letters are answers
        if not self._columns:
            self.next_round()

    @property
    def _count(self) -> int:
        facts = self._columns[0].session.facts
        return min(POINTS, len(facts["test"])) if facts["kind"] == "points" else SHOWN

    def _take(self, seed: int, x: np.ndarray) -> None:
        column = self.sender()
        assert isinstance(column, Column)
        if seed != self.quiz.round or column not in self._columns:
            return
        self._drawn[column] = x
        if len(self._drawn) == len(self._columns):
            self._ask()

    def _ask(self) -> None:
        facts = self._columns[0].session.facts
        asked = any(column.session.facts["conditional"] for column in self._columns)
        classes = facts["test_labels"][:, 0] if asked and facts["factors"] else None
        real = real_examples(facts["test"], self._count, self.quiz.round, classes)
        candidates = [real, *(self._drawn[column] for column in self._columns)]
        for place, card in enumerate(self.cards):
            card.setVisible(place < len(candidates))
            if place < len(candidates):
                card.show_examples(candidates[self.quiz.order[place]], facts["extent"])
        self.question.setText("Which column is real?")
        self._show_score()
        self._allow(picking=True, going_on=False)

    def _lost(self) -> None:
        """Another model was opened: a question under way is taken back."""
        self._columns, self._drawn = (), {}
        self.question.setText("Which column is real?")
        self._show_score()
        self._allow(picking=False, going_on=True)
        if self.isVisible():
            self.next_round()

    def _interrupted(self) -> None:
        """A model broke while it drew: without its samples there is no question; another round may be tried."""
        if not self.is_settled():
            self._columns, self._drawn = (), {}
            self.question.setText("A model could not draw its samples.")
            self._allow(picking=False, going_on=True)

    def _name(self, place: int) -> str:
        candidate = self.quiz.order[place]
        return "real data" if candidate == 0 else self._columns[candidate - 1].title

    def _revealed(self, place: int) -> str:
        """The name, with how true and how varied such samples are; of real data, what training examples reach."""
        candidate = self.quiz.order[place]
        numbers = self._columns[max(candidate - 1, 0)].track.newest
        end = "" if candidate else "_floor"
        measured = [f"{name} {numbers[name + end]:.2f}" for name in ("precision", "recall") if name + end in numbers]
        return "\n".join([self._name(place), *measured])

    def _show_score(self) -> None:
        asked = self.quiz.asked
        self.score.setText(f"{self.quiz.right} right of {asked}" if asked else "No answer yet")

    def _allow(self, picking: bool, going_on: bool) -> None:
        for card in self.cards:
            card.button.setEnabled(picking)
        self.next_button.setEnabled(going_on)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self.question, 1)
        head.addWidget(self.score)
        head.addWidget(self.next_button)
        row = QHBoxLayout()
        row.setSpacing(theme.em(self, 0.8))
        for card in self.cards:
            row.addWidget(card, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addLayout(row, 1)
