"""Notices the act that ends a scene."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QAbstractButton, QWidget

from playground.gui.lessons.acts import Act
from playground.gui.widgets import controls


class Watch(QObject):
    """Looks, whenever it is told to, whether the act has happened.

    What already is so when the scene begins is no act: it must first have been otherwise.
    """

    def __init__(
        self,
        act: Act,
        find: Callable[[], Mapping[str, QWidget]],
        readings: Callable[[], Mapping[str, float]],
        state: Callable[[], str],
        parent: QObject | None = None,
    ) -> None:
        """`find` gives the controls by id, `readings` the live quantities, `state` the run's state."""
        super().__init__(parent)
        self._act = act
        self._find, self._readings, self._state = find, readings, state
        self._was_otherwise = False
        self._pressed = False
        self._button: QWidget | None = None

    def look(self) -> bool:
        """Whether the act has happened by now."""
        if self._act.kind == "pressed":
            self._listen()
            return self._pressed
        holds = self.holds(self._act)
        self._was_otherwise = self._was_otherwise or not holds
        return holds and self._was_otherwise

    def holds(self, act: Act) -> bool:
        """Whether something is so just now; that a button was pressed is not seen afterwards."""
        if act.kind == "state":
            return self._state() == act.subject
        if act.kind == "live":
            return act.holds_for(self._readings().get(act.subject))
        widget = self._find().get(act.subject)
        return widget is not None and act.holds_for(controls.value(widget))

    def _listen(self) -> None:
        """To the button as it is now: a panel may have made a new one."""
        button = self._find().get(self._act.subject)
        if button is not self._button and isinstance(button, QAbstractButton):
            self._button = button
            button.clicked.connect(self._press)

    def _press(self) -> None:
        self._pressed = True
