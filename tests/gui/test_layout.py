"""Nothing is too much and nothing is cut: controls are counted, and every word is measured against its room."""

import json
import os
import subprocess
import sys
import time

import pytest
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QComboBox, QLabel, QPushButton, QTabBar, QWidget

from playground import registry
from playground.gui.panels.base import LensView
from playground.gui.widgets import controls
from playground.gui.widgets.run_controls import RunControls
from playground.gui.widgets.step_scrubber import StepScrubber
from tests.gui.measuring import too_little_room

MOST_ON_A_PANEL = 7
MOST_ON_A_VIEW = 5
FAMILIES = [name for name, card in registry.models().items() if card.extra.get("in_rail", True)]


def counted(root: QWidget, leave_out: list[QWidget]) -> list[str]:
    """The controls seen below `root`. A composite counts once, as a person sees one thing; folds do not count, nor do
    the rows of titles."""
    spoken_for = {child for each in leave_out for child in [each, *each.findChildren(QWidget)]}
    found = []
    for name, widget in controls.find(root).items():
        if hasattr(widget, "control_value"):
            spoken_for.update(widget.findChildren(QWidget))
        seen = widget.isVisible() and widget not in spoken_for and widget.property("role") != "fold"
        if seen and not isinstance(widget, QTabBar) and not widget.objectName().endswith(".views"):
            found.append(name)
    return found


@pytest.mark.parametrize(
    "family",
    [pytest.param(name, marks=() if name == "vae" else pytest.mark.slow) for name in FAMILIES],
)
def test_a_panel_opens_with_few_controls(open_window, family):
    person = open_window()
    person.window.show_panel(family)
    person.settle()
    panel = person.panel
    forms = [form for view in panel.views if (form := view.side_form())]
    transports = panel.findChildren(RunControls) + panel.findChildren(StepScrubber)
    own = counted(panel, [*transports, *panel.views, *forms])
    assert len(own) <= MOST_ON_A_PANEL, own
    for place in person.tour():
        view, form = person.view, person.view.side_form()
        transports = panel.findChildren(RunControls) + panel.findChildren(StepScrubber)
        on_view = counted(view, transports) + (counted(form, []) if form else [])
        assert len(on_view) <= MOST_ON_A_VIEW, f"{place}: {on_view}"


SIZES = [(1024, 720), (1920, 1080)]


@pytest.mark.parametrize(
    ("scale", "theme"),
    [(scale, theme) for scale in (1.0, 2.5) for theme in ("light", "dark")],
)
@pytest.mark.slow
def test_no_word_is_cut_on_any_page(open_window, scale, theme):
    assert cut_words(open_window(theme=theme, type_scale=scale).window) == []


def test_no_word_is_cut_in_the_largest_type_on_some_pages(open_window):
    assert cut_words(open_window(type_scale=2.5).window, ["home", "gaussian"]) == []


def cut_words(window, names=None):
    """On every page, view and lens, or on some pages, at the smallest and the largest size."""
    found = []
    for name in names or window.page_names():
        page = window.show_page(name)
        spin_until(page.is_settled)
        views = [view for view in getattr(page, "views", []) if view.fits(page.session.facts)]
        for view, lens in [place for each in views or [None] for place in lenses_of(each)]:
            if view is not None:
                page.show_view(view.title)
            if lens:
                view.show_lens(lens)
            spin_until(page.is_settled)
            for size in SIZES:
                window.resize(*size)
                spin_until(lambda: not too_little_room(window), patience=1.0)
                where = f"{name}{'/' + view.title if view else ''}{'/' + lens if lens else ''} at {size[0]}x{size[1]}"
                found += [f"{where}: {words}" for words in too_little_room(window)]
    return found


def lenses_of(view):
    """The view with each of its lenses in turn; once with "" for a view without lenses."""
    return [(view, title) for title in (view.fitting() if isinstance(view, LensView) else [""])]


def spin_until(done, patience=60.0):
    deadline = time.monotonic() + patience
    while not done() and time.monotonic() < deadline:
        loop = QEventLoop()
        QTimer.singleShot(20, loop.quit)
        loop.exec()


SCALED = """
import json
from playground.gui.app import application
from playground.gui.main_window import MainWindow
from playground.gui.preferences import Preferences
from playground.gui.widgets import theme
from tests.gui.test_layout import cut_words

application()
theme.apply("light", 1.0)
window = MainWindow(Preferences())
window.show()
found = cut_words(window)
ratio = window.devicePixelRatioF()
window.close()
print(json.dumps({"ratio": ratio, "found": found}))
"""


@pytest.mark.slow
def test_no_word_is_cut_on_a_screen_of_double_density():
    environment = os.environ | {"QT_SCALE_FACTOR": "2", "QT_QPA_PLATFORM": "offscreen"}
    child = subprocess.run(
        [sys.executable, "-c", SCALED], capture_output=True, text=True, env=environment, timeout=300, check=False
    )
    assert child.returncode == 0, child.stderr
    said = json.loads(child.stdout.splitlines()[-1])
    assert said == {"ratio": 2.0, "found": []}


def test_words_without_room_are_noticed(qapp, qtbot):
    """The measure itself: a label, a button, a box and a list that are too narrow for what they say."""
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(400, 300)
    label, button, box = QLabel("quite a long label", window), QPushButton("Press", window), QComboBox(window)
    box.addItem("a rather long entry")
    for y, widget in enumerate((label, button, box)):
        widget.setGeometry(0, 40 * y, 30, 30)
    window.show()
    assert len(too_little_room(window)) == 3
    for y, widget in enumerate((label, button, box)):
        widget.setGeometry(0, 60 * y, 300, 50)
    assert too_little_room(window) == []


def test_a_table_is_measured_as_it_is_laid_out(qapp, qtbot):
    """Its cells stand side by side: what is high enough for its rows is not cut, one row less is."""
    window = QWidget()
    qtbot.addWidget(window)
    row = f"<tr>{'<td>cell</td>' * 4}</tr>"
    table = QLabel(f"<table>{row * 3}</table>", window)
    window.resize(400, 300)
    window.show()
    table.resize(table.sizeHint())
    assert too_little_room(window) == []
    table.resize(table.width(), table.height() - table.fontMetrics().height())
    assert len(too_little_room(window)) == 1
    table.resize(table.sizeHint().width() // 2, table.sizeHint().height())
    assert len(too_little_room(window)) == 1
