"""The states of the reverse process in the plane: points on their way, over the exact density and scores at their t."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.gui.panels.base.parts import caption
from playground.gui.widgets.scatter_view import ScatterView

FIELD_SIDE = 17  # arrows along one side of the plane
DENSITY_SIDE = 72  # places along one side at which the exact density is drawn
TRAILS = 60  # samples whose way is drawn
Frame = Mapping[str, np.ndarray]


class ReversePlane(QWidget):
    """Points that flow from noise to data, their trails, the exact density at their time, and the learned score field
    over the exact one.

    Signals:
        edited: the first sample's state as it was dragged, (2,).
    """

    edited = Signal(object)

    def __init__(self, name: str, ask: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._ask = ask
        self.view = ScatterView(f"{name}.plane")
        self.view.handle_moved.connect(lambda x, y: self.edited.emit(np.array([x, y], np.float32)))
        self.truth = caption(f"{name}.truth")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.truth)
        self._grid, self._places = np.empty((0, 2), np.float32), np.empty((0, 2), np.float32)
        self._asked_t = self._shown_t = -1
        self._exact = False  # whether the data's density is known

    def opened(self, facts: Mapping[str, Any]) -> None:
        """Another model."""
        self.view.clear()
        self._asked_t = self._shown_t = -1
        if facts["kind"] == "points":
            reach = facts["extent"]
            self._exact = facts["data"]["density"] is not None
            self.view.set_extent(-reach, reach)
            self.view.set_points("real data", facts["test"][:1000], "data")
            self._grid = _places(np.linspace(-reach * 0.94, reach * 0.94, FIELD_SIDE))
            edge = reach * (1 - 1 / DENSITY_SIDE)  # the middles of the cells
            self._places = _places(np.linspace(-edge, edge, DENSITY_SIDE))
            self.truth.setText(
                "Arrows: the score at this t. Broad ones: exact mathematics; thin ones: learned. Lines: where half and "
                "nine tenths of the exact density are at this t. The cross-hair drags the first sample."
                if self._exact
                else "Arrows: the learned score at this t. The cross-hair drags the first sample."
            )

    def is_settled(self) -> bool:
        """Whether the field belongs to the frame."""
        return self._asked_t == self._shown_t

    def show_frame(self, frames: Sequence[Frame], index: int) -> None:
        """The points of one state, their way so far, and the field there."""
        frame = frames[index]
        self.view.set_points("samples", frame["x"], "model")
        path = np.stack([each["x"][:TRAILS] for each in frames[: index + 1]])
        self.view.set_trails(path if index else None)
        self.view.set_handle(frame["x"][0], "1st", movable="mean" in frame)
        # A finished sample has no t: its field is that of the last network call.
        t = next(int(each["t"]) for each in reversed(frames[: index + 1]) if "t" in each)
        if t != self._asked_t:
            self._asked_t = t
            self._ask("field", "score", x=self._grid, t=t)

    def show_learned(self, arrays: Mapping[str, np.ndarray]) -> None:
        """The learned score; asks for the exact one and the exact density at the same noise."""
        self.view.set_arrows("learned score", self._grid, arrays["x"], "model")
        if not self._exact:
            self._shown_t = self._asked_t
            return
        shift = arrays["shift"].astype(np.float32)
        levels = {"signal": float(arrays["signal"][0]), "noise": float(arrays["sigma"][0])}
        self._ask("exact", "score", target="exact", x=self._grid - shift, **levels)
        self._ask("density", "log_density", target="exact", x=self._places - shift, **levels)

    def show_exact(self, score: np.ndarray) -> None:
        """The exact score of the data at this noise."""
        self.view.set_arrows("exact score", self._grid, score.astype(np.float32), "exact")
        self._shown_t = self._asked_t

    def show_density(self, log_density: np.ndarray) -> None:
        """The exact density of the data at this noise, as lines around its mass."""
        self.view.set_truth(np.exp(log_density).reshape(DENSITY_SIDE, DENSITY_SIDE))


def _places(axis: np.ndarray) -> np.ndarray:
    """All pairs of numbers on an axis, float32 (A * A, 2), x running fastest."""
    return np.stack(np.meshgrid(axis, axis), axis=-1).reshape(-1, 2).astype(np.float32)
