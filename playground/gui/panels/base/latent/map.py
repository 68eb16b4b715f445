"""Two directions of the code as a map: a pad to move it on, or the pictures decoded all over it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.codes import grid, quantiles
from playground.gui.panels.base.latent.pad import CodePad
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.parts import choice
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.latent_pad import MOST_POINTS
from playground.gui.widgets.maths_label import lowered
from playground.gui.widgets.scatter_view import ScatterView

SIDE = 11  # pictures along each direction
FINE = 61  # codes along each line of the mesh in the plane


class MapTool(Tool):
    """Where the examples lie, where this code is, and what the decoder makes of every place."""

    title = "Map"
    tooltip = "Move the code in two directions at once; see the codes of examples, or what is decoded all over the map"

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, code, parent)
        self.across = choice(f"{name}.across", "Across", "The direction of the code that goes from left to right")
        self.up = choice(f"{name}.up", "Up", "The direction of the code that goes upwards")
        self.kind = choice(
            f"{name}.show",
            "Shown on the map",
            "Codes: those of examples, with the prior.\nDecoded grid: what the decoder makes at the prior's quantiles, "
            "the other directions as they are now.",
            ("codes", "decoded grid"),
        )
        self.pad = CodePad(f"{name}.pad", code)
        self.grid = ImageGrid(f"{name}.grid")
        self.mesh = ScatterView(f"{name}.mesh")
        self._codes = np.empty((0, 0), dtype=np.float32)  # of the examples
        self.across.activated.connect(self._chosen)
        self.up.activated.connect(self._chosen)
        self.kind.activated.connect(self._show_kind)
        self.grid.image_clicked.connect(self._go)
        code.turned.connect(self._turned)
        code.released.connect(self._ask_for_grid)
        self._lay_out()

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return bool(facts["latent_dim"] > 1)

    def start(self, facts: Mapping[str, Any]) -> None:
        self._codes = np.empty((0, facts["latent_dim"]), dtype=np.float32)
        self.pad.set_posterior(None)
        self.mesh.clear()
        if facts["kind"] == "points":
            self.mesh.set_extent(-facts["extent"], facts["extent"])
            self.mesh.set_points("real data", facts["test"][:1500], "data")
        self._show_kind()

    def refresh(self) -> None:
        if self.encodes:
            shown = self.facts["test_labels"][:MOST_POINTS] if self.facts["conditional"] else None
            self.ask("codes", "encode", x=self.facts["test"][:MOST_POINTS], label=shown)
        self._ask_for_grid()

    def pair(self) -> tuple[int, int]:
        """The two directions chosen, as places in the order of the sliders."""
        return max(self.across.currentIndex(), 0), max(self.up.currentIndex(), 0)

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        if answer.query.channel.endswith("/codes"):
            self._codes = x
            self._show_codes()
        elif self.is_points:
            self.mesh.set_trails(x.reshape(2 * SIDE, FINE, 2).transpose(1, 0, 2))
        else:
            self.grid.set_images(x.clip(0, 1))

    # -- the two directions ------------------------------------------------------------------------------------------

    def _turned(self) -> None:
        """The two strongest of the new directions."""
        for box, row in ((self.across, 0), (self.up, 1)):
            box.clear()
            box.addItems([lowered(name) for name in self.code.names])
            box.setCurrentIndex(row)
        self._chosen()

    def _chosen(self) -> None:
        across, up = self.pair()
        if not self.code.names or across == up:
            return  # one direction alone is no map: the last one stays until another is chosen
        self.pad.show_pair(across, up)
        self._show_codes()
        self._ask_for_grid()

    def _columns(self) -> np.ndarray:
        """The two directions, (Z, 2)."""
        return self.code.directions[:, list(self.pair())]

    def _show_codes(self) -> None:
        if not self.code.names:
            return
        labels, names = self.facts["test_labels"], self.facts["factors"]
        known = labels[: len(self._codes), 0] if labels.shape[1] else None
        self.pad.set_points(self._codes @ self._columns(), known, names[0][1] if names else ())

    # -- the decoded grid --------------------------------------------------------------------------------------------

    def _show_kind(self, row: int = 0) -> None:
        decoded = self.mesh if self.is_points else self.grid
        self._stack.setCurrentWidget(decoded if self.kind.currentIndex() else self.pad)
        self._ask_for_grid()

    def _ask_for_grid(self) -> None:
        if not self.isVisible() or not self.kind.currentIndex() or not self.code.names:
            return
        codes = self._mesh_codes() if self.is_points else grid(self.code.z, self._columns(), SIDE)
        self.ask("grid", "decode", z=codes, label=self.code.labels(len(codes)))

    def _mesh_codes(self) -> np.ndarray:
        """Lines of constant amount in either direction, (2 SIDE FINE, Z)."""
        columns = self._columns()
        rest = self.code.z - columns @ (self.code.z @ columns)
        line = np.linspace(-3, 3, FINE, dtype=np.float32)
        places = np.stack(np.broadcast_arrays(line, quantiles(SIDE)[:, None]), axis=-1)  # (SIDE, FINE, 2)
        both = np.concatenate([places, places[..., ::-1]]).reshape(-1, 2)
        return (rest + both @ columns.T).astype(np.float32)

    def _go(self, tile: int) -> None:
        self.code.set_z(grid(self.code.z, self._columns(), SIDE)[tile], released=True)

    # -- layout ------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.grid.set_columns(SIDE)
        self._stack = QStackedWidget()
        for widget in (self.pad, self.grid, self.mesh):
            self._stack.addWidget(widget)
        row = FlowLayout()
        for words, box in (("→", self.across), ("↑", self.up)):
            pair = QWidget()
            together = QHBoxLayout(pair)
            together.setContentsMargins(0, 0, 0, 0)
            together.addWidget(QLabel(words))
            together.addWidget(box)
            row.addWidget(pair)
        row.addWidget(self.kind)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._stack, 1)
