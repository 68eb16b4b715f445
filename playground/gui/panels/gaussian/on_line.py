"""What the lenses on the line share: the exact density on a grid, and one Gaussian under the hand."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QWidget

from playground.core.experiment import Experiment
from playground.core.line import Tabulated
from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.widgets.groove_slider import GrooveSlider

GRID = 4801  # points of the table
REACH = 4.0  # extents that it spans: a Gaussian as wide as the sliders allow has its mass inside
SHOWN = 1.2  # extents that are drawn
DRAWN = 3  # points of the table to one that is drawn
TICKS = 100  # slider values a unit
NARROWEST, WIDEST = 0.3, 3.0


class OnLine(Lens):
    """A lens on data on the line whose density is known.

    Attributes:
        table: the exact density, once it is there.
    """

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.table: Tabulated | None = None

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["shape"] == (1,)) and facts["data"]["entropy"] is not None  # else nobody knows the density

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.table = None
        super().opened(facts, experiment)

    def grid(self) -> np.ndarray:
        """Where the density is tabulated, (GRID,)."""
        reach = REACH * self.facts["extent"]
        return np.linspace(-reach, reach, GRID)

    def shown(self) -> np.ndarray:
        """The places in the grid of the points that are drawn."""
        return drawn(self.grid(), SHOWN * self.facts["extent"])

    def refresh(self) -> None:
        """The exact density once, the model's own whenever it has changed."""
        grid = self.grid()[:, None]
        if self.table is None:
            self.ask("exact", "log_density", target="exact", x=grid)
        if "log_density" in self.facts["capabilities"]:
            self.ask("trained", "log_density", x=grid.astype(np.float32))

    def answered(self, answer: Answer) -> None:
        log_density = answer.arrays["x"].astype(float)
        if answer.query.channel.endswith("/exact"):
            self.table = Tabulated(self.grid(), log_density)
            self.tabulated()
        else:
            self.show_trained(log_density, answer.step)

    def tabulated(self) -> None:
        """The exact density is there."""

    def show_trained(self, log_density: np.ndarray, step: int) -> None:
        """ln of the trained model's density on the grid, after so many steps."""


def drawn(x: np.ndarray, reach: float) -> np.ndarray:
    """Of an even grid (G,) the places of every third point within reach: as smooth as a screen can show."""
    return np.flatnonzero(np.abs(x) <= reach)[::DRAWN]


class Bell(QWidget):
    """One Gaussian under the hand: a slider for its mean and one for its spread, with their values in words.

    Signals:
        moved: "mean" or "spread", whichever has moved.
    """

    moved = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """The sliders are called `<name>.mean` and `<name>.spread`."""
        super().__init__(parent)
        self.mean = slider(f"{name}.mean", "Mean μ", "The middle of the Gaussian, in hundredths")
        self.spread = slider(f"{name}.spread", "Spread σ", "The standard deviation of the Gaussian, in hundredths")
        self.spread.setRange(round(NARROWEST * TICKS), round(WIDEST * TICKS))
        self.spread.setValue(TICKS)
        self._words = {"mean": QLabel(), "spread": QLabel()}
        self.rows = QGridLayout(self)
        self.rows.setContentsMargins(0, 0, 0, 0)
        self.rows.setColumnStretch(1, 1)
        for row, (which, control) in enumerate((("mean", self.mean), ("spread", self.spread))):
            self._words[which].setObjectName(f"{name}.{which}.label")
            self.rows.addWidget(self._words[which], row, 0)
            self.rows.addWidget(control, row, 1)
        self.mean.valueChanged.connect(lambda _: self._tell("mean"))
        self.spread.valueChanged.connect(lambda _: self._tell("spread"))
        self._say()

    def set_extent(self, extent: float) -> None:
        """The mean may lie that far from 0."""
        reach = round(extent * TICKS)
        self.mean.setRange(-reach, reach)

    def gaussian(self) -> tuple[float, float]:
        """Mean and spread as the sliders stand."""
        return self.mean.value() / TICKS, self.spread.value() / TICKS

    def put(self, mean: float, spread: float) -> None:
        """Moves both sliders, as near as they go."""
        self.mean.setValue(round(mean * TICKS))
        self.spread.setValue(round(spread * TICKS))

    def axes(self, points: int) -> tuple[np.ndarray, np.ndarray]:
        """All means and all spreads that the sliders allow, evenly, (points,) each."""
        means = np.linspace(self.mean.minimum(), self.mean.maximum(), points) / TICKS
        return means, np.linspace(self.spread.minimum(), self.spread.maximum(), points) / TICKS

    def _tell(self, which: str) -> None:
        self._say()
        self.moved.emit(which)

    def _say(self) -> None:
        mean, spread = self.gaussian()
        self._words["mean"].setText(f"μ = {signed(mean)}")
        self._words["spread"].setText(f"σ = {spread:.2f}")


def slider(name: str, words: str, tooltip: str) -> GrooveSlider:
    """A slider with all that a control needs."""
    result = GrooveSlider()
    result.setObjectName(name)
    result.setAccessibleName(words)
    result.setToolTip(tooltip)
    return result


def signed(value: float) -> str:
    """With its sign and two decimals."""
    return f"{value:+.2f}".replace("-", "−")
