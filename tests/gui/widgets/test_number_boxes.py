"""How numbers are written, and the ladder that learning rates climb."""

import pytest

from playground.gui.widgets.number_boxes import FloatBox, IntBox, next_rung, short_number


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.002, "0.002"), (1e-5, "1e-5"), (1.0, "1"), (0.1 + 0.2, "0.3"), (1e12, "1e12"), (0.0, "0"), (-2.5, "-2.5")],
)
def test_short_number(value, text):
    assert short_number(value) == text


@pytest.mark.parametrize(
    ("value", "above", "below"),
    [(0.001, 0.002, 0.0005), (0.003, 0.005, 0.002), (1.0, 2.0, 0.5), (1000.0, 2000.0, 500.0), (9.0, 10.0, 5.0)],
)
def test_next_rung(value, above, below):
    assert next_rung(value, up=True) == pytest.approx(above)
    assert next_rung(value, up=False) == pytest.approx(below)


def test_zero_can_be_left_but_not_passed():
    assert next_rung(0.0, up=True) == 1e-6
    assert next_rung(0.0, up=False) == 0.0


def test_steps_stop_at_the_ends(qtbot):
    decimal, whole = FloatBox(0.001, 0.02, log=True), IntBox(8, 100, doubling=True)
    qtbot.addWidget(decimal)
    qtbot.addWidget(whole)
    decimal.setValue(0.01)
    whole.setValue(64)
    decimal.stepBy(5)
    whole.stepBy(5)
    assert (decimal.value(), whole.value()) == (0.02, 100)


def test_plain_steps_do_not_pile_up_rounding(qtbot):
    box = FloatBox(0.0, 1.0)
    qtbot.addWidget(box)
    box.setSingleStep(0.1)
    box.stepBy(3)
    assert box.value() == 0.3
