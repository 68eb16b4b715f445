"""Energy as a detector of what does not belong, and ratios of probabilities, for which nobody needs Z."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.lens import Lens
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.views import button, captioned
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.draw_canvas import DrawCanvas
from playground.gui.widgets.image_grid import ImageGrid

HELD_OUT = 400
ENDS = 6  # of the ranking, on show at either end
STRANGE = 3  # of each kind of stranger
BINS = 40


class OutliersLens(Lens):
    """Held-out images from the lowest energy to the highest, strangers among them, and one drawn by hand."""

    key = "outliers"
    title = "Outliers"
    tooltip = "Images ranked by energy, strangers among them; ratios of probabilities without Z"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.likely, self.unlikely, self.strangers = (
            ImageGrid(f"{name}.{what}") for what in ("likely", "unlikely", "strangers")
        )
        for grid in (self.likely, self.unlikely, self.strangers):
            grid.set_columns(ENDS)
            grid.image_clicked.connect(lambda index, grid=grid: self._compare(grid, index))
        self.canvas = DrawCanvas(f"{name}.drawing")
        self.canvas.edited.connect(self._ask_drawn)
        self.canvas.control_changed.connect(self._ask_drawn)
        self.clear: QPushButton = button("Clear", f"{name}.clear", "Wipes the drawing")
        self.clear.clicked.connect(self.canvas.clear)
        self.histogram = CurvePlot(f"{name}.histogram", "E", "share")
        self.words, self.ratio = caption(), caption()
        self.words.setObjectName(f"{name}.words")
        self.ratio.setObjectName(f"{name}.ratio.words")
        self._energies: dict[str, np.ndarray] = {}
        self._shown: dict[ImageGrid, np.ndarray] = {}  # energies of the images in each grid
        self._picked: list[float] = []
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        self._energies, self._picked, self._shown = {}, [], {}
        self.canvas.set_shape(facts["shape"])
        self.ratio.setText("Click two images, one after the other: p(a)/p(b) = exp(E(b) − E(a)).")

    def strange(self) -> dict[str, np.ndarray]:
        """Things that are no data, with the same numbers in them as data where that can be."""
        real = np.asarray(self.facts["test"][:STRANGE])
        generator = np.random.default_rng(0)
        pixels = real.reshape(STRANGE, real.shape[1], -1)
        order = np.stack([generator.permutation(pixels.shape[2]) for _ in range(STRANGE)])
        shuffled = np.take_along_axis(pixels, order[:, None, :].repeat(real.shape[1], 1), axis=2).reshape(real.shape)
        return {
            "shuffled pixels": shuffled,
            "noise": generator.random(real.shape, dtype=np.float32),
            "upside down": real[:, :, ::-1],
            "negative": 1 - real,
        }

    def refresh(self) -> None:
        held_out = np.asarray(self.facts["test"][:HELD_OUT])
        everything = np.concatenate([held_out, *self.strange().values()]).astype(np.float32)
        self.ask("all", "energy", x=everything)
        self._ask_drawn()

    def _ask_drawn(self) -> None:
        if self.facts and self.isVisible():
            self.ask("drawn", "energy", x=self.canvas.image()[None])

    def answered(self, answer: Answer) -> None:
        energies = answer.arrays["x"].astype(float)
        if answer.query.channel.endswith("/drawn"):
            self._energies["drawn"] = energies
        else:
            held_out = len(self.facts["test"][:HELD_OUT])
            self._energies["held out"] = energies[:held_out]
            for index, kind in enumerate(self.strange()):
                start = held_out + index * STRANGE
                self._energies[kind] = energies[start : start + STRANGE]
            self._rank()
        self._say()

    def readings(self) -> Mapping[str, float]:
        """Share of held-out images whose energy is below that of a kind of stranger, on average."""
        held = self._energies.get("held out")
        if held is None:
            return {}
        return {kind: self._above(e) for kind, e in self._energies.items() if kind != "held out"}

    def _above(self, energies: np.ndarray) -> float:
        return float((self._energies["held out"][None] < energies[:, None]).mean())

    def _rank(self) -> None:
        held, x = self._energies["held out"], np.asarray(self.facts["test"][:HELD_OUT])
        order = np.argsort(held)
        for grid, rows in ((self.likely, order[:ENDS]), (self.unlikely, order[-ENDS:])):
            self._show(grid, x[rows], held[rows])
        kinds = self.strange()
        every = np.concatenate(list(kinds.values()))
        energies = np.concatenate([self._energies[kind] for kind in kinds])
        self._show(self.strangers, every, energies)
        low, high = float(min(held.min(), energies.min())), float(max(held.max(), energies.max()))
        edges = np.linspace(low, high, BINS + 1)
        shares = {"held out": held, "strangers": energies}
        middles = (edges[1:] + edges[:-1]) / 2
        self.histogram.set_curves({k: (middles, np.histogram(e, edges)[0] / len(e)) for k, e in shares.items()})
        self.picture("x", x[order[0]])
        self.picture("sample", None)

    def _show(self, grid: ImageGrid, x: np.ndarray, energies: np.ndarray) -> None:
        self._shown[grid] = energies
        grid.set_images(x.clip(0, 1), [f"{energy:.1f}".replace("-", "−") for energy in energies])

    def _say(self) -> None:
        if "held out" not in self._energies:
            return
        parts = [f"{kind} {share:.0%}" for kind, share in self.readings().items() if kind != "drawn"]
        words = f"Share of {len(self._energies['held out'])} held-out images with less energy: {', '.join(parts)}"
        if "drawn" in self._energies:
            energy = float(self._energies["drawn"][0])
            words += f"; your drawing (E {energy:.1f}) {self.readings()['drawn']:.0%}"
            if self.canvas.hasFocus():
                self.histogram.set_marker(energy)
        fooled = [kind for kind, share in self.readings().items() if kind != "drawn" and share < 0.5]
        if fooled:
            words += f". Likelier than most real images to this energy, which never met it: {', '.join(fooled)}"
        self.words.setText(words.replace("E -", "E −") + ".")

    def _compare(self, grid: ImageGrid, index: int) -> None:
        self._picked = [*self._picked[-1:], float(self._shown[grid][index])]
        if len(self._picked) < 2:
            self.ratio.setText(f"a has E = {self._picked[0]:.2f}. Click another image.".replace("-", "−"))
            return
        a, b = self._picked
        self.ratio.setText(
            f"log p(a)/p(b) = E(b) − E(a) = {b:.2f} − ({a:.2f}) = {b - a:+.2f} nats: a is {_times(b - a)} as likely "
            "as b. Z has dropped out.".replace("-", "−")
        )  # fmt: skip

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "ratio"):
            self._fit()

    def _fit(self) -> None:
        """Heights follow the type size; a page that is lower than that is scrolled."""
        for grid, least in ((self.likely, 3.6), (self.unlikely, 3.6), (self.strangers, 6.5), (self.histogram, 6)):
            grid.setMinimumHeight(theme.em(self, least))
        self.canvas.setMinimumHeight(theme.em(self, 4.5))

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.addWidget(captioned(self.likely, "Held out, lowest energy"), 0, 0)
        grid.addWidget(captioned(self.unlikely, "Held out, highest energy"), 1, 0)
        grid.addWidget(captioned(self.strangers, "Strangers"), 0, 1, 2, 1)
        drawing = QWidget()
        column = QVBoxLayout(drawing)
        column.setContentsMargins(0, 0, 0, 0)
        head = QHBoxLayout()
        head.addWidget(QLabel("Draw one"))
        head.addStretch(1)
        head.addWidget(self.clear)
        column.addLayout(head)
        column.addWidget(self.canvas, 1)
        grid.addWidget(drawing, 2, 0)
        grid.addWidget(self.histogram, 2, 1)
        for row, share in enumerate((2, 2, 3)):
            grid.setRowStretch(row, share)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(grid, 1)
        layout.addWidget(self.words)
        layout.addWidget(self.ratio)
        self._fit()


def _times(nats: float) -> str:
    """exp(nats) in words: "3.2 times", "10^−8 times"."""
    power = nats / np.log(10)
    return f"{np.exp(nats):.3g} times" if abs(power) < 4 else f"10^{power:.0f} times"
