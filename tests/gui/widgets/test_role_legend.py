"""The legend is as large as its words."""

from playground.gui.widgets.role_legend import LegendEntry, RoleLegend


def test_it_grows_with_its_entries_and_draws_each_kind(qtbot):
    legend = RoleLegend("plane.legend")
    qtbot.addWidget(legend)
    small = legend.sizeHint()
    kinds = ("points", "arrows", "density", "contours", "trails")
    legend.set_entries(
        [LegendEntry(f"the {kind}", kind, role) for kind in kinds for role in ("data", "model", "exact")]
    )
    assert legend.sizeHint().width() > small.width()
    assert legend.sizeHint().height() > 14 * legend.fontMetrics().height()
    legend.resize(legend.sizeHint())
    assert not legend.grab().isNull()
    assert legend.accessibleDescription().startswith("the points, ")
