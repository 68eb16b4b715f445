"""The page that lists all lessons and their scenes in the lecture's order, with a mark at those that are done."""

from typing import Protocol

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from playground.core.errors import PlaygroundError
from playground.gui.lessons.library import Lesson
from playground.gui.lessons.player import Player
from playground.gui.lessons.scene import Scene
from playground.gui.panels.base.page import Page
from playground.gui.panels.base.views import button
from playground.gui.widgets import icons, theme


class Window(Protocol):
    """What the page needs of its window."""

    lessons: Player


class LecturePage(Page):
    """Lessons and scenes; a press puts a scene on the stage."""

    def __init__(self, window: Window) -> None:
        super().__init__("lecture", window if isinstance(window, QWidget) else None)
        self._player = window.lessons
        self._marks: dict[str, QLabel] = {}
        self._done = QLabel()
        self._done.setObjectName("lecture.done")
        self._done.setProperty("role", "caption")
        self._forget = button(
            "Forget what was done", "lecture.forget", "Takes all marks away, for the next class on this machine"
        )
        self._forget.clicked.connect(self._player.progress.forget)
        self._forget.clicked.connect(self.show_marks)
        self._lay_out()
        self._player.changed.connect(self.show_marks)
        self.show_marks()

    def show_marks(self) -> None:
        """Which scenes are done, by icon and in words."""
        progress, now = self._player.progress, theme.current()
        scenes = [scene for lesson in self._player.lessons for scene in lesson.scenes]
        for scene in scenes:
            is_done = progress.is_done(scene.key)
            mark = self._marks[scene.key]
            icon = icons.icon("good", now.good) if is_done else icons.icon("open", now.muted)
            mark.setPixmap(icon.pixmap(theme.em(self, 1.2)))
            mark.setToolTip("Done" if is_done else "Not done yet")
            mark.setAccessibleName(f"{scene.title}: {mark.toolTip()}")
        count = sum(progress.is_done(scene.key) for scene in scenes)
        self._done.setText(f"{count} of {len(scenes)} scenes done")
        self._forget.setEnabled(count > 0)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_player"):
            self.show_marks()

    def _open(self, scene: Scene) -> None:
        try:
            self._player.open(scene)
        except PlaygroundError as error:
            self.messages.show_message("bad", f"This scene cannot be opened. {error}")

    def _lay_out(self) -> None:
        title = QLabel("Lecture")
        title.setProperty("role", "title")
        about = QLabel(
            "Each scene sets the window up, asks one question, and is done when you have done what it asks. "
            "Your own work waits meanwhile, and training goes on. F5 makes everything large for a projector."
        )
        about.setProperty("role", "caption")
        about.setWordWrap(True)
        head = QHBoxLayout()
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(self._done)
        head.addWidget(self._forget)
        content = QWidget()
        column = QVBoxLayout(content)
        for lesson in self._player.lessons:
            column.addWidget(self._lesson_card(lesson))
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setObjectName("lecture.scroll")
        scroll.setAccessibleName("Lessons")
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(content)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(about)
        layout.addWidget(self.messages)
        layout.addWidget(scroll, 1)

    def _lesson_card(self, lesson: Lesson) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        grid = QGridLayout(card)
        heading = QLabel(lesson.title)
        heading.setProperty("role", "heading")
        grid.addWidget(heading, 0, 0, 1, 4)
        for row, scene in enumerate(lesson.scenes, start=1):
            self._marks[scene.key] = QLabel()
            words = QLabel(scene.title)
            words.setWordWrap(True)
            slides = QLabel(f"Slides {scene.slides}")
            slides.setProperty("role", "caption")
            start = button("Open", f"lecture.open.{scene.key.replace('/', '.')}", f"Puts '{scene.title}' on the stage")
            start.setAccessibleName(f"Open {scene.title}")
            start.clicked.connect(lambda _=False, scene=scene: self._open(scene))
            for column, widget in enumerate((self._marks[scene.key], words, slides, start)):
                grid.addWidget(widget, row, column)
        for row, sentence in enumerate(lesson.broken, start=1 + len(lesson.scenes)):
            trouble = QLabel(f"⚠ {sentence}")
            trouble.setWordWrap(True)
            grid.addWidget(trouble, row, 1, 1, 3)
        grid.setColumnStretch(1, 1)
        return card
