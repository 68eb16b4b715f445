"""This run beside real data and beside another run that learned the same: all from the same noise."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer, Query
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.parts import counted, roomy
from playground.gui.panels.base.sampling import labels_in_turn
from playground.gui.panels.base.stage_columns import StageColumns
from playground.gui.panels.base.views import SampleStage, View, button
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import INT_LIMIT, IntBox

SEED = 12
POINTS, IMAGES = 600, 36
NONE = "none"


class CompareView(View):
    """Owns a second session while another run is on show."""

    title = "Compare"
    tooltip = "Samples of this run beside real data and another run, all from the same noise"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.other: TrainingSession | None = None
        self._shown = NONE  # the run in that session
        self.run = NameBox(f"{name}.run", "Another run", "A run that learned the same data")
        roomy(self.run)
        self.seed = IntBox(0, INT_LIMIT)
        self.seed.setObjectName(f"{name}.seed")
        self.seed.setAccessibleName("Seed of the noise")
        self.seed.setToolTip("Both runs make their samples from the same noise; another seed is other noise")
        self.seed.setValue(SEED)
        self.seed.setFixedWidth(theme.em(self, 5))
        self.stage_button = button("Race them from the start", f"{name}.race",
                                   "Opens the page where several families learn this data at once")  # fmt: skip
        parts = ("mine", "real", "theirs")
        self.mine, self.real, self.theirs = (SampleStage(f"{name}.{part}", legend=False) for part in parts)
        stages = (self.mine, self.real, self.theirs)
        self._columns = StageColumns(dict(zip(("This run", "Real data", "Another run"), stages, strict=True)))
        self._lay_out()
        self.run.chosen.connect(self._run_chosen)
        self.seed.valueChanged.connect(lambda _: self.outdate())
        self.stage_button.clicked.connect(self._race)

    # -- this run -----------------------------------------------------------------------------------------------------

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return "sample" in facts["capabilities"]

    def sessions(self) -> Sequence[TrainingSession]:
        return () if self.other is None else (self.other,)

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        for stage in (self.mine, self.real, self.theirs):
            stage.show_data(facts)
        self._show_real(facts)
        self._columns.headings[0].setText(f"This run: {TrainingSession.models()[experiment.model].title}")
        self._release()
        self.run.clear()
        super().opened(facts, experiment)

    def refresh(self) -> None:
        if not self.run.count():
            self._list_runs()
        count = POINTS if self.is_points else IMAGES
        self.ask("mine", "sample", self.seed.value(), n=count, label=labels_in_turn(self.facts, count), settings={})
        self._ask_other()

    def trained(self, step: int) -> None:
        """What is learned meanwhile is looked at when training rests: the Train view shows it as it goes."""
        self._is_current = self._is_current and self.isVisible()

    def answered(self, answer: Answer) -> None:
        when = counted(answer.step, "step") if answer.step else "untrained"
        self.mine.show_samples(answer.arrays["x"], f"{when}, seed {answer.query.seed}")

    # -- the other one ------------------------------------------------------------------------------------------------

    def _list_runs(self) -> None:
        """Runs on the same data that make samples; at first one of another family, where there is one."""
        assert self.experiment is not None
        learned = TrainingSession.runs_on(self.experiment.data, self.experiment.data_options)
        models = TrainingSession.models()
        makes = [each for each in learned if models[each.experiment.model].extra.get("generates", True)]
        stored = [each for each in makes if each.experiment != self.experiment]
        self.run.set_choices([(NONE, "none"), *((each.run, each.title) for each in stored)])
        others = [each.run for each in stored if each.experiment.model != self.experiment.model]
        if others:
            self.run.show_name(others[0])
        elif not stored:
            self.theirs.show_nothing("No other run has learned this data. Train one, or race them.")

    def _run_chosen(self, name: str) -> None:
        self.outdate()

    def _ask_other(self) -> None:
        wanted = self.run.name() or NONE
        if wanted != self._shown:
            self._release()
            self._shown = wanted
            if wanted != NONE:
                self._open_other(wanted)
        elif self.other is not None and self.other.is_open:
            self._sample_other()

    def _open_other(self, run: str) -> None:
        self.theirs.show_nothing("Loading ...")
        self._asked.add("theirs")
        self.other = TrainingSession(self)
        self.other.opened.connect(self._other_opened)
        self.other.answered.connect(self._other_answered)
        self.other.failed.connect(self._other_failed)
        self.other.open_run(run)

    def _release(self) -> None:
        """Lets the other run go."""
        session, self.other, self._shown = self.other, None, NONE
        self._asked.discard("theirs")
        if session is not None:
            session.let_go()
        self.theirs.show_nothing("Choose another run above.")

    def _other_opened(self) -> None:
        assert self.other is not None
        if self.other.facts["data_hash"] != self.facts["data_hash"]:
            self._other_failed("Its data are not the same as here: another hash.", "")
            return
        self._sample_other()

    def _sample_other(self) -> None:
        assert self.other is not None
        count = POINTS if self.is_points else IMAGES
        self._asked.add("theirs")
        arguments: dict[str, object] = {"n": count, "label": labels_in_turn(self.other.facts, count), "settings": {}}
        self.other.ask(Query(f"{self.objectName()}/theirs", "sample", arguments, self.seed.value()))

    def _other_answered(self, answer: Answer) -> None:
        self._asked.discard("theirs")
        if answer.error:
            self.theirs.show_nothing(answer.error)
        else:
            self.theirs.show_samples(answer.arrays["x"], f"{counted(answer.step, 'step')}, seed {answer.query.seed}")

    def _other_failed(self, sentence: str, details: str) -> None:
        self._asked.discard("theirs")
        self.theirs.show_nothing(sentence)

    # -- the rest -----------------------------------------------------------------------------------------------------

    def _show_real(self, facts: Mapping[str, Any]) -> None:
        words = f"held out, hash {facts['data_hash'][:8]}"
        nothing = np.empty((0, *facts["shape"]))
        self.real.show_samples(nothing if facts["kind"] == "points" else facts["test"][:IMAGES], words)

    def _race(self) -> None:
        assert self.experiment is not None
        families = [self.experiment.model]
        if self.other is not None and self.other.experiment is not None:
            families.append(self.other.experiment.model)
        self.comparison_wanted.emit(self.experiment.data, families, dict(self.experiment.data_options))

    def _lay_out(self) -> None:
        choices = QWidget()
        row = FlowLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.6))
        for widget in (labelled("Another run", self.run), labelled("Seed", self.seed), self.stage_button):
            row.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(choices)
        layout.addWidget(self._columns, 1)
