"""One bar above the two that add up to it."""

import pytest
from PySide6.QtGui import QColor

from playground.gui.widgets import theme
from playground.gui.widgets.sum_bar import Part, SumBar


@pytest.fixture
def bar(qapp, qtbot):
    theme.apply("light")
    bar = SumBar("some.sum", "nats")
    qtbot.addWidget(bar)
    bar.resize(600, 80)
    bar.show()
    return bar


def reach(bar, row, colour):
    """The rightmost pixel of that colour in the upper or lower bar, as a share of the width."""
    image = bar.grab().toImage()
    lines = range(image.height() // 2) if row == 0 else range(image.height() // 2, image.height())
    hits = [x for x in range(image.width()) for y in lines if image.pixelColor(x, y) == QColor(colour)]
    return max(hits) / image.width()


def test_the_sum_is_as_long_as_its_parts(bar):
    bar.set_parts("NLL", Part("H", 1.2), Part("KL", 0.6))
    assert bar.texts() == ["NLL 1.800 nats", "H 1.200 nats", "KL 0.600 nats"]
    look = theme.current()
    assert reach(bar, 0, look.data) == pytest.approx(1.8 / 3, abs=0.01)
    assert reach(bar, 1, look.muted) == pytest.approx(1.2 / 3, abs=0.01)
    assert reach(bar, 1, look.model) == pytest.approx(1.8 / 3, abs=0.01)


def test_the_axis_doubles_when_the_sum_outgrows_it(bar):
    bar.set_parts("NLL", Part("H", 1.0), Part("KL", 1.9))
    assert bar.span() == 3
    bar.set_parts("NLL", Part("H", 1.0), Part("KL", 6.0))
    assert bar.span() == 12
    assert reach(bar, 0, theme.current().data) == pytest.approx(7 / 12, abs=0.01)


def test_a_negative_part_starts_left_of_zero(bar):
    bar.set_parts("NLL", Part("H", -1.0), Part("KL", 2.0))
    assert bar.texts()[1] == "H −1.000 nats"
    assert reach(bar, 0, theme.current().data) == pytest.approx(2 / 4, abs=0.01)
