"""A drawing by mouse, by keys and as a control, and files dropped on it."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication

from playground.gui.widgets.draw_canvas import DrawCanvas

LEFT, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton


@pytest.fixture
def canvas(qtbot):
    widget = DrawCanvas("canvas")
    qtbot.addWidget(widget)
    widget.set_shape((1, 28, 28))
    widget.resize(300, 300)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def spot(canvas, x, y) -> QPoint:
    return canvas.pixel_position(x, y).toPoint()


def drag(qtbot, canvas, start, end, button=LEFT):
    qtbot.mousePress(canvas, button, pos=spot(canvas, *start))
    qtbot.mouseMove(canvas, spot(canvas, *end))
    qtbot.mouseRelease(canvas, button, pos=spot(canvas, *end))


def test_a_stroke_is_a_line_without_gaps(qtbot, canvas):
    with qtbot.waitSignals([canvas.edited, canvas.control_changed]):
        drag(qtbot, canvas, (5, 14), (23, 14))
    image = canvas.image()
    assert image.dtype == np.float32
    assert (image[0, 13:15, 6:22] > 0.9).all()
    assert not image[0, :8].any()
    assert not image[0, :, :3].any()


def test_the_right_button_erases(qtbot, canvas):
    drag(qtbot, canvas, (5, 14), (23, 14))
    drag(qtbot, canvas, (4, 14), (24, 14), RIGHT)
    assert canvas.image()[0, 14].max() < 0.1


def test_keys_draw_too(qtbot, canvas):
    qtbot.keyClick(canvas, Qt.Key.Key_Right)
    qtbot.keyClick(canvas, Qt.Key.Key_Up)
    assert not canvas.image().any()
    qtbot.keyClick(canvas, Qt.Key.Key_Space)
    image = canvas.image()[0]
    y, x = np.array(np.nonzero(image > 0.5)) + 0.5
    assert (x.mean(), y.mean()) == (15, 13)
    with qtbot.waitSignal(canvas.edited):
        qtbot.keyClick(canvas, Qt.Key.Key_Delete)
    assert not canvas.image().any()


def test_colour_pictures_take_the_ink(qtbot, canvas):
    canvas.set_shape((3, 16, 16))
    canvas.set_ink((0.0, 0.5, 1.0))
    qtbot.mouseClick(canvas, LEFT, pos=spot(canvas, 8.5, 8.5))
    np.testing.assert_allclose(canvas.image()[:, 8, 8], [0, 0.5, 1])


def test_another_shape_empties_it_and_the_same_one_does_not(qtbot, canvas):
    qtbot.mouseClick(canvas, LEFT, pos=spot(canvas, 8, 8))
    canvas.set_shape((1, 28, 28))
    assert canvas.image().any()
    canvas.set_shape((1, 8, 8))
    assert canvas.image().shape == (1, 8, 8)
    assert not canvas.image().any()
    with pytest.raises(ValueError, match="expected"):
        canvas.set_image(np.zeros((1, 28, 28), np.float32))


def test_as_a_control_its_value_brings_the_picture_back(qtbot, canvas):
    drag(qtbot, canvas, (5, 5), (20, 20))
    value, image = canvas.control_value(), canvas.image()
    canvas.clear()
    with qtbot.waitSignal(canvas.control_changed), qtbot.assertNotEmitted(canvas.edited):
        canvas.set_control_value(value)
    np.testing.assert_allclose(canvas.image(), image, atol=1 / 255)
    for wrong in ("AAAA", "not base 64"):
        with pytest.raises(ValueError, match=r"numbers|base 64"):
            canvas.set_control_value(wrong)


def test_a_dropped_file_is_named_and_words_are_refused(qtbot, canvas, tmp_path):
    def drop(data):
        entered = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
        entered.ignore()
        QApplication.sendEvent(canvas, entered)
        if entered.isAccepted():
            event = QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, LEFT, Qt.KeyboardModifier.NoModifier)
            QApplication.sendEvent(canvas, event)
        return entered.isAccepted()

    words, file = QMimeData(), QMimeData()
    words.setText("a seven")
    file.setUrls([QUrl.fromLocalFile(str(tmp_path / "seven.png"))])
    assert not drop(words)
    with qtbot.waitSignal(canvas.dropped) as caught:
        assert drop(file)
    assert caught.args == [str(tmp_path / "seven.png")]
