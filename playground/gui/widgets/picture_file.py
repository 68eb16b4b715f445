"""A picture file of whatever origin, opened with care and brought to the shape of the data."""

import os
import stat

import numpy as np
from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QImageReader, QPainter

FORMATS = ("png", "jpeg", "jpg", "webp", "bmp")  # no other decoder ever sees a file
MOST_BYTES = 32 * 2**20
MOST_PIXELS = 64_000_000  # by the header: a small file can claim to be a huge picture


def read(path: str, shape: tuple[int, int, int]) -> np.ndarray:
    """float32 (C, H, W) in [0, 1], C 1 or 3: upright, on white where it is transparent, cropped in the middle.

    Raises ValueError with a sentence where the file cannot be used.
    """
    name = os.path.basename(path)
    try:
        facts = os.lstat(path)
    except OSError as error:
        raise ValueError(f"{name} cannot be read: {error.strerror or error}.") from error
    if not stat.S_ISREG(facts.st_mode):
        raise ValueError(f"{name} is a folder, a link or a device, not a picture file.")
    if facts.st_size > MOST_BYTES:
        raise ValueError(f"{name} was not opened: it has more than {MOST_BYTES // 2**20} MB.")
    reader = QImageReader(path)
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if bytes(reader.format().data()).decode("ascii", "replace").lower() not in FORMATS or not size.isValid():
        raise ValueError(f"{name} is not a picture that can be read; PNG, JPEG, WebP and BMP can.")
    if size.width() * size.height() > MOST_PIXELS:
        raise ValueError(f"{name} was not opened: it claims {size.width():,} x {size.height():,} pixels.")
    image = reader.read()
    if image.isNull():
        raise ValueError(f"{name} is damaged: {reader.errorString()}.")
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
