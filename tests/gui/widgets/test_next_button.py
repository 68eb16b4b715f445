import pytest
from PySide6.QtCore import Qt

from playground.gui.widgets import controls
from playground.gui.widgets.next_button import NextButton


@pytest.fixture
def again(qtbot):
    button = NextButton("New z", "vae.again", "Draws other noise")
    qtbot.addWidget(button)
    return button


def test_each_click_is_the_next_draw_and_documents_keep_which(again, qtbot):
    seen = []
    again.drawn.connect(lambda: seen.append(again.number))
    for _ in range(2):
        qtbot.mouseClick(again, Qt.MouseButton.LeftButton)
    assert seen == [1, 2]
    assert controls.value(again) == 2
    controls.set_value(again, 0)
    controls.set_value(again, 0)  # it is on show: nothing is drawn again
    assert seen == [1, 2, 0]


@pytest.mark.parametrize("value", [-1, True, "1", 2**40, None])
def test_what_is_no_draw_is_refused_and_changes_nothing(again, value):
    with pytest.raises(ValueError, match="cannot show draw"):
        controls.set_value(again, value)
    assert again.number == 0
