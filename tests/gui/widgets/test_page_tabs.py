"""A row of titles of which some may be hidden."""

from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from playground.gui.widgets.page_tabs import PageTabs, fit_to_current, set_shown


def test_a_title_that_goes_leaves_no_hole_and_one_that_comes_has_its_place(qtbot):
    tabs = PageTabs("tabs", "Pages", "Which page")
    for title in ("one", "two", "three"):
        tabs.addTab(title)
    qtbot.addWidget(tabs)
    tabs.show()
    pitch = tabs.tabRect(2).left() - tabs.tabRect(1).left()
    was = tabs.tabRect(2).left()
    for shown in (True, False, True):
        for index in range(3):
            set_shown(tabs, index, shown or index != 1)
        assert tabs.tabRect(2).left() == (was if shown else was - pitch)


def test_only_the_page_on_show_says_how_much_room_is_needed(qtbot):
    pages = QTabWidget()
    qtbot.addWidget(pages)
    low, high = QWidget(), QWidget()
    for page, height in ((low, 40), (high, 400)):
        layout = QVBoxLayout(page)
        layout.addWidget(words := QLabel())
        words.setMinimumHeight(height)
        pages.addTab(page, str(height))
    fit_to_current(pages)
    least = pages.minimumSizeHint().height()
    assert least < 200
    pages.setCurrentWidget(high)
    assert pages.minimumSizeHint().height() > 400
    pages.setCurrentWidget(low)
    assert pages.minimumSizeHint().height() == least
