"""Target and achieved, statistic by statistic: those that are matched, and those that are left free."""

from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QVBoxLayout, QWidget

from playground.core.gaps import rms, z_scores
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.rest import Rest
from playground.gui.panels.base.views import SampleStage, captioned
from playground.gui.panels.statistics.matched import MATCHES, THIS_RUN, MatchedLens
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.gap_bars import Gap, GapBars
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.name_box import NameBox, labelled

MEASURED = MATCHES[:-1]  # with a kernel there is no list of statistics
SHOWN = 24  # fakes
MOST_ROWS = 9
FILTERS = 3  # whose histograms are drawn
PASSES = 2.0  # batch deviations: less is taken for chance
_POWERS = "⁰¹²³⁴⁵⁶⁷⁸"
Measured = Mapping[str, np.ndarray]


class MatchLens(MatchedLens):
    """Every statistic is measured on held-out data and on the fakes; the gap counts in batch deviations."""

    key = "match"
    title = "Match"
    tooltip = "Target and achieved for each statistic, matched or left free"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.look = NameBox(f"{name}.look", "Look at", "The statistic whose target and achieved value are on show")
        self.look.set_choices([(match, match) for match in MEASURED])
        self.look.chosen.connect(lambda _: self._show_detail())
        self.stage = SampleStage(f"{name}.fakes", legend=False)
        self.stage.caption.setWordWrap(False)  # else its height would depend on its width, and the bars be cut
        self.bars = GapBars(f"{name}.gaps")
        self.table = QLabel()
        self.table.setObjectName(f"{name}.table")
        self.table.setTextFormat(Qt.TextFormat.RichText)
        self.table.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.curves = CurvePlot(f"{name}.curves", "value", "share")
        self._matrices = {
            (row, column): ImageGrid(f"{name}.{row}.{column}", signed=row == "covariance")
            for row in ("mean", "covariance")
            for column in ("target", "achieved")
        }
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self._target: dict[str, Measured] = {}
        self._achieved: dict[str, Measured] = {}
        self.rest = Rest(shortest=1.0)
        self._lay_out()

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        self._target, self._achieved = {}, {}
        self.stage.show_data(facts)
        self.words.setText("")

    def trained(self, step: int) -> None:
        super().trained(step)
        if not self._asked and self.rest.is_over and self.matched.name() == THIS_RUN:
            self._bring_up_to_date()

    def refresh(self) -> None:
        self.rest.begin_look()
        super().refresh()

    def faked(self, step: int) -> None:
        """Measures them, and the data once."""
        self.stage.show_samples(self.fakes[: None if self.is_points else SHOWN], f"Fakes, {step:,} steps")
        self.picture("sample", self.fakes[0])
        for match in MEASURED:
            if match not in self._target:
                self.ask(f"target {match}", "measure", x=np.asarray(self.facts["test"]), match=match)
            self.ask(f"achieved {match}", "measure", x=self.fakes.astype(np.float32), match=match)

    def answered(self, answer: Answer) -> None:
        super().answered(answer)
        kind, _, match = answer.query.channel.rpartition("/")[2].partition(" ")
        known = {"target": self._target, "achieved": self._achieved}
        if kind in known:
            known[kind][match] = answer.arrays
            waits = any(what.startswith(tuple(known)) for what in self._asked)
            if not waits and all(len(found) == len(MEASURED) for found in known.values()):
                self.rest.end_look()
                self._show()

    def progress(self, words: str) -> None:
        self.words.setText(words)

    def readings(self) -> Mapping[str, float]:
        """The gap of each statistic in batch deviations."""
        if not all(len(found) == len(MEASURED) for found in (self._target, self._achieved)):
            return {}
        return {match: self._gap(match) for match in MEASURED}

    def _gap(self, match: str) -> float:
        """The parts of a statistic (mean and variance) count the same."""
        return rms(np.array([rms(z) for z in self._z_scores(match).values()]))

    def _z_scores(self, match: str) -> dict[str, np.ndarray]:
        """Of each part (K,), the gaps by number, whose targets are known from finitely many examples, too."""
        target, achieved = self._target[match], self._achieved[match]
        count = 1 / (1 / self.count + 1 / len(self.facts["test"]))
        parts = [name for name in target if not name.endswith(" spread")]
        return {name: z_scores(achieved[name], target[name], target[f"{name} spread"], count) for name in parts}

    # -- on show -------------------------------------------------------------------------------------------------------

    def _show(self) -> None:
        gaps = self.readings()
        covered = set(MEASURED) if self.generator == "kernel" else {self.generator}
        self.bars.set_gaps([Gap(match, value, match in covered) for match, value in gaps.items()])
        free = [match for match in MEASURED if match not in covered and gaps[match] > PASSES]
        if self.generator == "kernel":
            off = [match for match in MEASURED if gaps[match] > PASSES]
            words = "A kernel tries to match everything at once. "
            words += f"Still off by more than chance: {', '.join(off)}." if off else "No statistic here is off."
        else:
            words = f"Matched {self.generator}: off by {gaps[self.generator]:.1f} batch deviations. "
            words += f"Left free and off: {', '.join(free)}." if free else "All others agree as well."
        self.words.setText(f"{words} The line at 1: another {self.count} real examples.")
        self._show_detail()

    def _show_detail(self) -> None:
        match = self.look.name()
        if match not in self._target or match not in self._achieved:
            return
        target, achieved = self._target[match], self._achieved[match]
        if match in ("histogram", "filters"):
            self._detail.setCurrentIndex(1)
            self._show_curves(match, target, achieved)
        elif match == "covariance" and not self.is_points:
            self._detail.setCurrentIndex(2)
            self._show_pictures(target, achieved)
        else:
            self._detail.setCurrentIndex(0)
            self._show_table(match, target, achieved)

    def _channels(self) -> list[str]:
        shape = self.facts["shape"]
        if self.is_points:
            return ["x", "y"][: shape[0]]
        return ["gray"] if shape[0] == 1 else ["red", "green", "blue"]

    def _show_table(self, match: str, target: Measured, achieved: Measured) -> None:
        """Numbers side by side."""
        rows = []
        for name, z in self._z_scores(match).items():
            labels = self._labels(name, match)
            rows += [
                (label, f"{target[name][i]:.3f}", f"{achieved[name][i]:.3f}", f"{z[i]:+.1f}")
                for i, label in enumerate(labels[: len(z)])
            ]
        cells = [("", "target", "achieved", "gap"), *rows[:MOST_ROWS]]
        body = "".join(
            f"<tr>{''.join(f'<td align=right>&nbsp;&nbsp;{cell}</td>' for cell in row)}</tr>" for row in cells
        )
        self.table.setText(f"<table>{body}</table>".replace("-0.000<", "0.000<").replace("-", "−"))

    def _labels(self, name: str, match: str) -> list[str]:
        assert self.experiment is not None
        channels = self._channels()
        if name == "moments":
            order = int(self.experiment.settings().get("order", 2))  # type: ignore[arg-type]
            powers = [k for k in product(range(order + 1), repeat=len(channels)) if 1 <= sum(k) <= order]
            return ["".join(c + (_POWERS[n] if n > 1 else "") + " " for c, n in zip(channels, k, strict=True) if n)
                    for k in sorted(powers, key=sum)]  # fmt: skip
        if name == "covariance":
            return [f"cov {a}{b}" for a in channels for b in channels]
        return [f"{name} {channel}" for channel in channels]

    def _show_curves(self, match: str, target: Measured, achieved: Measured) -> None:
        """Shares of the bins, of filters those of the few that are furthest off, one after another."""
        assert self.experiment is not None
        bins = int(self.experiment.settings().get("bins", 16))  # type: ignore[arg-type]
        off = np.square(self._z_scores(match)[match].reshape(-1, bins)).sum(axis=1)
        rows = np.sort(np.argsort(off)[-FILTERS:]) if match == "filters" else np.arange(len(off))
        shares = [found[match].reshape(-1, bins)[rows].ravel() for found in (target, achieved)]
        several = f" of {len(rows)} {'filters, the furthest off' if match == 'filters' else 'channels'} in turn"
        self.curves.set_titles(f"bin{several if len(rows) > 1 else ''}", "share")
        at = np.arange(len(shares[0]))
        self.curves.set_curves({"target": (at, shares[0]), "achieved": (at, shares[1])})

    def _show_pictures(self, target: Measured, achieved: Measured) -> None:
        """The mean image, averaged down as far as the products of its pixels are, and their covariance."""
        channels = self.facts["shape"][0]
        largest = float(np.abs(target["covariance"]).max()) or 1.0
        for column, found in (("target", target), ("achieved", achieved)):
            mean, covariance = found["mean"], found["covariance"]
            side = round((len(mean) / channels) ** 0.5)
            self._matrices["mean", column].set_images(mean.reshape(1, channels, side, side).clip(0, 1))
            square = covariance.reshape(1, 1, len(mean), len(mean))
            self._matrices["covariance", column].set_images((square / largest).clip(-1, 1))

    def _lay_out(self) -> None:
        pictures = QWidget()
        grid = QGridLayout(pictures)
        grid.setContentsMargins(0, 0, 0, 0)
        for place, ((row, column), picture) in enumerate(self._matrices.items()):
            if column == "target":
                grid.addWidget(QLabel(row, alignment=Qt.AlignmentFlag.AlignHCenter), 0, place, 1, 2)
            grid.addWidget(captioned(picture, column), 1, place)
        grid.setRowStretch(1, 1)
        self._detail = QStackedWidget()
        for page in (self.table, self.curves, pictures):
            self._detail.addWidget(page)
        above = QWidget()
        flow = FlowLayout(above)
        flow.setContentsMargins(0, 0, 0, 0)
        for words, box in (("Matched", self.matched), ("Look at", self.look)):
            flow.addWidget(labelled(words, box))
        sides = QHBoxLayout()
        sides.setSpacing(theme.em(self, 0.8))
        for parts in ((self.stage,), (self.bars, self._detail)):
            half = QWidget()
            side = QVBoxLayout(half)
            side.setContentsMargins(0, 0, 0, 0)
            for part in parts:
                side.addWidget(part)
            half.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            sides.addWidget(half, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(above)
        layout.addLayout(sides, 1)
        layout.addWidget(self.words)
