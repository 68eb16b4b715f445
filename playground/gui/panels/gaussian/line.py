"""One bell under the hand against the exact density, and why maximum likelihood is minimum KL."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from playground.core.line import js_integrand
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import switch
from playground.gui.panels.base.views import button
from playground.gui.panels.gaussian.on_line import Bell, OnLine
from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.density_plot import DensityPlot
from playground.gui.widgets.name_box import NameBox
from playground.gui.widgets.sum_bar import Part, SumBar
from playground.gui.widgets.surface_plot import SurfacePlot
from playground.gui.widgets.words import Words

PLACES = 81  # of the surface along each axis
MOST_PATH = 600  # places of the way that is drawn
FORWARD, REVERSE, JS = "forward", "reverse", "js"
SHADED = {  # what is summed to the divergence
    FORWARD: "p ln(p/q)",
    REVERSE: "q ln(q/p)",
    JS: "½ p ln(p/m) + ½ q ln(q/m), m their mean",
}
BESIDE = {FORWARD: "likelihood, greatest", REVERSE: "KL(q‖p), least", JS: "JS, least"}  # what the surface is of


class LineLens(OnLine):
    """Mean and spread of one Gaussian: NLL, entropy and KL move together, and the surface shows where to."""

    key = "line"
    title = "Fit by hand"
    tooltip = "Fit one Gaussian by hand: its likelihood, the data's entropy, and the KL divergence between them"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._trained = np.empty(0)  # ln of the trained model's density on the grid
        self._best = (0.0, 1.0)  # mean and spread at the optimum of the divergence on show
        self._path: list[tuple[float, float]] = []
        self.density = DensityPlot(f"{name}.density")
        self.surface = SurfacePlot(f"{name}.surface", "mean μ", "spread σ")
        self.over_mean = CurvePlot(f"{name}.over_mean", "mean μ", "NLL, nats")
        self.over_spread = CurvePlot(f"{name}.over_spread", "spread σ", "NLL, nats")
        self.bar = SumBar(f"{name}.sum", "nats")
        self.bell = Bell(name)
        self.divergence = NameBox(
            f"{name}.divergence", "Divergence",
            "KL(p‖q) averages over the data and must cover them all: maximum likelihood. KL(q‖p) averages over the "
            "model and may keep to one bump. JS compares both with their mean, the same both ways.",
        )  # fmt: skip
        self.divergence.set_choices([(FORWARD, "Forward KL(p‖q)"), (REVERSE, "Reverse KL(q‖p)"), (JS, "JS(p, q)")])
        self.beside = NameBox(f"{name}.beside", "Beside the density", "What is drawn over mean and spread")
        self.beside.set_choices([("surface", "Surface over μ, σ"), ("profile", "Curve along one slider")])
        self.best = button("To the optimum", f"{name}.best", "Where the divergence on show is least")
        self.shows_trained = switch("Trained mixture", f"{name}.trained", "Draws the density of the trained model too")
        self.shades = switch("Shade the divergence", f"{name}.shading",
                             "Shades what is summed to the divergence, hatched where it is negative")  # fmt: skip
        self.words = Words(f"{name}.words")
        self._lay_out(name)
        self.bell.moved.connect(self._moved)
        self.best.clicked.connect(lambda: self.bell.put(*self._best))
        self.divergence.chosen.connect(lambda _: self.tabulated())
        self.beside.chosen.connect(lambda _: self._show())
        for box in (self.shows_trained, self.shades):
            box.toggled.connect(lambda _: self._show())
        self.surface.moved.connect(self.bell.put)
        for plot in (self.density, self.over_mean):
            plot.marker_moved.connect(lambda x: self.bell.put(x, self.bell.gaussian()[1]))
        self.over_spread.marker_moved.connect(lambda x: self.bell.put(self.bell.gaussian()[0], x))
        self.density.spread_moved.connect(lambda x: self.bell.put(self.bell.gaussian()[0], x))

    def start(self, facts: Mapping[str, Any]) -> None:
        self._trained, self._path = np.empty(0), []
        self.bell.set_extent(facts["extent"])
        self.density.set_ticks(facts["data"]["examples"][:, 0])

    def readings(self) -> Mapping[str, float]:
        if self.table is None:
            return {}
        table, log_q = self.table, self.table.log_gaussian(*self.bell.gaussian())
        return {
            "nll": table.nll(log_q), "entropy": table.entropy, "kl": table.kl(log_q),
            "reverse_kl": table.reverse_kl(log_q), "js": table.js(log_q), "area": table.area(np.exp(log_q)),
        }  # fmt: skip

    # -- what it shows ------------------------------------------------------------------------------------------------

    def tabulated(self) -> None:
        """The surface and its highest place: of the likelihood in closed form, of the reverse KL on the grid."""
        if self.table is None:
            return
        table, name = self.table, self.divergence.name()
        means, spreads = self.bell.axes(PLACES if name != JS else PLACES // 2)
        if name == FORWARD:
            surface = -table.gaussian_nll(means, spreads[:, None])
            self._best, words = (table.mean, table.std), "optimum, closed form"
        else:
            surface = -(table.js_surface if name == JS else table.reverse_kl_surface)(means, spreads)
            row, column = divmod(int(surface.argmax()), len(means))
            self._best, words = (float(means[column]), float(spreads[row])), "optimum, found on the grid"
        self.surface.set_surface(means, spreads, surface)
        self.surface.set_goal(*self._best, words)
        self._show()

    def show_trained(self, log_density: np.ndarray, step: int) -> None:
        self._trained = log_density
        self._show()

    def _moved(self, which: str) -> None:
        """The likelihood is drawn along the slider that moved last."""
        self._profile.setCurrentWidget(self.over_mean if which == "mean" else self.over_spread)
        if self.table is not None:  # else it is set up, and not moved by a person
            self._path = [*self._path, self.bell.gaussian()][-MOST_PATH:]
        self._show()

    def _show(self) -> None:
        if self.table is None:
            return
        mean, spread = self.bell.gaussian()
        now = self.readings()
        self.bar.set_parts("NLL", Part("entropy H", now["entropy"]), Part("KL", now["kl"]))
        self._draw_density(mean, spread)
        if self.beside.name() == "surface":
            self._beside.setCurrentWidget(self.surface)
            self.surface.set_place(mean, spread)
            self.surface.set_path(np.array(self._path or [(mean, spread)]))
        else:
            self._beside.setCurrentWidget(self._profile)
            self._draw_likelihoods(mean, spread)
        self._say(now)

    def _draw_density(self, mean: float, spread: float) -> None:
        assert self.table is not None
        table, shown = self.table, self.shown()
        log_q = table.log_gaussian(mean, spread)
        curves = {"data p": table.log_p, "Gaussian q": log_q, "best q": table.log_gaussian(*self._best)}
        if self.shows_trained.isChecked() and self._trained.size:
            curves["trained"] = self._trained
        self.density.set_curves({name: (table.x[shown], np.exp(log_q[shown])) for name, log_q in curves.items()})
        match self.divergence.name():
            case "reverse":
                integrand = np.exp(log_q) * (log_q - table.log_p)
            case "js":
                integrand = js_integrand(table.log_p, log_q)
            case _:
                integrand = table.kl_integrand(log_q)
        height = integrand[shown] if self.shades.isChecked() else np.zeros(len(shown))
        self.density.set_shading(table.x[shown], np.zeros(len(shown)), height)
        self.density.set_handles(mean, spread)

    def _draw_likelihoods(self, mean: float, spread: float) -> None:
        """The likelihood along each slider with the other one held, above the entropy that nothing can pass."""
        assert self.table is not None
        table = self.table
        means, spreads = self.bell.axes(301)
        floor = np.full(301, table.entropy)
        self.over_mean.set_curves({"NLL": (means, table.gaussian_nll(means, spread)), "H": (means, floor)})
        self.over_spread.set_curves({"NLL": (spreads, table.gaussian_nll(mean, spreads)), "H": (spreads, floor)})
        self.over_mean.set_marker(mean)
        self.over_spread.set_marker(spread)
        self.over_mean.set_goal(table.mean)
        self.over_spread.set_goal(float(np.hypot(table.std, table.mean - mean)))

    def _say(self, now: Mapping[str, float]) -> None:
        assert self.table is not None
        name = self.divergence.name()
        how = "in closed form" if name == FORWARD else "found on the grid"
        other = f"JS {now['js']:.3f}" if name == JS else f"KL(q‖p) {now['reverse_kl']:.3f}"
        shaded = f"Shaded {SHADED[name]}, hatched where negative. " if self.shades.isChecked() else ""
        surface = f"Surface: {BESIDE[name]} at the cross. " if self.beside.name() == "surface" else ""
        text = (
            f"Exact, on a grid. Area under q {now['area']:.4f}. {shaded}{surface}"
            f"Optimum {how}: μ {self._best[0]:.3f}, σ {self._best[1]:.3f}. {other} nats."
        )
        if self.shows_trained.isChecked() and self._trained.size:
            text += f" KL to the trained mixture: {self.table.kl(self._trained):.4f} nats."
        self.words.say(text)

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "density"):
            self._fit()

    def _fit(self) -> None:
        """Heights follow the type size; a page that is lower than that is scrolled."""
        for plot in (self.density, self.over_mean, self.over_spread, self.surface):
            plot.setMinimumHeight(theme.em(self, 8))

    def _lay_out(self, name: str) -> None:
        self._profile, self._beside = QStackedWidget(), QStackedWidget()
        for plot in (self.over_mean, self.over_spread):
            self._profile.addWidget(plot)
        for widget in (self.surface, self._profile):
            self._beside.addWidget(widget)
        more = QWidget()
        boxes = QVBoxLayout(more)
        boxes.setContentsMargins(0, 0, 0, 0)
        for box in (self.shows_trained, self.shades):
            boxes.addWidget(box)
        plots = QHBoxLayout()
        plots.addWidget(self.density, 3)
        plots.addWidget(self._beside, 2)
        for place, control in (
            ((0, 2), self.divergence), ((1, 2), self.beside), ((0, 3), self.best),
            ((1, 3), Collapsible(more, id_prefix=name)),
        ):  # fmt: skip
            self.bell.rows.addWidget(control, *place)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(plots, 1)
        layout.addWidget(self.bar)
        layout.addWidget(self.bell)
        layout.addWidget(self.words)
        self._fit()
