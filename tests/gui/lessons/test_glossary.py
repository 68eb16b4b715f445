"""The glossary: its file, its window, and its terms in tooltips and scenes."""

import re

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QListWidget, QPushButton, QToolTip, QVBoxLayout, QWidget

from playground import paths, registry
from playground.gui.lessons import library
from playground.gui.lessons.glossary import Glossary, Term
from playground.gui.lessons.glossary_window import GlossaryWindow
from playground.gui.lessons.term_tips import TermTips

TERMS = Glossary.load(paths.resources() / "glossary.md")
SCENES = [scene for lesson in library.load(registry.lessons()) for scene in lesson.scenes]


def test_the_bundled_terms_are_whole():
    assert len(TERMS.terms) > 60
    names = [name.lower() for term in TERMS.terms for name in term.names]
    assert len(names) == len(set(names))
    for term in TERMS.terms:
        assert term.text.endswith("."), term.title
        assert 0 <= term.slide <= 40
        for sentence in re.split(r"[.:]\s", term.text):
            assert len(sentence.split()) <= 25, sentence


def test_a_text_names_its_terms_the_longer_name_first():
    glossary = Glossary(
        [Term(("density",), 14, "High."), Term(("density model", "DM"), 18, "A."), Term(("z",), 9, "Z.")]
    )
    assert [term.title for term in glossary.terms_in("A Density model dm, a density; zz z-axis.")] == [
        "density model", "density"]  # fmt: skip
    assert [term.title for term in glossary.terms_in("move z.")] == ["z"]
    assert Glossary([]).terms_in("density") == ()


@pytest.mark.parametrize("scene", [s for s in SCENES if s.numbers()], ids=lambda scene: scene.key)
def test_no_scene_uses_a_term_before_it_is_brought(scene):
    """A term of a later slide has to be linked: `[words](#glossary:TERM)`."""
    linked = set(re.findall(r"\(#glossary:([^)]+)\)", scene.text + scene.reveal))
    assert all(TERMS.find(name) for name in linked), linked
    question = (scene.question.text, *scene.question.choices) if scene.question else ()
    words = re.sub(r"\]\([^)]*\)|\{[^}]*\}", "", " ".join((scene.title, scene.text, scene.reveal, *question)))
    for term in TERMS.terms_in(words):
        assert term.slide <= scene.numbers()[-1] or linked & {*term.names}, f"{term.title} comes on slide {term.slide}"


@pytest.fixture
def window(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    for name, tip in (("a.rate", "The learning rate: how far a step goes < 1"), ("a.close", "Goes away")):
        button = QPushButton(name)
        button.setObjectName(name)
        button.setToolTip(tip)
        column.addWidget(button)
    window.show()
    return window


def test_a_tooltip_names_its_terms_and_the_key_opens_them(qtbot, window):
    glossary = GlossaryWindow(TERMS, window)
    tips = TermTips(TERMS, window, glossary.show_term)
    rate, close = window.findChildren(QPushButton)
    QApplication.sendEvent(rate, QHelpEvent(QHelpEvent.Type.ToolTip, QPoint(1, 1), rate.mapToGlobal(QPoint(1, 1))))
    assert "goes &lt; 1" in QToolTip.text()
    assert "Glossary (Shift+F1): learning rate" in QToolTip.text()
    tips.explain()
    (meaning,) = glossary.findChildren(QLabel, "glossary.meaning")
    assert "<b>learning rate</b>" in meaning.text()
    assert glossary.isVisible()
    assert tips.words(close) == "Goes away"
    QToolTip.hideText()


def test_letters_narrow_the_list_and_a_link_goes_on(qtbot, window):
    glossary = GlossaryWindow(TERMS, window)
    glossary.show_term("KL")
    (meaning,) = glossary.findChildren(QLabel, "glossary.meaning")
    assert "<b>KL divergence</b>" in meaning.text()
    assert 'href="nat"' in meaning.text()
    meaning.linkActivated.emit("nat")
    assert "<b>nat</b>" in meaning.text()
    (search,), (terms,) = glossary.findChildren(QLineEdit), glossary.findChildren(QListWidget)
    qtbot.keyClicks(search, "normal dist")
    shown = [terms.item(row).text() for row in range(terms.count()) if not terms.item(row).isHidden()]
    assert shown == ["Gaussian"]
    assert "<b>Gaussian</b>" in meaning.text()
    qtbot.keyClick(search, Qt.Key.Key_Backspace)
    assert glossary.windowFlags() & Qt.WindowType.Tool
