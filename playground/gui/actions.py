"""Everything the window can be told to do, as one table: menus, shortcuts and the list of shortcuts come from it."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow


@dataclass(frozen=True)
class Action:
    """One thing to do.

    Attributes:
        id: stable, also the QAction's objectName.
        menu: the menu that it is in; actions of one menu stand in the order of the table.
        text, tip: the entry, and a sentence for the status bar.
        shortcut: as in "Ctrl+O"; "" for none.
        method: the name of the window's method that does it.
    """

    id: str
    menu: str
    text: str
    shortcut: str
    tip: str
    method: str


ACTIONS = (
    Action("file.open", "&File", "&Open run ...", "Ctrl+O", "Opens a run folder", "choose_run"),
    Action("file.export", "&File", "&Export experiment ...", "Ctrl+E",
           "Writes the run as a file that 'playground train' repeats", "export_experiment"),
    Action("file.picture", "&File", "Save the &window as a picture ...", "Ctrl+P", "Writes a PNG of the window",
           "save_picture"),
    Action("file.quit", "&File", "&Quit", "Ctrl+Q", "Saves what trains and closes the window", "close"),
    Action("run.train", "&Run", "&Train or pause", "Ctrl+Return", "Starts, pauses or goes on", "train_or_pause"),
    Action("run.step", "&Run", "One &step", "Ctrl+.", "Trains exactly one step", "one_step"),
    Action("run.stop", "&Run", "Sto&p", "Ctrl+Shift+.", "Ends this training; what was learned stays", "stop"),
    Action("run.reset", "&Run", "&Reset", "Ctrl+R", "A fresh model with the settings as they stand", "reset"),
    Action("run.default", "&Run", "&Back to the working default", "Ctrl+Backspace", "Opens the bundled run again",
           "back_to_default"),
    Action("sampler.play", "&Sampler", "&Play or pause", "Space", "Plays the sampler's steps", "play"),
    Action("sampler.forward", "&Sampler", "Step &forward", ".", "One step towards the sample", "step_forward"),
    Action("sampler.back", "&Sampler", "Step &back", ",", "One step back towards noise", "step_back"),
    Action("view.next", "&View", "&Next view", "Ctrl+Tab", "The panel's next view", "next_view"),
    Action("view.theme", "&View", "&Dark or light", "Ctrl+D", "Changes the colours", "toggle_theme"),
    Action("view.larger", "&View", "&Larger text", "Ctrl++", "Up to 250 %", "larger_text"),
    Action("view.smaller", "&View", "&Smaller text", "Ctrl+-", "Down to 100 %", "smaller_text"),
    Action("view.full", "&View", "&Full screen", "F11", "And back", "toggle_full_screen"),
    Action("help.shortcuts", "&Help", "&Shortcuts", "F1", "Lists all shortcuts", "show_shortcuts"),
)  # fmt: skip


def build(window: QMainWindow) -> dict[str, QAction]:
    """Fills the window's menu bar from the table; returns the QActions by id."""
    menus = {name: window.menuBar().addMenu(name) for name in dict.fromkeys(action.menu for action in ACTIONS)}
    built = {}
    for entry in ACTIONS:
        action = QAction(entry.text, window)
        action.setObjectName(entry.id)
        action.setStatusTip(entry.tip)
        action.setToolTip(entry.tip)
        if entry.shortcut:
            action.setShortcut(QKeySequence(entry.shortcut))
        method: Callable[[], object] = getattr(window, entry.method)
        action.triggered.connect(method)
        menus[entry.menu].addAction(action)
        built[entry.id] = action
    return built


def shortcut_list() -> str:
    """The table of shortcuts as lines of text."""
    rows = [(a.shortcut, a.text.replace("&", "").replace(" ...", ""), a.tip) for a in ACTIONS if a.shortcut]
    return "\n".join(f"{keys:<16}{text}: {tip}" for keys, text, tip in rows)
