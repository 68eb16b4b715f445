"""A picture file of whatever origin, opened with care and brought to the shape of the data."""

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter

_DETAIL = 4  # times the size of the data, to which a JPEG is brought while it is decoded


def decoded(data: bytes, kind: str, shape: tuple[int, int, int]) -> np.ndarray:
    """float32 (C, H, W) in [0, 1], C 1 or 3: on white where it is transparent, cropped in the middle.

    Raises ValueError with a reason where it is damaged.

    Args:
        data: a picture file that somebody has looked through: this takes what it is given.
        kind: its format; no other decoder sees it.
    """
    buffer = QBuffer()
    buffer.setData(QByteArray(data))
    reader = QImageReader(buffer, QByteArray(kind.lower().encode()))
    size, least = reader.size(), _DETAIL * max(shape[1:])
    if kind == "JPEG" and min(size.width(), size.height()) > least:
        reader.setScaledSize(size.scaled(QSize(least, least), Qt.AspectRatioMode.KeepAspectRatioByExpanding))
    image = reader.read()
    if image.isNull():
        raise ValueError(f"it is damaged: {reader.errorString()}")
    return _fitted(image, shape)


def _fitted(image: QImage, shape: tuple[int, int, int]) -> np.ndarray:
    channels, height, width = shape
    whole = image.size()
    cut = QSize(width, height).scaled(whole, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1))
    corner = ((whole.width() - cut.width()) // 2, (whole.height() - cut.height()) // 2)
    image = image.copy(QRect(*corner, cut.width(), cut.height()))
    flat = QImage(image.size(), QImage.Format.Format_RGB32)
    flat.fill(Qt.GlobalColor.white)
    painter = QPainter(flat)
    painter.drawImage(0, 0, image)
    painter.end()
    ignore, smooth = Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    kind = QImage.Format.Format_Grayscale8 if channels == 1 else QImage.Format.Format_RGB888
    small = flat.scaled(width, height, ignore, smooth).convertToFormat(kind)
    rows = np.frombuffer(small.constBits(), np.uint8).reshape(height, small.bytesPerLine())  # padded to four bytes
    pixels = rows[:, : width * channels].reshape(height, width, channels)
    return np.ascontiguousarray(pixels.transpose(2, 0, 1), dtype=np.float32) / 255
