"""The generator's manifold: the sheet of noise as it goes in, and as it comes out."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.codes import quantiles
from playground.gui.panels.base.parts import caption, choice, switch
from playground.gui.panels.base.views import captioned
from playground.gui.panels.gan.parts import FollowingLens
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.maths_label import lowered
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.scatter_view import ScatterView

LINES = 21  # of the mesh in either direction, and pictures along a single axis
ACROSS, UP = 9, 5  # pictures decoded along each of two axes: the stage is broad
FINE = 121  # codes along each line
REACH = 3.0  # sigmas that the lines span
SAMPLES = 600
SEED = 12


class ManifoldLens(FollowingLens):
    """A mesh of z, its lines at even quantiles of the prior, bent by the generator into the data's space."""

    key = "manifold"
    title = "Manifold"
    tooltip = "Where the generator puts each z: a mesh of noise, warped into the plane or decoded into pictures"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.across = choice(f"{name}.across", "Across", "The number of z that goes from left to right")
        self.up = choice(f"{name}.up", "Up", "The number of z that goes upwards")
        self.label = choice(f"{name}.label", "Class", "The class that is generated")
        self.samples = switch("samples", f"{name}.samples", "Samples of the whole prior, as diamonds", on=False)
        self.sheet, self.warped = ScatterView(f"{name}.sheet"), ScatterView(f"{name}.warped")
        self.pictures_grid = ImageGrid(f"{name}.pictures")
        for plane in (self.sheet, self.warped):
            plane.show_legend(False)
        self.sheet.set_extent(-REACH, REACH)
        self.words = caption(f"{name}.words")
        self._lay_out()
        for box in (self.across, self.up, self.label):
            box.activated.connect(self.outdate)
        self.samples.toggled.connect(lambda on: self.warped.set_layer_visible("samples", on))

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return "decode" in facts["capabilities"] and facts["shape"] != (1,)

    # -- asking -------------------------------------------------------------------------------------------------------

    def start(self, facts: Mapping[str, Any]) -> None:
        names = [lowered(f"z_{k + 1}") for k in range(facts["latent_dim"])]
        for box, row in ((self.across, 0), (self.up, 1)):
            box.clear()
            box.addItems(names)
            box.setCurrentIndex(min(row, len(names) - 1))
        for key in ("across", "up"):  # with two numbers or one there is nothing to choose
            self._choices[key].setVisible(len(names) > 2)
        self.label.clear()
        self.label.addItem("any", -1)
        for index, value in enumerate(facts["factors"][0][1] if facts["factors"] else ()):
            self.label.addItem(value, index)
        self._choices["label"].setVisible(facts["conditional"])
        self._row.setVisible(len(names) > 2 or facts["conditional"])
        points = facts["kind"] == "points"
        self.samples.setVisible(points)
        self._out.setCurrentIndex(0 if points else 1)
        self._sheet_box.setVisible(points)
        self.warped.clear()
        if points:
            self.warped.set_extent(-facts["extent"], facts["extent"])
            self.warped.set_points("real data", facts["test"][:500], "data")

    @property
    def axes(self) -> tuple[int, ...]:
        """The numbers of z that are moved: one, where z has no more or the same is chosen twice."""
        pair = (max(self.across.currentIndex(), 0), max(self.up.currentIndex(), 0))
        return pair if pair[0] != pair[1] else pair[:1]

    def refresh(self) -> None:
        super().refresh()
        codes = self._mesh() if self.is_points else self._grid()
        self._show_sheet()
        self.ask("decode", "decode", z=codes, label=self._labels(len(codes)))
        if self.is_points:
            self.ask("samples", "sample", SEED, n=SAMPLES, label=self._labels(SAMPLES), settings={})

    def _labels(self, n: int) -> np.ndarray | None:
        if not self.facts["conditional"]:
            return None
        labels = np.full((n, len(self.facts["factors"])), -1, dtype=np.int64)
        labels[:, 0] = self.label.currentData()
        return labels

    def _lines(self) -> np.ndarray:
        """The mesh's lines in the space of the axes that are moved, (L, FINE, 2) or (1, FINE, 1)."""
        line = np.linspace(-REACH, REACH, FINE, dtype=np.float32)
        if len(self.axes) == 1:
            return line[None, :, None]
        one_way = np.stack(np.broadcast_arrays(line, quantiles(LINES)[:, None]), axis=-1)  # (LINES, FINE, 2)
        return np.concatenate([one_way, one_way[..., ::-1]])

    def _mesh(self) -> np.ndarray:
        """The codes along the lines; of a single axis those at the prior's quantiles follow, as dots on the line."""
        lines = self._lines()
        amounts = lines.reshape(-1, lines.shape[-1])
        return self._codes(np.concatenate([amounts, quantiles(LINES)[:, None]]) if len(self.axes) == 1 else amounts)

    def _grid(self) -> np.ndarray:
        """Places of pictures, rows from the top down."""
        if len(self.axes) == 1:
            return self._codes(quantiles(LINES)[:, None])
        table = np.meshgrid(quantiles(ACROSS), quantiles(UP)[::-1])
        return self._codes(np.stack(table, axis=-1).reshape(-1, 2))

    def _codes(self, amounts: np.ndarray) -> np.ndarray:
        """Codes (N, Z) with these amounts (N, 1 or 2) on the chosen axes, the others at the prior's middle, 0."""
        codes = np.zeros((len(amounts), self.facts["latent_dim"]), dtype=np.float32)
        codes[:, list(self.axes)] = amounts
        return codes

    # -- what is on show ----------------------------------------------------------------------------------------------

    def answered(self, answer: Answer) -> None:
        if not self._asked:
            self.rest.end_look()
        x = answer.arrays["x"]
        if answer.query.channel.endswith("/samples"):
            self.warped.set_points("samples", x, "model")
            self.warped.set_layer_visible("samples", self.samples.isChecked())
            return
        if self.is_points:
            lines = len(x) // FINE
            self.warped.set_trails(x[: lines * FINE].reshape(lines, FINE, 2).transpose(1, 0, 2))
            self.warped.set_points("quantiles", x[lines * FINE :], "model")
        else:
            self.pictures_grid.set_columns(ACROSS if len(self.axes) == 2 else 7)
            self.pictures_grid.set_images(x.clip(0, 1))
            self.picture("sample", x[len(x) // 2])
        self._say(answer.step)

    def _show_sheet(self) -> None:
        lines = self._lines()
        if lines.shape[-1] == 1:
            lines = np.concatenate([lines, np.zeros_like(lines)], axis=-1)
        self.sheet.set_trails(lines.transpose(1, 0, 2))
        dots = np.stack([quantiles(LINES), np.zeros(LINES)], axis=1)
        self.sheet.set_points("quantiles", dots if len(self.axes) == 1 else dots[:0], "model")

    def _say(self, step: int) -> None:
        z_dim, moved = self.facts["latent_dim"], len(self.axes)
        what = f"a slice: the other {z_dim - moved} numbers of z are 0"
        if z_dim == moved:
            what = "the whole of z" if moved == 2 else "z is a line: this curve is all that the generator can make"
        between = {1: "Between two dots", 2: "Between two lines"}[moved] + " lies the same share of the prior."
        even = between if self.is_points else "Pictures stand at even quantiles of the prior."
        self.words.setText(f"Step {step:,}: {what}. {even}")

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._row = QWidget()
        row = FlowLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.6))
        self._choices = {
            "across": labelled("→", self.across), "up": labelled("↑", self.up), "label": labelled("Class", self.label),
        }  # fmt: skip
        for widget in self._choices.values():
            row.addWidget(widget)
        self._out = QStackedWidget()
        self._out.addWidget(self.warped)
        self._out.addWidget(self.pictures_grid)
        self._sheet_box = captioned(self.sheet, "z, as it goes in")
        both = QHBoxLayout()
        both.setSpacing(theme.em(self, 0.8))
        both.addWidget(self._sheet_box, 1)
        both.addWidget(self._out_box(), 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._row)
        layout.addLayout(both, 1)
        layout.addWidget(self.words)

    def _out_box(self) -> QWidget:
        """What the generator makes, under a heading with the switch beside it, so that the picture has the room."""
        heading = QLabel("G(z), as it comes out")
        heading.setProperty("role", "heading")
        above = QHBoxLayout()
        above.addWidget(heading)
        above.addStretch(1)
        above.addWidget(self.samples)
        box = QWidget()
        layout = QVBoxLayout(box)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.em(self, 0.2))
        layout.addLayout(above)
        layout.addWidget(self._out, 1)
        return box
