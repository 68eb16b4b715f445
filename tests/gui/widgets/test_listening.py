"""Who listens hears what a person does, the last one first, and may take it."""

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget

from playground.gui.widgets.listening import listen, stop_listening


def window_with_line(qtbot) -> tuple[QWidget, QLineEdit]:
    window, line = QWidget(), QLineEdit()
    QVBoxLayout(window).addWidget(line)
    qtbot.addWidget(window)
    window.show()
    return window, line


def test_keys_are_heard_in_ones_own_window_only_and_by_the_last_first(qtbot):
    window, line = window_with_line(qtbot)
    _, other = window_with_line(qtbot)
    heard: list[str] = []

    def hears(name: str, takes: str = ""):
        def listener(watched: QWidget, event: QEvent) -> bool:
            if event.type() is QEvent.Type.KeyPress:
                heard.append(f"{name} {event.text()}")
                return event.text() == takes
            return False

        return listener

    first, last = hears("first"), hears("last", takes="b")
    listen(window, first)
    listen(window, last)
    qtbot.keyClicks(line, "ab")
    qtbot.keyClicks(other, "c")
    assert heard == ["last a", "first a", "last b"]
    assert line.text() == "a"  # b was taken
    stop_listening(window, last)
    stop_listening(window, last)
    qtbot.keyClicks(line, "b")
    assert (heard[3:], line.text()) == (["first b"], "ab")


def test_what_no_person_has_done_is_not_told(qtbot):
    window, line = window_with_line(qtbot)
    QApplication.processEvents()  # the window may come up under the pointer
    heard: list[QEvent.Type] = []
    listen(window, lambda watched, event: bool(heard.append(event.type())))
    line.setText("by the program")
    line.setEnabled(False)
    line.setEnabled(True)
    window.resize(300, 200)
    QApplication.processEvents()
    assert heard == []
    qtbot.mouseClick(line, Qt.MouseButton.LeftButton)
    assert QEvent.Type.MouseButtonPress in heard


def test_a_window_has_one_filter_however_many_listen(qtbot):
    window, _ = window_with_line(qtbot)
    before = len(window.children())
    for _ in range(3):
        listen(window, lambda watched, event: False)
    assert len(window.children()) == before + 1
