"""From z to w: both spaces as clouds, and what pulling styles towards the average one does to samples."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import captioned
from playground.gui.panels.stylegan.styles import StyleLens, principal, seed_box, slider
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.scatter_view import ScatterView

CLOUD = 500  # codes in the two scatters
SHOWN = 12  # samples
TICKS = 100  # slider values a unit of ψ
AIR = 1.15  # how much wider than the cloud a plane is


class MappingLens(StyleLens):
    """The mapping network bends a round cloud of z into one of w; truncation shrinks that about its mean."""

    key = "mapping"
    title = "z to w"
    tooltip = "The mapping network: codes z become styles w, which truncation ψ pulls towards the average one"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.z_plane, self.w_plane = ScatterView(f"{name}.z_plane"), ScatterView(f"{name}.w_plane")
        self.samples = ImageGrid(f"{name}.samples")
        self.psi = slider(
            f"{name}.psi",
            "Truncation ψ",
            "How far a style keeps from the average one: 1 leaves it, 0 gives the average image",
            TICKS * 3 // 2,
            TICKS,
        )
        self.cutoff = slider(
            f"{name}.cutoff", "Cut-off", "How many layers, from the coarsest, truncation touches", 1, 1
        )
        self.seed = seed_box(f"{name}.seed", "Seed", "Decides the codes z of the samples", 1)
        self._psi_words, self._cutoff_words = QLabel(), QLabel()
        self.says = caption()
        self.says.setObjectName(f"{name}.says")
        self._axes: np.ndarray | None = None  # of w, (W, 2)
        self._z_axes = np.empty((0, 2))
        self._average, self._shares = np.empty(0), (0.0, 0.0)
        self.spread = 0.0  # standard deviation of a pixel over the samples, the mean over pixels
        self.psi.valueChanged.connect(self._ask_for_samples)
        self.cutoff.valueChanged.connect(self._ask_for_samples)
        self.seed.valueChanged.connect(self._ask_for_samples)
        for plane in (self.z_plane, self.w_plane):
            plane.show_legend(False)  # it would hide points; the words below name the marks
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        self._axes = None
        self.samples.clear("Samples are on their way.")
        self.z_plane.clear()
        self.w_plane.clear()

    def refresh(self) -> None:
        self.ask("average", "average_style", label=self.labels(1), n=1)
        self.ask("cloud", "styles", z=self.codes(0, CLOUD), label=self.labels(CLOUD))
        self._ask_for_samples()

    def _ask_for_samples(self) -> None:
        self._psi_words.setText(f"ψ = {self.psi.value() / TICKS:.2f}")
        self._cutoff_words.setText(f"{self.cutoff.value()} of {self.cutoff.maximum()} layers")
        if self.facts and self.isVisible():
            settings = {"psi": self.psi.value() / TICKS, "cutoff": self.cutoff.value(), "noise": "none"}
            label = self.labels(SHOWN)
            self.ask("samples", "sample_steps", self.seed.value(), n=SHOWN, label=label, settings=settings)

    def answered(self, answer: Answer) -> None:
        match answer.query.channel.rpartition("/")[2]:
            case "average":
                self._average = answer.arrays["x"][0]
            case "cloud":
                self._show_clouds(answer.arrays["x"])
            case "samples":
                self._show_samples(answer.arrays["x"], answer.arrays["z"], answer.arrays["w"])

    def readings(self) -> Mapping[str, float]:
        return {"spread": self.spread, "z_share": self._shares[0], "w_share": self._shares[1]}

    # -- the two planes -----------------------------------------------------------------------------------------------

    def _show_clouds(self, styles: np.ndarray) -> None:
        layers, w, z = styles.shape[1], styles[:, 0], self.codes(0, CLOUD)
        if self.cutoff.maximum() != layers:
            whole = self.cutoff.value() == self.cutoff.maximum()
            self.cutoff.setMaximum(layers)
            self.cutoff.setValue(layers if whole else self.cutoff.value())
        self._axes, w_share = principal(w)
        self._z_axes, z_share = principal(z)
        self._shares = z_share, w_share
        for plane, flat in ((self.z_plane, z @ self._z_axes), (self.w_plane, (w - self._average) @ self._axes)):
            reach = AIR * float(np.abs(flat).max())
            plane.set_extent(-reach, reach)
        self.z_plane.set_points("codes z", z @ self._z_axes, "data")
        self.w_plane.set_points("styles w", (w - self._average) @ self._axes, "data")
        self.w_plane.set_points("average w", np.zeros((1, 2)), "exact")
        self._ask_for_samples()

    def _show_samples(self, x: np.ndarray, z: np.ndarray, styles: np.ndarray) -> None:
        self.samples.set_images(x.clip(0, 1))
        self.picture("sample", x[0])
        self.spread = float(x.std(axis=0).mean())
        if self._axes is None:
            return
        self.z_plane.set_points("samples", z @ self._z_axes, "model")
        psi, touched = self.psi.value() / TICKS, min(self.cutoff.value(), styles.shape[1])
        now = (styles[:, 0] - self._average) @ self._axes  # of the coarsest layer, which truncation touches first
        self.w_plane.set_points("samples", now, "model")
        if touched and psi > 0:
            self.w_plane.set_trails(np.stack([now / psi, now]))
        else:
            self.w_plane.set_trails(None)
        self._say()

    def _say(self) -> None:
        z_share, w_share = self._shares
        self.says.setText(
            f"Dots: {CLOUD} codes; diamonds: the samples; cross: the average w. Each plane shows the two axes of most "
            f"variance: {z_share:.0%} of that of z, {w_share:.0%} of that of w. Noise is off. "
            f"Over the samples a pixel's standard deviation is {self.spread:.3f}."
        )

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(captioned(self.z_plane, "codes z"), 2)
        row.addWidget(captioned(self.w_plane, "styles w"), 2)
        row.addWidget(captioned(self.samples, "samples"), 3)
        sliders = QGridLayout()
        sliders.addWidget(self._psi_words, 0, 0)
        sliders.addWidget(self.psi, 0, 1)
        sliders.addWidget(self._cutoff_words, 1, 0)
        sliders.addWidget(self.cutoff, 1, 1)
        sliders.addWidget(labelled("Seed", self.seed), 0, 2)
        sliders.addWidget(self.label_field, 1, 2)
        sliders.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row, 1)
        layout.addLayout(sliders)
        layout.addWidget(self.says)
