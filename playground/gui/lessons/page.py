"""The page of lessons: all scenes in the lecture's order with a mark at those that are done, by track."""

from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from playground.core.errors import PlaygroundError
from playground.gui.lessons import library
from playground.gui.lessons.hand_in_card import HandInCard, Homework
from playground.gui.lessons.library import Lesson
from playground.gui.lessons.player import Player
from playground.gui.lessons.scene import Scene
from playground.gui.panels.base.page import Page as BasePage
from playground.gui.panels.base.parts import caption, choice
from playground.gui.panels.base.views import button
from playground.gui.widgets import icons, theme
from playground.gui.widgets.flow_layout import FlowLayout

ALL = "home"  # the track of somebody alone at night: every scene


class Window(Protocol):
    """What the page needs of its window."""

    lessons: Player
    own_lessons: Path
    homework: Homework


class Page(BasePage):
    """Lessons and scenes; a press puts a scene on the stage."""

    def __init__(self, window: Window) -> None:
        super().__init__("lecture", window if isinstance(window, QWidget) else None)
        self._player, self._own = window.lessons, window.own_lessons
        self._marks: dict[str, QLabel] = {}
        self._done = caption("lecture.done")
        self._track = choice(
            "lecture.track",
            "Track",
            "Which scenes are listed, and followed by Next: home is all of them, the others are shorter",
        )
        self._start = button("Start", "lecture.start", "Puts the first scene that is not done yet on the stage")
        self._again = button("Read again", "lecture.read", "Reads the files of all lessons anew, after you changed one")
        self._forget = button(
            "Forget what was done", "lecture.forget", "Takes all marks and predictions away, for the next class"
        )
        self._hand_in = button("Hand in ...", "lecture.handin", "Writes your homework to one file (Ctrl+Shift+H)")
        self._hand_in.setCheckable(True)
        self._card = HandInCard(window.homework, self.messages)
        self._hand_in.toggled.connect(self._card.set_open)
        self._track.currentTextChanged.connect(self._take_track)
        self._start.clicked.connect(self._open_first)
        self._again.clicked.connect(self._player.read_again)
        self._forget.clicked.connect(self._player.progress.forget)
        self._forget.clicked.connect(self.show_marks)
        self._scroll = QScrollArea()
        self._lay_out()
        self._player.changed.connect(self.show_marks)
        self._player.reread.connect(self._list_lessons)
        self._list_lessons()

    def show_marks(self) -> None:
        """Which scenes are done, by icon and in words."""
        progress, now = self._player.progress, theme.current()
        scenes = self._scenes()
        for scene in scenes:
            is_done = progress.is_done(scene.key)
            mark = self._marks[scene.key]
            icon = icons.icon("good", now.good) if is_done else icons.icon("open", now.muted)
            mark.setPixmap(icon.pixmap(theme.em(self, 1.2)))
            mark.setToolTip("Done" if is_done else "Not done yet")
            mark.setAccessibleName(f"{scene.title}: {mark.toolTip()}")
        count = sum(progress.is_done(scene.key) for scene in scenes)
        words = [f"{count} of {len(scenes)} scenes done"]
        answers = [progress.answers[scene.key] for scene in scenes if scene.key in progress.answers]
        if answers:
            words.append(f"{sum(answer.right for answer in answers)} of {len(answers)} predictions right")
        if minutes := sum(scene.minutes for scene in scenes) if self._player.track else 0:
            words.append(f"about {minutes:g} minutes in class")
        self._done.setText("  ·  ".join(words))
        self._forget.setEnabled(bool(progress.done or progress.answers))
        self._start.setEnabled(bool(scenes))

    def show_hand_in(self) -> None:
        """Opens the place where a student hands in."""
        self._hand_in.setChecked(False)  # the list is made anew
        self._hand_in.setChecked(True)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_player"):
            self.show_marks()

    def _scenes(self) -> list[Scene]:
        return [scene for lesson in self._player.lessons for scene in lesson.along(self._player.track)]

    def _take_track(self, words: str) -> None:
        self._player.track = "" if words == ALL else words
        self._fill()

    def _open_first(self) -> None:
        scenes = self._scenes()
        self._open(next((scene for scene in scenes if not self._player.progress.is_done(scene.key)), scenes[0]))

    def _open(self, scene: Scene) -> None:
        try:
            self._player.open(scene)
        except PlaygroundError as error:
            self.messages.show_message("bad", f"This scene cannot be opened. {error}")

    def _copy(self, lesson: Lesson) -> None:
        try:
            folder = library.copy(lesson, self._own)
        except PlaygroundError as error:
            self.messages.show_message("bad", str(error))
            return
        self._player.read_again()
        self.messages.show_message("info", f"Your copy is {folder}. Change its files, then press Read again.")

    # -- what is listed -----------------------------------------------------------------------------------------------

    def _list_lessons(self) -> None:
        tracks = dict.fromkeys(track for lesson in self._player.lessons for track in lesson.tracks())
        chosen = self._player.track if self._player.track in tracks else ""
        self._track.blockSignals(True)
        self._track.clear()
        self._track.addItems([ALL, *tracks])
        self._track.setCurrentText(chosen or ALL)
        self._track.blockSignals(False)
        self._take_track(chosen or ALL)

    def _fill(self) -> None:
        self._marks = {}
        content = QWidget()
        column = QVBoxLayout(content)
        for lesson in self._player.lessons:
            if lesson.along(self._player.track) or lesson.broken:
                column.addWidget(self._lesson_card(lesson))
        column.addStretch(1)
        self._scroll.setWidget(content)
        self.show_marks()

    def _lay_out(self) -> None:
        title = QLabel("Lecture")
        title.setProperty("role", "title")
        about = caption()
        about.setText(
            "Each scene sets the window up, asks you to predict, and is done when you have done what it asks. "
            "Your own work waits meanwhile, and training goes on. A slide's number and Enter open its scene. "
            "F5 makes everything large for a projector, F6 shows the speaker's notes."
        )
        row = FlowLayout()
        for widget in (self._track, self._start, self._hand_in, self._again, self._forget):
            row.addWidget(widget)
        head = QHBoxLayout()
        head.addWidget(title)
        self._done.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head.addWidget(self._done, 1)
        scroll = self._scroll
        scroll.setObjectName("lecture.scroll")
        scroll.setAccessibleName("Lessons")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(about)
        layout.addLayout(row)
        layout.addWidget(self.messages)
        layout.addWidget(self._card)
        layout.addWidget(scroll, 1)

    def _lesson_card(self, lesson: Lesson) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        grid = QGridLayout(card)
        heading = QLabel(lesson.title)
        heading.setProperty("role", "heading")
        grid.addWidget(heading, 0, 0, 1, 4)
        mine = button("Make it mine", f"lecture.copy.{lesson.name}", "Copies this lesson's files to your data folder")
        mine.setAccessibleName(f"Make {lesson.title} mine")
        mine.clicked.connect(lambda: self._copy(lesson))
        grid.addWidget(mine, 0, 4)
        scenes = lesson.along(self._player.track)
        for row, scene in enumerate(scenes, start=1):
            self._marks[scene.key] = QLabel()
            words = QLabel(scene.title)
            words.setWordWrap(True)
            slides = caption()
            slides.setWordWrap(False)
            slides.setText(scene.slide_words)
            start = button("Open", f"lecture.open.{scene.key.replace('/', '.')}", f"Puts '{scene.title}' on the stage")
            start.setAccessibleName(f"Open {scene.title}")
            start.clicked.connect(lambda _=False, scene=scene: self._open(scene))
            for column, widget in enumerate((self._marks[scene.key], start, slides)):
                grid.addWidget(widget, row, column)
            grid.addWidget(words, row, 3, 1, 2)  # at the left, too: on a wide screen an eye would miss its button
        for row, sentence in enumerate(lesson.broken, start=1 + len(scenes)):
            trouble = QLabel(f"⚠ {sentence}")
            trouble.setWordWrap(True)
            grid.addWidget(trouble, row, 1, 1, 4)
        grid.setColumnStretch(3, 1)
        return card
