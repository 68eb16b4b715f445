"""What happened, what was kept and what to try, said inline."""

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QWidget

from playground.gui.widgets import icons, theme
from playground.gui.widgets.icon_button import IconButton

Level = Literal["info", "good", "warn", "bad"]
_WORDS = {"info": "Note", "good": "Done", "warn": "Warning", "bad": "Error"}


class MessageBar(QWidget):
    """One message at a time, hidden where there is none; Escape or the cross dismisses it.

    The level is said three times: by the icon's shape, by its colour, and by a word for those who listen.

    Signals:
        dismissed(): a person closed the message.
    """

    dismissed = Signal()

    def __init__(self, *, id_prefix: str, parent: QWidget | None = None) -> None:
        """Controls are named `<id_prefix>.message`, and below it `.details`, `.action`, `.dismiss`."""
        super().__init__(parent)
        name = f"{id_prefix}.message"
        self.setObjectName(name)
        self._level: Level = "info"
        self._action: Callable[[], object] | None = None
        self._icon = QLabel(self)
        self._text = QLabel(self)
        self._text.setWordWrap(True)
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._details = QPlainTextEdit(self)
        self._details.setObjectName(f"{name}.details.text")
        self._details.setAccessibleName("Details of the message")
        self._details.setReadOnly(True)
        self._details.setTabChangesFocus(True)
        self._details_button = QPushButton("Details", self)
        self._details_button.setObjectName(f"{name}.details")
        self._details_button.setToolTip("Show or hide the technical details")
        self._details_button.setCheckable(True)
        self._details_button.toggled.connect(self._details.setVisible)
        self._action_button = QPushButton(self)
        self._action_button.setObjectName(f"{name}.action")
        self._action_button.clicked.connect(self._run_action)
        self._dismiss_button = IconButton(
            "close", "Dismiss", "Dismiss this message (Escape)", object_name=f"{name}.dismiss", role="flat", parent=self
        )
        self._dismiss_button.clicked.connect(self._dismiss)
        self._lay_out()
        self.clear()

    def show_message(
        self,
        level: Level,
        text: str,
        details: str = "",
        action_text: str = "",
        action: Callable[[], object] | None = None,
        action_hint: str = "",
    ) -> None:
        """Replaces the message. `action_text` names a button that calls `action` and then dismisses the message;
        `action_hint` is its tooltip."""
        self._level = level
        self._action = action
        self._text.setText(text)
        self._details.setPlainText(details)
        self._details_button.setChecked(False)
        self._details.hide()
        self._details_button.setVisible(bool(details))
        self._action_button.setText(action_text)
        self._action_button.setToolTip(action_hint or action_text)
        self._action_button.setVisible(bool(action_text) and action is not None)
        self.setAccessibleName(f"{_WORDS[level]}: {text}")
        self._text.setAccessibleName(self.accessibleName())
        self._fit()
        self.show()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def put_before(self, text: str, details: str = "") -> bool:
        """Says something in front of a message that has a button, which stays; False where there is none."""
        if self._action is None:
            return False
        told = "\n".join(part for part in (details, self._details.toPlainText()) if part)
        self.show_message("warn", f"{text} {self.text()}", told, self._action_button.text(), self._action,
                          self._action_button.toolTip())  # fmt: skip
        return True

    def text(self) -> str:
        """The message shown, "" where there is none."""
        return self._text.text()

    def level(self) -> Level:
        """How serious the message shown is."""
        return self._level

    def clear(self) -> None:
        """Hides the bar."""
        self._action = None
        self._text.clear()
        self.hide()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._dismiss()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._colour()
        painter.setPen(QPen(theme.faded(colour, 0.6), theme.em(self, 0.06)))
        painter.setBrush(theme.faded(colour, 0.1))
        inset = theme.em(self, 0.06)
        radius = theme.em(self, 0.35)
        painter.drawRoundedRect(self.rect().adjusted(inset, inset, -inset, -inset), radius, radius)
        painter.end()

    def _lay_out(self) -> None:
        self._buttons = QHBoxLayout()
        for button in (self._details_button, self._action_button, self._dismiss_button):
            self._buttons.addWidget(button)
        self._grid = QGridLayout(self)
        self._grid.addWidget(self._icon, 0, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self._text, 0, 1, Qt.AlignmentFlag.AlignVCenter)
        self._grid.addLayout(self._buttons, 0, 2, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self._details, 1, 1, 1, 2)
        self._grid.setColumnStretch(1, 1)

    def _fit(self) -> None:
        side = theme.em(self, 1.3)
        self._icon.setPixmap(
            icons.icon(self._level, self._colour()).pixmap(QSize(side, side), self.devicePixelRatioF())
        )
        self._details.setFixedHeight(theme.em(self, 6))
        margin = theme.em(self, 0.5)
        self._grid.setContentsMargins(margin, margin, margin, margin)
        self._grid.setHorizontalSpacing(margin)
        self._buttons.setSpacing(margin)
        self.update()

    def _colour(self) -> str:
        now = theme.current()
        return {"info": now.accent, "good": now.good, "warn": now.warn, "bad": now.bad}[self._level]

    def _run_action(self) -> None:
        action = self._action
        self.clear()  # first, so that the action may show a message of its own
        if action is not None:
            action()

    def _dismiss(self) -> None:
        self.clear()
        self.dismissed.emit()
