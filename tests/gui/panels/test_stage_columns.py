"""Stages side by side."""

import numpy as np

from playground.gui.panels.base.stage_columns import StageColumns
from playground.gui.panels.base.views import SampleStage


def test_stages_are_equal_whatever_is_written_above_and_below_them(qtbot):
    stages = {"One": SampleStage("one"), "Another, with a long name of its own": SampleStage("another")}
    columns = StageColumns(stages)
    qtbot.addWidget(columns)
    columns.resize(400, 300)
    one, another = stages.values()
    one.show_samples(np.zeros((4, 1, 8, 8)), "8,000 steps")
    another.show_samples(
        np.zeros((4, 1, 8, 8)), "8,000 steps of a network that was trained the other way on this data, seed 12"
    )
    columns.show()

    assert one.caption.height() >= 2 * one.caption.fontMetrics().lineSpacing()
    assert one.height() == another.height()
    assert abs(one.width() - another.width()) <= 1  # an odd width is shared as well as it can be
    assert one.caption.y() == another.caption.y() >= one.geometry().bottom()
