"""Three losses judge the same fakes: by their statistics, their likelihood, and a discriminator."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.core.gaps import chance, rms, told_apart, z_scores
from playground.core.records import Answer, Query
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, roomy
from playground.gui.panels.base.views import SampleStage
from playground.gui.panels.statistics.match import PASSES, SHOWN
from playground.gui.panels.statistics.matched import MatchedLens
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.gap_bars import Gap, GapBars
from playground.gui.widgets.name_box import NameBox, labelled

EXACT, NONE = "exact", "none"
DENSITIES = ("autoregressive", "gaussian")  # families whose likelihood is exact, the better one first
SIGMAS = 3.0  # of chance, beyond which two sets of scores are told apart
BINS = 24


@dataclass(frozen=True)
class Verdict:
    """What one test says of the fakes; `passes` is None where there is nothing to judge by."""

    passes: bool | None
    words: str


class VerdictsLens(MatchedLens):
    """Owns the judges: a run with a density and one with a discriminator, both trained on the same data."""

    key = "verdicts"
    title = "Three losses"
    tooltip = "The same fakes under the other two objectives of slide 14"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.judges = {
            "density": NameBox(f"{name}.density", "Density",
                               "Whose log-likelihood judges: a run trained on the same data, or the exact density"),
            "critic": NameBox(f"{name}.critic", "Discriminator",
                              "The discriminator of which GAN judges; it was trained on the same data"),
        }  # fmt: skip
        for what, box in self.judges.items():
            box.chosen.connect(lambda _, what=what: self._judge_chosen(what))
            roomy(box)
        self.stage = SampleStage(f"{name}.fakes", legend=False)
        self.stage.caption.setWordWrap(False)
        self.bars = GapBars(f"{name}.gaps")
        axes = {"density": "log p in nats", "critic": "logit"}
        self.plots = {what: CurvePlot(f"{name}.{what}.scores", x, "share") for what, x in axes.items()}
        self.says = [caption() for _ in range(3)]
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self._open: dict[str, TrainingSession] = {}
        self._scores: dict[tuple[str, str], np.ndarray] = {}  # by test, and "real" or "fake"
        self._phi: dict[str, Mapping[str, np.ndarray]] = {}  # statistics of data, real and fake examples
        self._lay_out()

    def sessions(self) -> Sequence[TrainingSession]:
        return (*super().sessions(), *self._open.values())

    def start(self, facts: Mapping[str, Any]) -> None:
        super().start(facts)
        assert self.experiment is not None
        self._scores, self._phi = {}, {}
        for session in self._open.values():
            session.let_go()
        self._open = {}
        self.stage.show_data(facts)
        # A model with labels is asked with the label left open.
        runs = TrainingSession.runs_on(self.experiment.data, self.experiment.data_options)
        exact = [(EXACT, "exact density")] if self.is_points and facts["data"]["entropy"] is not None else []
        by_density = [
            (each.run, each.title) for family in DENSITIES for each in runs if each.experiment.model == family
        ]
        critics = [(each.run, each.title) for each in runs if each.experiment.model == "gan"]
        for what, choices in (("density", [*exact, *by_density]), ("critic", critics)):
            box = self.judges[what]
            box.clear()
            box.set_choices(choices or [(NONE, "none")])
            self.plots[what].setVisible(bool(choices))  # without a judge there is nothing to draw

    def _judge_chosen(self, what: str) -> None:
        if what in self._open:
            self._open.pop(what).let_go()
        self._scores = {key: value for key, value in self._scores.items() if key[0] != what}
        self._show()
        self.outdate()

    def _real(self) -> np.ndarray:
        return np.asarray(self.facts["test"][: self.count])

    def _rest(self) -> np.ndarray:
        """What the statistics of real and of fake examples are compared with."""
        test = np.asarray(self.facts["test"])
        return test[self.count :] if len(test) >= 2 * self.count else test

    @property
    def count(self) -> int:
        return min(super().count, len(self.facts["test"]) // 2)

    def faked(self, step: int) -> None:
        """Brings them before all three."""
        match = self.generator
        shown = self.fakes[: None if self.is_points else SHOWN]
        self.stage.show_samples(shown, f"Fakes, {step:,} steps")
        self.picture("sample", self.fakes[0])
        for who, x in (("data", self._rest()), ("real", self._real()), ("fake", self.fakes.astype(np.float32))):
            self.ask(f"phi {who}", "measure", x=x, match=match)
        for what in self.judges:
            self._ask_judge(what)

    # -- the judges ----------------------------------------------------------------------------------------------------

    def _ask_judge(self, what: str) -> None:
        name = self.judges[what].name()
        if name == EXACT:
            for who, x in self._accused():
                self.ask(f"{what} {who}", "log_density", target="exact", x=x)
        elif name not in (NONE, "") and what not in self._open:
            self._open_judge(what, name)
        elif what in self._open and self._open[what].is_open:
            method = "log_density" if what == "density" else "discriminate"
            for who, x in self._accused():
                self._asked.add(f"{what} {who}")
                self._open[what].ask(Query(f"{self.objectName()}/{what} {who}", method, {"x": x}))

    def _accused(self) -> list[tuple[str, np.ndarray]]:
        return [("real", self._real()), ("fake", self.fakes.clip(0, 1) if not self.is_points else self.fakes)]

    def _open_judge(self, what: str, run: str) -> None:
        self._asked.add(what)
        session = self._open[what] = TrainingSession(self)
        session.opened.connect(lambda: self._judge_opened(what, session))
        session.answered.connect(self._judged)
        session.failed.connect(lambda sentence, _: self._judge_failed(what, sentence))
        session.open_run(run)

    def _judge_opened(self, what: str, session: TrainingSession) -> None:
        self._asked.discard(what)
        if session.facts["data_hash"] != self.facts["data_hash"]:
            self._judge_failed(what, "Its data are not the same as here: another hash.")
        elif self.fakes.size:
            self._ask_judge(what)

    def _judge_failed(self, what: str, sentence: str) -> None:
        self._asked -= {what, f"{what} real", f"{what} fake"}
        self.words.setText(sentence)

    def _judged(self, answer: Answer) -> None:
        self._asked.discard(answer.query.channel.rpartition("/")[2])
        if answer.error:
            self.words.setText(answer.error)
        else:
            self._take_score(answer)

    def answered(self, answer: Answer) -> None:
        super().answered(answer)
        self._take_score(answer)

    def _take_score(self, answer: Answer) -> None:
        what, _, who = answer.query.channel.rpartition("/")[2].partition(" ")
        if what == "phi":
            self._phi[who] = answer.arrays
        elif who:
            self._scores[what, who] = answer.arrays["x"].astype(float)
        self._show()

    # -- verdicts ------------------------------------------------------------------------------------------------------

    def progress(self, words: str) -> None:
        self.words.setText(words)

    def readings(self) -> Mapping[str, float]:
        """The gap of the matched statistic in batch deviations, mean log-likelihoods, and the shares of pairs in which
        density and discriminator prefer the real example."""
        found: dict[str, float] = {}
        if gaps := self._gaps():
            found |= {"gap": rms(gaps["fake"]), "gap_real": rms(gaps["real"])}
        for what in self.judges:
            real, fake = (self._scores.get((what, who)) for who in ("real", "fake"))
            if real is not None and fake is not None:
                found |= {f"{what}_real": float(np.mean(real)), f"{what}_fake": float(np.mean(fake)),
                          f"{what}_apart": told_apart(real, fake)}  # fmt: skip
        return found

    def _gaps(self) -> dict[str, np.ndarray]:
        """Of real and of fake examples every number of the matched statistic, in batch deviations."""
        if len(self._phi) < 3 or len({frozenset(phi) for phi in self._phi.values()}) > 1:
            return {}
        data, count = self._phi["data"], 1 / (1 / self.count + 1 / len(self._rest()))
        parts = [name for name in data if not name.endswith(" spread")]
        return {
            who: np.concatenate([z_scores(self._phi[who][n], data[n], data[f"{n} spread"], count) for n in parts])
            for who in ("real", "fake")
        }

    def verdicts(self) -> list[Verdict]:
        """Of the statistic, the density and the discriminator."""
        now = self.readings()
        result = [Verdict(None, "Measuring ...")]
        if "gap" in now:
            words = (
                f"{self.generator} is off by {now['gap']:.1f} batch deviations; other real data by "
                f"{now['gap_real']:.1f}."
            )
            result = [Verdict(now["gap"] < PASSES, words)]
        for what, none in (("density", "No run with a density on these data."), ("critic", "No GAN on these data.")):
            if f"{what}_apart" not in now:
                waits = self.judges[what].name() not in (NONE, "")
                result.append(Verdict(None, "Judging ..." if waits else none))
                continue
            apart = now[f"{what}_apart"]
            passes = abs(apart - 0.5) < SIGMAS * chance(self.count, len(self.fakes))
            unit = "mean log p" if what == "density" else "mean logit"
            words = f"{unit} of fakes {_brief(now[f'{what}_fake'])}, of real {_brief(now[f'{what}_real'])}. "
            if outside := float(np.isneginf(self._scores[what, "fake"]).mean()):
                words += f"{outside:.0%} of the fakes lie where the density is 0. "
            words += f"Prefers the real one in {apart:.0%} of pairs; 50% is a draw."
            result.append(Verdict(passes, words))
        return result

    def _show(self) -> None:
        now = self.readings()
        if "gap" in now:
            self.bars.set_gaps([Gap("fakes", now["gap"], False), Gap("real", now["gap_real"], True)])
        for what, plot in self.plots.items():
            real, fake = (self._scores.get((what, who)) for who in ("real", "fake"))
            plot.set_curves(_histograms(real, fake) if real is not None and fake is not None else {})
        verdicts = self.verdicts()
        for label, verdict in zip(self.says, verdicts, strict=True):
            mark = {True: "✓ Passes: ", False: "✗ Fails: ", None: ""}[verdict.passes]
            label.setText((mark + verdict.words).replace(" -", " −"))
        names = ("the statistics", "the density", "the discriminator")
        passed, failed = (
            [n for n, v in zip(names, verdicts, strict=True) if v.passes is is_so] for is_so in (True, False)
        )
        self.words.setText(_sentence(passed, failed))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "words"):
            self._fit()

    def _fit(self) -> None:
        """Heights follow the type size; a page that is lower than that is scrolled."""
        for plot in self.plots.values():
            plot.setMinimumHeight(theme.em(self, 6))

    def _lay_out(self) -> None:
        above = QWidget()
        flow = FlowLayout(above)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.addWidget(labelled("Matched", self.matched))
        flow.addWidget(labelled("Density", self.judges["density"]))
        flow.addWidget(labelled("Discriminator", self.judges["critic"]))
        row = QHBoxLayout()
        row.setSpacing(theme.em(self, 0.8))
        titles = ("Match statistics", "High density", "Indistinguishable")
        parts: tuple[tuple[QWidget, ...], ...] = ((self.stage, self.bars), *((plot,) for plot in self.plots.values()))
        for title, shown, label in zip(titles, parts, self.says, strict=True):
            column = QWidget()
            column.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            box = QVBoxLayout(column)
            box.setContentsMargins(0, 0, 0, 0)
            heading = QLabel(title)
            heading.setProperty("role", "heading")
            box.addWidget(heading)
            for part in shown:
                box.addWidget(part, 1)
            box.addWidget(label)
            box.addStretch(0)
            row.addWidget(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(above)
        layout.addLayout(row, 1)
        layout.addWidget(self.words)
        self._fit()


def _histograms(real: np.ndarray, fake: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Shares of both in equal bins; what lies outside of 98 in 100 is counted in the outermost ones, and what has no
    density in a bin of its own far on the left."""
    both = np.concatenate([real, fake])
    finite = both[np.isfinite(both)]
    low, high = (float(end) for end in np.percentile(finite, (1, 99))) if finite.size else (0.0, 1.0)
    if len(finite) < len(both) or high == low:
        low, high = low - max(high - low, 1.0), high + 0.05 * max(high - low, 1.0)
    edges = np.linspace(low, high, BINS + 1)
    middles = (edges[1:] + edges[:-1]) / 2
    return {
        name: (middles, np.histogram(x.clip(edges[0], edges[-1]), edges)[0] / len(x))
        for name, x in (("real", real), ("fake", fake))
    }


def _brief(value: float) -> str:
    """About three digits."""
    if np.isneginf(value):
        return "−∞"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _sentence(passed: list[str], failed: list[str]) -> str:
    """What the judges that have spoken say together."""
    if passed and failed:
        return f"They disagree. These fakes pass before {_and(passed)} and fail before {_and(failed)}."
    if failed:
        return f"These fakes fail before {_and(failed)}."
    return f"These fakes pass before {_and(passed)}." if passed else ""


def _and(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
