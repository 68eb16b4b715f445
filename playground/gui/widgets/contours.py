"""Level lines of an image, found with numpy alone."""

import numpy as np


def contour_segments(image: np.ndarray, level: float) -> np.ndarray:
    """The line where a bilinear surface crosses a level, as unconnected segments (S, 2, 2): ends, then (x, y).

    Coordinates count pixels, with 0 at the centre of the first. Each cell is cut into two triangles, which a level
    crosses in at most one straight piece: no ambiguous cases, unlike in marching squares.
    """
    rows, columns = image.shape
    y, x = np.mgrid[0:rows, 0:columns]
    corners = np.stack([x, y, image - level], axis=-1).astype(float)  # (rows, columns, 3)
    top_left, top_right = corners[:-1, :-1], corners[:-1, 1:]
    low_left, low_right = corners[1:, :-1], corners[1:, 1:]
    triangles = np.concatenate(
        [
            np.stack([top_left, top_right, low_left], axis=2).reshape(-1, 3, 3),
            np.stack([low_right, low_left, top_right], axis=2).reshape(-1, 3, 3),
        ]
    )  # (triangles, corner, x y value)
    ends = np.roll(triangles, -1, axis=1)  # the other end of each edge
    start_value, end_value = triangles[..., 2], ends[..., 2]
    crossed = (start_value > 0) != (end_value > 0)  # (triangles, 3): none or exactly two
    share = start_value[crossed] / (start_value - end_value)[crossed]
    start, end = triangles[crossed][:, :2], ends[crossed][:, :2]
    return (start + share[:, None] * (end - start)).reshape(-1, 2, 2)
