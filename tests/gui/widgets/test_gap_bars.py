"""Bars of gaps: longer where the gap is larger, solid where it is matched, and a line at chance."""

import pytest
from PySide6.QtGui import QColor

from playground.gui.widgets import theme
from playground.gui.widgets.gap_bars import Gap, GapBars


@pytest.fixture
def bars(qapp, qtbot):
    theme.apply("light")
    bars = GapBars("some.gaps")
    qtbot.addWidget(bars)
    bars.resize(500, bars.sizeHint().height())
    bars.show()
    return bars


def pixels(bars, row, rows, colour):
    """Those of a colour in a row of bars, (x, y)."""
    image = bars.grab().toImage()
    lines = range(row * image.height() // rows, (row + 1) * image.height() // rows)
    return [(x, y) for x in range(image.width()) for y in lines if image.pixelColor(x, y) == QColor(colour)]


def test_what_is_matched_is_solid_and_what_is_free_is_hatched_and_longer_if_it_is_further_off(bars):
    bars.set_gaps([Gap("mean", 0.9, True), Gap("filters", 60.0, False)])
    bars.resize(500, bars.sizeHint().height())
    assert bars.texts() == ["mean 0.9 matched", "filters 60.0"]
    look = theme.current()
    solid, hatched = pixels(bars, 0, 2, look.data), pixels(bars, 1, 2, look.model)
    assert not pixels(bars, 0, 2, look.model)
    assert max(x for x, _ in hatched) > 1.5 * max(x for x, _ in solid)
    line = {x for x, _ in pixels(bars, 1, 2, look.exact)}
    assert len(line) <= 3
    assert max(x for x, _ in solid) < min(line) < max(x for x, _ in hatched)
