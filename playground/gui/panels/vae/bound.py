"""How far the bound lies below log p(x): importance sampling with more and more codes, and the naive way beside it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.vae.example import ExampleChoice
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.next_button import NextButton


class BoundLens(Lens):
    """Two curves over the number of codes of an estimate: codes from the encoder, and from the prior."""

    key = "bound"
    title = "Gap of the bound"
    tooltip = "How much log p(x) exceeds the ELBO: estimates from 1 to 256 codes, drawn by the encoder or the prior"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.example = ExampleChoice(name, self)
        self.again = NextButton("New codes", f"{name}.again", "Estimates with other codes")
        self.encoded = CurvePlot(f"{name}.encoded", "log₂ of the codes K", "nats")
        self.naive = CurvePlot(f"{name}.naive", "log₂ of the codes K", "nats")
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self._found: Mapping[str, np.ndarray] = {}
        self.example.chosen.connect(self.outdate)
        self.again.drawn.connect(self.outdate)
        for plot in (self.encoded, self.naive):
            plot.marker_moved.connect(self._read)
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        self.example.start(facts)
        self._found = {}
        for plot in (self.encoded, self.naive):
            plot.set_curves({})
            plot.set_floor(None)
            plot.set_marker(None)
        self.words.setText("Codes are being drawn ...")

    def refresh(self) -> None:
        self.ask("bounds", "bounds", self.again.number, target="bound", x=self.example.x, label=self.example.label)
        noise = np.zeros((1, self.facts["latent_dim"]), dtype=np.float32)
        self.ask("rebuilt", "bound_terms", x=self.example.x, noise=noise, label=self.example.label)

    def trained(self, step: int) -> None:
        """Estimates take a while: they are made again when training rests."""
        self._is_current = self._is_current and self.isVisible()

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/rebuilt"):
            self.picture("x", self.example.x[0])
            self.picture("sample", answer.arrays["decoded"][0])
            return
        if not (np.isfinite(answer.arrays["x"]).all() and np.isfinite(answer.arrays["naive"]).all()):
            self.words.setText("The networks answer with numbers that are not finite.")
            return
        self._found = answer.arrays
        codes = np.log2(self._found["codes"])
        exact = float(self._found["exact"])
        floor, label = (exact, "log p(x), exact") if np.isfinite(exact) else (self._best(), "best estimate")
        for plot, name, key in ((self.encoded, "encoder", "x"), (self.naive, "prior", "naive")):
            plot.set_curves({name: (codes, self._found[key])})
            plot.set_floor(floor, label)
            if plot.marker() is None:
                plot.set_marker(float(codes[-1]))
        self._say()

    def readings(self) -> Mapping[str, float]:
        """The bound with one code and with most, and the naive estimate with most."""
        if not self._found:
            return {}
        bound, naive = self._found["x"], self._found["naive"]
        return {
            "elbo": float(bound[0]),
            "most": self._best(),
            "naive": float(naive[-1]),
            "exact": float(self._found["exact"]),
        }

    def _best(self) -> float:
        return float(self._found["x"][-1])

    def _read(self, at: float) -> None:
        """Both plots are read at the same number of codes."""
        for plot in (self.encoded, self.naive):
            plot.set_marker(at)

    def _say(self) -> None:
        bound, error, naive, naive_error = (self._found[key] for key in ("x", "error", "naive", "naive_error"))
        count, exact = int(self._found["codes"][-1]), float(self._found["exact"])
        if np.isfinite(exact):
            gap = f"log p(x) = {exact:,.2f} (exact: quadrature over z), so the gap is {exact - bound[0]:,.2f}"
        else:
            gap = f"On average that is below log p(x), so the gap is about {bound[-1] - bound[0]:,.2f} or more"
        text = (
            f"Estimates in nats, 4,096 codes: ELBO {bound[0]:,.2f} ± {error[0]:,.2f}; "
            f"K = {count}: {bound[-1]:,.2f} ± {error[-1]:,.2f}; "
            f"from the prior {naive[-1]:,.2f} ± {naive_error[-1]:,.2f}. {gap}: KL(q(z|x)‖p(z|x))."
        )
        self.words.setText(text.replace("-", "−"))

    def _lay_out(self) -> None:
        choices = QWidget()
        row = FlowLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.6))
        row.addWidget(labelled("Example", self.example.number))
        row.addWidget(self.again)
        plots = QHBoxLayout()
        plots.addWidget(captioned(self.encoded, "K codes from the encoder"), 1)
        plots.addWidget(captioned(self.naive, "from the prior (naive Monte Carlo)"), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(choices)
        layout.addWidget(self.example.strip)
        layout.addLayout(plots, 1)
        layout.addWidget(self.words)
        self.example.fit()
