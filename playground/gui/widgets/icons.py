"""The application's own icons, in the theme's colours.

The SVG files draw with `currentColor`; here that word becomes a colour of the theme in force. A QIcon keeps the
colours it was made with, so whoever shows one asks again after a theme change (`IconButton` does).
"""

from functools import cache
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from playground.gui.widgets import theme

_SIDES = (16, 24, 32, 48, 64, 96)
GAP = 0.3  # of the icon's side


def set_folder(folder: Path) -> None:
    """Says where the SVG files lie; to be called before `theme.apply`, which draws the arrows of fields with them.

    Without it every icon is empty and only the words beside the icons remain.
    """
    theme.icon_folder = folder
    _drawn.cache_clear()


def icon(name: str, colour: str = "", *, gap: bool = False) -> QIcon:
    """The icon `<name>.svg` in `colour` (default: the theme's text colour), faded where it is disabled.

    `gap` adds some air on the right, which Qt forgets between an icon and the words of a button. Raises
    FileNotFoundError where the folder has no such icon.
    """
    if theme.icon_folder is None:
        return QIcon()
    now = theme.current()
    return _drawn(theme.icon_folder / f"{name}.svg", colour or now.text, now.muted, GAP if gap else 0.0)


@cache
def _drawn(path: Path, colour: str, disabled: str, gap: float) -> QIcon:
    source = path.read_text(encoding="utf-8")
    result = QIcon()
    for mode, ink, opacity in ((QIcon.Mode.Normal, colour, 1.0), (QIcon.Mode.Disabled, disabled, 0.6)):
        renderer = QSvgRenderer(QByteArray(source.replace("currentColor", ink).encode()))
        for side in _SIDES:
            pixmap = QPixmap(round(side * (1 + gap)), side)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            painter.setOpacity(opacity)
            renderer.render(painter, QRectF(0, 0, side, side))
            painter.end()
            result.addPixmap(pixmap, mode)
    return result
