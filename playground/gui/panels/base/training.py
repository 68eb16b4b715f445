"""What the transport does to a panel's run: start, go on, one step, start over; and when a fresh model is needed."""

from PySide6.QtCore import QObject, Signal

from playground.core.experiment import Budget
from playground.core.hyperparams import Value
from playground.gui.panels.base.settings import SettingsColumn
from playground.gui.session import TrainingSession
from playground.gui.widgets.run_controls import RunControls


class Training(QObject):
    """Binds the transport and the settings of one panel to its session.

    Signals:
        begun: (whether with a fresh model made for it) training was asked to start or to go on.
        preparing: (words) a fresh model is on its way.
        noted: (sentence) what a person should know of an edit.
    """

    begun = Signal(bool)
    preparing = Signal(str)
    noted = Signal(str)

    def __init__(
        self, family: str, session: TrainingSession, transport: RunControls, settings: SettingsColumn, parent: QObject
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._family, self._session = family, session
        self._transport, self._settings = transport, settings
        self._edited: set[str] = set()  # settings that need a fresh model to take effect
        self._budget_edited = False  # since training began
        self._budget_for = ""  # the data set whose preset's budget was suggested
        transport.train_clicked.connect(self.train)
        transport.pause_clicked.connect(session.pause)
        transport.resume_clicked.connect(self.train)
        transport.budget_changed.connect(self._budget_chosen)
        transport.step_clicked.connect(self.steps)
        transport.stop_clicked.connect(session.stop)
        transport.reset_clicked.connect(self.reset)
        transport.reseed_clicked.connect(self.reset)
        transport.seed_changed.connect(self._seed_typed)
        settings.edited.connect(self._setting_edited)
        session.change_refused.connect(self._edited.update)  # they are shown: what trains next has them

    def train(self) -> None:
        """Starts or goes on; a bundled run or edited settings need a fresh model first."""
        afresh = self._needs_fresh_model()
        if afresh:
            self.reset()
        self.begun.emit(afresh)
        self._session.start(self._goal())
        self._budget_edited = False

    def begin(self, budget: Budget) -> None:
        """Trains the fresh model that is on its way."""
        self.begun.emit(True)
        self._session.start(budget)

    def steps(self, count: int = 1, parts: tuple[str, ...] = ()) -> None:
        """Exactly so many steps of some parts, or of all, then pause."""
        if self._needs_fresh_model():
            self.reset()
        self._session.steps(count, parts)

    def reset(self) -> None:
        """A fresh model with the settings as they stand."""
        settings = self._settings
        self._session.prepare(self._family, settings.data(), settings.assignments(), self._transport.seed())
        self.preparing.emit("Building a fresh model ...")

    def forget_edits(self) -> None:
        """Another run is opened: its settings are shown."""
        self._edited.clear()

    def suggest_budget(self, data: str) -> None:
        """The preset's budget, when other data are opened; what a person typed stays while the data do."""
        budget = self._session.preset(self._family, data).get("budget")
        if budget and data != self._budget_for:
            self._transport.set_budget(budget["kind"], float(budget["amount"]))
        self._budget_for = data

    def _goal(self) -> Budget:
        """What to train to: the rest of what was begun, the budget as a total, or as much again once that is spent."""
        session = self._session
        if session.state == "paused" and session.budget and not self._budget_edited:
            return session.budget
        kind, amount = self._transport.budget()
        done = session.step if kind == "steps" else session.seconds
        return Budget(kind, amount if amount > done else done + amount)

    def _needs_fresh_model(self) -> bool:
        # Before a model is there, can_train says nothing yet: the queued command will find out.
        bundled = self._session.is_open and not self._session.can_train
        return bundled or bool(self._edited) or (self._session.state == "failed")

    def _budget_chosen(self, kind: str, amount: float) -> None:
        self._budget_edited = True

    def _seed_typed(self, seed: int) -> None:
        self._edited.add("seed")

    def _setting_edited(self, key: str, value: Value, live: bool) -> None:
        if live and self._session.can_train:
            self._session.change({key: value})
        else:
            self._edited.add(key)
            if self._session.step:
                self.noted.emit("This takes effect with a fresh model: press Train or Reset.")
