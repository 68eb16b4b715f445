"""Drawing with a pen: smooth curves through a few points, and ink along them."""

import torch
from torch import Tensor

REACH = 3  # pixels around a curve point that its ink may touch


def smooth(points: Tensor, n: int) -> Tensor:
    """The Catmull-Rom curve through control points (B, K, 2), at n places: (B, n, 2)."""
    k = points.shape[1]
    ends = torch.cat([2 * points[:, :1] - points[:, 1:2], points, 2 * points[:, -1:] - points[:, -2:-1]], dim=1)
    where = torch.linspace(0, k - 1 - 1e-4, n)
    piece, t = where.long(), (where - where.long())[None, :, None]
    a, b, c, d = (ends[:, piece + i] for i in range(4))
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def ink(curve: Tensor, radius: Tensor, side: int) -> Tensor:
    """Images (B, side, side) in [0, 1] of a round pen of `radius` (B, n) pixels along points (B, n, 2) in pixels,
    x right and y down, close together. A pixel that the pen covers in part is gray."""
    b = len(curve)
    image = torch.zeros(b, side * side)
    corner = curve.floor() - REACH + 1
    for dy in range(2 * REACH):
        for dx in range(2 * REACH):
            x, y = corner[..., 0] + dx, corner[..., 1] + dy  # the pixel whose middle lies at (x + .5, y + .5)
            distance = ((curve[..., 0] - x - 0.5).square() + (curve[..., 1] - y - 0.5).square()).sqrt()
            covered = (radius + 0.5 - distance).clamp(0, 1)
            inside = (x >= 0) & (x < side) & (y >= 0) & (y < side)
            pixel = (y.clamp(0, side - 1) * side + x.clamp(0, side - 1)).long()
            image.scatter_reduce_(1, pixel, covered * inside, "amax")
    return image.view(b, side, side)
