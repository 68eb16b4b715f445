"""Labels at curve ends never overlap and stay inside the plot."""

from itertools import pairwise

from playground.gui.widgets.end_labels import spread


def test_labels_that_fit_stay_where_their_curves_end():
    assert spread([10.0, 50.0], 15.0, 0.0, 100.0) == [10.0, 50.0]


def test_crowded_labels_move_apart_in_order_and_inside():
    places = spread([98.0, 99.0, 97.0], 15.0, 0.0, 100.0)
    assert places[2] < places[0] < places[1] <= 100.0
    assert all(after - before >= 15.0 for before, after in pairwise(sorted(places)))
