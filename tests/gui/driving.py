"""A person before the real window: finds controls by name, presses, chooses and types, and waits for what follows."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QTabBar, QWidget
from pytestqt.qtbot import QtBot

from playground.gui.app import application
from playground.gui.main_window import MainWindow
from playground.gui.panels.base import LensView, ModelPanel, View
from playground.gui.preferences import Preferences
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme

PATIENCE = 60_000  # milliseconds until the window counts as stuck
LEFT = Qt.MouseButton.LeftButton


class Person:
    """Acts on one window."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.qtbot = window, qtbot

    @property
    def panel(self) -> ModelPanel:
        """The panel on the stage."""
        assert self.window.panel is not None
        return self.window.panel

    @property
    def session(self) -> TrainingSession:
        """The run in that panel."""
        return self.panel.session

    @property
    def view(self) -> Any:
        """The view on the stage."""
        return self.panel.views[self.panel.tabs.currentIndex()]

    # -- acting -------------------------------------------------------------------------------------------------------

    def find(self, name: str, kind: type = QWidget) -> Any:
        """The one visible control of that name."""
        found = [widget for widget in self.window.findChildren(kind, name) if widget.isVisible()]
        assert len(found) == 1, f"{len(found)} visible controls are named {name}"
        return found[0]

    def press(self, name: str) -> None:
        """Clicks a button."""
        button = self.find(name, QAbstractButton)
        assert button.isEnabled(), f"{name} is disabled"
        self.qtbot.mouseClick(button, LEFT)

    def choose(self, name: str, words: str) -> None:
        """Takes an entry from a drop-down list."""
        box = self.find(name, QComboBox)
        assert box.isEnabled(), f"{name} is disabled"
        row = box.findText(words)
        assert row >= 0, f"{name} has no entry {words}"
        # From the neighbour one key press is left: the offscreen platform complains about lists that pop up.
        neighbour, key = (row - 1, Qt.Key.Key_Down) if row else (1, Qt.Key.Key_Up)
        box.blockSignals(True)
        box.setCurrentIndex(neighbour)
        box.blockSignals(False)
        self.qtbot.keyClick(box, key)

    def type(self, name: str, text: str) -> None:
        """Replaces the number in a box."""
        box = self.find(name, QAbstractSpinBox)
        assert box.isEnabled(), f"{name} is disabled"
        box.selectAll()
        self.qtbot.keyClicks(box, text)
        self.qtbot.keyClick(box, Qt.Key.Key_Return)

    def show_view(self, title: str) -> View:
        """Clicks a tab and waits for what it shows."""
        bar = self.panel.tabs.tabBar()
        (index,) = [i for i in range(bar.count()) if bar.tabText(i) == title]
        assert bar.isTabVisible(index)
        self.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
        self.settle()
        return self.view

    def tour(self) -> Iterator[str]:
        """Puts each view of the page on the stage in turn, and each lens of a view that has them; says which. A page
        without views is one place, ""."""
        page: Any = self.window.page
        for view in [view for view in getattr(page, "views", []) if view.fits(page.session.facts)]:
            self.show_view(view.title)
            if not isinstance(view, LensView):
                yield view.title
                continue
            for lens in view.fitting():
                view.show_lens(lens)
                self.settle()
                yield f"{view.title}/{lens}"
        if not hasattr(page, "views"):
            yield ""

    def show_tool(self, name: str, title: str) -> None:
        """Clicks a title in a row of titles and waits for what it shows."""
        bar = self.find(name, QTabBar)
        (index,) = [i for i in range(bar.count()) if bar.tabText(i) == title]
        assert bar.isTabVisible(index)
        self.qtbot.mouseClick(bar, LEFT, pos=bar.tabRect(index).center())
        self.settle()

    def texts(self) -> list[str]:
        """All words that are on show."""
        return [label.text() for label in self.window.findChildren(QLabel) if label.isVisible() and label.text()]

    # -- waiting ------------------------------------------------------------------------------------------------------

    def wait(self, done: Callable[[], object]) -> None:
        """Until something is so."""
        self.qtbot.waitUntil(lambda: bool(done()), timeout=PATIENCE)

    def settle(self) -> None:
        """Until the model is there and the view on the stage shows its answers."""
        self.wait(lambda: self.session.is_open and self.view.is_settled())

    def until(self, state: str) -> None:
        """Until the session is in that state, and the view has caught up."""
        self.wait(lambda: self.session.state == state)
        self.settle()

    def ask_again(self, act: Callable[[], object]) -> None:
        """Does something that makes the view ask, and waits until the last answer is there."""
        with self.qtbot.waitSignal(self.session.answered, timeout=PATIENCE, check_params_cb=lambda answer: answer.last):
            act()
        self.settle()


@contextmanager
def opened_window(qtbot: QtBot, run: str = "", **preferences: Any) -> Iterator[Person]:
    """A window with a run on its stage, settled; without `run` with nothing on it. Nothing is left of it."""
    application()
    theme.apply("light")
    window = MainWindow(Preferences(**preferences))
    person = Person(window, qtbot)
    try:
        window.resize(1280, 800)
        window.show()
        if run:
            window.open_run(run)
            person.settle()
        yield person
    finally:
        window.close()
        window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
        theme.apply("light")
