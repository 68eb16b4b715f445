"""The strip above the stage while a scene is on: its title, words, question and live quantities, and where to go."""

from collections.abc import Mapping
from typing import NamedTuple

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.gui.lessons import words
from playground.gui.lessons.question_box import QuestionBox
from playground.gui.lessons.scene import GLOSSARY, SLIDE, Live, Scene
from playground.gui.widgets import icons, theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.formula import Formula
from playground.gui.widgets.icon_button import IconButton
from playground.gui.widgets.page_frame import PageFrame

MOST = 0.45  # of the window's height
NO_BREAK = "\N{NO-BREAK SPACE}"


class Place(NamedTuple):
    """Which scene of how many, from 1."""

    number: int
    total: int


class SceneStrip(QFrame):
    """What a person reads and presses during a scene.

    Signals:
        next_clicked, previous_clicked, show_clicked, leave_clicked: the buttons.
        control_wanted: the id behind a link in the words.
        term_wanted: the term of the glossary behind one.
        slide_wanted: the slide behind one.
        choice_made: the place of the choice that a person takes for right.

    Attributes:
        question: what is to be predicted.
    """

    next_clicked = Signal()
    previous_clicked = Signal()
    show_clicked = Signal()
    leave_clicked = Signal()
    control_wanted = Signal(str)
    term_wanted = Signal(str)
    slide_wanted = Signal(int)
    choice_made = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("scene")
        self.setProperty("role", "card")
        self._lives: tuple[Live, ...] = ()
        self._rows: list[_LiveRow] = []
        self._is_done = False
        self._scene: Scene | None = None
        self._readings: Mapping[str, object] = {}
        self._mark = QLabel()
        self._title = QLabel()
        self._title.setProperty("role", "title")
        self._place = QLabel()
        self._place.setProperty("role", "caption")
        self._state = QLabel()
        self._state.setObjectName("scene.state")
        self._state.setProperty("role", "heading")
        self._words, self._reveal = self._text("scene.words"), self._text("scene.reveal")
        self._formula = Formula(id_prefix="scene")
        self.question = QuestionBox()
        self.question.chosen.connect(self.choice_made)
        self._title.setWordWrap(True)
        self._previous = IconButton(
            "step-back", "Previous scene", "The scene before (PageUp)", object_name="scene.previous", role="icon"
        )
        self._next = IconButton(
            "step-forward", "Next scene", "The scene after (PageDown)", object_name="scene.next", role="icon"
        )
        self._show = IconButton("play", "Show me", "Does what the scene asks for, slowly", object_name="scene.show")
        self._leave = IconButton(
            "close", "Leave", "Ends the lesson; everything is as you left it", object_name="scene.leave"
        )
        for button, signal in (
            (self._previous, self.previous_clicked),
            (self._next, self.next_clicked),
            (self._show, self.show_clicked),
            (self._leave, self.leave_clicked),
        ):
            button.clicked.connect(signal)
        self._lay_out()

    def show_scene(self, scene: Scene, place: Place, was_done: bool) -> None:
        """Another scene."""
        self._title.setText(scene.title)
        again = "  ·  done before" if was_done else ""
        self._place.setText(f"{scene.slide_words}  ·  scene {place.number} of {place.total}{again}")
        self._scene = scene
        self._formula.set_latex(scene.formula, scene.spoken)
        self._formula.setVisible(bool(scene.formula))
        self.question.show_question(scene.question)
        self._previous.setEnabled(place.number > 1)
        self._next.setEnabled(place.number < place.total)
        self._show.setVisible(bool(scene.solution))
        self._show_live(scene.live)
        self.set_done(False)

    def show_readings(self, readings: Mapping[str, object]) -> None:
        """The live quantities as they are now; one that is not there yet is a dash."""
        self._readings = readings
        self._say_words()
        for live, row in zip(self._lives, self._rows, strict=True):
            row.show_value(live, _number(readings.get(live.name)))

    def set_done(self, is_done: bool) -> None:
        """Whether the act has happened."""
        self._is_done = is_done
        self._state.setText("Done." if is_done else "Your turn.")
        if is_done:
            self.question.reveal()
        self._reveal.setVisible(is_done and bool(self._scene and self._scene.reveal))
        self._say_words()
        self._draw_mark()

    def _say_words(self) -> None:
        if self._scene is None:
            return
        for label, text in ((self._words, self._scene.text), (self._reveal, self._scene.reveal)):
            shown = words.fill(text, self._readings)
            if label.text() != shown:
                label.setText(shown)

    def _follow(self, link: str) -> None:
        target = link.removeprefix("#")
        if target.startswith(GLOSSARY):
            self.term_wanted.emit(target.removeprefix(GLOSSARY))
        elif target.startswith(SLIDE):
            if (number := target.removeprefix(SLIDE)).isdecimal():
                self.slide_wanted.emit(int(number))
        else:
            self.control_wanted.emit(target)

    def _text(self, name: str) -> QLabel:
        label = QLabel()
        label.setObjectName(name)
        label.setTextFormat(Qt.TextFormat.MarkdownText)
        label.setWordWrap(True)
        label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        flags = Qt.TextInteractionFlag
        label.setTextInteractionFlags(flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard)
        label.linkActivated.connect(self._follow)
        return label

    def say(self, sentence: str) -> None:
        """A word about the scene in place of its state."""
        self._state.setText(sentence)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_body"):
            self._draw_mark()
            self._fit()

    def _draw_mark(self) -> None:
        now = theme.current()
        icon = icons.icon("good", now.good) if self._is_done else icons.icon("info", now.accent)
        self._mark.setPixmap(icon.pixmap(theme.em(self, 1.3)))
        self._mark.setAccessibleName("Done" if self._is_done else "Not done yet")

    def _show_live(self, lives: tuple[Live, ...]) -> None:
        for row in self._rows:
            row.remove()
        self._lives = lives
        self._body.setStretch(1, 2 if lives else 0)
        self._rows = [_LiveRow(self._grid, index) for index in range(len(lives))]
        self._fit()
        self.show_readings({})

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Words and quantities side by side where there is room for both."""
        wide = self.width() >= theme.em(self, 45)
        # Words that wrap would take the mark beside them its room.
        self._grid.setColumnMinimumWidth(0, theme.em(self, 1.4))
        self._body.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(self._mark)
        head.addWidget(self._title, 1)
        row = FlowLayout()
        self._place.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        for widget in (self._state, self._place, self._show, self._previous, self._next, self._leave):
            row.addWidget(widget)
        self._grid = QGridLayout()
        self._grid.setColumnStretch(1, 3)
        self._grid.setColumnStretch(3, 2)
        beside = QVBoxLayout()
        beside.addLayout(self._grid)
        beside.addStretch(1)
        self._body = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        told = QVBoxLayout()
        for part in (self.question, self._words, self._formula, self._reveal):
            told.addWidget(part)
        told.addStretch(1)
        self._body.addLayout(told, 3)
        self._body.addLayout(beside)
        layout = QVBoxLayout(self)
        layout.addLayout(head)
        layout.addLayout(row)
        layout.addLayout(self._body)


class StripFrame(PageFrame):
    """Room for the strip: as high as it wants to be, but never more than its share of the window; then it scrolls."""

    def __init__(self, strip: SceneStrip) -> None:
        super().__init__(strip)
        self.setObjectName("scene.frame")
        self.setAccessibleName("Scene")

    def _fit(self) -> None:
        strip = self.widget()
        if strip is not None:
            wanted = strip.heightForWidth(self.maximumViewportSize().width())
            self.setFixedHeight(min(wanted, round(MOST * self.window().height())))
        super()._fit()


class _LiveRow:
    """A mark, the name, the value, and the range."""

    def __init__(self, grid: QGridLayout, row: int) -> None:
        self._grid = grid
        self._mark, self._name, self._value, self._range = QLabel(), QLabel(), QLabel(), QLabel()
        self._value.setProperty("role", "heading")
        self._value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._range.setProperty("role", "caption")
        for label in (self._name, self._range):
            label.setWordWrap(True)
        for column, label in enumerate((self._mark, self._name, self._value, self._range)):
            grid.addWidget(label, row, column)

    def show_value(self, live: Live, value: float | None) -> None:
        name, _, unit = live.words.rpartition(", ")
        self._name.setText(name or unit)
        if value is None:
            shown = "–"
        elif all(float(number).is_integer() for number in (value, live.low, live.high)):
            shown = f"{value:,.0f}"  # what is counted
        else:
            shown = f"{value:.3f}" if abs(value) >= 0.01 or not value else f"{value:.2g}"
        self._value.setText(f"{shown} {unit if name else ''}".replace("-", "−").strip())
        whole = f"{live.low:g} to {live.high:g}".replace("-", "−").replace(" ", NO_BREAK)
        self._range.setText(f"expected {whole}")
        fits = value is not None and live.fits(value)
        now = theme.current()
        icon = icons.icon("good", now.good) if fits else icons.icon("open", now.muted)
        self._mark.setPixmap(icon.pixmap(theme.em(self._mark, 1)))
        self._mark.setToolTip("In the range" if fits else "Not in the range yet")
        self._mark.setAccessibleName(self._mark.toolTip())

    def remove(self) -> None:
        for label in (self._mark, self._name, self._value, self._range):
            self._grid.removeWidget(label)
            label.hide()
            label.deleteLater()


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and value == value else None  # NaN: not known yet
