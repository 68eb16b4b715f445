"""A stored drawing of points in the colours of the theme: its file was drawn on white, for everywhere."""

from pathlib import Path

from PySide6.QtGui import QColor, QImage, QPixmap

from playground.gui.widgets import theme

_WHITE, _BLACK, _ORANGE = "#ffffff", "#000000", "#d55e00"  # what `evaluation.pictures` draws with


def sample_drawing(file: Path) -> QPixmap:
    """The picture of a file with its paper, its lines and its samples in the theme's colours; other inks stay, and a
    file that cannot be read gives an empty picture."""
    look = theme.current()
    inks = {_WHITE: look.base, _BLACK: look.text, _ORANGE: look.model}
    image = QImage(str(file)).convertToFormat(QImage.Format.Format_Indexed8)
    names = [QColor(ink).name() for ink in image.colorTable()]
    image.setColorTable([QColor(inks.get(name, name)).rgb() for name in names])
    return QPixmap.fromImage(image)
