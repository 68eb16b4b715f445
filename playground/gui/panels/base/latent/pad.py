"""The map on which a code lies: two of its directions, bound to the code that every tool shares."""

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.gui.panels.base.latent.code import Code
from playground.gui.widgets.latent_pad import LatentPad


class CodePad(LatentPad):
    """Follows the code, moves it, and shows the posterior of the example that was encoded last.

    Attributes:
        pair: the two directions shown, as places in the order of the sliders.
    """

    def __init__(self, name: str, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._code = code
        self.pair = (0, 1)
        self.moved.connect(self._move_code)
        self.released.connect(code.released)
        code.moved.connect(self._follow)
        code.turned.connect(lambda: self.show_pair(0, 1))
        code.encoded.connect(self._show_posterior)

    @property
    def columns(self) -> np.ndarray:
        """The two directions, (Z, 2)."""
        return self._code.directions[:, list(self.pair)]

    def show_pair(self, across: int, up: int) -> None:
        """Shows two other directions; there is nothing to show of a code that has one."""
        if len(self._code.names) > max(across, up):
            self.pair = (across, up)
            self.set_names(*(_braced(self._code.names[k]) for k in self.pair))
            self._show_posterior()
            self._follow()

    @property
    def is_ready(self) -> bool:
        """Whether the two directions are known."""
        return len(self._code.names) > max(self.pair)

    def _follow(self) -> None:
        if self.is_ready:
            self.set_place(self._code.z @ self.columns)

    def _move_code(self, place: np.ndarray) -> None:
        if not self.is_ready:  # a restored place, before the directions are there: it follows from the sliders
            return
        columns = self.columns
        self._code.set_z(self._code.z + columns @ (place - self._code.z @ columns).astype(np.float32))

    def _show_posterior(self) -> None:
        mean, std = self._code.posterior or (None, None)
        if mean is None or std is None or not self.is_ready:
            self.set_posterior(None)
            return
        self.set_posterior(mean @ self.columns, self.columns.T @ np.diag(std**2) @ self.columns)


def _braced(name: str) -> str:
    """ "z_10" as a formula: its whole number is the subscript."""
    letter, _, number = name.partition("_")
    return f"{letter}_{{{number}}}"
