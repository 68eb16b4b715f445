"""Level lines against a circle, whose level lines are known."""

import numpy as np

from playground.gui.widgets.contours import contour_segments


def test_the_level_line_of_a_cone_is_a_circle():
    y, x = np.mgrid[0:41, 0:41] - 20.0
    segments = contour_segments(np.hypot(x, y), 10.0)
    radius = np.hypot(*(segments - 20.0).reshape(-1, 2).T)
    np.testing.assert_allclose(radius, 10.0, atol=0.05)
    length = np.linalg.norm(segments[:, 0] - segments[:, 1], axis=1).sum()
    np.testing.assert_allclose(length, 2 * np.pi * 10.0, rtol=0.01)


def test_a_flat_image_has_no_level_lines():
    assert contour_segments(np.zeros((5, 5)), 0.0).shape == (0, 2, 2)
