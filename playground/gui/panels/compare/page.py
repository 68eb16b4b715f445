"""The page of the comparison: the columns, the real data beside them, one curve a run, and the quiz."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLabel, QSplitter, QVBoxLayout, QWidget

from playground.core.errors import UsageError
from playground.core.hyperparams import Value
from playground.core.turns import FairShare
from playground.gui.document import ViewState
from playground.gui.panels.base.panel_actions import TransportActions
from playground.gui.panels.base.views import view_tabs
from playground.gui.panels.compare.choices import (
    FEWEST,
    MOST,
    OPENS_WITH,
    data_kind,
    families_for,
    opening_families,
)
from playground.gui.panels.compare.column import Column
from playground.gui.panels.compare.curves import MetricCurves
from playground.gui.panels.compare.data_box import DataBox
from playground.gui.panels.compare.quiz_view import QuizView
from playground.gui.panels.compare.race import Race
from playground.gui.panels.compare.real_column import RealColumn
from playground.gui.panels.compare.seeds_view import SeedsView
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.number_boxes import IntBox
from playground.gui.widgets.run_controls import RunControls

REDRAW_MILLISECONDS = 150
TYPED_MILLISECONDS = 400  # after the last digit of a seed
FRESH, BUNDLED = "fresh", "bundled"
SECONDS = 20.0  # of training for each, at first


class Page(TransportActions):
    """Two to four families that learn the same data from the same seed, sharing the time to do so."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("compare", parent)
        self._share = FairShare()
        self.columns = [Column(f"compare.{index + 1}", index, self._share, self) for index in range(MOST)]
        self.race = Race(self.columns, self._share, self)
        self.real = RealColumn("compare.real")
        self.data = DataBox("compare.data")
        self.curves = MetricCurves("compare.curves")
        self.count = IntBox(FEWEST, MOST)
        self.count.setObjectName("compare.columns")
        self.count.setAccessibleName("Columns")
        self.count.setToolTip("How many families learn at once")
        self.count.setValue(MOST)
        self.unit = NameBox("compare.share", "What is shared",
                            "Each gets as many seconds of training as the others, or as many steps")  # fmt: skip
        self.unit.set_choices([("seconds", "seconds of training"), ("steps", "training steps")])
        self.begin = NameBox(
            "compare.begin", "Begin with",
            "Models that have learned nothing, or the bundled runs on this data of those families that have one",
        )  # fmt: skip
        self.begin.set_choices([(FRESH, "fresh models"), (BUNDLED, "bundled runs")])
        self.transport = RunControls(id_prefix="compare")
        self.transport.set_budget("seconds", SECONDS)
        self.quiz = QuizView("compare.quiz", self.race)
        self.seeds = SeedsView("compare.seeds", self.race)
        self._stale: set[Column] = set()  # columns whose choices are not in force yet
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(self._renew)
        self._redraw = QTimer(self)  # what comes from four runs is drawn together
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MILLISECONDS)
        self._redraw.timeout.connect(self._show_progress)
        self._has_measured = False
        self._lay_out()
        self._connect()
        self._choose(OPENS_WITH)
        self._show_race()

    # -- opening --------------------------------------------------------------------------------------------------

    def open_default(self) -> None:
        """Four families as unlike as there are, on data that each learns in seconds."""
        self.start(OPENS_WITH)

    def start(self, data: str, families: Sequence[str] = (), options: Mapping[str, Value] | None = None) -> None:
        """Fresh models on this data; the families named come first, others fill the columns. `options`: settings of the
        data by their own names, in the place of the presets'.

        Raises UsageError for data that is not there.
        """
        if not self.data.show_name(data):
            raise UsageError(f"There is no data '{data}'. Choose one from the list, or draw points of your own.")
        self.race.options = {f"data.{key}": value for key, value in (options or {}).items()}
        self.race.begins_trained = False
        self.begin.show_name(FRESH)
        self._choose(data, tuple(families))
        self.count.setValue(MOST)
        self._renew_all()

    def capture(self) -> ViewState:
        return replace(super().capture(), experiment=self.columns[0].session.experiment)

    def restore(self, state: ViewState) -> None:
        super().restore(state)
        if state.experiment is not None and state.experiment.data == self.data.name():
            self._take_options(state.experiment.data_options)
        if not any(column.session.is_open for column in self.columns):
            self._renew_all()

    def _take_options(self, options: Mapping[str, Value]) -> None:
        """The same settings of the data as before, for all columns."""
        self.race.options = {f"data.{key}": value for key, value in options.items()}
        shown = [column.session.experiment for column in self.race.columns if column.session.experiment]
        if any(dict(experiment.data_options) != dict(options) for experiment in shown):
            self._renew_all()

    def readings(self) -> Mapping[str, float]:
        """The newest numbers of each column ("compare.1.precision"), and of the quiz."""
        numbers: dict[str, float] = {
            "compare.quiz.asked": self.quiz.quiz.asked,
            "compare.quiz.right": self.quiz.quiz.right,
        }
        for column in self.race.columns:
            measured = {**column.track.newest, **column.cost}
            numbers |= {f"{column.objectName()}.{name}": value for name, value in measured.items()}
        return numbers | {f"compare.seeds.{name}": value for name, value in self.seeds.readings().items()}

    @property
    def data_name(self) -> str:
        return self.data.name()

    def sessions(self) -> Sequence[TrainingSession]:
        return [*(column.session for column in self.columns), *self.seeds.runs.sessions()]

    def is_settled(self) -> bool:
        if self._soon.isActive() or self._has_measured:
            return False
        parts = (self.quiz, self.seeds)
        return all(column.is_settled for column in self.race.columns) and all(part.is_settled() for part in parts)

    # -- choices ----------------------------------------------------------------------------------------------------

    def _choose(self, data: str, wanted: tuple[str, ...] = ()) -> None:
        """Shows the choices there are with this data; families that can learn it stay unless others are wanted."""
        self.data.show_name(data)
        cards = families_for(data)
        opening = opening_families(data, wanted)
        for column, family in zip(self.columns, opening, strict=False):
            column.family.set_choices([(card.name, card.title) for card in cards])
            column.family.show_name(family)
        self.curves.show_kind(data_kind(data))

    def _data_chosen(self, data: str) -> None:
        self.race.options = {}
        names = [card.name for card in families_for(data)]
        kept = [column.family.name() for column in self.columns if column.family.name() in names]
        cards = families_for(data)
        others = iter(opening_families(data, tuple(kept), len(names)))
        used = set(kept)
        for column in self.columns:
            before = column.family.name()
            column.family.set_choices([(card.name, card.title) for card in cards])
            if before not in names:
                column.family.show_name(next((name for name in others if name not in used), names[0]))
                used.add(column.family.name())
        self.curves.show_kind(data_kind(data))
        self._renew_all()

    def _family_chosen(self) -> None:
        column = self.sender()
        assert isinstance(column, Column)
        self._stale.add(column)
        self._soon.start(0)

    def _begin_chosen(self, begin: str) -> None:
        self.race.begins_trained = begin == BUNDLED
        self._renew_all()

    def _count_chosen(self, count: int) -> None:
        added = self.columns[self.race.count : count]
        for column in self.columns[count : self.race.count]:
            column.leave()
        self.race.count = count
        for index, column in enumerate(self.columns):
            column.setVisible(index < count)
        self._stale.update(added)
        self._soon.start(0)

    def _seed_typed(self, seed: int) -> None:
        """Another seed counts at once while nothing would be lost by it, else from the next start on."""
        self._stale.update(self.race.columns)
        if self.race.state == "idle":
            self._soon.start(TYPED_MILLISECONDS)
        else:
            self.messages.show_message("info", "This takes effect with fresh models: press Train or Reset.")

    def _renew_all(self) -> None:
        self._stale.update(self.race.columns)
        self._soon.start(0)

    def _renew(self) -> None:
        """Fresh models where something was chosen; several choices at once make one of each."""
        stale, self._stale = self._stale, set()
        if stale & set(self.columns[:2]):
            self.seeds.show_data(self.data.name(), data_kind(self.data.name()))
        if stale:
            self.messages.clear()
            self.busy_changed.emit("Preparing fresh models ...")
        for column in self.race.columns:
            if column in stale:
                self.race.prepare(self.data.name(), self.transport.seed(), column)
        self._show_curves()
        self._show_race()

    # -- what the transport does --------------------------------------------------------------------------------------

    def train(self) -> None:
        """Trains all, or goes on."""
        for column in self.race.columns:
            if column.session.state == "failed" or not column.session.is_open:
                self._stale.add(column)
        self._soon.stop()
        self._renew()
        self.race.train(*self.transport.budget())

    # -- what is on show ----------------------------------------------------------------------------------------------

    def _opened(self) -> None:
        column = self.sender()
        assert isinstance(column, Column)
        self.real.show_data(column.session.facts, self.race.hashes())
        if not self.race.is_same_data:
            self.messages.show_message("bad", "These columns do not learn the same data, so that they cannot be "
                                       "compared. Choose the data again.")  # fmt: skip
        if all(each.session.is_open for each in self.race.columns):
            self.busy_changed.emit("")
        self.settle_values()

    def _advanced(self) -> None:
        if not self._redraw.isActive():
            self._redraw.start()

    def _measured(self) -> None:
        self._has_measured = True
        self._advanced()

    def _show_progress(self) -> None:
        self.transport.set_progress(*self.race.progress())
        if self._has_measured:
            self._show_curves()

    def _show_race(self) -> None:
        state = self.race.state
        self.transport.set_state(state, can_start=self.race.can_start)
        self._show_progress()
        self.data.setEnabled(state not in ("running", "stopping"))
        self.count.setEnabled(state not in ("running", "stopping"))

    def _show_curves(self) -> None:
        self._has_measured = False
        self.curves.show_columns(self.race.columns)
        self.settle_values()

    def _troubled(self, sentence: str, details: str) -> None:
        self.busy_changed.emit("")
        self.messages.show_message("bad" if details else "warn", sentence, details)

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        title = QLabel("Compare")
        title.setProperty("role", "title")
        about = QLabel(
            "The same data, seed and noise for every family. They take turns, so that each gets its share of the time."
        )
        about.setProperty("role", "caption")
        about.setWordWrap(True)
        seldom = QWidget()
        form = QFormLayout(seldom)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow("Columns", self.count)
        form.addRow("Each gets as many", self.unit)
        form.addRow("Begin with", self.begin)
        choices = QWidget()
        flow = FlowLayout(choices)
        flow.setContentsMargins(0, 0, 0, 0)
        flow.setSpacing(theme.em(self, 0.8))
        fields = self.curves.fields()
        for widget in (labelled("Data", self.data), *fields, Collapsible(seldom, id_prefix="compare")):
            flow.addWidget(widget)

        side_by_side = QWidget()
        row = QHBoxLayout(side_by_side)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.8))
        for widget in (self.real, *self.columns):
            row.addWidget(widget, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.addWidget(side_by_side)
        self.splitter.addWidget(self.curves)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setChildrenCollapsible(False)
        views = [
            (self.splitter, "Train", "Samples side by side while the families learn, and how good they are"),
            (self.quiz, "Quiz", "Which column is real? The names are hidden until you choose"),
            (self.seeds, "Seeds", "Five short runs of the first two families: do they learn alike each time?"),
        ]
        self.tabs = view_tabs("compare.views", views)
        for field in fields:  # of the plot of Train alone
            self.tabs.currentChanged.connect(lambda tab, field=field: field.setVisible(not tab))

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(title)
        layout.addWidget(about)
        layout.addWidget(choices)
        layout.addWidget(self.messages)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.transport)
        self._fit()

    def _fit(self) -> None:
        self.curves.setMinimumHeight(theme.em(self, 8))
        self.real.match(self.columns[0])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def _connect(self) -> None:
        self.data.chosen.connect(self._data_chosen)
        self.count.valueChanged.connect(self._count_chosen)
        self.unit.chosen.connect(self.race.share_by)
        self.begin.chosen.connect(self._begin_chosen)
        self.race.changed.connect(self._show_race)
        self.race.advanced.connect(self._advanced)
        for column in self.columns:
            column.family_chosen.connect(self._family_chosen)
            column.opened.connect(self._opened)
            column.measured.connect(self._measured)
            column.troubled.connect(self._troubled)
        self.transport.train_clicked.connect(self.train)
        self.transport.resume_clicked.connect(self.train)
        self.transport.pause_clicked.connect(self.race.pause)
        self.transport.step_clicked.connect(self.race.one_step)
        self.transport.stop_clicked.connect(self.race.stop)
        self.transport.reset_clicked.connect(self._renew_all)
        self.transport.reseed_clicked.connect(self._renew_all)
        self.transport.seed_changed.connect(self._seed_typed)
