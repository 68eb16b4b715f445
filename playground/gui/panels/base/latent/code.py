"""The code on show: every tool of the latent view moves it, and hears when another one did."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QObject, Signal


class Code(QObject):
    """A code z, and the directions along which it is moved.

    Signals:
        moved: z is another one, or the label is.
        released: the hand that moved it has let go; time for what takes longer.
        turned: the directions are others.
        encoded: an example was encoded; `posterior` says how.

    Attributes:
        z: float32 (Z,).
        directions: orthonormal columns (Z, Z), those that matter most first; none before they are known.
        names: of the directions, as in "z_3".
        label: what the decoder is told of each discrete factor, int64 (F,), -1 for "any"; None where nothing.
        example: what was encoded last; None before.
        posterior: mean and standard deviation (Z,) of its code; the second may be None.
    """

    moved = Signal()
    released = Signal()
    turned = Signal()
    encoded = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.start({"latent_dim": 0})

    def start(self, facts: Mapping[str, Any]) -> None:
        """Another model: z is 0, and nothing is known yet."""
        size = int(facts["latent_dim"])
        self.z = np.zeros(size, dtype=np.float32)
        self.directions = np.zeros((size, 0), dtype=np.float32)
        self.names: tuple[str, ...] = ()
        self.label: np.ndarray | None = None
        self.example: np.ndarray | None = None
        self.posterior: tuple[np.ndarray, np.ndarray | None] | None = None

    def turn(self, directions: np.ndarray, names: Sequence[str]) -> None:
        """Takes other directions; z stays where it is."""
        self.directions, self.names = directions, tuple(names)
        self.turned.emit()

    def amounts(self) -> np.ndarray:
        """How far z is along each direction, in sigmas of the prior."""
        return self.z @ self.directions

    def set_amounts(self, amounts: np.ndarray) -> None:
        """Moves z so that it is so far along each direction."""
        self.set_z(self.directions @ amounts)

    def set_z(self, z: np.ndarray, released: bool = False) -> None:
        """Moves z; `released`: at once and not by dragging."""
        self.z = np.asarray(z, dtype=np.float32).copy()
        self.moved.emit()
        if released:
            self.released.emit()

    def set_label(self, label: np.ndarray | None) -> None:
        """Tells the decoder something else."""
        self.label = label
        self.moved.emit()
        self.released.emit()

    @property
    def told(self) -> tuple[int, ...]:
        """The label as a key to compare; () where the decoder is told nothing."""
        return () if self.label is None else tuple(int(value) for value in self.label)

    def labels(self, count: int) -> np.ndarray | None:
        """The label for each of some codes, (count, F)."""
        return None if self.label is None else np.tile(self.label, (count, 1))

    def take_posterior(self, example: np.ndarray, arrays: Mapping[str, np.ndarray]) -> None:
        """Goes to the code of an example, given what the encoder says of it, (1, Z) each."""
        self.example = example
        std = arrays.get("std")
        self.posterior = arrays["mean"][0], None if std is None else std[0]
        self.encoded.emit()
        self.set_z(arrays["mean"][0], released=True)
