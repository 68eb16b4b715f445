"""Samples that look good beside the density that the energy stands for: short-run chains against exp(−E)/Z."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.boltzmann import Boltzmann, kl, total_variation
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.sampling import SETTLE_MILLISECONDS
from playground.gui.panels.base.views import captioned
from playground.gui.panels.energy.table import SIDES, TableLens
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.number_boxes import IntBox
from playground.gui.widgets.scatter_view import ScatterView

DRAWN = 4000  # samples of either kind
SHOWN = 1000  # of each kind
BINS = {1: 100, 2: 50}  # of the histograms, along each axis of the whole grid


class TruthLens(TableLens):
    """Both kinds of samples have equal numbers and are counted in equal bins; a second set of exact draws says how far
    apart two such histograms are by chance."""

    key = "truth"
    title = "True samples"
    tooltip = "Short-run chains beside draws from exp(−E)/Z itself"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.steps = IntBox(1, 2000)
        self.steps.setObjectName(f"{name}.steps")
        self.steps.setAccessibleName("Steps of a chain")
        self.steps.setToolTip("How long chains walk from noise. Short runs need not have reached exp(−E)/Z")
        self.steps.setValue(100)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SETTLE_MILLISECONDS)
        self._rest.timeout.connect(self.outdate)
        self.steps.valueChanged.connect(lambda _: self._rest.start())
        self.chains, self.real, self.exact = (ScatterView(f"{name}.{what}") for what in ("chains", "real", "exact"))
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self._found = np.empty(0)
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        self._found = np.empty(0)
        for plane in (self.chains, self.real, self.exact):
            plane.clear()
            plane.set_extent(-facts["extent"], facts["extent"])
            plane.show_legend(False)
        self.real.set_points("real data", facts["test"][:SHOWN], "data")

    def is_settled(self) -> bool:
        return super().is_settled() and not self._rest.isActive()

    def trained(self, step: int) -> None:
        """So many chains cost more than a look while training goes on is worth."""
        self._is_current = self._is_current and self.isVisible()

    def refresh(self) -> None:
        self.tabulate()
        settings = {"start": "noise", "steps": self.steps.value()}
        self.ask("chains", "sample", seed=9, n=DRAWN, settings=settings)

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/table"):
            self.take_table(answer)
        else:
            self._found = answer.arrays["x"]
        if self.table is not None and self._found.size:
            self._show(self.table)

    def readings(self) -> Mapping[str, float]:
        """Total variation and KL divergence of the chains' histogram from exp(−E)/Z, and what chance makes of them."""
        if self.table is None or not self._found.size:
            return {}
        cells, mass = self.table.coarse(SIDES[self.cells.dims] // BINS[self.cells.dims])
        found, chance = (cells.shares(x) for x in (self._found, self.table.draw(DRAWN, 2)))
        return {
            "tv": total_variation(found, mass), "tv_chance": total_variation(chance, mass),
            "kl": kl(found, mass), "kl_chance": kl(chance, mass),
        }  # fmt: skip

    def _show(self, table: Boltzmann) -> None:
        self.chains.set_points("chains", self._found[:SHOWN], "model")
        self.exact.set_points("draws", table.draw(DRAWN, 1)[:SHOWN], "exact")
        if self.cells.dims == 2:
            self.exact.set_density(self.within(np.exp(table.log_p)))
        now = self.readings()
        close = now["tv"] < 1.5 * now["tv_chance"]
        verdict = (
            "These chains draw from exp(−E)/Z, as far as bins can tell." if close
            else "These chains do not draw from exp(−E)/Z, however good they look."
        )  # fmt: skip
        self.words.setText(
            f"{verdict} Between their histogram and exp(−E)/Z, exact up to the grid: total variation {now['tv']:.3f} "
            f"(by chance {now['tv_chance']:.3f}), KL {now['kl']:.3f} nats (by chance {now['kl_chance']:.3f})."
        )

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        heads = ("Short-run chains", "Real data", "exp(−E)/Z itself")
        for plane, words in zip((self.chains, self.real, self.exact), heads, strict=True):
            row.addWidget(captioned(plane, words), 1)
        above = QHBoxLayout()
        above.addWidget(labelled("Steps of a chain", self.steps))
        above.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(above)
        layout.addLayout(row, 1)
        layout.addWidget(self.words)
