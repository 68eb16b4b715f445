"""From one code to another: a film strip, and a moving picture on disk."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtWidgets import QFileDialog, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.codes import WAYS
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.parts import caption, choice
from playground.gui.panels.base.views import button
from playground.gui.panels.base.waiter import Waiter
from playground.gui.session import TrainingSession
from playground.gui.widgets.film_strip import FilmStrip
from playground.gui.widgets.flow_layout import FlowLayout

FILM = 9  # pictures on the way
MOVIE = 25  # on the way of the moving picture, which goes there and back


class WalkTool(Tool):
    """Two ends, set from the code on show, and what lies between them."""

    title = "Walk"
    tooltip = "Go from one code to another, step by step"

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, code, parent)
        prefix = name.rpartition(".")[0]
        self.set_start = button("From here", f"{prefix}.from", "The walk starts at the code on show")
        self.set_end = button("To here", f"{prefix}.to", "The walk ends at the code on show")
        self.way = choice(
            f"{name}.way",
            "Way",
            "Straight: the line between the two codes.\nOn the sphere: the arc, which stays as far from the middle as "
            "the prior's own draws.",
            tuple(WAYS),
        )
        self.film = FilmStrip(f"{prefix}.film")
        self.save = button("Save as GIF ...", f"{name}.save", "Writes the walk, there and back, as a moving picture")
        self.words = caption()
        self._ends: list[np.ndarray | None] = [None, None]
        self._path: Path | None = None  # of the moving picture that is being made
        self._waiter = Waiter(self)
        self._waiter.ended.connect(self._written)
        self.set_start.clicked.connect(lambda: self._set_end(0))
        self.set_end.clicked.connect(lambda: self._set_end(1))
        self.way.activated.connect(self._ask_for_film)
        self.film.frame_clicked.connect(self._jump)
        self.save.clicked.connect(self._ask_for_movie)
        self._lay_out()

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return bool(facts["kind"] == "images")

    def start(self, facts: Mapping[str, Any]) -> None:
        self._ends = [None, None]
        self._path = None
        self.words.clear()

    def refresh(self) -> None:
        """Before a person sets the ends they are two examples of different labels, or two draws from the prior."""
        if any(end is not None for end in self._ends):
            self._ask_for_film()
        elif self.encodes:
            rows = _two_kinds(self.facts["test_labels"])
            label = self.facts["test_labels"][rows] if self.facts["conditional"] else None
            self.ask("ends", "encode", x=self.facts["test"][rows], label=label)
        else:
            draw = np.random.default_rng(1)
            self._ends = list(draw.standard_normal((2, self.facts["latent_dim"])).astype(np.float32))
            self._ask_for_film()

    def answered(self, answer: Answer) -> None:
        x = answer.arrays["x"]
        match answer.query.channel.rpartition("/")[2]:
            case "ends":
                self._ends = [x[0], x[1]]
                self._ask_for_film()
            case "film":
                self.film.set_frames({"": x.clip(0, 1)})
            case "movie":
                self._write(x)

    def _set_end(self, which: int) -> None:
        self._ends[which] = self.code.z
        self._ask_for_film()

    def _codes(self, count: int) -> np.ndarray | None:
        start, end = self._ends
        if start is None or end is None:
            return None
        return WAYS[self.way.currentText()](start, end, count)

    def _ask_for_film(self) -> None:
        codes = self._codes(FILM)
        if codes is not None:
            self.ask("film", "decode", z=codes, label=self.code.labels(FILM))

    def _jump(self, index: int) -> None:
        codes = self._codes(FILM)
        if codes is not None:
            self.code.set_z(codes[index], released=True)

    # -- the moving picture ------------------------------------------------------------------------------------------

    def _ask_for_movie(self) -> None:
        codes = self._codes(MOVIE)
        if codes is None:
            return
        name, _ = QFileDialog.getSaveFileName(self, "Save walk", "walk.gif", "Moving picture (*.gif)")
        if name:
            self._path = Path(name).with_suffix(".gif")
            self.ask("movie", "decode", z=codes, label=self.code.labels(MOVIE))

    def _write(self, frames: np.ndarray) -> None:
        path, self._path = self._path, None
        if path is not None and not self._waiter.busy:
            self.save.setEnabled(False)
            self.words.setText(f"Writing {path} ...")
            self._waiter.wait_for(TrainingSession.save_animation(np.concatenate([frames, frames[-2:0:-1]]), path))

    def _written(self, sentence: str | None) -> None:
        self.save.setEnabled(True)
        self.words.setText(sentence or "The moving picture was not written.")

    def is_settled(self) -> bool:
        return super().is_settled() and not self._waiter.busy

    def _lay_out(self) -> None:
        ends, below = FlowLayout(), FlowLayout()
        for row, widget in ((ends, self.set_start), (ends, self.set_end), (below, self.way), (below, self.save)):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(ends)
        layout.addWidget(self.film, 1)
        layout.addLayout(below)
        layout.addWidget(self.words)


def _two_kinds(labels: np.ndarray) -> np.ndarray:
    """The first example, and the first one of another label."""
    other = np.flatnonzero((labels != labels[0]).any(axis=1))
    return np.array([0, other[0] if other.size else 1])
