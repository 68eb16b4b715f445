"""A push button whose icon follows the theme and the type scale."""

from typing import Literal

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QPushButton, QWidget

from playground.gui.widgets import icons, theme

Role = Literal["", "primary", "icon", "flat", "fold"]


class IconButton(QPushButton):
    """An icon with a word, or an icon alone."""

    def __init__(
        self,
        icon_name: str,
        name: str,
        tooltip: str,
        *,
        object_name: str,
        role: Role = "",
        parent: QWidget | None = None,
    ) -> None:
        """`name` is shown, or only read aloud in the roles "icon" and "flat"; "flat" and "fold" have no frame."""
        super().__init__("" if role in ("icon", "flat") else name, parent)
        self._icon_name = icon_name
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self.setProperty("role", role)
        self.setAutoDefault(False)
        self._draw_icon()

    def set_face(self, icon_name: str, name: str, tooltip: str) -> None:
        """Changes what the button shows and says, as a toggle does."""
        if self.text():
            self.setText(name)
        self.setAccessibleName(name)
        self.setToolTip(tooltip)
        self._icon_name = icon_name
        self._draw_icon()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._draw_icon()

    def _draw_icon(self) -> None:
        colour = theme.current().on_accent if self.property("role") == "primary" else ""
        self.setIcon(icons.icon(self._icon_name, colour, gap=bool(self.text())))
        side = theme.em(self, 0.85)
        self.setIconSize(QSize(round(side * (1 + icons.GAP)) if self.text() else side, side))
