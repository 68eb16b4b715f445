"""The spotlight."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from playground.gui.widgets.spotlight import Spotlight


def test_all_is_dark_but_the_control_that_is_used(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    column = QVBoxLayout(window)
    first, second = QPushButton("first"), QPushButton("second")
    for button in (first, second):
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # hiding one would give the focus to the other
        column.addWidget(button)
    window.resize(400, 300)
    window.setStyleSheet("background: white")
    light = Spotlight(window)
    window.show()
    assert not light.isVisible()
    light.set_on(True)
    light.point_at(first)
    assert light.geometry() == window.rect()
    assert light.lit.contains(first.geometry())
    assert not light.lit.intersects(second.geometry())
    picture = window.grab().toImage()
    corner = picture.pixelColor(second.mapTo(window, QPoint(2, second.height() + 3))).lightness()
    assert corner < 140
    light.point_at(second)
    assert light.lit.contains(second.geometry())
    window.resize(500, 400)
    assert light.geometry() == window.rect()
    second.hide()
    qtbot.waitUntil(lambda: light.lit.isEmpty())
    light.set_on(False)
    assert window.grab().toImage().pixelColor(1, 1).lightness() == 255


def test_what_is_no_part_of_the_window_is_not_singled_out(qtbot):
    window, other = QWidget(), QPushButton()
    for each in (window, other):
        qtbot.addWidget(each)
    window.show()
    light = Spotlight(window)
    light.set_on(True)
    for target in (other, window, None):
        light.point_at(target)
        assert light.lit.isEmpty()
