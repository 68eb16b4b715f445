"""A file is shown with colours and numbers, lines light up, and text is found."""

import pytest
from PySide6.QtGui import QTextFormat

from playground.gui.widgets import theme
from playground.gui.widgets.python_highlighter import spans
from playground.gui.widgets.source_view import SourceView

SOURCE = 'class Toy:  # a "toy"\n    """Says\n    ε."""\n    x = 1.5 + "ε"\n' + "    y = 2\n" * 80 + "    z = x\n"


@pytest.fixture
def view(qtbot):
    widget = SourceView("toy.code")
    qtbot.addWidget(widget)
    widget.resize(500, 300)
    widget.set_source(SOURCE)
    widget.show()
    return widget


def _backgrounds(view, line):
    return [s for s in view.extraSelections() if s.cursor.blockNumber() == line - 1]


def test_the_tokenizer_says_what_is_what():
    found = spans('class Toy:  # a "toy"\n    """Doc\n    𝔼."""\n    x = 1.5\n    return "a"\n')
    assert found[0] == [(0, 5, "keyword"), (6, 3, "name"), (12, 9, "comment")]
    assert found[1] == [(4, 6, "docstring")]
    assert found[2] == [(0, 10, "docstring")]  # Qt counts the E as two
    assert found[3] == [(8, 3, "number")]
    assert found[4] == [(4, 6, "keyword"), (11, 3, "text")]


def test_a_broken_file_is_coloured_as_far_as_it_goes():
    assert spans("x = 1\ny = '''")[0] == [(4, 1, "number")]


def test_colours_are_the_theme_s(view):
    def colour(row, column):
        formats = view.document().findBlockByNumber(row).layout().formats()
        return next(f.format.foreground().color().name() for f in formats if f.start <= column < f.start + f.length)

    assert colour(0, 0) == theme.LIGHT.data.lower()
    theme.apply("dark")
    try:
        assert colour(0, 0) == theme.DARK.data.lower()
    finally:
        theme.apply("light")


def test_it_cannot_be_changed(view, qtbot):
    qtbot.keyClicks(view, "abc")
    assert view.toPlainText() == SOURCE


def test_lines_light_up_and_go_out(view):
    view.light([(2, 3)], [(4, 4)])
    assert view.lit() == [(2, 3)]
    running, before = _backgrounds(view, 2)[0], _backgrounds(view, 4)[0]
    assert running.format.background().color().alpha() > before.format.background().color().alpha()
    assert running.format.property(QTextFormat.Property.FullWidthSelection)
    view.light(())
    assert not _backgrounds(view, 2)


def test_a_lit_line_has_a_bar_in_the_margin(view):
    def ink():
        image = view.grab().toImage()
        return sum(image.pixelColor(x, y).name() == theme.LIGHT.model.lower()
                   for x in range(view.viewport().x()) for y in range(image.height()))  # fmt: skip

    assert ink() == 0
    view.light([(1, 2)])
    assert ink() > 0


def test_going_to_a_line_shows_and_marks_it(view):
    assert not view.shows(85)
    view.go_to(85)
    assert view.shows(85)
    assert view.marked() == 85
    assert _backgrounds(view, 85)


def test_a_search_goes_round_and_says_where_there_is_nothing(view):
    assert view.find_text("x")
    assert view.textCursor().blockNumber() == 3
    assert view.find_text("x")
    assert view.textCursor().blockNumber() == 84
    assert view.find_text("x")
    assert view.textCursor().blockNumber() == 3
    assert view.find_text("x", backward=True)
    assert view.textCursor().blockNumber() == 84
    assert not view.find_text("nowhere")
    assert view.textCursor().blockNumber() == 84
