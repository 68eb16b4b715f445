"""The twin without t: what the network's knowledge of the time is worth, measured."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.core.experiment import Budget, Experiment
from playground.core.records import Answer, Query
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import caption, roomy
from playground.gui.panels.base.stage_columns import StageColumns
from playground.gui.panels.base.views import SampleStage, button
from playground.gui.session import TrainingSession
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import NameBox, labelled

SEEDS = (1, 2, 3)
POINTS, SHOWN = 1000, 36
IMAGES, LARGE_IMAGES = 120, 40  # of fewer, the distance of real images to real ones hides what is to be measured
LARGE = 16 * 16  # pixels, from which on more samples would take too long
STEPS = 25  # of the sampler
NONE = "none"
DISTANCES = {"sliced_wasserstein": "sliced Wasserstein distance", "feature_distance": "feature distance"}
Numbers = Mapping[str, float]


class TwinLens(Lens):
    """Owns a second session with a run that differs in one setting: whether its network sees t."""

    key = "twin"
    title = "Without t"
    tooltip = "The same network trained without knowing t, beside this one: samples from the same noise, distances"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.run = NameBox(f"{name}.run", "Twin", "A run on this data whose network differs in whether it sees t")
        roomy(self.run)
        self.again = button("Measure again", f"{name}.again", "Draws and measures samples of both once more")
        self.train_button = button("Train the twin", f"{name}.train",
                                   "Trains the twin here: the same settings, seed and number of steps")  # fmt: skip
        self.mine, self.theirs = (SampleStage(f"{name}.{part}", legend=False) for part in ("mine", "theirs"))
        self._columns = StageColumns({"This run": self.mine, "Its twin": self.theirs})
        self.says = caption(f"{name}.says")
        self.other: TrainingSession | None = None
        self._shown = NONE  # the run in that session
        self._step = 0  # of this run
        self._found: tuple[list[Numbers], list[Numbers]] = ([], [])  # this run's, its twin's, a seed each
        self.run.chosen.connect(lambda _: self._open(self.run.name()))
        self.again.clicked.connect(self.outdate)
        self.train_button.clicked.connect(self._train)
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return "sample" in facts["capabilities"]

    def sessions(self) -> Sequence[TrainingSession]:
        return () if self.other is None else (self.other,)

    def start(self, facts: Mapping[str, Any]) -> None:
        for stage in (self.mine, self.theirs):
            stage.show_data(facts)
        for heading, knows in zip(self._columns.headings, (self.knows, not self.knows), strict=True):
            heading.setText(f"{'With' if knows else 'Without'} t")
        self._release()
        self.run.clear()

    @property
    def knows(self) -> bool:
        """Whether this run's network sees t."""
        assert self.experiment is not None
        return bool(self.experiment.settings().get("know_time", True))

    # -- the twin -----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        if not self.run.count():
            self._list_twins()
        self._measure()

    def trained(self, step: int) -> None:
        """What is learned meanwhile is measured when training rests."""
        self._is_current = self._is_current and self.isVisible()

    def _list_twins(self) -> None:
        assert self.experiment is not None
        stored = TrainingSession.runs_on(self.experiment.data, self.experiment.data_options)
        alike = [each for each in stored if _is_twin(each.experiment, self.experiment)]
        self.run.set_choices([(each.run, each.title) for each in alike] or [(NONE, "none yet")])
        self.train_button.setVisible(not alike)
        if alike:
            self._open(alike[0].run)
        else:
            self.theirs.show_nothing("Nobody has trained this network the other way on this data. Train the twin.")

    def _open(self, run: str) -> None:
        if run in ("", NONE, self._shown):
            return
        self._begin(run).open_run(run)
        self.theirs.show_nothing("Loading ...")

    def _begin(self, run: str) -> TrainingSession:
        self._release()
        self._shown = run
        self._asked.add("twin")
        self.other = session = TrainingSession(self)
        session.opened.connect(self._twin_opened)
        session.answered.connect(self._twin_answered)
        session.failed.connect(lambda sentence, _: self._failed(sentence))
        session.state_changed.connect(self._twin_state)
        session.records_added.connect(self._twin_trained)
        return session

    def _release(self) -> None:
        session, self.other, self._shown = self.other, None, NONE
        self._asked.discard("twin")
        self._found[1].clear()
        if session is not None:
            session.let_go()

    def _twin_opened(self) -> None:
        assert self.other is not None
        if self.other.facts["data_hash"] != self.facts["data_hash"]:
            self._failed("Its data are not the same as here: another hash.")
        elif self._shown:
            self._ask_other()
        else:
            self.other.start(Budget("steps", self._step))

    def _failed(self, sentence: str) -> None:
        self._asked.discard("twin")
        self.theirs.show_nothing(sentence)

    # -- training it here ---------------------------------------------------------------------------------------------

    def _train(self) -> None:
        """A twin of this run as it is now: what was changed by hand on the way is in force from the start."""
        assert self.experiment is not None
        if self._step == 0:
            self.theirs.show_nothing("This run is untrained, and so would be its twin. Train it first.")
            return
        known = {field.name for field in self.facts["config_fields"]}
        settings = {key: value for key, value in self.experiment.settings().items() if key in known}
        twin = replace(self.experiment, config=settings | {"know_time": not self.knows}, events=())
        self._begin("").prepare_as(twin)
        self.train_button.setEnabled(False)

    def _twin_trained(self, records: list[Any]) -> None:
        if self.other is not None and self.other.state == "running":
            self.theirs.show_nothing(f"Training: {self.other.step:,} of {self._step:,} steps")

    def _twin_state(self, state: str) -> None:
        if state in ("done", "failed"):
            self.train_button.setEnabled(True)
        if state == "done":
            self.train_button.hide()
            self._ask_other()

    # -- measuring ----------------------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """Samples of both from the same noise, a few seeds, each compared with the test split."""
        self._found[0].clear()
        self.ask("point", "point", SEEDS[0], "sweep", **self._how())
        if self.other is not None and self.other.is_open and self.other.state in ("idle", "done", "paused"):
            self._found[1].clear()
            self._ask_other()

    def _how(self) -> dict[str, object]:
        pixels = int(np.prod(self.facts["shape"][-2:]))
        n, shown = (POINTS, POINTS) if self.is_points else (LARGE_IMAGES if pixels >= LARGE else IMAGES, SHOWN)
        return {"n": n, "settings": {"steps": STEPS, "guidance": 1.0}, "shown": shown}

    def _ask_other(self) -> None:
        """One more seed of the twin."""
        assert self.other is not None
        self._asked.add("twin")
        if "point" not in self._asked:
            self._ask_again()
        seed = SEEDS[len(self._found[1])]
        self.other.ask(Query(f"{self.objectName()}/twin", "point", self._how(), seed, "sweep"))

    def answered(self, answer: Answer) -> None:
        self._step = answer.step
        self._add(0, self.mine, answer)
        self._ask_again()

    def _ask_again(self) -> None:
        """One more seed of this run, as long as there is a twin to compare it with."""
        if 0 < len(self._found[0]) < len(SEEDS) and self.other is not None and self.isVisible():
            self.ask("point", "point", SEEDS[len(self._found[0])], "sweep", **self._how())

    def _twin_answered(self, answer: Answer) -> None:
        if answer.error:
            self._failed(answer.error)
            return
        self._add(1, self.theirs, answer)
        if len(self._found[1]) < len(SEEDS):
            self._ask_other()
        else:
            self._asked.discard("twin")

    def _add(self, who: int, stage: SampleStage, answer: Answer) -> None:
        numbers = {name: float(value) for name, value in answer.arrays.items() if name != "x"}
        if not self._found[who]:
            stage.show_samples(answer.arrays["x"], f"{answer.step:,} steps, seed {answer.query.seed}")
            if who == 0:
                self.picture("sample", answer.arrays["x"][0])
        self._found[who].append(numbers)
        self._say()

    def readings(self) -> Mapping[str, float]:
        """The mean distance of this run and of its twin, and the floor."""
        key = self._key()
        if not key or not self._found[1]:
            return {}
        both = (float(np.mean([numbers[key] for numbers in found])) for found in self._found)
        return dict(zip(("mine", "twin"), both, strict=True)) | {"floor": self._found[0][0][f"{key}_floor"]}

    def _key(self) -> str:
        """Which distance is measured here; "" where none is."""
        found = self._found[0]
        return next((key for key in DISTANCES if found and key in found[0]), "")

    def _say(self) -> None:
        mine, twin = self._found
        key = self._key()
        if not mine or not twin:
            self.says.setText("")
        elif not key or key not in twin[0]:
            self.says.setText("No classifier is bundled for these images: their distance to real ones is not measured.")
        else:
            both = [[numbers[key] for numbers in found] for found in (mine, twin)]
            knowing, blind = both if self.knows else reversed(both)
            self.says.setText(verdict(knowing, blind, mine[0][f"{key}_floor"], DISTANCES[key]))

    def _lay_out(self) -> None:
        row = FlowLayout()
        for widget in (labelled("Twin", self.run), self.again, self.train_button):
            row.addWidget(widget)
        self.train_button.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        layout.addWidget(self._columns, 1)
        layout.addWidget(self.says)


def verdict(knowing: Sequence[float], blind: Sequence[float], floor: float, what: str) -> str:
    """What distances (one a seed) of samples with t and without t say; nothing is claimed within their noise."""
    means = [float(np.mean(each)) for each in (knowing, blind)]
    seeds = min(len(knowing), len(blind))
    numbers = f"{means[0]:.3g} with t, {means[1]:.3g} without; as many real examples reach {floor:.3g}."
    if seeds < 2:
        return f"Estimate from one seed, {what} to test data: {numbers} More seeds follow before anything is said."
    gap = means[1] - means[0]
    noise = 2 * float(sum(np.var(each, ddof=1) / len(each) for each in (knowing, blind))) ** 0.5
    if abs(gap) <= noise:
        claim = "No difference can be told"
    else:
        claim = "Without t the samples are farther from the data" if gap > 0 else "Without t they are no worse: nearer"
    return f"{claim}. Estimate from {seeds} seeds, {what} to test data: {numbers}"


def _is_twin(other: Experiment, mine: Experiment) -> bool:
    """Whether two runs differ in what their networks know of t, and in no other setting of the model."""
    if other.model != mine.model:
        return False
    theirs, ours = dict(other.config), dict(mine.settings())
    differs = theirs.pop("know_time", True) != ours.pop("know_time", True)
    return differs and all(ours.get(key, value) == value for key, value in theirs.items())
