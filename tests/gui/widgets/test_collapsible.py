"""The section that folds."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton

from playground.gui.widgets.collapsible import Collapsible


def test_folds_by_mouse_keyboard_and_code(qtbot):
    content = QLabel("inside")
    section = Collapsible(content, id_prefix="vae", title="More")
    qtbot.addWidget(section)
    section.show()
    heading = section.findChild(QPushButton, "vae.more")
    assert not content.isVisible()
    assert heading.accessibleName() == "More, folded"
    with qtbot.waitSignal(section.toggled) as caught:
        qtbot.mouseClick(heading, Qt.MouseButton.LeftButton)
    assert caught.args == [True]
    assert content.isVisible()
    assert heading.accessibleName() == "More, open"
    qtbot.keyClick(heading, Qt.Key.Key_Space)
    assert not section.is_open()
    section.set_open(True)
    assert content.isVisible()
