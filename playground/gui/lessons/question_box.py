"""Predict, then reveal: a question, its choices as buttons, and in the end what was right."""

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QLabel, QPushButton, QVBoxLayout, QWidget

from playground.gui.lessons.scene import Question
from playground.gui.widgets import icons, theme
from playground.gui.widgets.flow_layout import FlowLayout

LETTERS = "ABCD"


class QuestionBox(QWidget):
    """Asks one question; a choice can be changed until the answer is shown.

    Signals:
        chosen: the place of a choice.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene.question")
        self._question: Question | None = None
        self._choice: int | None = None
        self._is_revealed = False
        self._words, self._verdict = QLabel(), QLabel()
        self._words.setObjectName("scene.ask")
        self._verdict.setObjectName("scene.verdict")
        for label in (self._words, self._verdict):
            label.setWordWrap(True)
            label.setProperty("role", "heading")
        self._buttons = [self._button(place) for place in range(len(LETTERS))]
        row = FlowLayout()
        for each in self._buttons:
            row.addWidget(each)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._words)
        layout.addLayout(row)
        layout.addWidget(self._verdict)
        self.show_question(None)

    def show_question(self, question: Question | None) -> None:
        """Another question, or none."""
        self._question, self._choice, self._is_revealed = question, None, False
        self.setVisible(question is not None)
        self._draw()

    def choose(self, place: int) -> bool:
        """Takes a choice, if there is such a one to take."""
        if self._question is None or self._is_revealed or not 0 <= place < len(self._question.choices):
            return False
        self._choice = place
        self._draw()
        self.chosen.emit(place)
        return True

    def is_open(self) -> bool:
        """Whether a question waits for a first answer."""
        return self._question is not None and self._choice is None and not self._is_revealed

    def reveal(self) -> None:
        """Says what was right."""
        self._is_revealed = True
        self._draw()

    def _draw(self) -> None:
        question = self._question
        if question is None:
            return
        self._words.setText(question.text)
        for place, each in enumerate(self._buttons):
            each.setVisible(place < len(question.choices))
            if place >= len(question.choices):
                continue
            words = question.choices[place]
            each.setText(f"{LETTERS[place]}  {words}")
            each.setAccessibleName(f"Answer {LETTERS[place]}: {words}")
            each.setChecked(place == self._choice)
            each.setEnabled(not self._is_revealed)
            each.setIconSize(QSize(1, 1) * theme.em(self, 1.1))
            each.setIcon(self._mark() if self._is_revealed and place == question.answer else QIcon())
        self._verdict.setVisible(self._is_revealed)
        if self._is_revealed:
            self._verdict.setText(self._sentence(question))

    def _mark(self) -> QIcon:
        """At the right answer, as strong on a button that can no longer be pressed."""
        icon = icons.icon("good", theme.current().good, gap=True)
        icon.addPixmap(icon.pixmap(theme.em(self, 2)), QIcon.Mode.Disabled)
        return icon

    def _sentence(self, question: Question) -> str:
        answer = f"{LETTERS[question.answer]}: {question.choices[question.answer]}"
        if self._choice is None:
            return f"The answer is {answer}."
        if self._choice == question.answer:
            return f"You predicted it: {answer}."
        return f"You said {LETTERS[self._choice]}; it is {answer}."

    def _button(self, place: int) -> QPushButton:
        each = QPushButton()
        each.setObjectName(f"scene.choice.{LETTERS[place].lower()}")
        each.setToolTip(
            f"Your prediction; the key {LETTERS[place]} does the same. It can be changed until the scene is done"
        )
        each.setCheckable(True)
        each.setAutoDefault(False)
        each.clicked.connect(lambda: self.choose(place))
        return each
