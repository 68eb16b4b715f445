"""Plays scenes: opens each one's document on the stage, watches for the act that ends it, remembers what was done."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from time import monotonic
from typing import Protocol

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QWidget

from playground.core.errors import PlaygroundError
from playground.gui.document import Document, ViewState
from playground.gui.lessons import words
from playground.gui.lessons.keys import LessonKeys
from playground.gui.lessons.library import Lesson
from playground.gui.lessons.progress import Answer, Progress
from playground.gui.lessons.scene import Scene
from playground.gui.lessons.solution import Solution
from playground.gui.lessons.strip import Place, SceneStrip, StripFrame
from playground.gui.lessons.watch import Watch
from playground.gui.panels.base.page import Page
from playground.gui.widgets import controls
from playground.gui.widgets.flash import Flash, reveal

LOOK_MILLISECONDS = 50


class Stage(Protocol):
    """What the player needs of the window."""

    @property
    def page(self) -> Page | None:
        """What stands on the stage."""

    def set_aside(self) -> None:
        """Puts away all that the person has open, running training included, and empties the stage."""

    def clear(self) -> None:
        """Closes what the scene opened."""

    def bring_back(self, page: str = "") -> None:
        """Ends what the scene opened and shows the person's own again; `page` instead of the one they left."""

    def apply(self, document: Document) -> None:
        """Shows a document on fresh pages. Raises PlaygroundError with a sentence."""


class Player(QObject):
    """One window's lessons.

    Signals:
        changed: another scene is on, one was finished, or none is on any more.
        pointed: a control that a person is to look at.
        reread: the lessons were read again.
        term_wanted: a term of the glossary, from a link in the words.

    Attributes:
        lessons: all of them.
        track: the shorter way through a lesson that is taken, or "" for all its scenes.
        progress: which scenes were finished.
        scene: the one that is on, or None.
        is_ready: whether it stands as it should begin.
        is_done: whether the act has happened.
        strip, frame: what shows it, and what the strip stands in, for the window to place.
    """

    changed = Signal()
    pointed = Signal(object)
    reread = Signal()
    term_wanted = Signal(str)

    def __init__(
        self, stage: Stage, window: QWidget, load: Callable[[], tuple[Lesson, ...]], progress: Progress
    ) -> None:
        """`load` reads all lessons there are."""
        super().__init__(window)
        self.track = ""
        self._load = load
        self.lessons, self.progress = load(), progress
        self.scene: Scene | None = None
        self.is_ready = self.is_done = self._show_when_ready = False
        self.strip = SceneStrip()
        self.frame = StripFrame(self.strip)
        self.frame.hide()
        self._stage, self._window = stage, window
        self._watch: Watch | None = None
        self._solution: Solution | None = None
        self._named: tuple[str, ...] = ()
        self._began = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MILLISECONDS)
        self._timer.timeout.connect(self.look)
        self.strip.next_clicked.connect(self.next_scene)
        self.strip.previous_clicked.connect(self.previous_scene)
        self.strip.show_clicked.connect(self.show_solution)
        self.strip.leave_clicked.connect(lambda: self.leave())
        self.strip.control_wanted.connect(self.point_at)
        self.strip.term_wanted.connect(self.term_wanted)
        self.strip.slide_wanted.connect(self.open_slide, Qt.ConnectionType.QueuedConnection)  # its words change
        self.strip.choice_made.connect(self._predict)
        keys = LessonKeys(window)
        keys.asks = self._asks
        keys.slide_wanted.connect(self.open_slide)
        keys.choice_wanted.connect(self.strip.question.choose)

    # -- opening and leaving ------------------------------------------------------------------------------------------

    def open(self, scene: Scene) -> None:
        """Puts a scene on the stage. Raises PlaygroundError where it cannot be opened; then no scene is on."""
        document = document_of(scene)
        if self.scene is None:
            self._stage.set_aside()
            self._began = monotonic()
        else:
            self._stop()
            self._stage.clear()
        self.scene = scene
        try:
            self._stage.apply(document)
        except PlaygroundError:
            self.leave()
            raise
        self.is_ready = self.is_done = self._show_when_ready = False
        self._named = words.names(scene.text + scene.reveal)
        self._watch = Watch(scene.ends, self.controls, self.readings, self._state, self)
        self.strip.show_scene(scene, self._place(), self.progress.is_done(scene.key))
        self.frame.show()
        self._timer.start()
        self.changed.emit()

    def open_slide(self, number: int) -> None:
        """The scene of a slide: in the lesson that is on, or in the first that has one. Says so where there is none."""
        lessons = sorted(self.lessons, key=lambda lesson: self.scene not in lesson.scenes)
        scenes = [scene for lesson in lessons for scene in lesson.scenes if number in scene.numbers()]
        if scenes:
            self._open_or_say(scenes[0])
        else:
            self._say(f"No scene shows slide {number}. The page Lecture lists those that there are.")

    def leave(self, page: str = "") -> None:
        """Shows the person's own again; `page` instead of the one they left."""
        if self.scene is None:
            return
        self._stop()
        self.scene = None
        self.frame.hide()
        self._stage.bring_back(page)
        self.changed.emit()

    def close(self) -> None:
        """The window closes; everything stays where it is."""
        self._stop()

    def read_again(self) -> None:
        """Files may have changed; a scene that is on ends."""
        self.leave()
        self.lessons = self._load()
        self.reread.emit()

    def next_scene(self) -> None:
        """The scene after, in its lesson."""
        self._move(1)

    def previous_scene(self) -> None:
        """The scene before."""
        self._move(-1)

    def can_move(self, by: int) -> bool:
        """Whether there is a scene so many places on."""
        return self.scene is not None and 0 < self._place().number + by <= self._place().total

    def _move(self, by: int) -> None:
        if self.can_move(by):
            self._open_or_say(self._siblings()[self._place().number - 1 + by])

    def _open_or_say(self, scene: Scene) -> None:
        try:
            self.open(scene)
        except PlaygroundError as error:
            self._say(str(error))

    def _say(self, sentence: str) -> None:
        if page := self._stage.page:
            page.messages.show_message("bad", sentence)

    def _siblings(self) -> tuple[Scene, ...]:
        """The scenes of the lesson that is on, or of its track; a scene beside the track has all around it."""
        lesson = next((lesson for lesson in self.lessons if self.scene in lesson.scenes), None)
        if lesson is None:
            return ()
        chosen = lesson.along(self.track)
        return chosen if self.scene in chosen else lesson.scenes

    def upcoming(self) -> Scene | None:
        """The scene after this one."""
        return self._siblings()[self._place().number] if self.can_move(1) else None

    def planned_minutes(self) -> float:
        """From the beginning of the track to the end of this scene; 0 where none is planned."""
        return sum(scene.minutes for scene in self._siblings()[: self._place().number]) if self.scene else 0.0

    def seconds(self) -> float:
        """Since the lesson began."""
        return monotonic() - self._began if self.scene is not None else 0.0

    def _place(self) -> Place:
        assert self.scene is not None
        siblings = self._siblings() or (self.scene,)
        return Place(siblings.index(self.scene) + 1, len(siblings))

    def _stop(self) -> None:
        self._timer.stop()
        if self._solution is not None:
            self._solution.stop()
            self._solution = None

    # -- while it is on -----------------------------------------------------------------------------------------------

    def controls(self) -> Mapping[str, QWidget]:
        """The controls on the stage by id."""
        return controls.find(self._stage.page) if self._stage.page else {}

    def readings(self) -> Mapping[str, float]:
        """The live quantities of the page on the stage."""
        return self._stage.page.readings() if self._stage.page else {}

    def quantities(self) -> Mapping[str, object]:
        """What the words of the scene name: live quantities, and what controls show."""
        there = self.controls() if self._named else {}
        shown = {name: controls.value(there[name]) for name in self._named if name in there}
        return shown | dict(self.readings())

    def needed(self) -> tuple[str, ...]:
        """The controls that the scene wants a person to use."""
        if self.scene is None:
            return ()
        ends = (self.scene.ends.subject,) if self.scene.ends.kind in ("control", "pressed") else ()
        return ends + self.scene.links() + tuple(step.name for step in self.scene.solution if step.name)

    def show_solution(self, at_once: bool = False) -> None:
        """Does what the scene asks for, as soon as it stands as it should begin."""
        if self.scene is None or not self.is_ready:
            self._show_when_ready = self.scene is not None
            return
        if self._solution is not None:
            self._solution.stop()
        assert self._watch is not None
        self._solution = Solution(self.scene.solution, self.controls, self._watch.holds, self)
        self._solution.acts.connect(self.pointed)
        self._solution.ended.connect(lambda sentence: self.strip.say(sentence) if sentence else None)
        self._solution.start(at_once)

    def point_at(self, name: str) -> None:
        """Flashes a control."""
        if (widget := self.controls().get(name)) is not None:
            reveal(widget)
            widget.setFocus()
            self.pointed.emit(widget)
            QTimer.singleShot(0, widget, lambda: Flash(self._window, widget))  # when it has its place

    def _asks(self) -> bool:
        return self.scene is not None and self.scene.question is not None and not self.is_done

    def _predict(self, place: int) -> None:
        if self.scene is not None and (question := self.scene.question) is not None:
            choice = question.choices[place]
            self.progress.answer(self.scene.key, Answer(question.text, choice, place == question.answer))

    def _state(self) -> str:
        sessions = self._stage.page.sessions() if self._stage.page else ()
        return sessions[0].state if sessions else ""

    def look(self) -> None:
        """Reads the stage, as every few moments: what the scene says of it, and whether its act has happened."""
        page, scene, watch = self._stage.page, self.scene, self._watch
        if page is None or scene is None or watch is None:
            return
        self.strip.show_readings(self.quantities())
        if not self.is_ready and page.is_settled():
            self.is_ready = True
            self.pointed.emit(next((self.controls().get(name) for name in self.needed()), None))
            if self._show_when_ready:
                self.show_solution()
        if self.is_ready and not self.is_done and watch.look():
            self.is_done = True
            self.progress.finish(scene.key)
            self.strip.set_done(True)
            self.changed.emit()


def document_of(scene: Scene) -> Document:
    """The document that a scene opens. Raises PlaygroundError where its file makes no sense."""
    if scene.document:
        document = Document.load(scene.file.parent / scene.document)
    else:
        values = dict(scene.values) | ({f"{scene.panel}.views": scene.view} if scene.view else {})
        document = Document(scene.panel, {scene.panel: ViewState(scene.panel, scene.run, None, values)})
    return replace(document, hidden=document.hidden + scene.hidden, locked=document.locked + scene.locked)
