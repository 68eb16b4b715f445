"""The window itself: its rail, what it remembers, how it starts and ends, and that everybody can use its controls."""

import json
import subprocess
import sys
import threading
from collections import Counter
from importlib.util import find_spec

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QLabel, QSlider, QWidget
from pytestqt.qtbot import QtBot

from playground import paths, registry
from playground.core.errors import UsageError
from playground.gui import app
from playground.gui.preferences import SCALES, Preferences
from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.drawn_widget import DrawnWidget
from tests.gui.driving import LEFT, Person, opened_window

FAMILIES = [name for name, card in registry.models().items() if card.extra.get("in_rail", True)]


@pytest.fixture
def start(qtbot):
    """Starts the window as the command does, and closes it."""
    opened = []

    def begin(**arguments):
        opened.append(app.open_window(Preferences.load(), **arguments))
        return Person(opened[-1], qtbot)

    yield begin
    for window in opened:
        window.close()
        window.deleteLater()
    theme.apply("light")


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    """A data folder in which nothing is remembered yet."""
    monkeypatch.setenv("PLAYGROUND_HOME", str(tmp_path))
    return tmp_path


# -- the rail -------------------------------------------------------------------------------------------------------


def test_a_click_in_the_rail_shows_the_panel_of_that_family(open_window):
    person = open_window()
    rail, window = person.window.rail, person.window
    assert window.families() == FAMILIES
    for family in FAMILIES:
        named = rail.findItems(registry.models()[family].title, Qt.MatchFlag.MatchExactly)
        (item,) = (item for item in named if item.flags() & Qt.ItemFlag.ItemIsEnabled)  # a group may be called the same
        person.qtbot.mouseClick(rail.viewport(), LEFT, pos=rail.visualItemRect(item).center())
        assert person.panel.family == family
        assert person.panel.isVisible()
        own = find_spec(f"playground.gui.panels.{family}") is not None
        assert type(person.panel).__module__ == f"playground.gui.panels.{family if own else 'base.panel'}"
    orders = [registry.models()[family].order for family in FAMILIES]
    assert orders == sorted(orders)


def test_a_run_opens_in_the_panel_of_its_family(start, tiny_run):
    person = start(open_path=tiny_run("vae", "moons"))
    assert person.panel.family == "vae"
    assert person.window.rail.currentItem().text() == "VAE"
    person.settle()
    assert person.session.experiment.data == "moons"


def test_a_run_that_is_none_is_said_and_the_default_opens(start, tmp_path):
    person = start(open_path=str(tmp_path), panel="vae")
    assert "is not a run folder" in person.panel.messages.text()
    person.settle()
    assert person.session.experiment.data == "strokes"


def test_an_unknown_panel_is_named(qtbot):
    with pytest.raises(UsageError, match=r"gaan.*diffusion"):
        app.open_window(Preferences(), panel="gaan")


# -- what it remembers ----------------------------------------------------------------------------------------------


def test_size_and_look_are_remembered(own_home, open_window):
    first = open_window(on_disk=True).window
    first.resize(700, 500)
    for action in ("view.theme", "view.larger"):
        first.actions_by_id[action].trigger()
    size = first.size()
    first.close()
    remembered = Preferences.load()
    assert (remembered.theme, remembered.type_scale) == ("dark", SCALES[1])
    assert app.MainWindow(remembered).size() == size


def test_it_opens_on_the_panel_that_was_shown_last(own_home, start):
    first = start(panel="vae")
    first.window.show_panel("classifier")
    first.window.close()
    assert start().panel.family == "classifier"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[1]",
        '{"theme": "pink"}',
        '{"type_scale": 99}',
        '{"type_scale": "big"}',
        '{"geometry": "zz"}',
        pytest.param("[" * 100_000, id="deep"),
        pytest.param(f'{{"type_scale": 1{"0" * 400}}}', id="huge"),
    ],
)
def test_preferences_that_make_no_sense_count_as_none(own_home, content):
    own_home.joinpath("preferences.json").write_text(content, encoding="utf-8")
    assert Preferences.load() == Preferences()


def test_without_preferences_there_are_the_defaults(own_home):
    assert Preferences.load() == Preferences()


# -- actions --------------------------------------------------------------------------------------------------------


def test_every_action_has_words_and_a_shortcut_of_its_own(open_window):
    window = open_window().window
    actions = list(window.actions_by_id.values())
    assert actions
    keys = Counter(action.shortcut().toString() for action in actions if not action.shortcut().isEmpty())
    assert [key for key, count in keys.items() if count > 1] == []
    assert [action.objectName() for action in actions if not (action.text() and action.statusTip())] == []
    assert [action.objectName() for action in actions if action.shortcut().isEmpty()] == []
    entries = [action for menu in window.menuBar().actions() for action in menu.menu().actions()]
    assert {action for action in entries if not action.menu()} == set(actions)


def test_the_shortcuts_are_listed_in_the_window(open_window):
    person = open_window("classifier-digits")
    person.window.actions_by_id["help.shortcuts"].trigger()
    person.press("classifier.message.details")
    listed = person.find("classifier.message.details.text").toPlainText()
    assert all(action.shortcut().toString() in listed for action in person.window.actions_by_id.values())


# -- controls -------------------------------------------------------------------------------------------------------

CONTROLS = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)


def is_control(widget):
    """Whether a person acts on it; Qt's own inner parts aside."""
    if widget.objectName().startswith("qt_") or widget.objectName() in ("ScrollLeftButton", "ScrollRightButton"):
        return False
    drawn = isinstance(widget, DrawnWidget) and widget.focusPolicy() != Qt.FocusPolicy.NoFocus
    return isinstance(widget, CONTROLS) or drawn


def spoken_name(widget):
    """What a screen reader says."""
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)


QUICK = ("vae", "home", "compare", "lecture")  # in every run of the tests; the others are slow ones


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
        for name in (*FAMILIES, "home", "compare", "lecture")
    ],
)
def test_every_control_has_a_name_a_tooltip_an_id_and_is_reached_by_the_tab_key(open_window, name):
    person = open_window()
    page = person.window.show_page(name)
    person.wait(page.is_settled)
    seen: dict[str, QWidget] = {}
    for _ in person.tour():
        for folded in page.findChildren(Collapsible):
            if folded.isVisible():
                folded.set_open(True)
        shown = [widget for widget in person.window.findChildren(QWidget) if widget.isVisible()]
        for widget in [widget for widget in shown if is_control(widget)]:
            control = widget.objectName()
            assert control, f"{widget} in {name} has no objectName"
            assert spoken_name(widget), f"{control} has no accessible name"
            assert widget.toolTip(), f"{control} has no tooltip"
            assert seen.setdefault(control, widget) is widget, f"two controls are named {control}"
            assert not widget.isEnabled() or reached_by_tab(widget), f"{control} cannot be reached by the keyboard"
    assert len(seen) > 3


def reached_by_tab(widget):
    """By itself, or as part of a composite that has keys for it (a slider's buttons, a strip's frames)."""
    composite = widget
    while composite is not None:
        if composite.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return True
        composite = composite.parentWidget() if hasattr(composite.parentWidget(), "control_value") else None
    return False


# -- starting -------------------------------------------------------------------------------------------------------

FIRST_PAINT = """
import json, sys
from PySide6.QtWidgets import QLabel
from playground.gui import app, panels
from playground.gui.panels.base import ModelPanel
from playground.gui.preferences import Preferences

seen = {}
open_default = ModelPanel.open_default

def look(panel):  # the window was painted, and now the model would be opened
    seen["torch"] = "torch" in sys.modules
    captions = [label.text() for label in panel.findChildren(QLabel) if label.isVisible()]
    seen["captions"] = [text for text in captions if text.startswith("Stored samples")]
    panel.window().grab().save(sys.argv[1])
    open_default(panel)

ModelPanel.open_default = look
app.application()
window = app.open_window(Preferences(), panel="diffusion")
window.close()
print(json.dumps(seen))
"""


HOME_PAINT = """
import json, sys
from playground.gui import app
from playground.gui.preferences import Preferences

opening = app._open

def look(window, *words, **named):  # the window was painted
    drawn = [tile.objectName() for tile in window.page._tiles.values() if tile.isVisible()]
    heavy = {"torch", "pyqtgraph", "ziamath", "scipy", "PIL", "playground.gui.panels.base.panel"}
    print(json.dumps({"tiles": drawn, "rail": window.rail.count(), "heavy": sorted(heavy & set(sys.modules))}))
    return opening(window, *words, **named)

app._open = look
app.application()
app.open_window(Preferences()).close()
"""


def test_the_first_page_is_painted_before_plots_and_formulae_are_imported():
    child = subprocess.run([sys.executable, "-c", HOME_PAINT], capture_output=True, text=True, check=True, timeout=120)
    seen = json.loads(child.stdout.splitlines()[-1])
    assert seen["heavy"] == []
    assert seen["rail"] >= 12
    assert len(seen["tiles"]) == 9


def test_the_window_shows_stored_samples_before_torch_is_imported(tmp_path):
    picture = tmp_path / "first.png"
    child = subprocess.run(
        [sys.executable, "-c", FIRST_PAINT, str(picture)], capture_output=True, text=True, check=True, timeout=120
    )
    seen = json.loads(child.stdout.splitlines()[-1])
    assert seen["torch"] is False
    (caption,) = seen["captions"]
    assert "diffusion-strokes" in caption
    sheet = QImage(str(registry.pretrained()["diffusion-strokes"] / "samples.png"))
    inks = {sheet.pixel(x, y) for x in range(sheet.width()) for y in range(sheet.height())}
    painted = QImage(str(picture))
    middle = {painted.pixel(x, y) for x in range(0, painted.width(), 2) for y in range(0, painted.height(), 2)}
    assert len(inks & middle) > len(inks) / 2


# -- ending ---------------------------------------------------------------------------------------------------------


def test_closing_while_it_trains_ends_the_worker_and_the_run_resumes(open_window):
    before = set(paths.runs().glob("*"))
    person = open_window("vae-digits")
    person.type("vae.budget", "1000000")
    person.press("vae.start")
    person.wait(lambda: person.session.can_train and person.session.step > 20)
    seen = person.session.step
    person.window.close()
    assert [thread for thread in threading.enumerate() if thread.name == "playground-worker"] == []

    (folder,) = set(paths.runs().glob("*")) - before
    again = open_window(str(folder))
    at = again.session.step
    assert at >= seen
    assert max(again.panel.loss.series()["loss"][0]) == at - 1  # the curve goes on where it ended
    again.press("vae.step")
    again.until("paused")
    assert again.session.step == at + 1


# -- the look -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def diffusion(qapp, request):
    with opened_window(QtBot(request), "diffusion-digits") as person:
        yield person


def brightness(person):
    picture = person.window.grab().toImage()
    pixels = [picture.pixelColor(x, y) for x in range(0, picture.width(), 16) for y in range(0, picture.height(), 16)]
    return sum(pixel.lightnessF() for pixel in pixels) / len(pixels)


def test_the_theme_changes_the_whole_window_and_back(diffusion):
    toggle = diffusion.window.actions_by_id["view.theme"]
    light = brightness(diffusion)
    toggle.trigger()
    dark = brightness(diffusion)
    toggle.trigger()
    assert dark < 0.35 < 0.75 < light
    assert brightness(diffusion) == pytest.approx(light)


def test_at_the_largest_type_no_word_of_the_settings_is_cut(diffusion):
    smallest = diffusion.window.font().pointSizeF()
    larger, smaller = (diffusion.window.actions_by_id[name] for name in ("view.larger", "view.smaller"))
    for _ in SCALES:
        larger.trigger()
    try:
        assert diffusion.panel.font().pointSizeF() == pytest.approx(2.5 * smallest)
        diffusion.qtbot.waitUntil(lambda: not cut(diffusion), timeout=5000)
    finally:
        for _ in SCALES:
            smaller.trigger()
    diffusion.qtbot.waitUntil(lambda: not cut(diffusion), timeout=5000)


def cut(person):
    """Words of the settings column that have too little room, and controls that stick out of it."""
    column = person.panel.settings
    found = []
    for widget in column.findChildren(QWidget):
        if not widget.isVisible():
            continue
        right = widget.mapTo(column, widget.rect().topRight()).x()
        if is_control(widget) and right > column.viewport().width():
            found.append(widget.objectName())
        if isinstance(widget, QLabel) and widget.text():
            words = widget.text().split() if widget.wordWrap() else widget.text().splitlines()
            widest = max(widget.fontMetrics().horizontalAdvance(word) for word in words)
            if widest > widget.width() or widget.heightForWidth(widget.width()) > widget.height():
                found.append(widget.text())
        if isinstance(widget, QAbstractSpinBox) and (
            widget.fontMetrics().horizontalAdvance(widget.text()) > widget.lineEdit().width()
        ):
            found.append(f"{widget.objectName()}: {widget.text()}")
    return found


def test_a_window_of_a_tour_leaves_no_trace(own_home, open_window):
    first = open_window().window
    first.actions_by_id["view.theme"].trigger()
    first.close()
    assert Preferences.load() == Preferences()
