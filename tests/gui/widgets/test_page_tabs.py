"""A row of titles of which some may be hidden."""

from playground.gui.widgets.page_tabs import PageTabs, set_shown


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
