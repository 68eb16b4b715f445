"""One ellipse under the hand against the exact density in the plane: likelihood, entropy and both divergences."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QTimer
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.plane import TabulatedPlane, axes_of, cells, covariance_of
from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.views import button
from playground.gui.panels.gaussian.on_line import TICKS, slider
from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.ellipse_plane import EllipsePlane
from playground.gui.widgets.name_box import NameBox
from playground.gui.widgets.sum_bar import Part, SumBar
from playground.gui.widgets.words import Words

BLOCK = 30  # rows of the table that are asked for at once: some densities take their time, and others wait for it
LEVELS = (0.03, 0.12, 0.3, 0.6)  # of the exact density's highest value
COARSER = 2  # points of the table to one by which the reverse optimum is searched
FORWARD, REVERSE = "forward", "reverse"
_SLIDERS = (
    ("mean_x", "Mean, x", "The middle from left to right, in hundredths"),
    ("mean_y", "Mean, y", "The middle from low to high, in hundredths"),
    ("along", "σ along", "The standard deviation along the first axis, in hundredths"),
    ("across", "σ across", "The standard deviation along the second axis, in hundredths"),
    ("angle", "Angle", "Of the first axis, in degrees from the x axis"),
)


class PlaneLens(Lens):
    """A full covariance by hand: the middle and the ends of both axes are dragged."""

    key = "plane"
    title = "Fit by hand"
    tooltip = "Fit one Gaussian with a full covariance by hand, against the exact density"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.table: TabulatedPlane | None = None
        self._rows: list[np.ndarray] = []  # of ln p that have come
        self.plane = EllipsePlane(f"{name}.plane")
        self.bar = SumBar(f"{name}.sum", "nats")
        self.divergence = NameBox(
            f"{name}.divergence", "Divergence",
            "KL(p‖q) averages over the data and must cover them all: maximum likelihood. KL(q‖p) averages over the "
            "model and may keep to one part.",
        )  # fmt: skip
        self.divergence.set_choices([(FORWARD, "Forward KL(p‖q)"), (REVERSE, "Reverse KL(q‖p)")])
        self.best = button("To the optimum", f"{name}.best",
                           "Forward: the data's own mean and covariance. Reverse: searched step by step from "
                           "here")  # fmt: skip
        self.sliders = {word: slider(f"{name}.{word}", title, tip) for word, title, tip in _SLIDERS}
        self.words = Words(f"{name}.words")
        self._search = QTimer(self)
        self._search.setInterval(15)
        self._search.timeout.connect(self._search_on)
        self._stride = 0
        self._putting = False  # several sliders move at once
        self._lay_out(name)
        for each in self.sliders.values():
            each.valueChanged.connect(lambda _: self._show())
        self.best.clicked.connect(self._go_to_best)
        self.divergence.chosen.connect(lambda _: self._stop())
        self.plane.middle_moved.connect(lambda x, y: self._put({"mean_x": x * TICKS, "mean_y": y * TICKS}))
        self.plane.along_moved.connect(partial(self._pulled, turn=0.0, word="along"))
        self.plane.across_moved.connect(partial(self._pulled, turn=90.0, word="across"))

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["shape"] == (2,)) and facts["data"]["entropy"] is not None

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.table = None
        self._stop()
        super().opened(facts, experiment)

    def start(self, facts: Mapping[str, Any]) -> None:
        extent = round(facts["extent"] * TICKS)
        self._putting = True
        for word, low, high, value in (
            ("mean_x", -extent, extent, 0), ("mean_y", -extent, extent, 0), ("along", 5, extent, TICKS),
            ("across", 5, extent, TICKS // 2), ("angle", -90, 90, 30),
        ):  # fmt: skip
            self.sliders[word].setRange(low, high)
            self.sliders[word].setValue(value)
        self._putting = False
        self.plane.clear()
        self.plane.set_extent(-facts["extent"], facts["extent"])
        self.plane.set_points("real data", facts["data"]["examples"], "data")

    def refresh(self) -> None:
        """The exact density, once; the trained model has no part in this."""
        if self.table is None:
            self._rows = []
            self._ask_rows()

    def _ask_rows(self) -> None:
        axis = self._axis()
        rows = axis[BLOCK * len(self._rows) : BLOCK * (len(self._rows) + 1)]
        points = np.stack(np.meshgrid(axis, rows), axis=-1).reshape(-1, 2)
        self.ask("exact", "log_density", target="exact", x=points)

    def answered(self, answer: Answer) -> None:
        axis = self._axis()
        self._rows.append(answer.arrays["x"].astype(float).reshape(-1, len(axis)))
        if BLOCK * len(self._rows) < len(axis):
            self._ask_rows()
            return
        self.table = TabulatedPlane(axis, np.concatenate(self._rows))
        drawn = np.abs(axis) <= self.facts["extent"]
        shown = self.table.p[np.ix_(drawn, drawn)]
        self.plane.set_contours(shown, tuple(level * float(shown.max()) for level in LEVELS))
        self._show()

    def is_settled(self) -> bool:
        return super().is_settled() and not self._search.isActive()

    def readings(self) -> Mapping[str, float]:
        if self.table is None:
            return {}
        table, q = self.table, self._gaussian()
        log_q = table.log_gaussian(*q)
        return {
            "nll": table.gaussian_nll(*q), "entropy": table.entropy, "kl": table.kl(log_q),
            "reverse_kl": table.reverse_kl(log_q), "area": table.integral(np.exp(log_q)),
        }  # fmt: skip

    # -- the ellipse under the hand -----------------------------------------------------------------------------------

    def _axis(self) -> np.ndarray:
        """The table's places along one side."""
        return cells(self.facts["extent"])

    def _values(self) -> dict[str, int]:
        return {word: each.value() for word, each in self.sliders.items()}

    def _gaussian(self, values: Mapping[str, int] | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Mean (2,) and covariance (2, 2) as the sliders stand, or as they would with these values."""
        at = values or self._values()
        mean = np.array([at["mean_x"], at["mean_y"]]) / TICKS
        return mean, covariance_of(at["along"] / TICKS, at["across"] / TICKS, np.radians(at["angle"]))

    def _put(self, values: Mapping[str, float]) -> None:
        """Moves several sliders, and shows them once."""
        self._putting = True
        for word, value in values.items():
            self.sliders[word].setValue(round(value))
        self._putting = False
        self._show()

    def _pulled(self, x: float, y: float, turn: float, word: str) -> None:
        """The end of an axis was dragged: how long it is, and where it points."""
        off = np.array([x, y]) - self._gaussian()[0]
        angle = (np.degrees(np.arctan2(off[1], off[0])) - turn + 90) % 180 - 90
        self._put({word: np.hypot(*off) * TICKS, "angle": angle})

    def _show(self) -> None:
        if self._putting:
            return
        mean, _ = self._gaussian()
        at = self._values()
        turn = np.radians(at["angle"])
        along = at["along"] / TICKS * np.array([np.cos(turn), np.sin(turn)])
        self.plane.set_hand(mean, along, at["across"] / TICKS * np.array([-np.sin(turn), np.cos(turn)]))
        if self.table is None:
            return
        now = self.readings()
        self.bar.set_parts("NLL", Part("H", now["entropy"]), Part("KL", now["kl"]))
        how = (
            "Its optimum has no closed form: it is searched on the grid, from here, and may be a local one."
            if self.divergence.name() == REVERSE
            else f"Its optimum in closed form: the data's mean and covariance, NLL "
            f"{self.table.gaussian_nll(self.table.mean, self.table.covariance):.3f}."
        )
        self.words.say(
            f"Exact mathematics on a grid; the ellipses lie at 1 and 2 σ of q. KL(p‖q) {now['kl']:.3f}, "
            f"KL(q‖p) {nats(now['reverse_kl'])}. "
            f"Mass of q on the grid {now['area']:.4f}. {how}"
        )

    # -- the optimum --------------------------------------------------------------------------------------------------

    def _go_to_best(self) -> None:
        if self.table is None:
            return
        if self.divergence.name() == FORWARD:
            along, across, angle = axes_of(self.table.covariance)
            mean_x, mean_y = self.table.mean * TICKS
            degrees = float(np.degrees(angle))
            self._put({"mean_x": mean_x, "mean_y": mean_y, "along": along * TICKS, "across": across * TICKS,
                       "angle": degrees})  # fmt: skip
        else:
            self._stride = TICKS // 4
            self._coarse = self.table.coarse(COARSER)
            self._search.start()

    def _search_on(self) -> None:
        """One round: each slider a stride up or down, whatever lowers KL(q‖p); where nothing does, shorter strides."""
        at, before = self._values(), self._values()
        least = self._coarse.reverse_kl(self._coarse.log_gaussian(*self._gaussian(at)))
        for word, each in self.sliders.items():
            for sign in (1, -1):
                tried = dict(at)
                tried[word] = min(max(at[word] + sign * self._stride, each.minimum()), each.maximum())
                kl = self._coarse.reverse_kl(self._coarse.log_gaussian(*self._gaussian(tried)))
                if kl < least:
                    at, least = tried, kl
        if at == before:
            self._stride //= 2
        if not self._stride or not self.isVisible():
            self._stop()
        self._put(at)

    def _stop(self) -> None:
        self._search.stop()
        self._show()

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "plane"):
            self.plane.setMinimumHeight(theme.em(self, 12))

    def _lay_out(self, name: str) -> None:
        box = QWidget()
        rows = QGridLayout(box)
        rows.setContentsMargins(0, 0, 0, 0)
        for row, (word, title, _) in enumerate(_SLIDERS):
            rows.addWidget(QLabel(title), row, 0)
            rows.addWidget(self.sliders[word], row, 1)
        choices = QHBoxLayout()
        choices.addWidget(self.divergence)
        choices.addWidget(self.best)
        choices.addStretch(1)
        side = QVBoxLayout()
        for part in (self.bar, self.words):
            side.addWidget(part)
        side.addLayout(choices)
        side.addWidget(Collapsible(box, id_prefix=name, title="Sliders"))
        side.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plane, 1)
        layout.addLayout(side, 1)
        self.plane.setMinimumHeight(theme.em(self, 12))


def nats(divergence: float) -> str:
    """With its unit; infinite where mass lies at places that have no density."""
    return f"{divergence:.3f} nats" if np.isfinite(divergence) else "∞: q has mass where p is 0"
