"""Everything the window can be told to do, as one table: menus, shortcuts and the list of shortcuts come from it.

`method` is "window.NAME", "PART.NAME" of a part of the window (its documents, its undo), or "page.NAME" or
"page.PART.NAME": of whatever page is on the stage, and greyed out where that page has none.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QWidget


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes:
        id: stable, also the QAction's objectName.
        menu: the menu that it is in; actions of one menu stand in the order of the table.
        text, tip: the entry, and a sentence for the status bar.
        shortcut: as in "Ctrl+O"; "" for none.
        method: whose method does it, and which.
    """

    id: str
    menu: str
    text: str
    shortcut: str
    tip: str
    method: str


ACTIONS = (
    Action("file.open", "&File", "&Open ...", "Ctrl+O", "Opens a document or a picture with one inside",
           "documents.choose_document"),
    Action("file.open_run", "&File", "Open &run ...", "Ctrl+Shift+O", "Opens a run folder", "documents.choose_run"),
    Action("file.save", "&File", "&Save document ...", "Ctrl+S", "Writes all that the window shows, to be opened again",
           "documents.save_document"),
    Action("file.picture", "&File", "Save the &window as a picture ...", "Ctrl+P",
           "Writes a PNG that opens again when it is dropped on the window", "documents.save_picture"),
    Action("file.copy", "&File", "&Copy the state", "Ctrl+Shift+C",
           "Copies all that the page shows as one line of text", "documents.copy_state"),
    Action("file.paste", "&File", "Open the copied &state", "Ctrl+Shift+V", "Opens the line of text that was copied",
           "documents.paste_state"),
    Action("file.export", "&File", "&Export experiment ...", "Ctrl+E",
           "Writes the run as a file that 'playground train' repeats", "documents.export_experiment"),
    Action("file.export_script", "&File", "Export s&cript ...", "Ctrl+Shift+E",
           "Writes the run as one plain torch script that prints the same losses", "documents.export_script"),
    Action("export.samples", "&File", "Export s&amples ...", "Ctrl+Alt+S",
           "Writes samples as a picture, an animation or an array", "page.exporting.samples"),
    Action("export.curves", "&File", "Export c&urves ...", "Ctrl+Alt+E",
           "Writes the loss curves as a table or a picture", "page.exporting.curves"),
    Action("file.quit", "&File", "&Quit", "Ctrl+Q", "Saves what trains and closes the window", "window.close"),
    Action("edit.undo", "&Edit", "&Undo", "Ctrl+Z", "Takes back what you did last on this page", "undo.undo"),
    Action("edit.redo", "&Edit", "&Redo", "Ctrl+Shift+Z", "Does it again", "undo.redo"),
    Action("copy.picture", "&Edit", "Copy the &picture", "Ctrl+Alt+C", "Copies what the view on the stage shows",
           "page.exporting.copy_picture"),
    Action("copy.curves", "&Edit", "Copy the c&urves", "Ctrl+Alt+U",
           "Copies the loss curves, as a table and as a picture", "page.exporting.copy_curves"),
    Action("run.train", "&Run", "&Train or pause", "Ctrl+Return", "Starts, pauses or goes on", "page.train_or_pause"),
    Action("run.step", "&Run", "One &step", "Ctrl+.", "Trains exactly one step", "page.step_training"),
    Action("run.stop", "&Run", "Sto&p", "Ctrl+Shift+.", "Ends this training; what was learned stays",
           "page.stop_training"),
    Action("run.reset", "&Run", "&Reset", "Ctrl+R", "A fresh model with the settings as they stand",
           "page.reset_training"),
    Action("run.default", "&Run", "&Back to the working default", "Ctrl+Backspace", "Opens the bundled run again",
           "page.open_default"),
    Action("run.failures", "&Run", "&Failure gallery", "Ctrl+Shift+F",
           "Runs that go wrong on purpose, and what mends them", "window.show_failures"),
    Action("sampler.play", "&Sampler", "&Play or pause", "Space", "Plays the sampler's steps", "page.play"),
    Action("sampler.forward", "&Sampler", "Step &forward", ".", "One step towards the sample", "window.step_forward"),
    Action("sampler.back", "&Sampler", "Step &back", ",", "One step back towards noise", "window.step_back"),
    Action("view.next", "&View", "&Next view", "Ctrl+Tab", "The panel's next view", "page.next_view"),
    Action("view.data", "&View", "&Edit data", "Ctrl+Shift+D", "Draw, mix, edit or open data; again: back to the model",
           "page.edit_data"),
    Action("view.source", "&View", "View s&ource", "Ctrl+U", "The model's own file beside the stage",
           "page.view_source"),
    Action("view.search", "&View", "S&earch the source", "Ctrl+F", "Finds text in the model's own file",
           "page.search_source"),
    Action("view.theme", "&View", "&Dark or light", "Ctrl+D", "Changes the colours", "window.toggle_theme"),
    Action("view.larger", "&View", "&Larger text", "Ctrl++", "Up to 250 %", "window.larger_text"),
    Action("view.smaller", "&View", "&Smaller text", "Ctrl+-", "Down to 100 %", "window.smaller_text"),
    Action("view.presenter", "&View", "&Presenter mode", "F5", "The stage alone, large enough for the last row",
           "presenter.toggle"),
    Action("view.spotlight", "&View", "S&potlight", "Ctrl+L", "Darkens all but the control that is used",
           "presenter.toggle_spotlight"),
    Action("view.full", "&View", "&Full screen", "F11", "And back", "window.toggle_full_screen"),
    Action("lesson.next", "&Lesson", "&Next scene", "PgDown", "The scene after, in the same lesson",
           "lessons.next_scene"),
    Action("lesson.previous", "&Lesson", "&Previous scene", "PgUp", "The scene before", "lessons.previous_scene"),
    Action("lesson.show", "&Lesson", "&Show me", "Ctrl+Shift+M", "Does what the scene asks for, slowly",
           "lessons.show_solution"),
    Action("lesson.notes", "&Lesson", "Speaker's &notes", "F6",
           "The note on the scene, the time and what comes next, in a window of its own", "presenter.toggle_notes"),
    Action("lesson.handin", "&Lesson", "&Hand in ...", "Ctrl+Shift+H",
           "Writes your predictions and runs to one file, for your teacher", "homework.show"),
    Action("lesson.leave", "&Lesson", "&Leave the lesson", "Ctrl+Shift+L", "Everything is as you left it",
           "lessons.leave"),
    Action("help.glossary", "&Help", "&Glossary", "Shift+F1",
           "The field's terms; opens at the one in the tooltip on show", "tips.explain"),
    Action("help.shortcuts", "&Help", "&Shortcuts", "F1", "Lists all shortcuts", "window.show_shortcuts"),
    Action("help.report", "&Help", "Copy &report", "Ctrl+Alt+R",
           "Copies versions, the last lines of the log and the last crash, without your name and folders",
           "reports.copy"),
)  # fmt: skip


def build(window: QMainWindow, page_method: Callable[[str], Callable[[], object] | None]) -> dict[str, QAction]:
    """Fills the window's menu bar from the table; returns the QActions by id. `page_method` finds a method of the page
    on the stage, or None."""
    menus = {name: window.menuBar().addMenu(name) for name in dict.fromkeys(action.menu for action in ACTIONS)}
    built = {}
    for entry in ACTIONS:
        action = QAction(entry.text, window)
        action.setObjectName(entry.id)
        action.setStatusTip(entry.tip)
        action.setToolTip(entry.tip)
        if entry.shortcut:
            action.setShortcut(QKeySequence(entry.shortcut))
        whose, _, name = entry.method.partition(".")
        if whose == "page":
            action.triggered.connect(lambda _=False, name=name: (page_method(name) or _nothing)())
        else:
            method = getattr(window if whose == "window" else getattr(window, whose), name)
            action.triggered.connect(lambda _=False, method=method: method())
        menus[entry.menu].addAction(action)
        built[entry.id] = action
    return built


def enable(actions: dict[str, QAction], page_method: Callable[[str], Callable[[], object] | None]) -> None:
    """Greys out what the page on the stage cannot do."""
    for entry in ACTIONS:
        whose, _, name = entry.method.partition(".")
        if whose == "page":
            actions[entry.id].setEnabled(page_method(name) is not None)


def add_context_menu(widget: QWidget, entries: Sequence[QAction]) -> None:
    """Offers entries of the menus at a right click, too."""
    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)
    widget.addActions(entries)


def insert_menu(before: QAction, menu: QMenu) -> None:
    """Puts a menu of its own in front of an entry."""
    for place in before.associatedObjects():
        if isinstance(place, QMenu):
            place.insertMenu(before, menu)


def _nothing() -> None:
    """A page without that method."""


def shortcut_list() -> str:
    """The table of shortcuts as lines of text."""
    rows = [(a.shortcut, a.text.replace("&", "").replace(" ...", ""), a.tip) for a in ACTIONS if a.shortcut]
    return "\n".join(f"{keys:<16}{text}: {tip}" for keys, text, tip in rows)
