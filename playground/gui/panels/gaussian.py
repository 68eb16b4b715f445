"""The Gaussian's own view on the line: one bell under the hand, and why maximum likelihood is minimum KL."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.line import Tabulated
from playground.core.records import Answer
from playground.gui.panels.base import ModelPanel, SampleView, TrainView, View
from playground.gui.panels.base.views import Ask, button
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.sum_bar import Part, SumBar

GRID = 4801  # points of the table
REACH = 4.0  # extents that it spans: a Gaussian as wide as the sliders allow has its mass inside
SHOWN = 1.2  # extents that are drawn
TICKS = 100  # slider values a unit
NARROWEST, WIDEST = 0.3, 3.0


class LineView(View):
    """Mean and spread of one Gaussian against the exact density: NLL, entropy and KL move together."""

    title = "Inside"
    tooltip = "Fit one Gaussian by hand: its likelihood, the data's entropy, and the KL divergence between them"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.table: Tabulated | None = None
        self._trained = np.empty(0)  # ln of the trained model's density on the grid
        self.density = CurvePlot(f"{name}.density", "x", "density")
        self.over_mean = CurvePlot(f"{name}.over_mean", "mean μ", "NLL, nats")
        self.over_spread = CurvePlot(f"{name}.over_spread", "spread σ", "NLL, nats")
        self.bar = SumBar(f"{name}.sum", "nats")
        self.mean = _slider(f"{name}.mean", "Mean μ", "The middle of the Gaussian")
        self.spread = _slider(f"{name}.spread", "Spread σ", "The standard deviation of the Gaussian")
        self.spread.setRange(round(NARROWEST * TICKS), round(WIDEST * TICKS))
        self.spread.setValue(TICKS // 2)
        self.best = button(
            "To the optimum", f"{name}.best", "Maximum likelihood in closed form: the data's own mean and spread"
        )
        self.shows_trained = QCheckBox("Trained mixture")
        self.shows_trained.setObjectName(f"{name}.trained")
        self.shows_trained.setAccessibleName("Trained mixture")
        self.shows_trained.setToolTip("Draws the density of the trained model as well")
        self.shows_trained.setChecked(True)
        self._mean_words, self._spread_words = QLabel(), QLabel()
        self.words = QLabel()
        self.words.setObjectName(f"{name}.words")
        self.words.setProperty("role", "caption")
        self.words.setWordWrap(True)
        self._lay_out()
        for slider, plot in ((self.mean, self.over_mean), (self.spread, self.over_spread)):
            slider.valueChanged.connect(partial(self._moved, plot))
        self.best.clicked.connect(self._go_to_best)
        self.shows_trained.toggled.connect(lambda: self._show())
        self.over_mean.marker_moved.connect(lambda x: self.mean.setValue(round(x * TICKS)))
        self.over_spread.marker_moved.connect(lambda x: self.spread.setValue(round(x * TICKS)))

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return bool(facts["shape"] == (1,)) and facts["data"]["entropy"] is not None  # else nobody knows the density

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.table, self._trained = None, np.empty(0)
        reach = round(facts["extent"] * TICKS)
        self.mean.setRange(-reach, reach)
        super().opened(facts, experiment)

    def refresh(self) -> None:
        """The exact density once, the model's own whenever it has changed."""
        grid = self._grid()[:, None]
        if self.table is None:
            self.ask("exact", "log_density", target="exact", x=grid)
        if "log_density" in self.facts["capabilities"]:
            self.ask("trained", "log_density", x=grid.astype(np.float32))

    def answered(self, answer: Answer) -> None:
        log_density = answer.arrays["x"].astype(float)
        if answer.query.channel.endswith("/exact"):
            self.table = Tabulated(self._grid(), log_density)
        else:
            self._trained = log_density
        self._show()

    def readings(self) -> Mapping[str, float]:
        if self.table is None:
            return {}
        log_q = self.table.log_gaussian(*self._gaussian())
        return {"nll": self.table.nll(log_q), "entropy": self.table.entropy, "kl": self.table.kl(log_q)}

    # -- the Gaussian under the hand ----------------------------------------------------------------------------------

    def _grid(self) -> np.ndarray:
        reach = REACH * self.facts["extent"]
        return np.linspace(-reach, reach, GRID)

    def _gaussian(self) -> tuple[float, float]:
        """Mean and spread as the sliders stand."""
        return self.mean.value() / TICKS, self.spread.value() / TICKS

    def _go_to_best(self) -> None:
        if self.table is not None:
            self.mean.setValue(round(self.table.mean * TICKS))
            self.spread.setValue(round(self.table.std * TICKS))

    def _moved(self, plot: CurvePlot, value: int) -> None:
        """The likelihood is drawn along the slider that moved last."""
        self._likelihoods.setCurrentWidget(plot)
        self._show()

    def _show(self) -> None:
        mean, spread = self._gaussian()
        self._mean_words.setText(f"μ = {mean:+.2f}".replace("-", "−"))
        self._spread_words.setText(f"σ = {spread:.2f}")
        if self.table is None:
            return
        now = self.readings()
        self.bar.set_parts("NLL", Part("entropy H", now["entropy"]), Part("KL", now["kl"]))
        self._draw_density(mean, spread)
        self._draw_likelihoods(mean, spread)
        self._say(mean, spread)

    def _draw_density(self, mean: float, spread: float) -> None:
        assert self.table is not None
        table, shown = self.table, np.abs(self.table.x) <= SHOWN * self.facts["extent"]
        curves = {
            "data p": table.log_p,
            "Gaussian q": table.log_gaussian(mean, spread),
            "best q": table.log_gaussian(table.mean, table.std),
        }
        if self.shows_trained.isChecked() and self._trained.size:
            curves["trained"] = self._trained
        self.density.set_curves({name: (table.x[shown], np.exp(log_q[shown])) for name, log_q in curves.items()})

    def _draw_likelihoods(self, mean: float, spread: float) -> None:
        """The likelihood along each slider with the other one held, above the entropy that nothing can pass."""
        assert self.table is not None
        table = self.table
        means = np.linspace(self.mean.minimum(), self.mean.maximum(), 301) / TICKS
        spreads = np.linspace(self.spread.minimum(), self.spread.maximum(), 301) / TICKS
        floor = np.full(301, table.entropy)
        self.over_mean.set_curves({"NLL": (means, table.gaussian_nll(means, spread)), "H": (means, floor)})
        self.over_spread.set_curves({"NLL": (spreads, table.gaussian_nll(mean, spreads)), "H": (spreads, floor)})
        self.over_mean.set_marker(mean)
        self.over_spread.set_marker(spread)
        self.over_mean.set_goal(table.mean)
        self.over_spread.set_goal(float(np.hypot(table.std, table.mean - mean)))

    def _say(self, mean: float, spread: float) -> None:
        assert self.table is not None
        table = self.table
        reverse = table.reverse_kl(table.log_gaussian(mean, spread))
        text = (
            f"Exact mathematics on a grid. Best in closed form (dashed): the data's own mean {table.mean:.3f} and "
            f"spread {table.std:.3f}. The other way round, KL(q‖p) is {reverse:.3f} nats."
        )
        if self.shows_trained.isChecked() and self._trained.size:
            text += f" KL to the trained mixture: {table.kl(self._trained):.4f} nats."
        self.words.setText(text.replace("-", "−"))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "density"):
            self._fit()

    def _fit(self) -> None:
        """Heights follow the type size; a page that is lower than that is scrolled."""
        for plot in (self.density, self.over_mean, self.over_spread):
            plot.setMinimumHeight(theme.em(self, 6.5))

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._likelihoods = QStackedWidget()
        self._likelihoods.addWidget(self.over_mean)
        self._likelihoods.addWidget(self.over_spread)
        plots = QHBoxLayout()
        plots.addWidget(self.density, 3)
        plots.addWidget(self._likelihoods, 2)
        sliders = QGridLayout()
        for row, (words, slider) in enumerate(
            ((self._mean_words, self.mean), (self._spread_words, self.spread))
        ):  # fmt: skip
            sliders.addWidget(words, row, 0)
            sliders.addWidget(slider, row, 1)
        sliders.addWidget(self.best, 0, 2)
        sliders.addWidget(self.shows_trained, 1, 2)
        sliders.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(plots, 1)
        layout.addWidget(self.bar)
        layout.addLayout(sliders)
        layout.addWidget(self.words)
        self._fit()


def _slider(name: str, words: str, tooltip: str) -> GrooveSlider:
    slider = GrooveSlider()
    slider.setObjectName(name)
    slider.setAccessibleName(words)
    slider.setToolTip(f"{tooltip}, in hundredths")
    return slider


class Panel(ModelPanel):
    """The Gaussian mixture in the window."""

    view_classes = (TrainView, SampleView, LineView)
