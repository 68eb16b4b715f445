"""The panel of any family: its drawing, its views, its transport, its settings and its loss.

A family that shows more than this subclasses `ModelPanel` in a file of its name. A panel holds no model: it asks its
session, and answers come back by the name of the view that asked.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from playground.core.messages import Change, Command, TrainSteps, Watch
from playground.core.records import Answer, Query, TrainRecord
from playground.gui.document import ViewState
from playground.gui.panels.base.alarm_desk import AlarmDesk
from playground.gui.panels.base.asker import Asker
from playground.gui.panels.base.compare_view import CompareView
from playground.gui.panels.base.data_desk import DataDesk
from playground.gui.panels.base.data_dock import DataDock
from playground.gui.panels.base.drawing import Drawing
from playground.gui.panels.base.exporting import Exporting
from playground.gui.panels.base.header import PanelHeader
from playground.gui.panels.base.latent import LatentView
from playground.gui.panels.base.panel_actions import PanelActions
from playground.gui.panels.base.presenting import Presenting
from playground.gui.panels.base.receiving import Receiving
from playground.gui.panels.base.settings import SettingsColumn
from playground.gui.panels.base.source import SourcePane
from playground.gui.panels.base.source_desk import SourceDesk
from playground.gui.panels.base.time_machine import TimeMachine
from playground.gui.panels.base.training import Training
from playground.gui.panels.base.views import SampleView, TrainView, View, view_tabs
from playground.gui.session import State, TrainingSession
from playground.gui.widgets import controls, theme
from playground.gui.widgets.controls import Value
from playground.gui.widgets.model_diagram import Edge, ModelDiagram, Node
from playground.gui.widgets.page_tabs import set_shown
from playground.gui.widgets.run_controls import RunControls
from playground.gui.widgets.side_by_side import SideBySide


class ModelPanel(PanelActions):
    """One family in the window.

    Attributes:
        family: its name in the registry.
        session: the run that it shows.
        views: the tabs, in order.
    """

    view_classes: ClassVar[Sequence[type[View]]] = (TrainView, SampleView, LatentView)
    first_view: ClassVar[str] = "Train"  # on the stage when the panel opens
    stage_nodes: ClassVar[Mapping[str, Sequence[str]]] = {}  # which nodes are at work in a stage; see `nodes_of`

    def __init__(self, family: str, session: TrainingSession, parent: QWidget | None = None) -> None:
        super().__init__(family, parent)
        self.family = family
        self.session = session
        self.card = session.models()[family]
        self.header = PanelHeader(family, self.card)
        self.diagram = ModelDiagram(f"{family}.diagram")
        samples = (CompareView,) if self.card.extra.get("generates", True) else ()
        classes: Sequence[type[View]] = (*self.view_classes, *samples)
        self.views = [view(f"{family}.{view.title.lower()}", self.ask) for view in classes]
        for view in self.views:
            view.comparison_wanted.connect(self.comparison_wanted)
            view.wish.connect(self._grant)
            view.grown.connect(self._grown)
            view.kept.connect(self.kept)
            view.sent.connect(self.sent)
        self.tabs = view_tabs(f"{family}.views", [(view, view.title, view.tooltip) for view in self.views])
        self.drawing = Drawing(session, self.diagram, self.views, self.tabs, self.nodes_of)
        self.transport = RunControls(id_prefix=family)
        self.settings = SettingsColumn(family, session)
        self.source = SourcePane(family, session)
        self.training = Training(family, session, self.transport, self.settings, self)
        learns = self.settings.data_section.learns
        self.dock = DataDock(family, session, self.ask, points=learns("plane"), images=learns("images"))
        self.receiving = Receiving(self)
        self.alarms = AlarmDesk(family, self.ask, session, self.settings, self.training, self.messages, self.views)
        self._at_first: dict[str, Value] = {}  # what the views showed before a person did anything
        self.data = DataDesk(session, self.settings, self.dock, self.transport.seed, self.capture, self)
        self.time = TimeMachine(family, session, self.settings)
        self.loss = self.time.loss
        self.exporting = Exporting(session, self.loss, self.tabs, self)
        self.presenting = Presenting(self.header, self.settings, self.time, self.tabs)
        self._lay_out()
        self._connect()
        self.show_state(session.state)

    @property
    def askers(self) -> Sequence[Asker]:
        return [*(asker for view in self.views for asker in view.askers()), self.dock, self.alarms]

    # -- what a family may say of itself ----------------------------------------------------------------------------

    def graph(self, facts: Mapping[str, Any]) -> tuple[Sequence[Node], Sequence[Edge]]:
        """The drawn model; by default the stochastic generator g(z, y) that every family is in the end."""
        nodes = [
            Node("z", "latent", "z", 0, caption="noise"),
            Node("g", "network", self.card.title, 1, shape="widen", part=facts.get("parts", ("model",))[-1]),
            Node("sample", "observed", "x̂", 2, caption="sample"),
        ]
        edges = [Edge("z", "g", "z, label" if facts["conditional"] else ""), Edge("g", "sample")]
        return nodes, edges

    def nodes_of(self, stage: str) -> Sequence[str]:
        """The nodes, by id or part, that are at work in a stage of a step: all parts, where the family says nothing."""
        return self.stage_nodes.get(stage, self.session.facts.get("parts", ()))

    # -- opening runs -----------------------------------------------------------------------------------------------

    @property
    def default_run(self) -> str:
        """The bundled run that this panel opens with."""
        return self.session.default_run(self.family)

    def show_stored(self) -> None:
        """Shows the default run's drawing and stored samples, before there is a model to make new ones."""
        if run := self.default_run:
            facts = self.session.stored_facts(run)
            self.diagram.set_graph(*self.graph(facts))
            self.settings.show_data(facts["data_name"])
            for view in self.views:
                view.show_stored(self.session.bundled_runs()[run] / "samples.png", run, facts["kind"] == "points")

    def open_default(self) -> None:
        """Back to the working default: the bundled run with its settings, and the views as they were at first."""
        if self.default_run:
            self.open_run(self.default_run)
        else:
            names = self.settings.data_names()
            self.open_data("digits" if "digits" in names else names[0])
        self._pending = dict(self._at_first)

    def open_run(self, run: str) -> None:
        """Shows a run folder, or a bundled run by name."""
        left = self._left_behind()
        self.session.open_run(run)
        self._loading(f"Loading the run {run} ...", left)

    def open_data(self, data: str) -> None:
        """Shows the bundled run on this data, or where there is none a fresh model with its preset."""
        run = f"{self.family}-{data}"
        if run in self.session.bundled_runs():
            self.open_run(run)
        else:
            left = self._left_behind()
            self.session.prepare(self.family, data, {}, self.transport.seed())
            self._loading(f"Preparing a fresh model for {data} ...", left)

    def open_path(self, path: str) -> bool:
        """Opens a file of points or a folder of images as data; returns whether it is one of these."""
        return self.data.open_path(path)

    def _show_dock(self, shown: bool) -> None:
        """The data dock takes the place of the model, or gives it back."""
        model = (self.diagram, self.beside)
        for widget in model if shown else (self.dock,):  # first, or the window would grow to hold both
            widget.hide()
        for widget in (self.dock,) if shown else model:
            widget.show()

    def _left_behind(self) -> str:
        """What to say of a training that another run takes the place of."""
        if self.session.state != "running":
            return ""
        return f"The training was stopped at step {self.session.step:,} and is kept: {self.session.run}"

    def _loading(self, words: str, left: str = "") -> None:
        self.messages.clear()
        if left:
            self.messages.show_message("info", left)
        self.training.forget_edits()
        self.time.forget_fork()
        self.settings.setEnabled(False)
        self.busy_changed.emit(words)
        self.show_state("idle")

    # -- training ---------------------------------------------------------------------------------------------------

    def train(self) -> None:
        """What the transport's button would do."""
        self.training.train()

    def _grant(self, wish: Command) -> None:
        """Does what a view wishes, as if a person had done it at the settings or the transport."""
        match wish:
            case Change(changes):
                for key, value in changes.items():
                    self.settings.show_value(key, value)
            case TrainSteps(count, parts):
                self.training.steps(count, parts)
            case Watch(on, pause):
                self.session.watch(on, pause, "views")

    def _begun(self, afresh: bool) -> None:
        self.messages.clear()
        self.settings.data_section.edit_button.setChecked(False)  # what trains is on the stage
        if afresh:
            self.show_view("Train")  # what is learned from now on is seen there

    def _noted(self, sentence: str) -> None:
        self.messages.show_message("info", sentence)

    # -- state --------------------------------------------------------------------------------------------------------

    def sessions(self) -> Sequence[TrainingSession]:
        return (self.session, *(session for view in self.views for session in view.sessions()))

    def capture(self) -> ViewState:
        return replace(super().capture(), run=self.session.run, experiment=self.session.experiment)

    def restore(self, state: ViewState) -> None:
        """Opens the state's run unless it is on show; where it is gone, a fresh model with its settings."""
        if state.run == self.session.run and (self.session.is_open or state.run):
            super().restore(state)
            return
        if self.session.has_run(state.run):
            self.open_run(state.run)
        elif state.experiment is not None:
            self.session.prepare_as(state.experiment)
            self._loading("Preparing a fresh model ...")
            if state.run:
                self.messages.show_message(
                    "warn", f"The run {state.run} is not on this machine. This is a fresh model with its settings; "
                    "Train repeats it.")  # fmt: skip
        elif not self.session.run:
            self.open_default()
        self._pending = dict(state.values)

    def is_settled(self) -> bool:
        shown = self.views[self.tabs.currentIndex()] if self.dock.isHidden() else self.dock
        return self.session.is_open and shown.is_settled()

    # -- asking -------------------------------------------------------------------------------------------------------

    def ask(self, query: Query) -> None:
        """Passes a view's question to the session."""
        self.session.ask(query)

    def _answered(self, answer: Answer) -> None:
        for asker in self.askers:
            if answer.query.channel.startswith(asker.objectName() + "/"):
                asker.take(answer)
                if answer.error:
                    self.messages.show_message("bad", answer.error)
        self.settle_values()

    # -- what the session says ----------------------------------------------------------------------------------------

    def _opened(self) -> None:
        facts, experiment = self.session.facts, self.session.experiment
        assert experiment is not None
        self.busy_changed.emit("")
        self.training.forget_edits()
        self.settings.show_run(experiment, facts)
        self.settings.setEnabled(True)
        self.transport.set_seed(experiment.seed)
        self.training.suggest_budget(experiment.data)
        self.diagram.set_graph(*self.graph(facts))
        for view in self.views:
            view.pictures = {}
        self.drawing.show_pictures()
        self.time.opened()
        for index, view in enumerate(self.views):
            set_shown(self.tabs, index, view.fits(facts))
        self.tabs.setHidden(f"{self.family}.views" in self._pending)  # a view that is left at once asks nothing
        for asker in self.askers:
            asker.opened(facts, experiment)
        self.show_state(self.session.state)
        if facts["notice"]:
            self.messages.show_message("warn", facts["notice"])
        self._at_first = self._at_first or self._of_views()
        self.settle_values()
        self.tabs.show()
        self.receiving.opened()

    def _grown(self, part: QWidget) -> None:
        """A part of a view is there: what it shows at first, and what a restored state says of it."""
        for name, value in controls.values(part).items():
            if not isinstance(value, list):
                self._at_first.setdefault(name, value)
        self.settle_values()

    def _of_views(self) -> dict[str, Value]:
        """What the controls of the views show; lists (a code, a painting) belong to a model."""
        shown = [item for view in self.views for item in controls.values(view).items()]
        forms = [item for view in self.views if (form := view.side_form()) for item in controls.values(form).items()]
        return {name: value for name, value in (*shown, *forms) if not isinstance(value, list)}

    def _records_added(self, records: Sequence[TrainRecord]) -> None:
        self.time.add(records)
        self._show_progress()
        if self.session.state == "running":  # else they are a stored run's log
            self.drawing.light(records[-1].trained)
            for asker in self.askers:
                asker.trained(self.session.step)

    def _failed(self, sentence: str, details: str) -> None:
        self.busy_changed.emit("")
        self.settings.setEnabled(True)
        if before := self.data.put_back():
            self.restore(before)
            self.messages.show_message("bad", f"{sentence} What was on the stage comes back.", details)
        elif not self.alarms.failed(sentence):
            self.messages.show_message("bad", sentence, details, "Back to the working default", self.open_default)

    def _refused(self, sentence: str) -> None:
        self.messages.show_message("warn", sentence)

    def show_state(self, state: State) -> None:
        """Shows the session's state in every control that depends on it."""
        self.transport.set_state(state, can_start=self.session.is_open or state == "failed")
        self.settings.set_running(state in ("running", "stopping"))
        self.dock.set_running(state in ("running", "stopping"))
        if state == "running":
            self.drawing.light(self.session.facts.get("parts", ()))
        else:
            self.drawing.rest()
        if self.session.is_open and state in ("paused", "done"):
            self._outdate()
        self._show_progress()

    def _outdate(self) -> None:
        for asker in self.askers:
            asker.outdate()

    def _show_progress(self) -> None:
        session = self.session
        fraction = session.fraction() if session.state != "idle" else 0.0
        self.transport.set_progress(fraction, session.step, session.steps_per_second(), session.seconds_left())

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self.splitter = self.time.beneath(self.tabs)
        self.beside = SideBySide(self.splitter, self.source, self.source.wanted_width)
        self.source_desk = SourceDesk(
            self.source, self.header.source_button, self.beside, self.settings, self.tabs, self.views
        )

        middle = QVBoxLayout()
        middle.addWidget(self.header)
        middle.addWidget(self.diagram)
        middle.addWidget(self.messages)
        middle.addWidget(self.beside, 1)
        middle.addWidget(self.dock, 1)
        self.dock.hide()
        middle.addWidget(self.transport)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(middle, 1)
        whole.addWidget(self.settings)
        self._fit()
        for view in self.views:
            if form := view.side_form():
                self.settings.add_view_form(form)
        self.show_view(self.first_view)
        self._view_chosen(self.tabs.currentIndex())

    def _fit(self) -> None:
        """Heights follow the type size."""
        self.diagram.setFixedHeight(theme.em(self, 5.5))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def show_view(self, title: str) -> None:
        """Puts a view on the stage."""
        titles = [view.title for view in self.views]
        self.tabs.setCurrentIndex(titles.index(title))

    def _connect(self) -> None:
        self.training.begun.connect(self._begun)
        for part in (self.training, self.time, self.alarms):
            part.preparing.connect(self._loading)
            part.noted.connect(self._noted)
        self.time.moved.connect(self._outdate)
        self.header.default_button.clicked.connect(self.open_default)
        self.source_desk.noted.connect(self._noted)
        self.settings.data_chosen.connect(self.open_data)
        self.settings.data_section.edit_toggled.connect(self._show_dock)
        self.data.preparing.connect(self._loading)
        self.data.refused.connect(self._refused)
        self.session.opened.connect(self._opened)
        self.session.state_changed.connect(self.show_state)
        self.session.records_added.connect(self._records_added)
        self.session.answered.connect(self._answered)
        self.session.failed.connect(self._failed)
        self.session.refused.connect(self._refused)
        self.tabs.currentChanged.connect(self._view_chosen)

    def _view_chosen(self, index: int) -> None:
        self.settings.show_view_form(self.views[index].side_form())
        self.drawing.show_pictures()
