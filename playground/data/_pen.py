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
    x, y = (_lines(along, side) for along in curve.unbind(-1))
    reach = radius + 0.5
    for row, down, in_height in y:
        for column, across, in_width in x:
            covered = (across + down).sqrt_().neg_().add_(reach).clamp_(0, 1)
            image.scatter_reduce_(1, row * side + column, covered.mul_(in_height & in_width), "amax")
    return image.view(b, side, side)


def _lines(along: Tensor, side: int) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Along one axis, the pixels near points (B, n): of each its number, the square of the distance of its middle, and
    whether it lies in the image."""
    found = []
    for offset in range(1 - REACH, REACH + 1):
        place = along.floor() + offset  # the pixel whose middle lies at place + 0.5
        found.append((place.clamp(0, side - 1).long(), (along - place - 0.5).square(), (place >= 0) & (place < side)))
    return found
