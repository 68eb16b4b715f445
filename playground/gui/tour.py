"""Drives the real window offscreen and saves a picture of every panel on every kind of data, view by view."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from playground import registry
from playground.core.errors import PlaygroundError, unknown
from playground.gui import lesson_tour
from playground.gui.app import application
from playground.gui.main_window import MainWindow
from playground.gui.panels.base import LensView, ModelPanel, View
from playground.gui.preferences import Preferences
from playground.gui.widgets import theme
from playground.gui.widgets.formula import bring_typesetter

PATIENCE = 60.0  # seconds until a panel counts as stuck
SECONDS = 5.0  # of training on data that has no bundled run, so that there is something to see


def take(
    out: Path,
    family: str | None,
    size: tuple[int, int],
    theme_name: Literal["light", "dark"],
    lesson: str | None = None,
) -> Iterator[Path]:
    """Saves ``<panel>-<data>-<theme>.png`` of each panel's opening view, and ``...<theme>.<view>.png`` of the others,
    then of the pages beside them (`home`, `compare`, `lecture`); or, where a lesson is named, what `lesson_tour.play`
    says.

    Raises UsageError for a panel or a lesson that does not exist.
    """
    out.mkdir(parents=True, exist_ok=True)
    application()
    bring_typesetter()  # no picture without its formula
    theme.apply(theme_name)
    window = MainWindow(Preferences(theme=theme_name))
    window.resize(*size)
    window.show()
    try:
        if lesson:
            yield from lesson_tour.play(window, lesson, out, theme_name, _wait)
            return
        if family and family not in window.page_names():
            raise unknown("panel", family, window.page_names())
        for name in [family] if family else window.page_names():
            if name not in window.families():
                yield from _picture_page(window, name, out, theme_name)
                continue
            for data in _data_sets(name):
                panel = window.show_panel(name, open_default=False)
                _settle_on(panel, data)
                yield from _picture_views(window, panel, out / f"{name}-{data}-{theme_name}")
    finally:
        window.close()
        window.deleteLater()


def _data_sets(family: str) -> list[str]:
    groups = registry.models()[family].extra.get("data_groups")
    here = [card for card in registry.data().values() if not {"takes", "download"} & set(card.extra)]
    return [card.name for card in here if groups is None or card.group in groups]


def _settle_on(panel: ModelPanel, data: str) -> None:
    """Opens the data and waits until its model answers; without a bundled run it is trained a little first."""
    panel.open_data(data)
    _wait(lambda: panel.session.is_open, f"{panel.family} on {data} to open")
    if panel.session.can_train:
        panel.transport.set_budget("seconds", SECONDS)
        panel.train()
        _wait(lambda: panel.session.state == "done", f"{panel.family} on {data} to train")


def _picture_page(window: MainWindow, name: str, out: Path, theme_name: str) -> Iterator[Path]:
    """A page that is no family's panel, tab by tab; what can train on it does so for a while."""
    page = window.show_page(name)
    _wait(page.is_settled, f"the page {name}")
    if page.sessions():
        page.transport.set_budget("seconds", SECONDS)  # type: ignore[attr-defined]
        page.train_or_pause()  # type: ignore[attr-defined]
        _wait(lambda: all(session.state == "done" for session in page.sessions()), f"the page {name} to train")
    stem = f"{name}-{page.data_name or 'all'}-{theme_name}"
    tabs = getattr(page, "tabs", None)
    for index in range(tabs.count() if tabs else 1):
        if tabs:
            tabs.setCurrentIndex(index)
        _wait(page.is_settled, f"the page {name}")
        _spin(0.4)
        yield _saved(window, out / f"{stem}{f'.{tabs.tabText(index).lower()}' if tabs and index else ''}.png")


def _picture_views(window: MainWindow, panel: ModelPanel, stem: Path) -> Iterator[Path]:
    tabs = panel.tabs
    for index in [i for i in range(tabs.count()) if tabs.isTabVisible(i)]:
        tabs.setCurrentIndex(index)
        view = panel.views[index]
        suffix = "" if view.title == panel.first_view else f".{view.title.lower()}"
        if not isinstance(view, LensView):
            yield _picture_view(window, view, stem.with_name(f"{stem.name}{suffix}.png"))
            continue
        for number, title in enumerate(view.fitting()):
            view.show_lens(title)
            _wait(view.is_settled, f"the lens {title}")
            lens = f".{view.lens.key}" if number and view.lens else ""
            yield _picture_view(window, view, stem.with_name(f"{stem.name}{suffix}{lens}.png"))


def _picture_view(window: MainWindow, view: View, path: Path) -> Path:
    _wait(view.is_settled, f"the view {view.title}, {path.stem}")
    if stepper := view.stepper():  # half way, where there is most to see
        for _ in range(9):
            stepper.step_back()
        _wait(view.is_settled, f"the view {view.title}, {path.stem}")
    _spin(0.4)  # formulae and plots that are drawn when they are first seen
    return _saved(window, path)


def _saved(window: MainWindow, path: Path) -> Path:
    if not window.grab().save(str(path)):
        raise PlaygroundError(f"{path} could not be written.")
    return path


def _wait(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > deadline:
            raise PlaygroundError(f"Waited {PATIENCE:.0f} s in vain for {what}.")
        _spin(0.03)


def _spin(seconds: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(int(seconds * 1000), loop.quit)
    loop.exec()
    QApplication.processEvents()
