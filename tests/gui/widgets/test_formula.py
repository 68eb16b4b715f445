"""Formulae are set, coloured by the theme, and never lost."""

import subprocess
import sys
import threading

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

from playground.gui.widgets import formula, theme
from playground.gui.widgets.formula import Formula, typeset


@pytest.fixture
def light_afterwards(qapp):
    yield
    theme.apply("light")


def ink(widget, background):
    """The colour that is furthest from the background."""
    picture = widget.grab().toImage()
    colours = {picture.pixelColor(x, y).name() for x in range(picture.width()) for y in range(picture.height())}
    return max(colours, key=lambda name: abs(QColor(name).lightness() - QColor(background).lightness()))


def inks(widget):
    """How many colours there are."""
    picture = widget.grab().toImage()
    return len({picture.pixel(x, y) for x in range(picture.width()) for y in range(picture.height())})


def test_the_ink_follows_the_theme(qtbot, light_afterwards):
    theme.apply("light")
    widget = Formula(r"\frac{a}{b} + \sqrt{x}", id_prefix="vae")
    qtbot.addWidget(widget)
    widget.resize(300, 80)
    widget.show()
    assert QColor(ink(widget, theme.LIGHT.window)).lightness() < 80
    theme.apply("dark")
    assert QColor(ink(widget, theme.DARK.window)).lightness() > 180


def test_it_grows_with_the_type(qtbot, light_afterwards):
    theme.apply("light")
    widget = Formula(r"x_{t-1}", id_prefix="vae")
    qtbot.addWidget(widget)
    widget.show()
    widget.grab()
    small = widget.sizeHint()
    theme.apply("light", 2.0)
    QApplication.processEvents()
    widget.grab()
    assert widget.sizeHint().width() > 1.8 * small.width()


def test_a_wrong_source_is_shown_as_it_is(qtbot, caplog):
    widget = Formula("x^", id_prefix="vae")
    qtbot.addWidget(widget)
    widget.resize(100, 40)
    widget.show()
    assert inks(widget) > 1
    assert "cannot set the formula 'x^'" in caplog.text


def test_what_is_read_aloud(qtbot):
    widget = Formula(r"\beta", id_prefix="vae")
    qtbot.addWidget(widget)
    assert widget.accessibleName() == r"\beta"
    widget.set_latex(r"\gamma", plain="gamma")
    assert widget.accessibleName() == "gamma"
    assert widget.objectName() == "vae.formula"


def test_each_formula_is_set_once():
    typeset.cache_clear()
    first = typeset("a+b", 20, "#000000")
    assert typeset("a+b", 20, "#000000") is first
    assert b"#ff0000" in typeset("a+b", 20, "#ff0000")


def test_nothing_waits_for_the_typesetter(qtbot, monkeypatch):
    asked: list[bool] = []
    monkeypatch.setattr(formula, "_is_here", threading.Event())
    monkeypatch.setattr(formula, "_fetch", lambda: asked.append(True))
    widget = Formula(r"\beta", id_prefix="vae")
    qtbot.addWidget(widget)
    widget.resize(60, 40)
    widget.show()
    assert inks(widget) == 1
    assert asked
    empty = widget.sizeHint()
    formula._is_here.set()
    qtbot.waitUntil(lambda: widget.sizeHint() != empty, timeout=20_000)  # it paints itself again
    assert inks(widget) > 1


def test_the_typesetter_is_not_imported_before_it_is_needed():
    check = "import sys, playground.gui.widgets.formula; sys.exit('ziamath' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
