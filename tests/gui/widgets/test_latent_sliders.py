"""Latent sliders, moved by hand and from outside."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtWidgets import QLabel, QPushButton

from playground.gui.widgets.latent_sliders import VISIBLE_ROWS, LatentSliders, SigmaSlider


@pytest.fixture
def sliders(qtbot):
    widget = LatentSliders(id_prefix="vae")
    qtbot.addWidget(widget)
    widget.set_axes(["size", "tilt", "z3"], [0.5, 0.3, 0.2])
    widget.resize(600, 200)
    widget.show()
    qtbot.waitExposed(widget)
    return widget


def slider(sliders, index):
    return sliders.findChild(SigmaSlider, f"vae.z.{index}")


def labels(sliders):
    return [label.text() for label in sliders.findChildren(QLabel) if label.isVisible()]


def test_starts_at_zero_with_names_and_shares(sliders):
    np.testing.assert_array_equal(sliders.values(), np.zeros(3, np.float32))
    assert sliders.values().dtype == np.float32
    assert labels(sliders) == ["size  50%", "+0.00 σ", "tilt  30%", "+0.00 σ", "z3  20%", "+0.00 σ"]


def test_a_number_in_a_name_is_a_subscript(sliders):
    sliders.set_axes(["z_12", "w_3", "size_x"])
    assert [label for label in labels(sliders) if "σ" not in label] == ["z₁₂", "w₃", "size_x"]


def test_arrow_keys_move_by_a_tenth_of_a_sigma(qtbot, sliders):
    with qtbot.waitSignal(sliders.values_changed) as caught:
        qtbot.keyClick(slider(sliders, 1), Qt.Key.Key_Right)
    np.testing.assert_allclose(caught.args[0], [0, 0.1, 0], atol=1e-6)
    assert "+0.10 σ" in labels(sliders)
    assert slider(sliders, 1).accessibleName() == "tilt, +0.10 sigmas"


def test_a_click_jumps_to_the_place(qtbot, sliders):
    target = slider(sliders, 0)
    qtbot.mouseClick(target, Qt.MouseButton.LeftButton, pos=QPoint(target.width() - 1, target.height() // 2))
    assert sliders.values()[0] == 3.0


def test_values_from_outside_are_kept_exactly_and_told_only_if_asked(qtbot, sliders):
    code = np.array([0.12345, -1.0, 4.2], np.float32)
    with qtbot.assertNotEmitted(sliders.values_changed):
        sliders.set_values(code)
    np.testing.assert_array_equal(sliders.values(), code)
    assert "+4.20 σ" in labels(sliders)
    assert slider(sliders, 2).value() == slider(sliders, 2).maximum()
    with qtbot.waitSignal(sliders.values_changed):
        sliders.set_values(code, emit=True)
    with pytest.raises(ValueError, match="expected 3 values"):
        sliders.set_values(np.zeros(2))


def test_moving_one_leaves_the_others_exact(qtbot, sliders):
    sliders.set_values(np.array([0.12345, 0, 4.2], np.float32))
    qtbot.keyClick(slider(sliders, 1), Qt.Key.Key_Left)
    np.testing.assert_allclose(sliders.values(), [0.12345, -0.1, 4.2], rtol=1e-6)


def test_the_returned_code_is_a_copy(sliders):
    sliders.values()[0] = 9
    assert sliders.values()[0] == 0


def test_reset_one_and_all(qtbot, sliders):
    sliders.set_values(np.array([1, 2, 5], np.float32))
    with qtbot.waitSignal(sliders.values_changed) as caught:
        qtbot.mouseClick(sliders.findChild(QPushButton, "vae.z.2.reset"), Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(caught.args[0], [1, 2, 0])
    with qtbot.waitSignal(sliders.values_changed) as caught:
        qtbot.mouseClick(sliders.findChild(QPushButton, "vae.z.reset"), Qt.MouseButton.LeftButton)
    np.testing.assert_array_equal(caught.args[0], [0, 0, 0])


def test_random_is_the_owners_decision(qtbot, sliders):
    with qtbot.assertNotEmitted(sliders.values_changed), qtbot.waitSignal(sliders.random_clicked):
        qtbot.mouseClick(sliders.findChild(QPushButton, "vae.z.random"), Qt.MouseButton.LeftButton)


def test_a_note_stands_beside_the_name_instead_of_the_share(sliders):
    sliders.set_axes(["a", "b"], [0.75, 0.25], [("size R² 0.62", "It explains 62 % of size."), ("", "")])
    assert labels(sliders)[::2] == ["a  size R² 0.62", "b  25%"]
    assert "75% of the change" in slider(sliders, 0).toolTip()
    assert "It explains 62 % of size." in slider(sliders, 0).toolTip()
    with pytest.raises(ValueError, match="2 names but 1 notes"):
        sliders.set_axes(["a", "b"], notes=[("", "")])


def test_letting_go_is_told_once_a_drag_and_once_a_key(qtbot, sliders):
    told, target = [], slider(sliders, 0)
    sliders.released.connect(lambda: told.append(sliders.values()[0]))
    middle = target.height() // 2
    qtbot.mousePress(target, Qt.MouseButton.LeftButton, pos=QPoint(round(target.x_of(100)), middle))
    qtbot.mouseMove(target, QPoint(round(target.x_of(200)), middle))
    assert told == []
    qtbot.mouseRelease(target, Qt.MouseButton.LeftButton, pos=QPoint(round(target.x_of(200)), middle))
    assert told == [pytest.approx(2.0, abs=0.05)]
    qtbot.keyClick(target, Qt.Key.Key_Right)
    assert len(told) == 2


def test_more_than_eight_are_folded(qtbot, sliders):
    sliders.set_axes([f"z{i}" for i in range(11)])
    assert slider(sliders, VISIBLE_ROWS - 2).isVisible()
    assert not slider(sliders, VISIBLE_ROWS - 1).isVisible()  # its place opens the rest
    more = sliders.findChild(QPushButton, "vae.z.more")
    assert more.text() == "More (4)"
    qtbot.mouseClick(more, Qt.MouseButton.LeftButton)
    assert slider(sliders, 10).isVisible()


def test_shares_must_fit_the_names(sliders):
    with pytest.raises(ValueError, match="2 names but 1 shares"):
        sliders.set_axes(["a", "b"], [1.0])


def test_the_unlikely_ends_look_different(sliders):
    target = slider(sliders, 0)
    picture = target.grab().toImage()
    ratio = picture.devicePixelRatio()
    row = round((target.height() / 2 - 0.25 * target.fontMetrics().height()) * ratio)

    def colours(start, end):
        columns = range(round(target.x_of(start) * ratio), round(target.x_of(end) * ratio))
        return {picture.pixelColor(column, row).name() for column in columns}

    assert colours(-300, -255) != colours(-200, -155)
