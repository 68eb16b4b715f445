"""The code as sliders, those first that matter most, each with the known factor that it explains best."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.parts import choice
from playground.gui.widgets.latent_sliders import LatentSliders

BASES = {"axes of z": "axes", "principal directions": "principal"}
LEAST = 0.005  # R² that is worth a word


class SlidersTool(Tool):
    """Its ids have the view's name in front, since it is the first thing seen."""

    title = "Sliders"
    tooltip = "One slider a direction of the code, in sigmas of the prior"

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(f"{name}.sliders", ask, code, parent)
        self.basis = choice(
            f"{name}.basis",
            "Directions",
            "Axes of z: sorted by how much each moves the output.\nPrincipal directions: with an encoder those of the "
            "codes of held-out examples, without one those that move the output most.",
            tuple(BASES),
        )
        self.sliders = LatentSliders(id_prefix=name)
        self._random = np.random.default_rng(0)
        self.basis.activated.connect(self._turn)
        self.sliders.values_changed.connect(self._moved)
        self.sliders.released.connect(code.released)
        self.sliders.random_clicked.connect(self._draw)
        code.moved.connect(self._follow)
        self._told: tuple[int, ...] = ()  # the label of the effects on show
        code.released.connect(self._relabelled)
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        self.sliders.set_axes([])
        self.basis.setEnabled(facts["latent_dim"] > 1)

    def _bring_up_to_date(self) -> None:
        """As soon as the view is seen, whichever tool is on show: all of them need the directions."""
        stage = self.parentWidget()
        if self.facts and not self._is_current and stage is not None and stage.isVisible():
            self._is_current = True
            self.refresh()

    def refresh(self) -> None:
        self._told = self.code.told
        self.ask("directions", "directions", target="latent", basis=BASES[self.basis.currentText()],
                 label=self.code.labels(1))  # fmt: skip

    def answered(self, answer: Answer) -> None:
        """The sliders anew, in the order of what was measured. A code on show stays the same code."""
        directions, share, r2 = (answer.arrays[key] for key in ("x", "share", "r2"))
        principal = answer.query.arguments["basis"] == "principal"
        numbers = range(1, len(share) + 1) if principal else directions.argmax(axis=0) + 1
        names = [f"{'p' if principal else 'z'}_{number}" for number in numbers]
        factors = [name for name, _ in self.facts["factors"]] + list(self.facts["measures"])
        judged = bool(answer.arrays["judged"])
        notes = [_note(row, factors, judged) for row in r2]
        self.code.turn(directions, names)
        self.sliders.set_axes(names, [min(float(each), 1.0) for each in share], notes)
        self._follow()

    def _turn(self) -> None:
        self.sliders.set_axes([])  # until the new directions are known
        self.refresh()

    def _relabelled(self) -> None:
        if self.facts and self.isVisible() and self._told != self.code.told:
            self.refresh()

    def _follow(self) -> None:
        amounts = self.code.amounts()
        if len(amounts) == len(self.sliders.values()):
            self.sliders.set_values(amounts)

    def _moved(self, amounts: np.ndarray) -> None:
        self.code.set_amounts(amounts)

    def _draw(self) -> None:
        self.code.set_z(self._random.standard_normal(len(self.code.z)), released=True)

    def _lay_out(self) -> None:
        room = QScrollArea()  # many sliders in large type are more than a projector shows
        room.setWidgetResizable(True)
        room.setFrameShape(QFrame.Shape.NoFrame)
        room.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.sliders)
        turned = QHBoxLayout()
        turned.addWidget(self.basis)
        turned.addStretch(1)
        column.addLayout(turned)
        column.addStretch(1)
        room.setWidget(inside)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(room)


def _note(r2: np.ndarray, factors: list[str], judged: bool) -> tuple[str, str]:
    """What a slider says of the factor that it explains best, short and at length."""
    if not len(r2):
        return "", ""
    best = int(r2.argmax())
    name, value = factors[best], float(r2[best])
    who = (
        "as the project's classifier reads it off what is decoded" if judged else "of held-out examples, by their codes"
    )
    if value < LEAST:
        return "", f"No known factor follows it in a straight line (R² of {name}: {value:.2f})."
    return f"{name} R² {value:.2f}", f"It explains {value:.0%} of the variance of {name}, {who}."
