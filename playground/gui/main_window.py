"""The one window: a rail of pages on the left, the chosen page beside it. No logic of models or training."""

import importlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from playground import paths, registry
from playground.core.errors import PlaygroundError, unknown
from playground.gui import actions
from playground.gui.document import ViewState
from playground.gui.documents import Documents
from playground.gui.ending import end_all
from playground.gui.homework import Homework
from playground.gui.kept import Kept
from playground.gui.lessons import library
from playground.gui.lessons.glossary import Glossary
from playground.gui.lessons.glossary_window import GlossaryWindow
from playground.gui.lessons.player import Player
from playground.gui.lessons.progress import Progress
from playground.gui.lessons.term_tips import TermTips
from playground.gui.panels.base.page import Page
from playground.gui.panels.base.shelf import Example
from playground.gui.preferences import SCALES, Preferences
from playground.gui.presenter import Presenter
from playground.gui.reports import Reports
from playground.gui.session import TrainingSession
from playground.gui.undo import Undo
from playground.gui.visit import Visit
from playground.gui.widgets import theme
from playground.gui.widgets.page_frame import PageFrame

if TYPE_CHECKING:
    from playground.gui.panels.base import ModelPanel  # brings the plots, which the first page does not need

PAGES_ABOVE = {"home": ("Home", "playground.gui.panels.home")}
PAGES_BELOW = {
    "compare": ("Compare", "playground.gui.panels.compare"),
    "failures": ("Failures", "playground.gui.panels.failures"),
    "lecture": ("Lecture", "playground.gui.lessons.page"),
}
"""Pages that are no family's panel: title, and the module whose `Page` is made when it is first chosen."""


class MainWindow(QMainWindow):
    """Owns the pages; each is made when it is first chosen. Their sessions go on when another page is chosen.

    Attributes:
        pages, frames: by name, those that were chosen so far, and what each stands in.
        kept: samples of any model, below the stage.
        documents, undo: what saves and opens all of it, and what takes a person's acts back.
        memory: which scenes were done.
        lessons, presenter: what plays scenes, and what makes the stage large.
        homework: what hands it in.
        own_lessons: where a teacher's own lessons stand.
        glossary, tips: the field's terms in a window of their own, and what names them in every tooltip.
    """

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.pages: dict[str, Page] = {}
        self.frames: dict[str, PageFrame] = {}
        self.setObjectName("playground")
        self.setWindowTitle("Generative playground")
        self.setAcceptDrops(True)
        self.rail = QListWidget()
        self.rail.setObjectName("rail")
        self.rail.setAccessibleName("Pages")
        self.rail.setToolTip("The families of the lecture, in its order")
        self.stack = QStackedWidget()
        self._fill_rail()
        centre = QWidget()
        layout = QHBoxLayout(centre)
        layout.addWidget(self.rail)
        self.setCentralWidget(centre)
        self.visit = Visit(self)
        self.memory = Progress(paths.user_data() / "lessons.json" if preferences.on_disk else None)
        self.own_lessons = paths.user_data() / "lessons"
        self.lessons = Player(self.visit, self, lambda: library.load(registry.lessons()), self.memory)
        terms = Glossary.load(paths.resources() / "glossary.md")
        self.glossary = GlossaryWindow(terms, self)
        self.tips = TermTips(terms, self, self.glossary.show_term)
        self.lessons.term_wanted.connect(self.glossary.show_term)
        self.homework = Homework(self)
        stage = QVBoxLayout()
        stage.addWidget(self.lessons.frame)
        stage.addWidget(self.stack, 1)
        self.kept = Kept()
        self.kept.sent.connect(self.send)
        stage.addWidget(self.kept)
        layout.addLayout(stage, 1)
        self._busy = QLabel()
        self._busy.setObjectName("busy")
        self.statusBar().addPermanentWidget(self._busy)
        self.documents = Documents(self)
        self.presenter = Presenter(self)
        self.reports = Reports(self)
        self.undo = Undo(self, self._captured, self._take_back)
        self.actions_by_id = actions.build(self, self._page_method)
        actions.insert_menu(self.actions_by_id["file.save"], self.documents.recent_menu)
        self.addActions(list(self.actions_by_id.values()))  # their shortcuts work without the menu bar too
        self.lessons.changed.connect(self._show_lesson)
        self._show_lesson()
        self.undo.changed.connect(self._show_undo)
        self._show_undo()
        room = self.screen().availableGeometry().size()
        self.resize(QSize(1280, 800).boundedTo(room - QSize(theme.em(self), theme.em(self, 3))))
        self.restoreGeometry(QByteArray.fromHex(preferences.geometry.encode()))
        self.rail.currentItemChanged.connect(self._rail_chosen)

    # -- pages --------------------------------------------------------------------------------------------------------

    def page_names(self) -> list[str]:
        """All pages in the rail, in its order."""
        items = [self.rail.item(row) for row in range(self.rail.count())]
        return [item.data(Qt.ItemDataRole.UserRole) for item in items if item.data(Qt.ItemDataRole.UserRole)]

    def families(self) -> list[str]:
        """The families among them."""
        return [name for name in self.page_names() if name not in PAGES_ABOVE | PAGES_BELOW]

    def show_page(self, name: str, open_default: bool = True) -> Page:
        """Chooses a page; a new one opens what it shows of itself, unless the caller will open something else.

        Raises UsageError for a page that is not in the rail.
        """
        if name not in self.page_names():
            raise unknown("panel", name, self.page_names())
        if name not in self.pages:
            self._make_page(name)
            state = self.documents.state_for(name)
            if state is not None:
                self.pages[name].restore(state)
            elif open_default:
                self.pages[name].open_default()
        page = self.pages[name]
        self.stack.setCurrentWidget(self.frames[name])
        for row in range(self.rail.count()):
            if self.rail.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.rail.blockSignals(True)
                self.rail.setCurrentRow(row)
                self.rail.blockSignals(False)
        actions.enable(self.actions_by_id, self._page_method)
        self.presenter.dress()
        self._show_busy()
        return page

    def show_panel(self, family: str, open_default: bool = True) -> "ModelPanel":
        """The same for a family's panel."""
        if family not in self.families():
            raise unknown("panel", family, self.families())
        return cast("ModelPanel", self.show_page(family, open_default))

    @property
    def page(self) -> Page | None:
        """The page on the stage."""
        frame = self.stack.currentWidget()
        page = frame.widget() if isinstance(frame, PageFrame) else None
        return page if isinstance(page, Page) else None

    @property
    def panel(self) -> "ModelPanel | None":
        """The page on the stage, if it is a family's panel."""
        return cast("ModelPanel", self.page) if self.page and self.page.name in self.families() else None

    def panels(self) -> "list[ModelPanel]":
        """The families' panels that were chosen so far."""
        return [cast("ModelPanel", page) for name, page in self.pages.items() if name in self.families()]

    @property
    def sessions(self) -> list[TrainingSession]:
        """All live runs of all pages."""
        return [session for page in (*self.pages.values(), *self.visit.pages) for session in page.sessions()]

    def open_run(self, run: str) -> None:
        """Opens a run in its family's panel. Raises PlaygroundError for something that is not a run."""
        from playground.core.experiment import Experiment

        path = registry.find_run(run)
        family = Experiment.load(path / "experiment.json").model
        self.show_panel(family, open_default=False).open_run(run)

    def compare(self, data: str, families: list[str], options: dict[str, object]) -> None:
        """Opens the page of comparisons with fresh models on this data."""
        page: Any = self.show_page("compare", open_default=False)
        try:
            page.start(data, families, options)
        except PlaygroundError as error:
            self.say("bad", str(error))

    def send(self, example: Example, family: str) -> None:
        """Hands an image to a family's panel, which opens."""
        is_new = family not in self.pages
        self.show_panel(family, open_default=not is_new).receiving.take(example)

    def open_data_file(self, path: str) -> bool:
        """Hands a file or folder of data to the page on the stage; returns whether it takes such things."""
        method = self._page_method("open_path")
        return bool(method and method(path))  # type: ignore[call-arg]

    def _make_page(self, name: str) -> None:
        page: Page
        if name in PAGES_ABOVE | PAGES_BELOW:
            page = importlib.import_module((PAGES_ABOVE | PAGES_BELOW)[name][1]).Page(self)
        else:
            page = panel = _panel_class(name)(name, TrainingSession(self))
            for widget, entries in ((panel.tabs, ("copy.picture", "export.samples")),
                                    (panel.loss, ("copy.curves", "export.curves"))):  # fmt: skip
                actions.add_context_menu(widget, [self.actions_by_id[entry] for entry in entries])
        page.busy_changed.connect(self._show_busy)
        page.page_wanted.connect(self.show_page)
        page.failure_wanted.connect(lambda failure: self.show_panel(failure.model, False).alarms.start(failure))
        page.comparison_wanted.connect(self.compare)
        page.kept.connect(self.kept.add)
        page.sent.connect(self.send)
        self.pages[name] = page
        self.presenter.dress_page(page)
        self.documents.access.dress(page)
        self.frames[name] = PageFrame(page)
        self.stack.addWidget(self.frames[name])
        page.show_stored()

    def _page_method(self, name: str) -> Callable[[], object] | None:
        target: Any = self.page
        for part in name.split("."):
            target = getattr(target, part, None)
        return target  # type: ignore[no-any-return]

    def _fill_rail(self) -> None:
        for name, (title, module) in PAGES_ABOVE.items():
            if find_spec(module) is not None:
                self._add_to_rail(name, title, "Where to begin")
        shown = [card for card in registry.models().values() if card.extra.get("in_rail", True)]
        groups = list(dict.fromkeys(card.group for card in shown))
        for group in groups:
            members = [card for card in shown if card.group == group]
            if [card.title for card in members] != [group]:
                heading = QListWidgetItem(group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.rail.addItem(heading)
            for card in members:
                tip = f"Slides {card.slides}\n{card.about}\n{card.extra.get('objective', '')}".strip()
                self._add_to_rail(card.name, card.title, tip)
        for name, (title, module) in PAGES_BELOW.items():
            if find_spec(module) is not None:
                self._add_to_rail(name, title, title)
        self._fit_rail()

    def _add_to_rail(self, name: str, title: str, tip: str) -> None:
        item = QListWidgetItem(title)
        item.setData(Qt.ItemDataRole.UserRole, name)
        item.setToolTip(tip)
        self.rail.addItem(item)

    def _fit_rail(self) -> None:
        """Rows and width follow the type size."""
        items = [self.rail.item(row) for row in range(self.rail.count())]
        for item in items:
            item.setSizeHint(QSize(0, theme.em(self.rail, 2)))
        longest = max((self.rail.fontMetrics().horizontalAdvance(item.text()) for item in items), default=0)
        self.rail.setFixedWidth(longest + theme.em(self.rail, 2.5))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "rail"):
            self._fit_rail()

    def _rail_chosen(self, item: QListWidgetItem | None, before: QListWidgetItem | None) -> None:
        if item is not None and (name := item.data(Qt.ItemDataRole.UserRole)):
            self.lessons.leave(name)
            self.show_page(name)

    def _show_busy(self, words: str = "") -> None:
        self._busy.setText(words)

    def _show_lesson(self) -> None:
        lessons = self.lessons
        for name, possible in (
            ("lesson.next", lessons.can_move(1)),
            ("lesson.previous", lessons.can_move(-1)),
            ("lesson.show", bool(lessons.scene and lessons.scene.solution)),
            ("lesson.leave", lessons.scene is not None),
        ):
            self.actions_by_id[name].setEnabled(possible)
        self.presenter.dress()

    # -- undo ---------------------------------------------------------------------------------------------------------

    def _captured(self) -> ViewState | None:
        return self.page.capture() if self.page else None

    def _take_back(self, state: ViewState) -> None:
        self.show_page(state.page, open_default=False).restore(state)

    def _show_undo(self) -> None:
        self.actions_by_id["edit.undo"].setEnabled(self.undo.can_undo)
        self.actions_by_id["edit.redo"].setEnabled(self.undo.can_redo)

    # -- actions, by the names in the table ---------------------------------------------------------------------------

    def step_forward(self) -> None:
        """One step of the sampler on the stage."""
        if self.page and (stepper := self.page.stepper()):
            stepper.step_forward()

    def step_back(self) -> None:
        """One step back."""
        if self.page and (stepper := self.page.stepper()):
            stepper.step_back()

    def show_failures(self) -> None:
        """The failure gallery."""
        self.show_page("failures")

    def toggle_theme(self) -> None:
        """Light to dark and back."""
        self.preferences.theme = "dark" if self.preferences.theme == "light" else "light"
        theme.apply(self.preferences.theme, self.preferences.type_scale)

    def larger_text(self) -> None:
        """The next type size."""
        self._scale_text([scale for scale in SCALES if scale > self.preferences.type_scale][:1])

    def smaller_text(self) -> None:
        """The type size before."""
        self._scale_text([scale for scale in SCALES if scale < self.preferences.type_scale][-1:])

    def _scale_text(self, scales: list[float]) -> None:
        for scale in scales:
            self.preferences.type_scale = scale
            theme.apply(self.preferences.theme, scale)

    def toggle_full_screen(self) -> None:
        """And back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def show_shortcuts(self) -> None:
        """Lists all shortcuts in the message bar."""
        self.say("info", "Shortcuts are listed under Details.", actions.shortcut_list())

    def say(self, level: str, text: str, details: str = "") -> None:
        """A message on the stage."""
        if self.page:
            self.page.messages.show_message(level, text, details)  # type: ignore[arg-type]

    def error_met(self, sentence: str, details: str) -> None:
        """An error that nobody caught."""
        self.say("bad", sentence, details)

    # -- dropping -----------------------------------------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if event.mimeData().hasUrls() and event.mimeData().urls()[0].isLocalFile():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        self.documents.open_or_say(event.mimeData().urls()[0].toLocalFile())

    # -- closing ------------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        self.lessons.close()
        self.presenter.close()
        self.glossary.close()
        self.documents.stop_keeping()
        self.undo.close()
        self.documents.scripts.close()
        self.homework.close()
        self.documents.access.set()
        self.preferences.geometry = bytes(self.saveGeometry().toHex().data()).decode()
        self.preferences.save()
        self.rail.blockSignals(True)  # a late change of focus would choose a family and start its worker
        end_all(self.sessions)
        self.visit.close()
        super().closeEvent(event)


def _panel_class(family: str) -> "type[ModelPanel]":
    """The panel of that name, or the base panel."""
    module = f"playground.gui.panels.{family}"
    if find_spec(module) is not None:
        panel: type[ModelPanel] = importlib.import_module(module).Panel
        return panel
    from playground.gui.panels.base import ModelPanel as Base

    return Base
