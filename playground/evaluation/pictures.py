"""Sheets of samples as pictures: images in a grid, points as dots in a square, numbers as stacks on a line."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from playground.core.whole_file import whole_file

_TILE = 40  # an image is enlarged by whole factors to about this many pixels
_COLUMNS = 80  # of numbers on a line
_FILM = 320  # pixels, about the side of a moving picture
_MARGIN = 20  # pixels below and above them
_SIDE = 8192  # pixels; a larger sheet is enlarged less, as far as that goes


def sheet(x: np.ndarray, extent: float = 3.0, columns: int | None = None) -> Image.Image:
    """A picture of samples: images (N, C, H, W) in [0, 1], or points (N, 2) in a square of half side `extent`, or
    numbers (N, 1) in columns over a line of that half length, the highest as tall as the picture allows."""
    if x.ndim == 2:
        return _points(x, extent) if x.shape[1] == 2 else _line(x[:, 0], extent)
    return _images(x, columns)


def _images(x: np.ndarray, columns: int | None) -> Image.Image:
    n, _, height, width = x.shape
    columns = columns or int(np.ceil(np.sqrt(n)))
    rows = -(-n // columns)
    room = _SIDE // (max(columns * (width + 1), rows * (height + 1)) + 1)
    factor = max(1, min(round(_TILE / height), room))
    step_y, step_x = height * factor + factor, width * factor + factor
    canvas = np.full((rows * step_y + factor, columns * step_x + factor, 3), 96, dtype=np.uint8)
    pixels = (x.clip(0, 1) * 255).round().astype(np.uint8)
    for i, image in enumerate(pixels):
        big = image.repeat(factor, axis=1).repeat(factor, axis=2).transpose(1, 2, 0)
        top, left = factor + i // columns * step_y, factor + i % columns * step_x
        canvas[top : top + height * factor, left : left + width * factor] = big  # gray spreads over the three channels
    return Image.fromarray(canvas)


def _points(x: np.ndarray, extent: float, side: int = 480) -> Image.Image:
    canvas = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(canvas)
    for right, up in (x / (2 * extent) + 0.5) * side:
        if np.isfinite(right) and np.isfinite(up):
            draw.ellipse((right - 2, side - up - 2, right + 2, side - up + 2), fill="#D55E00")
    return canvas


def _line(x: np.ndarray, extent: float, side: int = 480) -> Image.Image:
    canvas = Image.new("RGB", (side, side), "white")
    draw = ImageDraw.Draw(canvas)
    counts, _ = np.histogram(x, _COLUMNS, (-extent, extent))  # what is not finite or lies beyond is left out
    ground, step = side - _MARGIN, side / _COLUMNS
    tops = ground - counts / max(int(counts.max()), 1) * (side - 2 * _MARGIN)
    for column, top in enumerate(tops):
        if top < ground:
            draw.rectangle((column * step, top, (column + 1) * step - 2, ground), fill="#D55E00")
    draw.line((0, ground, side, ground), fill="black")
    return canvas


def save_film(frames: np.ndarray, path: Path) -> None:
    """Images (T, C, H, W) one after another as a GIF, enlarged by a whole factor to be seen from the last row. Raises
    PlaygroundError where it cannot be written."""
    factor = max(1, round(_FILM / frames.shape[2]))
    large = frames.repeat(factor, axis=2).repeat(factor, axis=3)
    with whole_file(path, "moving picture") as part:
        save_animation([sheet(frame[None]) for frame in large], part)


def save_animation(frames: list[Image.Image], path: Path) -> None:
    """A GIF that shows each frame for 80 ms and the last for two seconds."""
    indexed = [frame.convert("P", palette=Image.Palette.ADAPTIVE) for frame in frames]
    durations = [80] * (len(frames) - 1) + [2000]
    indexed[0].save(path, save_all=True, append_images=indexed[1:], duration=durations, loop=0)
