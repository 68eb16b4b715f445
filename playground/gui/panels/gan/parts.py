"""What several lenses on a GAN have in common."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.rest import Rest

NO_GAME = "With L2 there is no game: nobody discriminates. Choose another objective and train afresh."


class FollowingLens(Lens):
    """A lens that is brought up to date while training goes on, as often as costs it a sixth of the time."""

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.rest = Rest(shortest=0.5)

    def refresh(self) -> None:
        self.rest.begin_look()
        self.picture("x", self.facts["test"][0])

    def trained(self, step: int) -> None:
        super().trained(step)
        if not self._asked and self.rest.is_over:
            self._bring_up_to_date()

    @property
    def plays(self) -> bool:
        """Whether there is a game, as far as the run's own settings say."""
        assert self.experiment is not None
        return self.experiment.settings().get("objective") != "L2"


@dataclass(frozen=True)
class Threshold:
    """Above what D says "real".

    Attributes:
        at: the number.
        words: where it comes from.
    """

    at: float
    words: str

    @classmethod
    def of(cls, real: np.ndarray, fake: np.ndarray, is_share: bool) -> "Threshold":
        """One half where D was asked for a share; else half-way between what it says of real data and of fakes."""
        if is_share:
            return cls(0.5, "0.5, where it finds both as likely")
        middle = float(real.mean() + fake.mean()) / 2
        return cls(
            middle,
            f"{middle:.2f}".replace("-", "−") + ", half-way between its means, since in this game it has no scale",
        )

    def right(self, real: np.ndarray, fake: np.ndarray) -> float:
        """The share of as many of either kind that is told rightly."""
        return float(((fake <= self.at).mean() + (real > self.at).mean()) / 2)

    def word(self, says: float) -> str:
        """What it comes to."""
        return "REAL" if says > self.at else "FAKE"


def verdict(real: np.ndarray, fake: np.ndarray, is_share: bool) -> str:
    """What D says on average, short enough for the drawn model."""
    digits = 2 if is_share else 1
    return f"x̂ {fake.mean():.{digits}f}, x {real.mean():.{digits}f}".replace("-", "−")


def contrast(values: np.ndarray, real: np.ndarray, fake: np.ndarray, is_share: bool) -> tuple[float, float]:
    """The narrowest of a few ranges around D's threshold that holds all values: from sure of a fake to sure of real
    data; a share is never drawn beyond 0 and 1."""
    middle = Threshold.of(real, fake, is_share).at
    reach = float(np.abs(values - middle).max())
    if is_share:
        reach = next((r for r in (0.05, 0.1, 0.25) if r >= reach), 0.5)
    return middle - max(reach, 1e-6), middle + max(reach, 1e-6)
