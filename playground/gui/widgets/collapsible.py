"""A heading that folds what stands below it."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from playground.gui.widgets.icon_button import IconButton


class Collapsible(QWidget):
    """A section with one child, folded at first.

    Signals:
        toggled(bool): the section was opened (True) or folded.
    """

    toggled = Signal(bool)

    def __init__(self, content: QWidget, *, id_prefix: str, title: str = "More", parent: QWidget | None = None) -> None:
        """Takes over `content`; `id_prefix` and ".more" name the heading; `title` is what it reads."""
        super().__init__(parent)
        self._content = content
        self._title = title
        self._heading = IconButton("folded", title, "", object_name=f"{id_prefix}.more", role="fold", parent=self)
        self._heading.setCheckable(True)
        self._heading.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self._heading.toggled.connect(self._show)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._heading)
        layout.addWidget(content)
        self._show(False)

    def is_open(self) -> bool:
        """Whether the content shows."""
        return self._heading.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Opens or folds the section."""
        self._heading.setChecked(is_open)

    def _show(self, is_open: bool) -> None:
        self._content.setVisible(is_open)
        tooltip = f"{'Hide' if is_open else 'Show'} what is seldom needed"
        self._heading.set_face("unfolded" if is_open else "folded", self._title, tooltip)
        self._heading.setAccessibleName(f"{self._title}, {'open' if is_open else 'folded'}")
        self.toggled.emit(is_open)
