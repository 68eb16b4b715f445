"""What the lenses on points share: the energy on a grid, asked for again and again while training goes on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.core.boltzmann import Boltzmann, Cells
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.lens import Lens
from playground.gui.panels.base.rest import Rest

REACH = 2.0  # of the grid, in extents of the data: beyond lies a thousandth of an untrained model's mass
SIDES = {1: 2000, 2: 200}  # cells an axis


class TableLens(Lens):
    """Tabulates the model's energy, at the middle of each cell of a fixed grid.

    Attributes:
        table: the newest energies; None before they are there, and on images.
        step: of the weights that answered.
    """

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.table: Boltzmann | None = None
        self.step = 0
        self.rest = Rest(shortest=0.4)

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "points")

    def start(self, facts: Mapping[str, Any]) -> None:
        self.table, self.step = None, 0
        self.rest.forget()
        if facts["kind"] == "points":
            self.cells = Cells(REACH * facts["extent"], SIDES[facts["shape"][0]], facts["shape"][0])

    def tabulate(self, *more: np.ndarray) -> None:
        """Asks for the energies of all cells, and of other points (N, dims) in the same breath."""
        self.rest.begin_look()
        self.ask("table", "energy", x=np.concatenate([self.cells.points, *more]))

    def take_table(self, answer: Answer) -> np.ndarray:
        """Keeps the table of an answer; gives the energies of the other points."""
        energies = answer.arrays["x"]
        inside = self.cells.side**self.cells.dims
        self.table, self.step = Boltzmann(self.cells, energies[:inside]), answer.step
        self.rest.end_look()
        return energies[inside:]

    def trained(self, step: int) -> None:
        super().trained(step)
        if not self._asked and self.rest.is_over:
            self._bring_up_to_date()

    @property
    def has_exact(self) -> bool:
        """Whether the density of the data is known."""
        return self.facts["data"]["entropy"] is not None

    def within(self, values: np.ndarray) -> np.ndarray:
        """Of values of all cells those within the data's extent: (side',) or (side', side'), row 0 at the lowest y."""
        cells = self.cells
        inner = np.abs(cells.axis) <= self.facts["extent"]
        return values.reshape([cells.side] * cells.dims)[np.ix_(*[inner] * cells.dims)]
