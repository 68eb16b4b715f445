"""Each layer's maps: what it hands on, how fine that is, and how strong each channel is."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.core.spectrum import fine_share, log_spectrum
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import captioned
from playground.gui.panels.stylegan.styles import StyleLens, seed_box
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.tiles import SIGNED_LIMIT

MOST = 64  # maps that are drawn


class LayersLens(StyleLens):
    """The maps of one layer as a grid, or their spectra, with the statistics of its channels."""

    key = "layers"
    title = "Layers"
    tooltip = "The feature maps of a layer, their spectra, and the mean and spread of each channel"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.layer = NameBox(f"{name}.layer", "Layer", "From the coarsest to the finest, with the size of its maps")
        self.kind = NameBox(
            f"{name}.kind",
            "Shown",
            "Maps: one colour below zero, the other above.\nSpectra: the logarithm of each map's Fourier magnitude, "
            "without its mean; the middle is the coarsest, the edge the finest.",
        )
        self.kind.set_choices([("maps", "maps"), ("spectra", "spectra")])
        self.seed = seed_box(f"{name}.seed", "Seed", "Decides the code whose image is made", 1)
        self.image, self.maps = ImageGrid(f"{name}.image"), ImageGrid(f"{name}.maps", signed=True)
        self.spectra = ImageGrid(f"{name}.spectra")
        self.plot = CurvePlot(f"{name}.plot", "channel", "value")
        self.says = caption()
        self.says.setObjectName(f"{name}.says")
        self._seen: list[np.ndarray] = []  # the maps of each layer, (K, h, w)
        for box in (self.layer, self.kind):
            box.chosen.connect(lambda _: self._show())
        self.seed.valueChanged.connect(self.outdate)
        self.maps.image_clicked.connect(self._mark)
        self.spectra.image_clicked.connect(self._mark)
        self.plot.marker_moved.connect(lambda x: self._mark(round(x) - 1))
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        self._seen = []
        self.layer.clear()
        self.maps.clear("The maps are on their way.")

    def refresh(self) -> None:
        self.ask("style", "styles", z=self.codes(self.seed.value(), 1), label=self.labels(1))

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        if answer.query.channel.endswith("/style"):
            self.ask("maps", "maps", 0, styles=x, noise="fixed")
            return
        self._seen = [answer.arrays[f"maps_{i}"][0] for i in range(len(answer.arrays) - 1)]
        self.image.set_images(x.clip(0, 1))
        self.picture("sample", x[0])
        sides = [maps.shape[-1] for maps in self._seen]
        was_empty = not self.layer.count()
        self.layer.set_choices([(str(i), f"{i + 1}: {side} x {side}") for i, side in enumerate(sides)])
        if was_empty:
            self.layer.show_name(str(len(sides) - 1))  # where the image can be recognised
        self._show()

    def readings(self) -> Mapping[str, float]:
        return {"fine": float(fine_share(self._now()).mean())} if self._seen else {}

    def _now(self) -> np.ndarray:
        """The maps of the layer on show, (K, h, w)."""
        return self._seen[max(self.layer.currentIndex(), 0)]

    def _show(self) -> None:
        if not self._seen:
            return
        maps = self._now()
        spectra = self.kind.name() == "spectra"
        self.maps.setVisible(not spectra)
        self.spectra.setVisible(spectra)
        few = maps[:MOST]
        largest = max(float(np.abs(few).max()), 1e-12)
        self.maps.set_images((SIGNED_LIMIT * few / largest)[:, None])
        self.spectra.set_images(log_spectrum(few)[:, None].astype(np.float32))
        channels = np.arange(1, len(maps) + 1)
        self.plot.set_curves({"mean": (channels, maps.mean(axis=(1, 2))), "spread": (channels, maps.std(axis=(1, 2)))})
        self._mark(0)

    def _mark(self, channel: int) -> None:
        """Says what one channel is like."""
        if not self._seen:
            return
        maps = self._now()
        channel = min(max(channel, 0), len(maps) - 1)
        self.plot.set_marker(channel + 1)
        shown = f"the first {MOST} of {len(maps)}" if len(maps) > MOST else f"all {len(maps)}"
        signs = "" if self.kind.name() == "spectra" else ": blue below 0, orange above"
        mean = f"{maps[channel].mean():+.2f}".replace("-", "−")
        self.says.setText(
            f"Channel {channel + 1}: mean {mean}, spread {maps[channel].std():.2f}. Grid: {shown} "
            f"channels after the leaky ReLU, one scale{signs}. Of the power in these maps, the mean aside, "
            f"{fine_share(maps).mean():.0%} is finer than half the finest wave."
        )

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (
            labelled("Layer", self.layer), labelled("Show", self.kind), labelled("Seed", self.seed), self.label_field,
        ):  # fmt: skip
            row.addWidget(widget)
        grids = QVBoxLayout()
        grids.addWidget(self.maps)
        grids.addWidget(self.spectra)
        side = QVBoxLayout()
        side.addWidget(captioned(self.image, "the image"), 1)
        side.addWidget(self.plot, 1)
        both = QHBoxLayout()
        both.addLayout(grids, 3)
        both.addLayout(side, 2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addLayout(both, 1)
        layout.addWidget(self.says)
