"""Watches over a panel's training: says what goes wrong, by which number, and mends it at a press.

It reads the run's own records, has a few samples looked at now and then, and asks what is known against the settings,
which the forms then say beside their knobs. What counts as wrong is decided in `core.alarms`.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal

from playground.core.alarms import DIVERGED, Alarm, Evidence, Look
from playground.core.experiment import Budget, Experiment
from playground.core.hyperparams import Value
from playground.core.known_bad import Advice
from playground.core.records import Answer, TrainRecord
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.panels.base.rest import Rest
from playground.gui.panels.base.sampling import SamplingForm
from playground.gui.panels.base.settings import SettingsColumn
from playground.gui.panels.base.training import Training
from playground.gui.panels.base.views import View
from playground.gui.session import Failure, TrainingSession
from playground.gui.widgets.message_bar import MessageBar

SEED = 12  # of the noise from which samples are looked at, the same every time
EVERY = 100  # steps between two looks, at least
PATIENCE = 30.0  # a look may cost one part in 31 of the time
SHORTEST = 0.5  # seconds between two judgements


class AlarmDesk(Asker):
    """Never seen itself: its alarms stand in the panel's bar of messages, its warnings beside the knobs.

    Signals:
        preparing: (words) a fresh model is on its way.
        noted: (sentence) what a person should know.

    Attributes:
        alarm: the one on show; None where all is well.
        evidence: what the run has shown.
    """

    preparing = Signal(str)
    noted = Signal(str)

    def __init__(
        self, family: str, ask: Ask, session: TrainingSession, settings: SettingsColumn, training: Training,
        messages: MessageBar, views: Sequence[View],
    ) -> None:  # fmt: skip
        super().__init__(f"{family}.alarms", ask, messages)
        self.hide()
        self._family, self._session, self._settings = family, session, settings
        self._training, self._messages = training, messages
        self._samplers = [form for view in views if isinstance(form := view.side_form(), SamplingForm)]
        self.alarm: Alarm | None = None
        self._mended: Alarm | None = None  # for which a fresh model is on its way
        self.evidence = Evidence()
        self._said = ""  # in the bar, by this desk
        self._dismissed = ""  # the name of the alarm that a person has closed
        self._looked_at = 0  # which step
        self.rest = Rest(PATIENCE)
        self._judge_at = 0.0
        settings.edited.connect(self._edited)
        messages.dismissed.connect(self._close)
        session.records_added.connect(self._add)
        for form in self._samplers:
            form.changed.connect(self._advise)

    # -- what it hears --------------------------------------------------------------------------------------------

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.evidence, self.alarm, self._mended = Evidence(), self._mended, None
        self._dismissed = ""
        self._looked_at = self._session.step
        self.rest.forget()
        super().opened(facts, experiment)
        self._advise()

    def trained(self, step: int) -> None:
        now = time.monotonic()
        if "look" not in self._asked and step - self._looked_at >= EVERY and self.rest.is_over:
            self._looked_at = step
            self.rest.begin_look()
            settings = {field.name: field.quick for field in self.facts["sample_fields"] if field.quick is not None}
            self.ask("look", "look", SEED, "alarms", settings=settings)
        if now >= self._judge_at:
            self._judge_at = now + SHORTEST
            self._judge()

    def answered(self, answer: Answer) -> None:
        if answer.query.method == "advise":
            self._show_advice(answer)
            return
        self.rest.end_look()
        numbers = {name: float(value) for name, value in answer.arrays.items() if name != "x"}
        self.evidence.look(Look(answer.step, numbers, answer.arrays["x"]))
        self._judge()

    def failed(self, sentence: str) -> bool:
        """Takes an end of training that it has a repair for; returns whether it does."""
        self.evidence.broke = sentence if sentence.startswith(DIVERGED) else ""
        if self.evidence.broke:
            self._judge()
        return bool(self.evidence.broke)

    def _add(self, records: Sequence[TrainRecord]) -> None:
        self.evidence.add(records)

    def _edited(self, key: str, value: Value, live: bool) -> None:
        if live and self._session.can_train:
            self.evidence.forget()
        self._advise()

    # -- what is known against the settings -----------------------------------------------------------------------

    def _advise(self) -> None:
        if self.facts:
            sampled = {f"sample.{k}": v for form in self._samplers for k, v in form.settings().items()}
            values = {**self._settings.assignments(), **sampled}
            self.evidence.heed(values)
            self.ask("advise", "advise", 0, "alarms", family=self._family, values=values)

    def _show_advice(self, answer: Answer) -> None:
        columns = [answer.arrays[name].tolist() for name in ("keys", "why", "alarms", "repairs")]
        self.evidence.advice = [
            Advice(key, why, json.loads(repair), alarm) for key, why, alarm, repair in zip(*columns, strict=True)
        ]
        warnings = {each.key: each.why for each in reversed(self.evidence.advice)}
        self._settings.show_warnings(warnings)
        for form in self._samplers:
            form.show_warnings(warnings)
        if self._session.state == "running" or self.alarm is not None:
            self._judge()

    # -- the alarm on show ----------------------------------------------------------------------------------------

    def _judge(self) -> None:
        raised = self.evidence.alarms()
        if self._dismissed not in [alarm.name for alarm in raised]:
            self._dismissed = ""
        if raised:
            self.alarm = raised[0]
            if self.alarm.name != self._dismissed and not self._is_on_show():
                self._show(raised)
        elif self.alarm is not None and self.evidence.speaks_against(self.alarm):
            was, self.alarm = self.alarm, None
            if self._messages.text() in (self._said, ""):
                self._said = f"{was.title} is over: at step {self.evidence.step:,} the run is well again."
                self._messages.show_message("good", self._said)

    def _is_on_show(self) -> bool:
        return bool(self.alarm and self._messages.text() == self._said and self._said.startswith(self.alarm.title))

    def _show(self, raised: Sequence[Alarm]) -> None:
        alarm, changes = raised[0], self._changes()
        when = "" if self.evidence.broke else f" at step {self.evidence.step:,}"  # a broken one names it itself
        self._said = f"{alarm.title}{when}. {alarm.diagnosis}"
        if changes:
            how = "" if self._can_go_on(changes) else ", in a fresh model"
            self._said += f" Repair sets {self._in_words(changes)}{how}."
        others = "\n".join(f"{other.title}. {other.diagnosis}" for other in raised[1:])
        self._messages.show_message("bad", self._said, others, "Repair" if changes else "", self.repair)

    def _close(self) -> None:
        self._dismissed = self.alarm.name if self.alarm else ""

    # -- mending ----------------------------------------------------------------------------------------------------

    def repair(self) -> None:
        """Sets what mends the run, and trains on; with a fresh model where that cannot be done while it trains."""
        session, changes = self._session, self._changes()
        assert session.experiment is not None
        if self._can_go_on(changes):
            for key, value in changes.items():
                self._set(key, value)
            self.evidence.forget()
            if session.state != "running":
                self._training.train()
        else:
            self._mended = self.alarm
            settings = {**self._settings.assignments(), **changes}
            experiment = session.experiment
            session.prepare(self._family, experiment.data, settings, experiment.seed)
            self.preparing.emit("Building a fresh model ...")
            self._training.begin(self._budget())
        self._said = f"Repaired: {self._in_words(changes)}. The run is watched until it is well."
        self.noted.emit(self._said)

    def start(self, failure: Failure) -> None:
        """Opens a preset of the failure gallery and trains it, the same every time."""
        self._session.prepare(self._family, failure.data, {}, 0, failure.preset)
        self.preparing.emit("Building the model ...")
        self._training.begin(Budget(**self._session.preset(self._family, failure.data, failure.preset)["budget"]))

    def _changes(self) -> dict[str, Value]:
        """What mends the alarm on show: what the failure gallery says, the alarm, what is known against the settings,
        or else whatever differs from the preset."""
        assert self.alarm is not None
        failure, now = self._failure(), self._settings.assignments()
        if failure is not None and failure.alarm == self.alarm.name:
            return dict(failure.repair)
        if changes := {**self._advised(), **self.alarm.repair}:
            return changes
        assert self.experiment is not None
        tuned = self._session.preset(self._family, self.experiment.data)
        best = {**tuned.get("config", {}), **{f"train.{k}": v for k, v in tuned.get("train", {}).items()}}
        return {key: value for key, value in best.items() if now.get(key) != value}

    def _advised(self) -> dict[str, Value]:
        return {key: value for each in reversed(self.evidence.advice) for key, value in each.repair.items()}

    def _failure(self) -> Failure | None:
        """Which preset of the gallery the run began with: the one that says the most of it."""
        assert self.experiment is not None
        start, found = self.experiment, []
        for failure in self._session.failures():
            if (failure.model, failure.data) == (start.model, start.data):
                preset = self._session.preset(failure.model, failure.data, failure.preset)
                of_training = {name: getattr(start.train, name) for name in preset["train"]}
                of_model = {name: start.config.get(name) for name in preset["config"]}
                if (of_model, of_training) == (preset["config"], preset["train"]):
                    found.append((len(of_model), failure.name, failure))
        return max(found)[2] if found else None

    def _can_go_on(self, changes: Mapping[str, Value]) -> bool:
        """Whether what was learned may stay."""
        fields = {**{f.name: f for f in self.facts["config_fields"]},
                  **{f"train.{f.name}": f for f in self.facts["train_fields"]}}  # fmt: skip
        live = all(key.startswith("sample.") or (key in fields and fields[key].live) for key in changes)
        assert self.alarm is not None
        failure = self._failure()
        is_that = failure is not None and failure.alarm == self.alarm.name
        lost = failure.afresh if failure is not None and is_that else self.alarm.afresh
        return live and self._session.can_train and self._session.state != "failed" and not lost

    def _set(self, key: str, value: Value) -> None:
        if key.startswith("sample."):
            for form in self._samplers:
                form.set_settings({key.removeprefix("sample."): value})
        else:
            self._settings.show_value(key, value)

    def _in_words(self, changes: Mapping[str, Value]) -> str:
        """ "gradient penalty 0.3, learning rate 0.001"."""
        groups = {"": self.facts["config_fields"], "train.": self.facts["train_fields"],
                  "sample.": self.facts["sample_fields"], "data.": self.facts["data"]["fields"]}  # fmt: skip
        labels = {f"{group}{field.name}": field.label for group, fields in groups.items() for field in fields}
        return ", ".join(f"{labels.get(key, key)} {value}" for key, value in changes.items())

    def _budget(self) -> Budget:
        return self._session.budget or Budget()
