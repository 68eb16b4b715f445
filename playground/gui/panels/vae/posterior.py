"""The posterior against the prior: where the codes lie, which axes say anything of x, and one example's bound term by
term, at a noise ε that is held."""

import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens, captioned
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, choice
from playground.gui.panels.vae.example import ExampleChoice
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.latent_pad import MOST_POINTS, LatentPad
from playground.gui.widgets.maths_label import lowered
from playground.gui.widgets.name_box import labelled
from playground.gui.widgets.next_button import NextButton
from playground.gui.widgets.sum_bar import Part, SumBar
from playground.gui.widgets.value_bars import ValueBars

ACTIVE = 0.05  # nats of KL an axis has at least, on average, if it says anything of x
PAUSE = 1.0  # seconds between two looks while training goes on


class PosteriorLens(Lens):
    """The map of the codes on the left; the axes and the bound of one example on the right."""

    key = "posterior"
    title = "Posterior and prior"
    tooltip = "Where q(z|x) lies against the prior N(0, I), axis by axis, and what the bound is made of"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.example = ExampleChoice(name, self)
        self.across = choice(f"{name}.across", "Across", "The axis of z that goes from left to right")
        self.up = choice(f"{name}.up", "Up", "The axis of z that goes upwards")
        self.noise = NextButton("New ε", f"{name}.noise", "Draws other noise ε from N(0, I); it stays until then")
        self.pad = LatentPad(f"{name}.pad")
        self.pad.setToolTip(
            "Circles: the prior at 1, 2 and 3 σ. Each example's code in the ellipse of its posterior.\n"
            "Dashed: all codes together, which should match the prior. Drag z: the noise ε follows."
        )
        self.bars = ValueBars(
            f"{name}.bars",
            "KL of each axis",
            "KL(q(z|x)‖p(z)) of each axis in nats, on average over held-out examples; the line: of this example.\n"
            "An axis whose KL is 0 has collapsed to the prior and says nothing of x.",
        )
        self.sum = SumBar(f"{name}.sum")
        self.words, self.axes_words, self.map_words = caption(), caption(), caption()
        self.words.setObjectName(f"{name}.words")
        self._mean = self._std = np.empty((0, 0))  # of the codes of held-out examples, (N, Z)
        self._kl = np.empty(0)  # of each axis, over them
        self._terms: Mapping[str, np.ndarray] = {}
        self._eps = np.empty(0, dtype=np.float32)
        self._by_hand = False  # whether a person chose the two axes
        self._next_at = 0.0
        self.example.chosen.connect(self._ask_terms)
        self.noise.drawn.connect(self._draw_noise)
        self.pad.moved.connect(self._moved)
        for box in (self.across, self.up):
            box.activated.connect(self._axis_chosen)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return bool(facts["latent_dim"] > 1)

    def start(self, facts: Mapping[str, Any]) -> None:
        size = facts["latent_dim"]
        self.example.start(facts)
        self._mean = self._std = np.empty((0, size))
        self._kl, self._terms = np.empty(0), {}
        self._by_hand, self._next_at = False, 0.0
        self._eps = self._drawn()
        for box, row in ((self.across, 0), (self.up, 1)):
            box.clear()
            box.addItems([lowered(f"z_{axis + 1}") for axis in range(size)])
            box.setCurrentIndex(row)
        self._name_axes()

    def refresh(self) -> None:
        test = self.facts["test"]
        shown = min(MOST_POINTS, len(test))
        self.ask("codes", "posterior", x=test[:shown], label=self.example.labels(0, shown))
        self.ask("kl", "latent_kl", x=test, label=self.example.labels(0, len(test)))
        self._ask_terms()

    def trained(self, step: int) -> None:
        """Looked at again while the model learns: a collapse is seen as it happens."""
        super().trained(step)
        if not self._asked and time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + PAUSE
            self._bring_up_to_date()

    def answered(self, answer: Answer) -> None:
        what = answer.query.channel.rpartition("/")[2]
        if not all(np.isfinite(array).all() for array in answer.arrays.values()):
            self.words.setText("The networks answer with numbers that are not finite.")
            return
        if what == "codes":
            self._mean, self._std = answer.arrays["mean"], answer.arrays["std"]
            self._show_codes()
        elif what == "kl":
            self._kl = answer.arrays["x"]
            self._show_axes()
        else:
            self._terms = answer.arrays
            self.picture("x", self.example.x[0])
            self.picture("sample", self._terms["decoded"][0])
            self._show_terms()

    def readings(self) -> Mapping[str, float]:
        """KL and ELBO of the example, and how many axes are active."""
        if not self._terms or not self._kl.size:
            return {}
        fit, kl = self._fit_and_kl()
        return {"fit": fit, "kl": kl, "elbo": fit - kl, "active": float((self._kl > ACTIVE).sum())}

    # -- the axes -----------------------------------------------------------------------------------------------------

    def _pair(self) -> list[int]:
        return [max(self.across.currentIndex(), 0), max(self.up.currentIndex(), 0)]

    def _axis_chosen(self) -> None:
        self._by_hand = True
        self._name_axes()
        self._show_codes()
        self._show_terms()

    def _name_axes(self) -> None:
        self.pad.set_names(*(_axis(k) for k in self._pair()))

    def _show_axes(self) -> None:
        """At first the two axes that say most are on the map."""
        self.bars.set_values(self._kl, [_axis(k) for k in range(len(self._kl))], ACTIVE)
        if not self._by_hand:
            for box, axis in zip((self.across, self.up), np.argsort(-self._kl, kind="stable"), strict=False):
                box.setCurrentIndex(int(axis))
            self._name_axes()
            self._show_codes()
            self._show_terms()
        active = int((self._kl > ACTIVE).sum())
        fate = "" if active else ": the posterior has collapsed to the prior"
        self.axes_words.setText(
            f"{active} of {len(self._kl)} axes are active, above {ACTIVE}{fate}. "
            "Bars: mean over examples; lines: this one"
        )

    def _show_codes(self) -> None:
        if not len(self._mean):
            return
        pair = self._pair()
        labels, names = self.facts["test_labels"], self.facts["factors"]
        known = labels[: len(self._mean), 0] if labels.shape[1] else None
        self.pad.set_points(self._mean[:, pair], known, names[0][1] if names else ())
        self.pad.set_spreads(self._std[:, pair])
        middle, covariance = together(self._mean[:, pair], self._std[:, pair])
        self.pad.set_whole(middle, covariance)
        across, up = np.sqrt(np.diag(covariance))
        self.map_words.setText(f"Dashed: all codes together, σ {across:.2f} across and {up:.2f} up (prior: 1)")

    # -- one example --------------------------------------------------------------------------------------------------

    def _drawn(self) -> np.ndarray:
        return np.random.default_rng(self.noise.number).standard_normal(self.facts["latent_dim"]).astype(np.float32)

    def _draw_noise(self) -> None:
        if self.facts:
            self._eps = self._drawn()
            self._ask_terms()

    def _moved(self, place: np.ndarray) -> None:
        """A hand moved z: the noise is what leads there."""
        if self._terms:
            pair = self._pair()
            self._eps[pair] = (place - self._terms["mean"][0, pair]) / self._terms["std"][0, pair]
            self._ask_terms()

    def _ask_terms(self) -> None:
        if self.facts and self.isVisible():
            noise = self._eps[None].copy()
            self.ask("terms", "bound_terms", x=self.example.x, noise=noise, label=self.example.label)
        else:
            self._is_current = False

    def _fit_and_kl(self) -> tuple[float, float]:
        return float(self._terms["log_likelihood"][0]), float(self._terms["kl"][0].sum())

    def _show_terms(self) -> None:
        if not self._terms:
            return
        pair, terms = self._pair(), self._terms
        mean, std, z = (terms[key][0] for key in ("mean", "std", "z"))
        self.pad.set_posterior(mean[pair], np.diag(std[pair] ** 2))
        self.pad.set_place(z[pair])
        self.bars.set_marks(terms["kl"][0])
        fit, kl = self._fit_and_kl()
        self.sum.set_parts("−ELBO", Part("−log p(x|z)", -fit), Part("KL", kl))
        k = pair[0]
        name = lowered(f"z_{k + 1}")
        text = f"ε held: {name} = μ + σ ε = {mean[k]:.2f} + {std[k]:.2f} · {self._eps[k]:.2f} = {z[k]:.2f}"
        self.words.setText(text.replace("-", "−"))

    # -- layout -------------------------------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_next_at"):
            self._fit()

    def _fit(self) -> None:
        self.example.fit()
        for words in (self.words, self.axes_words):
            words.setMinimumHeight(2 * words.fontMetrics().lineSpacing())

    def _lay_out(self) -> None:
        choices = QWidget()
        row = FlowLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.6))
        for words, box in (("Example", self.example.number), ("→", self.across), ("↑", self.up)):
            row.addWidget(labelled(words, box))
        row.addWidget(self.noise)
        right = QVBoxLayout()
        right.addWidget(self.example.strip)
        right.addWidget(captioned(self.bars, "KL of each axis, in nats as all below"), 1)
        right.addWidget(self.axes_words)
        right.addWidget(self.sum)
        right.addWidget(self.words)
        both = QHBoxLayout()
        both.setSpacing(theme.em(self, 0.8))
        left = QVBoxLayout()
        left.addWidget(self.pad, 1)
        left.addWidget(self.map_words)
        both.addLayout(left, 1)
        both.addLayout(right, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(choices)
        layout.addLayout(both, 1)
        self._fit()


def together(mean: np.ndarray, std: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean (2,) and covariance (2, 2) of the aggregate posterior: the mixture of N(mean, std²), (N, 2) each."""
    return mean.mean(axis=0), np.cov(mean.T, bias=True) + np.diag((std**2).mean(axis=0))


def _axis(k: int) -> str:
    return f"z_{{{k + 1}}}"
