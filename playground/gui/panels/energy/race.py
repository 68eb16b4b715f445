"""Direct against indirect: one pass of a generator beside a search on the energy, for the same data."""

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.core.records import Answer, Query
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.lens import Lens
from playground.gui.panels.base.parts import caption
from playground.gui.panels.base.sampling import SETTLE_MILLISECONDS
from playground.gui.panels.base.views import SampleStage, button
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import IntBox

DIRECT = ("gan", "stylegan", "vae", "statistics")  # families that sample in one pass
BATCH = 60  # samples whose cost is taken
MEASURED = {"points": 600, "images": 240}  # and whose quality is
SEED = 3
NO_JUDGE = "The project has no classifier for these images."
QUALITY = {"sliced_wasserstein": "Sliced Wasserstein", "feature_distance": "Feature distance"}


class RaceLens(Lens):
    """Owns a second session: the run with which this one is compared."""

    key = "race"
    title = "Direct or search"
    tooltip = "One pass of a generator beside Langevin steps: calls, milliseconds and quality"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.run = NameBox(f"{name}.run", "Direct run", "A run that learned the same data and samples in one pass")
        self.run.chosen.connect(lambda _: self._chosen())
        self.steps = IntBox(1, 2000)
        self.steps.setObjectName(f"{name}.steps")
        self.steps.setAccessibleName("Langevin steps")
        self.steps.setToolTip("Steps of the search from noise; each is a call of the network and of its slope")
        self.steps.setValue(100)
        self.clock = button("Time both", f"{name}.time", "Shows what a sample takes on this machine, in milliseconds")
        self.clock.clicked.connect(self._time)
        self._times = False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(SETTLE_MILLISECONDS)
        self._rest.timeout.connect(self.outdate)
        self.steps.valueChanged.connect(lambda _: self._rest.start())
        self.stages = {side: SampleStage(f"{name}.{side}", legend=False) for side in ("search", "direct")}
        self.says = {side: caption() for side in self.stages}
        self.words = caption()
        self.words.setObjectName(f"{name}.words")
        self.other: TrainingSession | None = None
        self._found: dict[tuple[str, str], dict[str, float]] = {}  # by side, and "measure" or "cost"
        self._lay_out()

    def sessions(self) -> Sequence[TrainingSession]:
        return () if self.other is None else (self.other,)

    def is_settled(self) -> bool:
        return super().is_settled() and not self._rest.isActive()

    def start(self, facts: Mapping[str, Any]) -> None:
        self._release()
        assert self.experiment is not None
        self._found, self._times = {}, False
        for side, stage in self.stages.items():
            stage.show_data(facts)
            self.says[side].setText("")
        runs = TrainingSession.runs_on(self.experiment.data, self.experiment.data_options)
        self.run.clear()
        direct = [(each.run, each.title) for each in runs if each.experiment.model in DIRECT]
        self.run.set_choices(direct or [("", "none")])
        if not direct:
            self.stages["direct"].show_nothing("No run that samples in one pass has learned this data.")

    def refresh(self) -> None:
        settings = {"start": "noise", "steps": self.steps.value()}
        for method, n in self._questions():
            self.ask(f"search {method}", method, SEED, target="evaluation", n=n, settings=settings)
        if self.run.name() and self.other is None:
            self._open()

    def _questions(self) -> tuple[tuple[str, int], ...]:
        """What is asked of either side, and of how many samples."""
        return ("measure", MEASURED[self.facts["kind"]]), ("cost", BATCH)

    def answered(self, answer: Answer) -> None:
        side, _, method = answer.query.channel.rpartition("/")[2].partition(" ")
        numbers = {name: float(value) for name, value in answer.arrays.items() if name != "x"}
        self._found[side, method] = numbers
        if method == "measure":
            x = answer.arrays["x"]
            self.stages[side].show_samples(x if self.is_points else x[:24], "")
            if side == "search":
                self.picture("sample", x[0])
        self._say(side)

    def readings(self) -> Mapping[str, float]:
        """Calls of a network and milliseconds a sample, of either side, and how far its samples are from the data."""
        return {f"{side}_{name}": value for (side, method), numbers in self._found.items()
                for name, value in numbers.items() if method == "cost" or name in QUALITY}  # fmt: skip

    def _say(self, side: str) -> None:
        words = []
        if cost := self._found.get((side, "cost")):
            calls = round(cost["network_calls"])
            time = f", {cost['milliseconds']:.2f} ms a sample" if self._times else ""
            words.append(f"{calls:,} call{'s' * (calls > 1)} of a network{time}.")
        for name, spoken in QUALITY.items():
            numbers = self._found.get((side, "measure"), {})
            if name in numbers:
                words.append(f"{spoken} {numbers[name]:.3g} (floor {numbers[f'{name}_floor']:.3g}).")
        self.says[side].setText(" ".join(words))
        both = [self._found.get((each, "cost")) for each in self.stages]
        text = ""
        if measured := self._found.get(("search", "measure")):
            is_judged = any(name in measured for name in QUALITY)
            text = f"Quality is that of {MEASURED[self.facts['kind']]} samples." if is_judged else NO_JUDGE
        if both[0] and both[1] and self._times:
            times = both[0]["milliseconds"] / max(both[1]["milliseconds"], 1e-6)
            text = f"The search takes {times:.3g} times as long as the single pass, in batches of {BATCH}. {text}"
        self.words.setText(text)

    def _time(self) -> None:
        """Times differ from one look to the next, so they are only there when they are asked for."""
        self._times = True
        for side in self.stages:
            self._say(side)

    # -- the direct one -----------------------------------------------------------------------------------------------

    def _chosen(self) -> None:
        self._release()
        self.outdate()

    def _open(self) -> None:
        self._asked.add("direct")
        self.other = TrainingSession(self)
        self.other.opened.connect(self._other_opened)
        self.other.answered.connect(self._other_answered)
        self.other.failed.connect(lambda sentence, _: self._other_failed(sentence))
        self.other.open_run(self.run.name())

    def _other_opened(self) -> None:
        assert self.other is not None
        self._asked.discard("direct")
        if self.other.facts["data_hash"] != self.facts["data_hash"]:
            self._other_failed("Its data are not the same as here: another hash.")
            return
        for method, n in self._questions():
            self._asked.add(f"direct {method}")
            self.other.ask(Query(f"{self.objectName()}/direct {method}", method, {"n": n}, SEED, "evaluation"))

    def _other_answered(self, answer: Answer) -> None:
        self._asked.discard(answer.query.channel.rpartition("/")[2])
        if answer.error:
            self.stages["direct"].show_nothing(answer.error)
        else:
            self.answered(answer)

    def _other_failed(self, sentence: str) -> None:
        self._asked -= {"direct", "direct measure", "direct cost"}
        self.stages["direct"].show_nothing(sentence)

    def _release(self) -> None:
        session, self.other = self.other, None
        self._asked -= {"direct", "direct measure", "direct cost"}
        self._found = {key: value for key, value in self._found.items() if key[0] != "direct"}
        if session is not None:
            session.let_go()

    def _lay_out(self) -> None:
        above = QWidget()
        flow = FlowLayout(above)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.addWidget(labelled("Langevin steps", self.steps))
        flow.addWidget(labelled("Direct run", self.run))
        flow.addWidget(self.clock)
        row = QHBoxLayout()
        row.setSpacing(theme.em(self, 0.8))
        titles = {"search": "Indirect: search", "direct": "Direct: one pass"}
        for side, stage in self.stages.items():
            column = QWidget()
            column.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            box = QVBoxLayout(column)
            box.setContentsMargins(0, 0, 0, 0)
            heading = QLabel(titles[side])
            heading.setProperty("role", "heading")
            box.addWidget(heading)
            box.addWidget(stage, 1)
            box.addWidget(self.says[side])
            row.addWidget(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(above)
        layout.addLayout(row, 1)
        layout.addWidget(self.words)
