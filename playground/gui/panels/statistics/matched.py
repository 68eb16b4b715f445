"""A lens on fakes: those of the run on the stage, or of a generator that the lens trains to match something else."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtWidgets import QWidget

from playground.core.experiment import Budget
from playground.core.records import Answer, Query, TrainRecord
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.lens import Lens
from playground.gui.session import TrainingSession
from playground.gui.widgets.name_box import NameBox

MATCHES = ("mean", "variance", "moments", "histogram", "covariance", "filters", "kernel")
THIS_RUN = "this run"
STEPS = 400  # that a generator of the lens's own is trained
MOST = 256  # fakes
SEED = 21
LOOK_EVERY = 1.0  # seconds, at a generator in training


class MatchedLens(Lens):
    """Owns a second session while another generator is on show.

    Attributes:
        fakes: (n, *shape); empty before they are there.
        generator: which statistic those were trained to match.
    """

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.matched = NameBox(
            f"{name}.matched",
            "What is matched",
            "This run's generator, or another one, trained here and now to match something else",
        )
        self.matched.chosen.connect(lambda _: self._chosen())
        self.own: TrainingSession | None = None
        self.fakes = np.empty(0)
        self.generator = ""
        self._looked_at = 0.0

    def sessions(self) -> Sequence[TrainingSession]:
        return () if self.own is None else (self.own,)

    def start(self, facts: Mapping[str, Any]) -> None:
        self._release()
        self.fakes, self.generator = np.empty(0), ""
        own = (match for match in MATCHES if match != self._of_run)
        self.matched.set_choices([(THIS_RUN, f"{self._of_run} (this run)"), *((match, match) for match in own)])
        self.matched.show_name(THIS_RUN)

    @property
    def _of_run(self) -> str:
        assert self.experiment is not None
        return str(self.experiment.settings().get("match", "kernel"))

    @property
    def count(self) -> int:
        """Of fakes."""
        return min(MOST, len(self.facts["test"]))

    def refresh(self) -> None:
        self._ask_fakes()

    def _ask_fakes(self) -> None:
        wanted = self.matched.name()
        if wanted == THIS_RUN:
            self.ask("fakes", "sample", SEED, n=self.count, settings={})
        elif self.own is None:
            self._train(wanted)
        elif self.own.is_open:
            self._asked.add("own")
            arguments: dict[str, object] = {"n": self.count, "settings": {}}
            self.own.ask(Query(f"{self.objectName()}/own", "sample", arguments, SEED))

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/fakes") and self.matched.name() == THIS_RUN:
            self._take(answer, self._of_run)

    def _take(self, answer: Answer, generator: str) -> None:
        self.fakes, self.generator = answer.arrays["x"], generator
        self.faked(answer.step)

    def faked(self, step: int) -> None:
        """Other fakes are there, of a generator after that many steps."""

    def progress(self, words: str) -> None:
        """What is to be said while another generator is trained."""

    # -- a generator of one's own -------------------------------------------------------------------------------------

    def _chosen(self) -> None:
        self._release()
        self.outdate()

    def _train(self, match: str) -> None:
        assert self.experiment is not None
        self._asked.add("opening")
        self.own = TrainingSession(self)
        self.own.opened.connect(self._own_opened)
        self.own.records_added.connect(self._own_learned)
        self.own.state_changed.connect(self._own_changed)
        self.own.answered.connect(self._own_answered)
        self.own.failed.connect(lambda sentence, _: self._own_failed(sentence))
        options = {f"data.{name}": value for name, value in self.experiment.data_options.items()}
        settings = {**self.experiment.settings(), **options, "conditional": False, "match": match}
        self.own.prepare("statistics", self.experiment.data, settings, SEED, keep=False)
        self.progress(f"A generator is made that will match: {match} ...")

    def _own_opened(self) -> None:
        assert self.own is not None
        self._asked.discard("opening")
        self._ask_fakes()
        self.own.start(Budget("steps", STEPS))

    def _own_learned(self, records: Sequence[TrainRecord]) -> None:
        self.progress(f"Learning to match {self.matched.name()}: step {records[-1].step:,} of {STEPS}.")
        if "own" not in self._asked and time.monotonic() - self._looked_at > LOOK_EVERY:
            self._ask_fakes()

    def _own_changed(self, state: str) -> None:
        if state in ("done", "failed", "paused"):
            self._ask_fakes()

    def _own_answered(self, answer: Answer) -> None:
        self._asked.discard("own")
        self._looked_at = time.monotonic()
        if answer.error:
            self.progress(answer.error)
        else:
            self._take(answer, self.matched.name())

    def _own_failed(self, sentence: str) -> None:
        self._asked -= {"own", "opening"}
        self.progress(sentence)

    def _release(self) -> None:
        session, self.own = self.own, None
        self._asked -= {"own", "opening"}
        if session is not None:
            session.let_go()
