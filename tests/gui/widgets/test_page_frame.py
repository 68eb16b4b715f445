"""A page gets the whole window, and is scrolled only where it needs more."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground.gui.widgets.page_frame import PageFrame


@pytest.fixture
def framed(qtbot):
    page = QWidget()
    layout = QVBoxLayout(page)
    words = QLabel("word " * 200)
    words.setWordWrap(True)
    layout.addWidget(words)
    page.setMinimumWidth(300)
    frame = PageFrame(page)
    qtbot.addWidget(frame)
    frame.show()
    return frame, page, words


@pytest.mark.parametrize(("size", "across", "down"), [((900, 700), False, False), ((200, 700), True, False),
                                                      ((900, 40), False, True), ((200, 40), True, True)])  # fmt: skip
def test_it_scrolls_only_where_there_is_too_little_room(framed, qtbot, size, across, down):
    frame, page, words = framed
    frame.resize(*size)
    qtbot.waitUntil(lambda: bool(frame.horizontalScrollBar().maximum()) == across, timeout=2000)
    assert bool(frame.verticalScrollBar().maximum()) == down
    assert words.height() >= words.heightForWidth(words.width())
    if not across and not down:
        assert page.size() == frame.viewport().size()


def test_words_that_grow_make_the_page_grow(framed, qtbot):
    frame, page, words = framed
    frame.resize(400, 300)
    before = page.height()
    words.setText("word " * 2000)
    qtbot.waitUntil(lambda: page.height() > before, timeout=2000)
    assert words.height() >= words.heightForWidth(words.width())
    assert frame.minimumSizeHint() == QSize(0, 0)


def test_a_line_more_that_the_scroll_bar_makes_has_its_room(framed, qapp):
    frame, _, words = framed
    for width in range(400, 520, 4):
        frame.resize(width, 60)
        qapp.processEvents()
        assert words.height() >= words.heightForWidth(words.width())
