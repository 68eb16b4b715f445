"""The column of settings beside the stage: the data, the model's Config, the training."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import QFrame, QLabel, QScrollArea, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.hyperparams import Value, to_dict
from playground.gui.panels.base.data_section import DataSection
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.flash import Flash, reveal
from playground.gui.widgets.hyperparam_form import HyperparamForm

MOST_KNOBS = 3  # of the model that are seen on opening; the others are under More


class SettingsColumn(QScrollArea):
    """Made from the fields that the model declares; shows the run's values and reports what a person changes.

    Signals:
        data_chosen: the name of another data set.
        edited: (key as on the command line, value, whether it may change mid-run).

    Attributes:
        family: the model's name.
        data_section: the data in it.
    """

    data_chosen = Signal(str)
    edited = Signal(str, object, bool)

    def __init__(self, family: str, session: TrainingSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.family = family
        self._session = session
        self._config: HyperparamForm | None = None
        self._training: HyperparamForm | None = None
        self._live: set[str] = set()
        self._data_options: dict[str, Value] = {}  # of the run on show: a fresh model learns the same data
        self._forms_of_views: list[QWidget] = []
        self.setObjectName(f"{family}.settings")
        self.setAccessibleName("Settings")
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

        self.data_section = DataSection(family, session)
        self.data_section.data_chosen.connect(self.data_chosen)

        self._column = QVBoxLayout()
        self._column.setContentsMargins(0, 0, 0, 0)
        self._view_forms = QVBoxLayout()
        self._content = QWidget()
        layout = QVBoxLayout(self._content)
        margins = layout.contentsMargins()
        self._sides = margins.left() + margins.right()
        layout.addLayout(self._view_forms)
        layout.addWidget(_heading("Data"))
        layout.addWidget(self.data_section)
        layout.addLayout(self._column)
        layout.addStretch(1)
        self.setWidget(self._content)
        self._content.installEventFilter(self)
        self._fit()

    def add_view_form(self, form: QWidget) -> None:
        """Puts a view's own settings at the top; hidden until that view is on the stage."""
        form.hide()
        form.installEventFilter(self)
        self._forms_of_views.append(form)
        self._view_forms.addWidget(form)

    def show_view_form(self, form: QWidget | None) -> None:
        """Shows one view's settings and hides the others'."""
        for each in self._forms_of_views:
            each.setVisible(each is form)
        self._fit()

    def _fit(self) -> None:
        """As wide as what it holds in any view, so that nothing is cut at any type size and the stage never jumps."""
        forms = max((form.minimumSizeHint().width() for form in self._forms_of_views), default=0)
        content = max(self._content.minimumSizeHint().width(), self._sides + forms)
        wanted = content + self.verticalScrollBar().sizeHint().width()
        self.setFixedWidth(max(wanted, theme.em(self, 15)))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def data(self) -> str:
        """The chosen data set."""
        return self.data_section.data()

    def data_names(self) -> list[str]:
        """The data sets to choose from: those that the family can learn."""
        return self.data_section.data_names()

    def show_data(self, name: str) -> None:
        """Chooses a data set without opening it."""
        self.data_section.show_data(name)

    def show_run(self, experiment: Experiment, facts: Mapping[str, Any]) -> None:
        """Shows the run's own settings."""
        self._data_options = {f"data.{name}": value for name, value in experiment.data_options.items()}
        self._make_forms(facts)
        assert self._config is not None
        assert self._training is not None
        tuned = self._session.preset(experiment.model, experiment.data)
        shown = {field.name for field in facts["config_fields"]}  # of the others none does anything on this data
        self._config.set_defaults({key: value for key, value in tuned.get("config", {}).items() if key in shown})
        self._training.set_defaults(tuned.get("train", {}))
        now = experiment.settings()  # live changes included
        self._config.set_values({key: value for key, value in now.items() if key in shown})
        self._training.set_values({key: now[f"train.{key}"] for key in to_dict(experiment.train)})
        tested = "receipt" in tuned or f"{experiment.model}-{experiment.data}" in self._session.bundled_runs()
        self.data_section.show_run(experiment, facts, tested)
        self._fit()

    def show_value(self, key: str, value: Value) -> None:
        """Sets a setting as a person would, by its key on the command line."""
        group, _, name = key.rpartition(".")
        form = self._training if group == "train" else self._config
        assert form is not None
        form.set_values({name: value})
        self.edited.emit(key, value, key in self._live)

    def show_warnings(self, warnings: Mapping[str, str]) -> None:
        """Says beside the knobs what is known against their values, by their keys on the command line."""
        if self._config is not None and self._training is not None:
            self._config.set_warnings(warnings)
            self._training.set_warnings({key.removeprefix("train."): words for key, words in warnings.items()
                                         if key.startswith("train.")})  # fmt: skip

    def assignments(self) -> dict[str, Value]:
        """All settings as they stand, by their keys on the command line."""
        if self._config is None or self._training is None:
            return {}
        training = {f"train.{name}": value for name, value in self._training.values().items()}
        return {**self._config.values(), **training, **self._data_options}

    def set_running(self, running: bool) -> None:
        """Holds what cannot change mid-run; other data may be chosen, and the training is kept."""
        for form in (self._config, self._training):
            if form is not None:
                form.set_running(running)

    def is_in(self, form: QWidget | None, key: str) -> bool:
        """Whether a view's form holds the sampler's setting ``sample.KEY``."""
        return form is not None and key.startswith("sample.") and self._editor_in(form, key) is not None

    def show_setting(self, key: str) -> bool:
        """Opens what hides a setting, scrolls to it, gives it the keyboard, flashes it. False where none is there."""
        shown = [form for form in self._forms_of_views if not form.isHidden()] if key.startswith("sample.") else []
        editors = [self._editor_in(place, key) for place in shown or [self._content]]
        if not editors or editors[0] is None:
            return False
        editor = editors[0]
        reveal(editor)
        editor.setFocus(Qt.FocusReason.ShortcutFocusReason)
        QTimer.singleShot(0, editor, lambda: self._flash(editor))  # when what was folded has its place
        return True

    def _flash(self, editor: QWidget) -> None:
        label = self._content.findChild(QLabel, f"{editor.objectName()}.label")
        Flash(self._content, editor, *([label] if label else []))

    def _editor_in(self, place: QWidget, key: str) -> QWidget | None:
        """The editor of a setting, by its key on the command line or ``sample.KEY``."""
        group, dot, name = key.partition(".")
        group, name = (group, name) if dot else ("config", key)
        ending = f".{ {'train': 'training', 'sample': 'sampler'}.get(group, group) }.{name}"
        found = (widget for widget in place.findChildren(QWidget) if widget.objectName().endswith(ending))
        return next(found, None)

    def _make_forms(self, facts: Mapping[str, Any]) -> None:
        config, training = facts["config_fields"], facts["train_fields"]
        if self._config and self._training and self._config.restart(config) and self._training.restart(training):
            return
        while (item := self._column.takeAt(0)) is not None:
            if widget := item.widget():
                widget.setParent(None)  # at once: its controls' ids are taken over
                widget.deleteLater()
        self._live = {field.name for field in config if field.live} | {f"train.{f.name}" for f in training if f.live}
        self._config = HyperparamForm(config, id_prefix=f"{self.family}.config", most=MOST_KNOBS)
        self._training = HyperparamForm(training, id_prefix=f"{self.family}.training", fold=False)
        self._config.value_changed.connect(self._config_edited)
        self._training.value_changed.connect(self._training_edited)
        self._column.addWidget(_heading("Model"))
        self._column.addWidget(self._config)
        self._column.addWidget(Collapsible(self._training, id_prefix=f"{self.family}.training", title="Training"))

    def _config_edited(self, name: str, value: Value) -> None:
        self.edited.emit(name, value, name in self._live)

    def _training_edited(self, name: str, value: Value) -> None:
        self.edited.emit(f"train.{name}", value, f"train.{name}" in self._live)


def _heading(words: str) -> QLabel:
    label = QLabel(words)
    label.setProperty("role", "heading")
    return label
