"""What every drawing widget shares: a stable name, words for a screen reader, a fresh coat when its look changes."""

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QWidget

_LOOK_CHANGES = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)


class DrawnWidget(QWidget):
    """A widget that draws data.

    Subclasses put everything that depends on colours or on the type size into `restyle`, which runs before the first
    paint and at each change of the look.
    """

    def __init__(self, name: str, title: str, tooltip: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._polished = False
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setToolTip(tooltip)

    def restyle(self) -> None:
        """Takes colours and lengths from the theme again."""
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Qt sends look changes to half-built widgets too; nothing can be styled before the first Polish.
        if event.type() in _LOOK_CHANGES and self._polished:
            self.restyle()

    def event(self, event: QEvent) -> bool:
        handled = super().event(event)
        if event.type() == QEvent.Type.Polish:
            self._polished = True
            self.restyle()
        elif event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.update()  # whoever shows the focus draws it
        return handled
