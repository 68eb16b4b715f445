"""A walk through w from seed to seed, beside the walk through z between the same ends, and how evenly pictures move."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.codes import spherical, straight
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import captioned
from playground.gui.panels.stylegan.styles import StyleLens, seed_box
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.step_scrubber import StepScrubber

STOPS = 4  # codes on the round trip
LEG = 15  # pictures from one to the next
PROBED = 64  # styles at which the path length is estimated


class WalkLens(StyleLens):
    """Two walks over the same ends; the longer the way that pictures go, the less even the space."""

    key = "walk"
    title = "Walk"
    tooltip = "A round trip through w beside the same trip through z, and how far the pictures move at each step"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.seed = seed_box(f"{name}.seed", "Seed", f"Decides the {STOPS} codes that the walk goes through", 1)
        self.measure = NameBox(
            f"{name}.measure",
            "Measured in",
            "Pixels: root mean square change of a pixel.\nFeatures: how far what the project's own classifier sees "
            "moves, nearer to what an eye would say.",
        )
        self.measure.set_choices([("pixels", "pixels"), ("features", "features")])
        self.scrubber = StepScrubber(id_prefix=name)
        self.in_w, self.in_z = ImageGrid(f"{name}.in_w"), ImageGrid(f"{name}.in_z")
        self.plot = CurvePlot(f"{name}.plot", "step of the walk", "change")
        self.says = caption()
        self.says.setObjectName(f"{name}.says")
        self._walks: dict[str, np.ndarray] = {}  # pictures on the way, (T, C, H, W)
        self._features: dict[str, np.ndarray] = {}  # what a classifier sees in them, (T, D)
        self._probed = np.empty(0)
        self._count = 0  # pictures on the way
        self.seed.valueChanged.connect(self.outdate)
        self.measure.chosen.connect(lambda _: self._show())
        self.scrubber.position_changed.connect(self._show_frame)
        self.plot.marker_moved.connect(self._jump)
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        self._walks, self._features, self._probed, self._count = {}, {}, np.empty(0), 0
        self.scrubber.set_total(0)

    def stepper(self) -> StepScrubber:
        return self.scrubber

    def refresh(self) -> None:
        stops = self.codes(self.seed.value(), STOPS)
        way = round_trip(stops, spherical)
        self.ask("stops", "styles", z=stops, label=self.labels(STOPS))
        self.ask("z", "decode", z=way, label=self.labels(len(way)))
        self.ask("length", "path_length", 0, n=PROBED)

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        match answer.query.channel.rpartition("/")[2]:
            case "stops":
                way = round_trip(x.reshape(STOPS, -1), straight)
                self.ask("w", "synthesise", styles=way.reshape(-1, *x.shape[1:]))
            case "length":
                self._probed = x
            case "w" | "z" as space:
                self._walks[space] = x
                self.ask(f"{space}_features", "features", target="sweep", x=x)
            case "w_features" | "z_features" as what:
                self._features[what[0]] = x
        self._show()

    def readings(self) -> Mapping[str, float]:
        moved = {space: steps(x) for space, x in self._measured().items()}
        lengths = {f"{space}_length": float(change.sum()) for space, change in moved.items()}
        return lengths | {f"{space}_uneven": uneven(change) for space, change in moved.items()}

    def _measured(self) -> Mapping[str, np.ndarray]:
        """The pictures of both walks, or what a classifier sees in them."""
        has_features = len(self._features) == 2 and self._features["w"].shape[1] > 0
        return self._features if self.measure.name() == "features" and has_features else self._walks

    # -- showing ------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        if len(self._walks) < 2:
            return
        count = len(self._walks["w"])
        if self._count != count:
            self._count = count
            self.scrubber.set_total(count)
            self.scrubber.set_available(count)
        measured = self._measured()
        unit = "pixels" if measured is self._walks else "features"
        moved = {space: steps(measured[space]) for space in ("w", "z")}
        self.plot.set_curves({f"in {space}": (np.arange(1, count), change) for space, change in moved.items()})
        self._show_frame(self.scrubber.position())
        lengths = ", ".join(f"{change.sum():.2f} in {space}" for space, change in moved.items())
        unevenness = ", ".join(f"{uneven(change):.2f} in {space}" for space, change in moved.items())
        words = (
            f"Way of the pictures in {unit}: {lengths}. Spread of the steps over their mean: "
            f"{unevenness}. In w lines, in z arcs between the same codes."
        )
        if self.measure.name() == "features" and len(self._features) == 2 and unit == "pixels":
            words += " No classifier is bundled for this data, so pixels are compared."
        if self._probed.size:
            mean, spread = self._probed.mean(), self._probed.std()
            words += f" Path length |Jᵀy|, estimate at {PROBED} styles: {mean:.3f} ± {spread:.3f}."
        self.says.setText(words)

    def _show_frame(self, index: int) -> None:
        for grid, space in ((self.in_w, "w"), (self.in_z, "z")):
            if space in self._walks:
                grid.set_images(self._walks[space][index : index + 1].clip(0, 1))
        self.plot.set_marker(max(index, 1))
        leg, place = divmod(index, LEG)
        stop = f"code {leg % STOPS + 1}"
        self.scrubber.set_caption(stop if place == 0 else f"from {stop} to code {(leg + 1) % STOPS + 1}")
        if "w" in self._walks:
            self.picture("sample", self._walks["w"][index])

    def _jump(self, x: float) -> None:
        self.scrubber.set_position(round(x))
        self._show_frame(self.scrubber.position())

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (labelled("Seed", self.seed), labelled("Measured in", self.measure), self.label_field):
            row.addWidget(widget)
        pictures = QHBoxLayout()
        pictures.addWidget(captioned(self.in_w, "walk in w"), 1)
        pictures.addWidget(captioned(self.in_z, "walk in z"), 1)
        pictures.addWidget(self.plot, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(pictures, 1)
        layout.addWidget(self.scrubber)
        layout.addWidget(self.says)
        self.fit()

    def fit(self) -> None:
        if hasattr(self, "plot"):
            self.plot.setMinimumHeight(theme.em(self, 7))


def round_trip(stops: np.ndarray, way: Any) -> np.ndarray:
    """From each of some codes (S, D) to the next, and back to the first: (S * LEG + 1, D)."""
    legs = [way(stops[i], stops[(i + 1) % len(stops)], LEG + 1)[:-1] for i in range(len(stops))]
    return np.concatenate([*legs, stops[:1]]).astype(np.float32)


def steps(pictures: np.ndarray) -> np.ndarray:
    """How far each picture of a walk (T, ...) is from the one before, root mean square a number, (T - 1,)."""
    flat = pictures.reshape(len(pictures), -1)
    return np.sqrt(np.square(np.diff(flat, axis=0)).mean(axis=1))


def uneven(change: np.ndarray) -> float:
    """The spread of the steps over their mean: 0 for a walk that is even."""
    return float(change.std() / max(change.mean(), 1e-12))
