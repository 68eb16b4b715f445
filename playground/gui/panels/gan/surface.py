"""The discriminator over the line or the plane, beside the best one there is, and where it pushes each sample."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.best_judge import FINE, best_judge, cell_means, centres, density_of_counts, disagreement
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, switch
from playground.gui.panels.gan.parts import NO_GAME, FollowingLens, contrast
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import NameBox
from playground.gui.widgets.scatter_view import ScatterView

SIDE = {1: 128, 2: 64}  # cells along each axis, by the data's dimensions
DRAWN = 100_000  # samples from which q is estimated
PUSHED = 200  # samples with an arrow
FEWEST = 5  # of as many draws from p as from q: where fewer fall, p / (p + q) is not drawn
SEED = 12
BEST, DATA_DENSITY, MODEL_DENSITY = "best", "p", "q"


class SurfaceLens(FollowingLens):
    """D is asked everywhere; p is exact, q counted, and p / (p + q) is what D should say."""

    key = "surface"
    title = "Discriminator"
    tooltip = "What D says everywhere, beside the best answer p / (p + q); and where it pushes each sample"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.p: np.ndarray | None = None  # (side,) * dims, exact
        self.q: np.ndarray | None = None  # estimated from counts
        self.d: np.ndarray | None = None
        self._round: Mapping[str, np.ndarray] = {}
        self._step = 0
        self.shows = {
            "surface": switch("D", f"{name}.show.surface", "Colours the plane by what D says there"),
            "data": switch("real data", f"{name}.show.data", "Held-out data, as dots"),
            "samples": switch("samples", f"{name}.show.samples", "Samples of the generator, as diamonds"),
            "pushes": switch(
                "pushes", f"{name}.show.pushes",
                "An arrow on each sample: the direction in which its own loss falls, in which the generator is pushed",
            ),
        }  # fmt: skip
        self.beside = NameBox(f"{name}.beside", "Beside it", "p: exact density of the data. q: that of the generator, "
                              "estimated.\nThe best discriminator at each place says p / (p + q).")  # fmt: skip
        self.beside.set_choices([
            (BEST, "best D: p / (p + q)"), (DATA_DENSITY, "p of the data"), (MODEL_DENSITY, "q of the generator"),
        ])  # fmt: skip
        self.plane, self.other = ScatterView(f"{name}.plane"), ScatterView(f"{name}.best")
        for plane in (self.plane, self.other):
            plane.show_legend(False)
        self.densities = CurvePlot(f"{name}.densities", "x", "density")
        self.answers = CurvePlot(f"{name}.answers", "x", "share that is real")
        self.words = caption(f"{name}.words")
        self._lay_out()
        for box in self.shows.values():
            box.toggled.connect(self._show_layers)
        self.beside.chosen.connect(self._show_other)
        self.shows["pushes"].toggled.connect(lambda _: self._say_again())

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "points" and len(SIDE) >= facts["shape"][0])

    # -- asking -------------------------------------------------------------------------------------------------------

    @property
    def _dims(self) -> int:
        return int(self.facts["shape"][0])

    @property
    def _side(self) -> int:
        return SIDE[self._dims]

    def start(self, facts: Mapping[str, Any]) -> None:
        self.p = self.q = self.d = None
        self._round = {}
        for plane in (self.plane, self.other):
            plane.clear()
            plane.set_extent(-facts["extent"], facts["extent"])
        self._stack.setCurrentIndex(self._dims - 1)
        self._row.setVisible(self._dims == 2)

    def refresh(self) -> None:
        super().refresh()
        if not self.plays:
            self.words.setText(NO_GAME)
            return
        reach, side, dims = self.facts["extent"], self._side, self._dims
        if self.p is None and self.facts["data"]["entropy"] is not None:
            self.ask("p", "log_density", target="exact", x=centres(reach, side * FINE, dims))
        self.ask("judge", "judge", x=centres(reach, side, dims).astype(np.float32))
        self.ask("round", "round", SEED, x=self.facts["test"][:PUSHED])
        self.ask("q", "counts", SEED, target="census", n=DRAWN, side=side, extent=reach)

    def answered(self, answer: Answer) -> None:
        what, x = answer.query.channel.rpartition("/")[2], answer.arrays.get("x", np.empty(0))
        shape = (self._side,) * self._dims
        if what == "p":
            self.p = cell_means(np.exp(x), self._side, self._dims)
        elif what == "q":
            self.q = density_of_counts(x, int(answer.arrays["drawn"]), self.facts["extent"])
        elif what == "judge":
            self.d = x.reshape(shape)
        else:
            self._round = answer.arrays
        self._step = answer.step
        if not self._asked:
            self.rest.end_look()
        self._show()

    def readings(self) -> Mapping[str, float]:
        """The mean distance of D from the best answer, where the game asks for that."""
        if self.p is None or self.q is None or self.d is None or not self._is_share:
            return {}
        return {"difference": disagreement(self.d, self.p, self.q)}

    # -- what is on show ----------------------------------------------------------------------------------------------

    @property
    def _is_share(self) -> bool:
        return bool(self._round.get("is_share", False))

    def _scale(self) -> tuple[float, float]:
        """What is drawn as fake and as real."""
        assert self.d is not None
        return contrast(self.d, self._round["real"], self._round["fake"], self._is_share)

    def _pushes(self) -> np.ndarray:
        """The direction of each sample, (N, 2); the longest tenth are cut to one length, or they would dwarf the
        others."""
        push = self._round["push"].astype(float)
        length = np.linalg.norm(push, axis=1)
        return push * np.minimum(1.0, np.quantile(length, 0.9) / np.maximum(length, 1e-12))[:, None]

    def _best(self) -> np.ndarray | None:
        """p / (p + q), where enough of either falls for an estimate."""
        if self.p is None or self.q is None:
            return None
        cell = (2 * self.facts["extent"] / self._side) ** self._dims
        return best_judge(self.p, self.q, FEWEST / DRAWN / cell)

    def _show(self) -> None:
        if self.d is None or not self._round:
            return
        if self._dims == 1:
            self._show_line()
        else:
            self.plane.set_surface("D", self.d, *self._scale())
            self.plane.set_points("real data", self.facts["test"][:1500], "data")
            self.plane.set_points("samples", self._round["made"], "model")
            self.plane.set_arrows("pushes", self._round["made"], self._pushes(), "other")
            self._show_layers()
        self._show_other()

    def _show_layers(self) -> None:
        for layer, key in (("D", "surface"), ("real data", "data"), ("samples", "samples"), ("pushes", "pushes")):
            self.plane.set_layer_visible(layer, self.shows[key].isChecked())

    def _show_line(self) -> None:
        x = centres(self.facts["extent"], self._side, 1)[:, 0]
        densities = {"p, exact": self.p, "q, estimate": self.q}
        self.densities.set_curves({name: (x, y) for name, y in densities.items() if y is not None})
        answers: dict[str, np.ndarray | None] = {"D": self.d}
        if self._is_share and self.p is not None and self.q is not None:
            answers["best D"] = self._best()
        self.answers.set_titles("x", "share that is real" if self._is_share else "what D says")
        self.answers.set_curves({name: (x, y) for name, y in answers.items() if y is not None})

    def _show_other(self) -> None:
        which = self.beside.name()
        if self._dims == 2:
            self.other.set_surface("best D", self._best() if which == BEST else None, 0.0, 1.0)
            self.other.set_density({DATA_DENSITY: self.p, MODEL_DENSITY: self.q}.get(which))
        self._say_again()

    def _say_again(self) -> None:
        if self.facts:
            self._say(self.beside.name() if self._dims == 2 else BEST)

    def _say(self, which: str) -> None:
        words = f"Step {self._step:,}. "
        if self._round and self.d is not None and self._dims == 2:
            low, high = self._scale()
            words += f"D from fake, {low:.2f} (orange), to real, {high:.2f} (blue). ".replace("-", "−")
            words += "Arrows: where samples are pushed. " if self.shows["pushes"].isChecked() else ""
        if self.p is None and which != MODEL_DENSITY:
            words += "Nobody knows the density of these data: there is no p to compare with."
        elif which == DATA_DENSITY:
            words += "p: exact mathematics."
        elif which == MODEL_DENSITY:
            words += f"q: estimate from {DRAWN:,} samples."
        else:
            words += "Best D: " + ("from 0 to 1; " if self._dims == 2 else "")
            words += f"p exact, q an estimate from {DRAWN:,} samples."
            if "difference" in self.readings():
                words += f" Mean difference from D: {self.readings()['difference']:.3f}."
            elif self._round:
                words += " In this game D is asked for something else."
        self.words.setText(words)

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._row = QWidget()
        row = FlowLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.6))
        for widget in (QLabel("Show"), *self.shows.values(), self.beside):
            row.addWidget(widget)
        line, plane = QWidget(), QWidget()
        self._stack = QStackedWidget()
        for page, pair in ((line, (self.densities, self.answers)), (plane, (self.plane, self.other))):
            both = QHBoxLayout(page)
            both.setContentsMargins(0, 0, 0, 0)
            for widget in pair:
                both.addWidget(widget, 1)
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._row)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.words)
