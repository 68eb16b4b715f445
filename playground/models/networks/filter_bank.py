"""A small fixed bank of filters: oriented edges and a blob at several scales. Heeger, Bergen 1995; Portilla, Simoncelli
2000 use larger ones to tell textures apart. Nothing here is learned."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EDGE = ((-1.0, 0.0, 1.0), (-2.0, 0.0, 2.0), (-1.0, 0.0, 1.0))  # dark on the left, bright on the right
CORNER = ((-2.0, -1.0, 0.0), (-1.0, 0.0, 1.0), (0.0, 1.0, 2.0))  # the same, turned by 45 degrees
BLOB = ((-0.5, -0.5, -0.5), (-0.5, 4.0, -0.5), (-0.5, -0.5, -0.5))
SCALES = 3  # the image, and halved once and twice
DIRECTIONS = 8


class ImageFilters(nn.Module):
    """Four oriented derivatives and a blob on each channel of an image in [0, 1], at full size and halved."""

    kernels: Tensor

    def __init__(self) -> None:
        super().__init__()
        edge, corner, blob = (torch.tensor(kernel) / 4 for kernel in (EDGE, CORNER, BLOB))
        kernels = [edge, corner, edge.T, corner.flip(1), blob]
        self.register_buffer("kernels", torch.stack(kernels).unsqueeze(1))  # (5, 1, 3, 3)

    def forward(self, x: Tensor) -> list[Tensor]:  # (B, C, H, W) -> of each scale (B, positions, 5 C), in [-1, 1]
        responses = []
        for _ in range(SCALES):
            if min(x.shape[2:]) < 3:
                break
            h = F.conv2d(x.flatten(0, 1).unsqueeze(1), self.kernels)  # (B C, 5, H - 2, W - 2)
            responses.append(h.flatten(2).view(len(x), -1, h[0, 0].numel()).transpose(1, 2))
            x = F.avg_pool2d(x, 2)
        return responses


class PointFilters(nn.Module):
    """What a filter is to a point: its shadow on a line. Half a turn of directions in the plane, the axes of others."""

    directions: Tensor

    def __init__(self, dims: int) -> None:
        super().__init__()
        angle = torch.arange(DIRECTIONS) * math.pi / DIRECTIONS
        plane = torch.stack([angle.cos(), angle.sin()])  # (2, 8)
        self.register_buffer("directions", plane if dims == 2 else torch.eye(dims))

    def forward(self, x: Tensor) -> list[Tensor]:  # (B, D) -> (B, 1, directions)
        return [(x @ self.directions).unsqueeze(1)]
