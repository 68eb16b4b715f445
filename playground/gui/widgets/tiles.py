"""Many small pictures in one `QImage`, drawn crisp."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QImage, QPainter

SIGNED_LIMIT = 2.0  # noise has variance 1: 95 % of it stays within the colours
_DIVERGING = np.array([[0, 114, 178], [255, 255, 255], [213, 94, 0]], dtype=np.float32)  # blue, white, vermilion


def to_pixels(images: np.ndarray, signed: bool = False) -> np.ndarray:
    """Turns (N, C, H, W) floats, C 1 or 3, into (N, H, W, 3) bytes.

    Args:
        images: values in [0, 1]; NaN is drawn as 0.
        signed: values around 0 instead. One channel goes from blue (negative) over white to vermilion (positive);
            three channels are colours around mid gray.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        raise ValueError(f"images must have shape (N, 1 or 3, H, W), not {images.shape}")
    values = np.nan_to_num(np.asarray(images, dtype=np.float32))
    if signed:
        values = np.clip(values / (2 * SIGNED_LIMIT) + 0.5, 0.0, 1.0)
    if signed and images.shape[1] == 1:
        where = values[:, 0] * 2  # (N, H, W), 0 to 2
        colours = np.stack([np.interp(where, (0, 1, 2), stop) for stop in _DIVERGING.T], axis=-1)
        return (colours + 0.5).astype(np.uint8)
    colours = np.clip(values, 0.0, 1.0).transpose(0, 2, 3, 1)  # (N, H, W, C)
    return np.broadcast_to((colours * 255 + 0.5).astype(np.uint8), (*colours.shape[:3], 3))


class TileSheet:
    """N pictures of one size, kept side by side in a single `QImage` so that an update is one conversion."""

    def __init__(self, images: np.ndarray, signed: bool = False) -> None:
        pixels = to_pixels(images, signed)
        self.count, self.height, self.width = pixels.shape[:3]
        # Nearly square: a painter addresses no more than 32767 pixels in one direction.
        self._columns = max(1, int(np.ceil(np.sqrt(self.count))))
        rows = max(1, -(-self.count // self._columns))
        sheet = np.zeros((rows * self._columns, self.height, self.width, 3), dtype=np.uint8)
        sheet[: self.count] = pixels
        sheet = sheet.reshape(rows, self._columns, self.height, self.width, 3).transpose(0, 2, 1, 3, 4)
        # The image borrows the array's memory, so the array lives as long as the sheet.
        self._array = np.ascontiguousarray(sheet).reshape(rows * self.height, self._columns * self.width, 3)
        height, width = self._array.shape[:2]
        self._image = QImage(self._array.data, width, height, 3 * width, QImage.Format.Format_RGB888)

    def draw(self, painter: QPainter, index: int, target: QRectF) -> None:
        """Paints picture `index` into `target` without smoothing."""
        row, column = divmod(index, self._columns)
        source = QRectF(column * self.width, row * self.height, self.width, self.height)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(target, self._image, source)


def crisp_factor(available: float, pixel_ratio: float) -> float:
    """The largest magnification up to `available` that keeps the picture's pixels alike.

    Whole device pixels from 3 times upward; below that a whole factor would waste too much room, and quarters do.
    """
    factor = available * pixel_ratio
    if factor >= 3:
        factor = float(np.floor(factor))
    elif factor >= 1:
        factor = float(np.floor(factor * 4) / 4)
    return factor / pixel_ratio


def crisp_factor_above(needed: float, pixel_ratio: float) -> float:
    """The smallest magnification of that kind that is at least `needed`."""
    factor = needed * pixel_ratio
    if factor > 2.75:
        factor = float(np.ceil(factor))
    elif factor > 1:
        factor = float(np.ceil(factor * 4) / 4)
    return factor / pixel_ratio


def snapped(point: QPointF, pixel_ratio: float) -> QPointF:
    """The nearest point on the grid of device pixels."""
    return QPointF(round(point.x() * pixel_ratio) / pixel_ratio, round(point.y() * pixel_ratio) / pixel_ratio)
