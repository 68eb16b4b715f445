"""From the KL divergence to maximum likelihood in five steps, each with its number; and what makes a density one."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.gui.panels.base.asker import Ask
from playground.gui.panels.gaussian.on_line import Bell, OnLine, slider
from playground.gui.widgets import theme
from playground.gui.widgets.density_plot import DensityPlot
from playground.gui.widgets.words import Words

FEWEST = 2  # examples in an average
PLACES = 4  # decimals
NARROW = 1e-3  # the least spread of a Gaussian of few examples
ROOMY = 64  # em of a window's height from which on the reason of each step is written out
_STEPS = (
    ("A density: area 1", "A function that is nowhere negative, divided by the area Z under it, is a density."),
    ("1  KL(p‖q) = ∫ p ln(p/q)", "The divergence of the model q from the data p: 0 only where both are the same."),
    ("2  = −H(p) + NLL", "The logarithm of a quotient is a difference: the entropy of the data, and the mean negative "
                         "log-likelihood −∫ p ln q."),
    ("3  Drop H(p), keep NLL", "No choice of q changes the entropy of the data."),
    ("4  Average over N examples", "The integral over p becomes a mean over examples drawn from p."),
    ("5  arg max over μ and σ", "The best Gaussian of these examples: their own mean and spread."),
)  # fmt: skip


class StepsLens(OnLine):
    """One Gaussian under the hand, and beside it what each step of the argument comes to."""

    key = "steps"
    title = "KL in five steps"
    tooltip = "From the KL divergence to maximum likelihood: five steps, each with its number"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self._examples = np.empty(0)
        self.density = DensityPlot(f"{name}.density")
        self.bell = Bell(name)
        self.count = slider(f"{name}.count", "Examples N", "How many real training examples are averaged over")
        self.count.setRange(round(100 * np.log10(FEWEST)), 300)
        self.count.setValue(150)
        self.scale = slider(
            f"{name}.scale", "Rescale f", "Multiplies the function f by 0.1 to 10, before it is normalised"
        )
        self.scale.setRange(-100, 100)
        self.scale.setValue(0)
        self.normalises = QCheckBox("Normalise: q = f / Z")
        self.normalises.setObjectName(f"{name}.normalise")
        self.normalises.setAccessibleName("Normalise")
        self.normalises.setToolTip("Divides f by the area under it, so that the area is 1 whatever its scale")
        self.normalises.setChecked(True)
        self._count_words, self._scale_words = QLabel(), QLabel()
        for words, control in ((self._count_words, self.count), (self._scale_words, self.scale)):
            words.setObjectName(f"{control.objectName()}.label")
        self.numbers: list[Words] = []
        self._reasons: list[Words] = []
        self._boxes: list[QWidget] = []  # one a step; a scene of a lesson may hide those that it has not come to
        self._lay_out(name)
        self.bell.moved.connect(lambda _: self._show())
        for control in (self.count, self.scale):
            control.valueChanged.connect(lambda _: self._show())
        self.normalises.toggled.connect(lambda _: self._show())
        self.density.marker_moved.connect(lambda x: self.bell.put(x, self.bell.gaussian()[1]))
        self.density.spread_moved.connect(lambda x: self.bell.put(self.bell.gaussian()[0], x))

    def start(self, facts: Mapping[str, Any]) -> None:
        self._examples = facts["data"]["examples"][:, 0].astype(float)
        self.count.setMaximum(round(100 * np.log10(len(self._examples))))
        self.bell.set_extent(facts["extent"])

    def refresh(self) -> None:
        """The exact density, once; the trained model has no part in this."""
        if self.table is None:
            self.ask("exact", "log_density", target="exact", x=self.grid()[:, None])

    def tabulated(self) -> None:
        self._show()

    def readings(self) -> Mapping[str, float]:
        """Of the function as it stands, normalised or not. `gap`: how far the average over the examples is above that
        of the best Gaussian there is for them."""
        if self.table is None:
            return {}
        log_f, chosen = self._log_f(self.table.x), self._chosen()
        each, spread = -self._log_f(chosen), float(chosen.std())
        return {
            "area": self.table.area(np.exp(log_f)), "kl": self.table.kl(log_f), "nll": self.table.nll(log_f),
            "entropy": self.table.entropy, "examples": float(len(chosen)), "estimate": float(each.mean()),
            "error": float(each.std(ddof=1) / np.sqrt(len(chosen))),
            "gap": float(each.mean() - 0.5 * np.log(2 * np.pi * np.e * max(spread, NARROW) ** 2)),
            "mean": float(chosen.mean()), "spread": spread,
        }  # fmt: skip

    # -- the function under the hand ----------------------------------------------------------------------------------

    def _log_f(self, x: np.ndarray) -> np.ndarray:
        """ln of c exp(−(x − μ)² / 2σ²), less ln of the area under it where that is wanted."""
        mean, spread = self.bell.gaussian()
        log_c = self.scale.value() / 100 * np.log(10)
        log_area = log_c + 0.5 * np.log(2 * np.pi) + np.log(spread)
        return np.asarray(log_c - (x - mean) ** 2 / (2 * spread**2) - log_area * self.normalises.isChecked())

    def _chosen(self) -> np.ndarray:
        """The examples that are averaged over."""
        return self._examples[: max(FEWEST, round(10 ** (self.count.value() / 100)))]

    def _show(self) -> None:
        if self.table is None:
            return
        table, shown, chosen, now = self.table, self.shown(), self._chosen(), self.readings()
        self._count_words.setText(f"N = {len(chosen):,}")
        self._scale_words.setText(f"f × {10 ** (self.scale.value() / 100):.2f}")
        curves = {
            "data p": table.p,
            "q" if self.normalises.isChecked() else "f": np.exp(self._log_f(table.x)),
        }
        if not self._boxes[-1].isHidden():
            curves["best on N"] = np.exp(table.log_gaussian(now["mean"], max(now["spread"], NARROW)))
        self.density.set_curves({name: (table.x[shown], y[shown]) for name, y in curves.items()})
        self.density.set_ticks(chosen)
        self.density.set_handles(*self.bell.gaussian())
        for label, text in zip(self.numbers, self._texts(now), strict=True):
            label.say(text)

    def _texts(self, now: Mapping[str, float]) -> list[str]:
        """What stands beside each step. KL is the difference of the two numbers as they are printed."""
        nll, entropy = round(now["nll"], PLACES), round(now["entropy"], PLACES)
        kl = nll - entropy
        if self.normalises.isChecked():
            area = f"area {now['area']:.4f}: a density"
        else:
            area = f"area {now['area']:.4f}: no density, so a larger f always looks more likely"
        assert self.table is not None
        return [
            area,
            f"{kl:.{PLACES}f} nats, exact",
            f"-{entropy:.{PLACES}f} + {nll:.{PLACES}f} = {kl:.{PLACES}f}",
            f"{nll:.{PLACES}f} nats, exact",
            f"{now['estimate']:.{PLACES}f} ± {now['error']:.3f} estimate; {nll:.{PLACES}f} exact",
            f"of N: μ {now['mean']:.3f}, σ {now['spread']:.3f}; of p: μ {self.table.mean:.3f}, σ {self.table.std:.3f}",
        ]

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "density"):
            self.density.setMinimumHeight(theme.em(self, 8))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # By the window, not by itself: the reasons need the very height that would let them stay.
        roomy = self.window().height() >= theme.em(self, ROOMY)
        for reason in self._reasons:
            reason.setVisible(roomy)

    def _lay_out(self, name: str) -> None:
        steps = QVBoxLayout()
        steps.setSpacing(theme.em(self, 0.3))
        for row, (title, tip) in enumerate(_STEPS):
            self._boxes.append(QWidget())
            self._boxes[-1].setObjectName(f"{name}.step.{row}")
            lines = QVBoxLayout(self._boxes[-1])
            lines.setContentsMargins(0, 0, 0, 0)
            lines.setSpacing(0)
            heading, number = QLabel(title), Words(f"{name}.number.{row}", "")
            heading.setProperty("role", "heading")
            heading.setToolTip(tip)
            number.setToolTip(tip)
            number.setAlignment(Qt.AlignmentFlag.AlignTop)
            self.numbers.append(number)
            self._reasons.append(Words(f"{name}.reason.{row}"))
            self._reasons[-1].say(tip)
            self._reasons[-1].hide()
            for label in (heading, number, self._reasons[-1]):
                lines.addWidget(label)
            steps.addWidget(self._boxes[-1])
        steps.addStretch(1)
        top = QHBoxLayout()
        top.addWidget(self.density, 3)
        top.addLayout(steps, 3)
        for place, control in (
            ((0, 2), self._count_words), ((0, 3), self.count), ((1, 2), self._scale_words), ((1, 3), self.scale),
            ((1, 4), self.normalises),
        ):  # fmt: skip
            self.bell.rows.addWidget(control, *place)
        self.bell.rows.setColumnStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(top, 1)
        layout.addWidget(self.bell)
        self.density.setMinimumHeight(theme.em(self, 8))
