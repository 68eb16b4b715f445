"""A row of titles of which one is chosen; the owner shows what belongs to it, wherever that stands."""

from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QTabBar, QTabWidget, QWidget


class PageTabs(QTabBar):
    """As the tabs of a `QTabWidget`, without being bound to its pages.

    As a control its value is the title that is chosen.
    """

    def __init__(self, name: str, title: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tooltip)
        self.setExpanding(False)
        self.setDrawBase(False)

    def control_value(self) -> str:
        """The title that is chosen."""
        return self.tabText(self.currentIndex())

    def set_control_value(self, value: object) -> None:
        """Chooses a title. Raises ValueError for one that is not there."""
        shown = [index for index in range(self.count()) if self.isTabVisible(index) and self.tabText(index) == value]
        if not shown:
            raise ValueError(f"There is no page {value!r} now.")
        self.setCurrentIndex(shown[0])


def set_shown(tabs: QTabBar | QTabWidget, index: int, shown: bool) -> None:
    """Shows or hides a title. Qt's own `setTabVisible`, told what is so already, forgets to lay out the change before:
    a title that goes leaves a hole, and one that comes is not seen."""
    if tabs.isTabVisible(index) != shown:
        tabs.setTabVisible(index, shown)


def fit_to_current(pages: QStackedWidget | QTabWidget) -> None:
    """Lets only the page on show say how much room is needed. Qt takes the most that any page needs, and one page with
    much in it would make the window scroll on all the others."""
    stack = pages if isinstance(pages, QStackedWidget) else pages.findChild(QStackedWidget)
    assert stack is not None

    def fit(current: int) -> None:
        for index in range(stack.count()):
            policy = QSizePolicy.Policy.Preferred if index == current else QSizePolicy.Policy.Ignored
            if page := stack.widget(index):
                page.setSizePolicy(policy, policy)

    stack.currentChanged.connect(fit)
    fit(stack.currentIndex())
