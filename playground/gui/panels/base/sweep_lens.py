"""One setting of the sampler at several values, from the same noise: what is won in quality, lost in variety, paid."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.lens import Lens
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import button
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import short_number
from playground.gui.widgets.scatter_view import ScatterView
from playground.gui.widgets.trade_plot import TradePlot, Trail

SEEDS = (1, 2, 3)
AXES_LETTERS = 20  # of which the most usual names of axes are made
FINE = 28  # pixels across an image, about, of which a line between images takes one
SIDE = 2  # pictures along each side of what is shown of a value
SHOWN_POINTS = 500
WIDE = 20.0  # an axis whose greatest number is so many times its least is logarithmic


@dataclass(frozen=True)
class Axes:
    """What is drawn against what: keys of the measured numbers ("" is the setting itself) and their words."""

    name: str
    title: str
    x: str
    x_words: str
    y: str
    y_words: str


class SweepLens(Lens):
    """Names a setting and its values, and gets the curve, the samples and the words.

    Attributes:
        setting, words: of the sampler: its name, and what it is called on show.
        values: at which it is tried, in order.
        series: curves by name, each with settings of its own; "" for one alone.
        images, points: samples a value.
        first: the name of the axes shown first: "trade", "cost" or "quality".
    """

    setting: ClassVar[str] = ""
    words: ClassVar[str] = ""
    values: ClassVar[Sequence[float]] = ()
    series: ClassVar[Mapping[str, Mapping[str, object]]] = {"": {}}
    images: ClassVar[int] = 200
    points: ClassVar[int] = 500
    first: ClassVar[str] = "trade"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.axes = NameBox(f"{name}.axes", "Axes", "What is drawn against what, one point a value of the setting")
        self.axes.setMinimumContentsLength(AXES_LETTERS)  # where there is no room for the longest
        self.shown = NameBox(
            f"{name}.shown", "Samples at", "The value whose samples are on show and ringed in the plot"
        )
        self.again = button("Measure again", f"{name}.again", "Draws and measures samples at every value once more")
        self.plot = TradePlot(f"{name}.plot")
        self.strip = ImageGrid(f"{name}.strip")
        self.plane = ScatterView(f"{name}.plane")
        self.says = caption()
        self.says.setObjectName(f"{name}.says")
        self._left: list[tuple[int, str, int]] = []  # what is still to be measured: seed, curve, place of the value
        self._found: dict[tuple[str, int], dict[int, Mapping[str, float]]] = {}  # numbers by seed
        self._samples: dict[tuple[str, int], np.ndarray] = {}
        self._awaited: tuple[int, Mapping[str, object]] = (0, {})  # seed and settings of the question on its way
        self._steps: list[int] = []  # of training, at each answer
        self._is_stale = True
        self.axes.chosen.connect(lambda _: self._show())
        self.shown.chosen.connect(lambda _: self._show())
        self.plot.value_chosen.connect(self._choose)
        self.strip.image_clicked.connect(self._choose)
        self.again.clicked.connect(self._pressed)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        known = {field.name for field in facts["sample_fields"]}
        return "sample" in facts["capabilities"] and cls.setting in known

    def settings(self, value: float) -> dict[str, object]:
        """The sampler's settings at a value: as in quick previews, but for the one that is swept."""
        quick = {field.name: field.quick for field in self.facts["sample_fields"] if field.quick is not None}
        return quick | {self.setting: value}

    def label(self) -> np.ndarray | None:
        """int64 (1, F) to ask for that one only; None for each class in turn."""
        return None

    # -- measuring ----------------------------------------------------------------------------------------------------

    def start(self, facts: Mapping[str, Any]) -> None:
        self._left, self._is_stale = [], True
        names = [short_number(value) for value in self.values]
        is_first = not self.shown.count()
        self.shown.set_choices([(name, name) for name in names])
        if is_first:  # what the sampler does by itself, if that is among the values
            (usual,) = (field.default for field in facts["sample_fields"] if field.name == self.setting)
            self.shown.show_name(short_number(float(usual)))
        points = facts["kind"] == "points"
        self._pictures.setCurrentWidget(self.plane if points else self.strip)
        self._forget()
        if points:
            self.plane.clear()
            self.plane.set_extent(-facts["extent"], facts["extent"])
            self.plane.set_points("real data", facts["test"][:1500], "data")
        self._offer_axes()

    def trained(self, step: int) -> None:
        super().trained(step)
        self._is_stale = True  # measured anew when it is next brought up to date

    def refresh(self) -> None:
        if self._is_stale:
            self.begin()
        elif self._left and not self._asked:
            self._next()

    def begin(self) -> None:
        """Measures all values anew: first once each, so that the curve is there, then with other seeds."""
        self._is_stale = False
        self._forget()
        self._left = [
            (seed, curve, place) for seed in SEEDS for curve in self.series for place in range(len(self.values))
        ]
        self.again.setText("Stop")
        self._next()

    def _pressed(self) -> None:
        if self._left:
            self._stop()
        else:
            self.begin()

    def _stop(self) -> None:
        self._left = []
        self._asked.discard("point")
        self.again.setText("Measure again")
        self._say()

    def _next(self) -> None:
        """Asks for one more, while it is seen."""
        if not self._left:
            self._stop()
        elif self.isVisible():
            seed, curve, place = self._left[0]
            settings = self.settings(self.values[place]) | dict(self.series[curve])
            n, shown = (self.points, SHOWN_POINTS) if self.is_points else (self.images, SIDE * SIDE)
            self._awaited = seed, settings
            self.ask("point", "point", seed, "sweep", n=n, settings=settings, label=self.label(), shown=shown)
        else:
            self._is_current = False

    def take(self, answer: Answer) -> None:
        super().take(answer)
        if answer.error:
            self._stop()
            self.says.setText(answer.error)

    def answered(self, answer: Answer) -> None:
        if not self._left or (answer.query.seed, answer.query.arguments["settings"]) != self._awaited:
            return  # it was stopped meanwhile
        seed, curve, place = self._left.pop(0)
        numbers = {name: float(number) for name, number in answer.arrays.items() if name != "x"}
        self._found.setdefault((curve, place), {})[seed] = numbers | {"": float(self.values[place])}
        self._samples.setdefault((curve, place), answer.arrays["x"])
        self._steps.append(answer.step)
        if len(self._steps) == 1:
            self._offer_axes()  # images without a classifier have no distance, points may have modes
        self._next()
        self._show()

    def _forget(self) -> None:
        self._found, self._samples, self._steps = {}, {}, []
        self.plot.set_trails([])
        self.strip.clear("Samples are on their way.")
        self.says.setText("")

    # -- showing ------------------------------------------------------------------------------------------------------

    def readings(self) -> Mapping[str, float]:
        """The numbers at the value on show, the mean over the seeds."""
        seen = self._found.get((next(iter(self.series)), self._place()), {})
        names = {name for numbers in seen.values() for name in numbers if name}
        return {name: float(np.mean([numbers[name] for numbers in seen.values() if name in numbers])) for name in names}

    def _place(self) -> int:
        return max(self.shown.currentIndex(), 0)

    def _choose(self, place: int) -> None:
        self.shown.set_control_value(short_number(self.values[place]))

    def _offer_axes(self) -> None:
        """Those whose numbers are there; before the first answer, all that are likely to be."""
        known = {name for seeds in self._found.values() for numbers in seeds.values() for name in numbers}
        distance = "sliced Wasserstein distance" if self.is_points else "feature distance"
        key = "sliced_wasserstein" if self.is_points else "feature_distance"
        every = [
            Axes("trade", "precision against recall", "recall", "recall (variety)", "precision", "precision"),
            Axes("cost", f"{distance} against calls", "network_calls", "network calls a sample", key, distance),
            Axes("quality", f"{distance} against {self.words}", "", self.words, key, distance),
            Axes("modes", f"share near a mode against {self.words}", "", self.words, "share_within_3_sigma",
                 "share within 3σ of a mode"),
        ]  # fmt: skip
        every.sort(key=lambda axes: axes.name != self.first)
        known = known or {"precision", "recall", "network_calls", key}
        self._every = [axes for axes in every if {axes.x, axes.y} <= known | {""}] or every[:1]
        self.axes.set_choices([(axes.name, axes.title) for axes in self._every])

    def _show(self) -> None:
        if not self._found:
            return
        axes = next(axes for axes in self._every if axes.name == self.axes.name())
        words = [short_number(value) for value in self.values]
        trails = [Trail(curve, self._bands(curve, axes.x), self._bands(curve, axes.y), words) for curve in self.series]
        across = np.concatenate([trail.x[:, 1] for trail in trails])
        across = across[np.isfinite(across)]
        wide = len(across) > 0 and across.min() > 0 and across.max() > WIDE * across.min()
        floors = [numbers[f"{axes.y}_floor"] for seeds in self._found.values() for numbers in seeds.values()
                  if f"{axes.y}_floor" in numbers]  # fmt: skip
        self.plot.set_titles(axes.x_words, axes.y_words, log_x=bool(wide))
        self.plot.set_trails(trails, floors[0] if floors else None, "real training examples")
        self.plot.set_chosen(self._place())
        self._show_samples()
        self._say()

    def _bands(self, curve: str, name: str) -> np.ndarray:
        """Least, mean and greatest over the seeds, (V, 3); NaN where nothing is known."""
        bands = np.full((len(self.values), 3), np.nan)
        for place in range(len(self.values)):
            seen = [numbers[name] for numbers in self._found.get((curve, place), {}).values() if name in numbers]
            if seen:
                bands[place] = min(seen), np.mean(seen), max(seen)
        return bands

    def _show_samples(self) -> None:
        curve = next(iter(self.series))
        if self.is_points:
            x = self._samples.get((curve, self._place()), np.empty((0, self.facts["shape"][0])))
            self.plane.set_points("samples", x, "model")
            return
        there = [place for place in range(len(self.values)) if (curve, place) in self._samples]
        there = there[: next((i for i, place in enumerate(there) if place != i), len(there))]
        tiles = np.stack([mosaic(self._samples[curve, place]) for place in there])
        self.strip.set_images(tiles, [short_number(self.values[place]) for place in there])
        if (curve, self._place()) in self._samples:
            self.picture("sample", self._samples[curve, self._place()][0])

    def _say(self) -> None:
        measured = [numbers for seeds in self._found.values() for numbers in seeds.values() if "count" in numbers]
        if not self._found:
            return
        if not measured:
            self.says.setText("Nothing can be compared: the samples are not finite, or too few.")
            return
        n, seeds = int(measured[0]["count"]), {len(seeds) for seeds in self._found.values()}
        by = "their coordinates" if self.is_points else "the project's own classifier"
        if not self.is_points and not measured[0]["learned"]:
            by = "their pixels, since no classifier is bundled for this data"
        first, last = min(self._steps), max(self._steps)
        when = f"{first:,} steps" if first == last else f"{first:,} to {last:,} steps"
        bars = f"bars: least and greatest of {max(seeds)} seeds" if max(seeds) > 1 else "more seeds follow"
        self.says.setText(
            f"Estimate after {when}: {n:,} samples a value, the same noise at each, against {n:,} test examples, "
            f"compared by {by}; {bars}."
        )

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (labelled("Axes", self.axes), labelled(f"Samples at {self.words}", self.shown), self.again):
            row.addWidget(widget)
        self._pictures = QStackedWidget()
        self._pictures.addWidget(self.strip)
        self._pictures.addWidget(self.plane)
        both = QHBoxLayout()
        both.addWidget(self.plot, 3)
        both.addWidget(self._pictures, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(both, 1)
        layout.addWidget(self.says)


def mosaic(images: np.ndarray) -> np.ndarray:
    """The first few images (N, C, H, W) as one, `SIDE` along each side, with a gray line between them."""
    n, c, h, w = images.shape
    fine = max(1, round(FINE / h))  # else the line of an image of few pixels would be a bar
    images, h, w = images.repeat(fine, axis=2).repeat(fine, axis=3), h * fine, w * fine
    few = np.full((SIDE * SIDE, c, h + 1, w + 1), 0.5, dtype=np.float32)
    few[: min(n, len(few)), :, :h, :w] = images[: len(few)].clip(0, 1)
    rows = few.reshape(SIDE, SIDE, c, h + 1, w + 1).transpose(2, 0, 3, 1, 4)
    return rows.reshape(c, SIDE * (h + 1), SIDE * (w + 1))[:, :-1, :-1]
