"""What a pixel sees: its receptive field by gradient, the blind spot, and what more context is worth in bits."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.autoregressive.parts import line_of
from playground.gui.panels.autoregressive.sizes import CONTEXTS, STEPS, Sizes
from playground.gui.panels.base import Lens
from playground.gui.panels.base.parts import caption, int_box, named
from playground.gui.panels.base.views import Ask, button
from playground.gui.session import TrainingSession
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.pixel_canvas import PixelCanvas

PROBED = 8  # real images at which the gradient is taken
TRAIN, STOP = "Train for each size", "Stop training"
STACKS = {"masked": "plain stack", "full": "two stacks"}  # by the setting that makes them


class Field(Lens):
    """Three networks and one pixel: lit is what moves the distribution there."""

    key, title = "field", "Context"
    tooltip = "What a pixel sees, by gradient; the blind spot of one stack; bits against the size of the context"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.fields: dict[str, np.ndarray] = {}  # strength of the gradient (H, W): of "model" and of each stack
        self._radii = self._bits = self._errors = np.empty(0)
        self._step = 0
        titles = {"model": "this model", **{key: f"{words}, fresh" for key, words in STACKS.items()}}
        self.canvases = {key: PixelCanvas(f"{name}.{key}", words.capitalize()) for key, words in titles.items()}
        self._titles = {key: QLabel(words) for key, words in titles.items()}
        self.pixel = int_box(f"{name}.pixel", "Pixel", "Which pixel is asked for what it sees, in raster order", 0, 0)
        self.image = int_box(f"{name}.image", "Held-out image", "A real image that the model was not trained on", 0, 0)
        self.radius = named(GrooveSlider(), f"{name}.radius", "Radius of the window",
                            "How far around the pixel the context is left; what lies beyond counts as outside of the "
                            "image")  # fmt: skip
        self.curve = CurvePlot(f"{name}.curve", "radius", "bits/dim")
        self.sizes = Sizes(f"{name}/sizes", self)
        self.train_button = button(TRAIN, f"{name}.train",
                                   f"Trains a small network for each of the contexts {', '.join(CONTEXTS)}, {STEPS} "
                                   "steps each, and measures it on the same pixels; again: stops")  # fmt: skip
        self.words = caption(f"{name}.words")
        self._lay_out()
        self.pixel.valueChanged.connect(lambda _: self._probe())
        self.image.valueChanged.connect(lambda _: self._show())
        self.radius.valueChanged.connect(lambda _: self._show())
        self.train_button.clicked.connect(self._train_sizes)
        self.sizes.changed.connect(self._show_curve)
        self.curve.marker_moved.connect(lambda radius: self.radius.setValue(round(radius)))
        for canvas in self.canvases.values():
            canvas.pixel_picked.connect(self._picked)

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        _, height, width = facts["shape"]
        self.fields = {}
        self._radii = self._bits = self._errors = np.empty(0)
        self.sizes.let_go()
        self.curve.set_curves({})
        self.train_button.setEnabled(facts["density_kind"] == "exact")
        for box, most, value in (
            (self.pixel, height * width - 1, height // 2 * width + width // 4),
            (self.image, len(facts["test"]) - 1, 0),
            (self.radius, max(height, width) - 1, max(height, width) - 1),
        ):
            box.blockSignals(True)
            box.setRange(0, most)
            box.setValue(value)
            box.blockSignals(False)

    def refresh(self) -> None:
        """The gradients first; the curve takes seconds."""
        self._probe()
        if not self._any_order:
            self.ask("windows", "windows", target="pixels")

    def readings(self) -> Mapping[str, float]:
        """The largest gradient at a later pixel, and bits per dim with the window as it stands and with all of it;
        of each network that was trained for its size, by radius."""
        later = {"later": float(self._later(self.fields["model"]))} if "model" in self.fields else {}
        if not self._bits.size:
            return later
        trained = {f"trained_{radius}": bits for radius, bits in self.sizes.bits.items()}
        return {**later, **trained, "bits": float(np.interp(self.radius.value(), self._radii, self._bits)),
                "bits_whole": float(self._bits[-1])}  # fmt: skip

    # -- asking -------------------------------------------------------------------------------------------------------

    def _probe(self) -> None:
        """The last colour of the pixel sees most."""
        colours, height, width = self.facts["shape"]
        x, cursor = self.facts["test"][:PROBED], (colours - 1) * height * width + self.pixel.value()
        self.ask("model", "receptive_field", x=x, cursor=cursor)
        for stack in STACKS:
            self.ask(stack, "field_of", target="pixels", x=x, cursor=cursor, context=stack)

    def answered(self, answer: Answer) -> None:
        what, self._step = answer.query.channel.rpartition("/")[2], answer.step
        if what == "windows":
            self._bits, self._radii = answer.arrays["x"], answer.arrays["radii"]
            self._errors = answer.arrays["error"]
            self._show_curve()
        else:
            self.fields[what] = answer.arrays["x"].sum(axis=0)
            self._show()

    def _picked(self, row: int, column: int) -> None:
        self.pixel.setValue(row * self.facts["shape"][2] + column)

    @property
    def _any_order(self) -> bool:
        return bool(self.facts["density_kind"] != "exact")

    # -- networks that are trained for less ---------------------------------------------------------------------------

    def sessions(self) -> Sequence[TrainingSession]:
        return self.sizes.sessions()

    def is_settled(self) -> bool:
        return super().is_settled() and not self.sizes.runs

    def _train_sizes(self) -> None:
        if self.sizes.runs:
            self.sizes.stop()
        elif self.experiment is not None:
            self.sizes.train(self.experiment, {field.name for field in self.facts["config_fields"]})
        self._show_curve()

    # -- showing ------------------------------------------------------------------------------------------------------

    def _show_curve(self) -> None:
        curves = {"cut off": (self._radii, self._bits)} if self._bits.size else {}
        if trained := sorted(self.sizes.bits.items()):
            curves["trained for it"] = tuple(np.array(trained, float).T)
        self.curve.set_curves(curves)
        self.train_button.setText(STOP if self.sizes.runs else TRAIN)
        self._show()

    def _at(self) -> tuple[int, int]:
        row, column = divmod(self.pixel.value(), self.facts["shape"][2])
        return row, column

    def _later(self, field: np.ndarray) -> float:
        """The largest gradient at a pixel after this one."""
        return float(field.flat[self.pixel.value() + 1 :].max(initial=0.0))

    def _window(self) -> np.ndarray:
        """What lies within the radius, (H, W)."""
        rows, columns = np.indices(self.facts["shape"][1:])
        row, column = self._at()
        return np.maximum(abs(rows - row), abs(columns - column)) <= self.radius.value()

    def _show(self) -> None:
        image, earlier = self.facts["test"][self.image.value()], self.pixel.value()
        known = np.arange(image[0].size).reshape(image.shape[1:]) <= earlier
        for key, canvas in self.canvases.items():
            field = self.fields.get(key)
            lit = None if field is None else (field > 0) & (self._window() if key == "model" else True)
            if lit is not None:
                lit[self._at()] = False
            canvas.set_picture(image, self._at(), known | (key == "model" and self._any_order), lit)
            title = "this model" if key == "model" else STACKS[key]
            most = image[0].size - 1 if key == "model" and self._any_order else earlier
            seen = "" if lit is None else f"sees {int(lit.sum())} of {most}"
            self._titles[key].setText(f"{title}\n{seen}")
            self._titles[key].setToolTip(
                "How many of the earlier pixels move the distribution; in any order, of all others"
            )
        self.curve.set_marker(self.radius.value() if self._bits.size else None)
        self._say()

    def _say(self) -> None:
        words = "Lit: what moves the softmax, by gradient. Stacks with fresh weights: masks decide. "
        if "model" in self.fields and not self._any_order:
            words += f"Gradient at later pixels: {self._later(self.fields['model']):g}, exactly. "
        if self._any_order:
            words += "In any order all that is there is seen, and there is no window to measure."
        elif self._bits.size:
            now, at = self.readings(), int(np.abs(self._radii - self.radius.value()).argmin())
            words += (
                f"Radius {self.radius.value()}: {now['bits']:.3f} bits/dim instead of {now['bits_whole']:.3f}; "
                f"estimate on held-out images, ± {self._errors[at]:.3f}. "
            )
            if self.sizes.bits:
                words += f"Trained for it: {STEPS} steps each; this model: {self._step:,}."
            else:
                words += "This model was trained with all of it and is only tested with less."
        else:
            words += "The curve is being measured. "
        words += f" {self.sizes.words}"
        self.words.setText(words)

    def _lay_out(self) -> None:
        grid = QGridLayout()
        for column, key in enumerate(self.canvases):
            self._titles[key].setWordWrap(True)
            self._titles[key].setAlignment(Qt.AlignmentFlag.AlignHCenter)
            grid.addWidget(self._titles[key], 0, column)
            grid.addWidget(self.canvases[key], 1, column)
            grid.setColumnStretch(column, 2)
        grid.addWidget(self.curve, 0, 3, 2, 1)
        grid.setColumnStretch(3, 4)
        grid.setRowStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid, 1)
        layout.addLayout(line_of(("pixel", self.pixel), ("held-out image", self.image), ("radius", self.radius),
                                 self.train_button))  # fmt: skip
        layout.addWidget(self.words)
