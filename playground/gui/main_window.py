"""The one window: a rail of families on the left, the chosen panel beside it. No logic of models or training."""

import importlib
from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QMainWindow,
    QStackedWidget,
    QWidget,
)

from playground import registry
from playground.core.errors import PlaygroundError
from playground.gui import actions
from playground.gui.panels.base import ModelPanel
from playground.gui.preferences import SCALES, Preferences
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme


class MainWindow(QMainWindow):
    """Owns the sessions; each panel is handed one, made when the panel is first chosen.

    Attributes:
        panels: by family, those that were chosen so far.
        sessions: one for each of them; they go on in the background when another panel is chosen.
    """

    def __init__(self, preferences: Preferences) -> None:
        super().__init__()
        self.preferences = preferences
        self.panels: dict[str, ModelPanel] = {}
        self.sessions: list[TrainingSession] = []
        self.setObjectName("playground")
        self.setWindowTitle("Generative playground")
        self.rail = QListWidget()
        self.rail.setObjectName("rail")
        self.rail.setAccessibleName("Families of models")
        self.rail.setToolTip("The families of the lecture, in its order")
        self.stack = QStackedWidget()
        self._fill_rail()
        centre = QWidget()
        layout = QHBoxLayout(centre)
        layout.addWidget(self.rail)
        layout.addWidget(self.stack, 1)
        self.setCentralWidget(centre)
        self._busy = QLabel()
        self._busy.setObjectName("busy")
        self.statusBar().addPermanentWidget(self._busy)
        self.actions_by_id = actions.build(self)
        room = self.screen().availableGeometry().size()
        self.resize(QSize(1280, 800).boundedTo(room - QSize(theme.em(self), theme.em(self, 3))))
        self.restoreGeometry(QByteArray.fromHex(preferences.geometry.encode()))
        self.rail.currentItemChanged.connect(self._rail_chosen)

    # -- panels -------------------------------------------------------------------------------------------------------

    def families(self) -> list[str]:
        """The families in the rail, in its order."""
        items = [self.rail.item(row) for row in range(self.rail.count())]
        return [item.data(Qt.ItemDataRole.UserRole) for item in items if item.data(Qt.ItemDataRole.UserRole)]

    def show_panel(self, family: str, open_default: bool = True) -> ModelPanel:
        """Chooses a panel; a new one opens its bundled run unless the caller will open something else.

        Raises UsageError for a family that is not in the rail.
        """
        from playground.core.errors import unknown

        if family not in self.families():
            raise unknown("panel", family, self.families())
        if family not in self.panels:
            self._make_panel(family)
            if open_default:
                self.panels[family].open_default()
        panel = self.panels[family]
        self.stack.setCurrentWidget(panel)
        for row in range(self.rail.count()):
            if self.rail.item(row).data(Qt.ItemDataRole.UserRole) == family:
                self.rail.blockSignals(True)
                self.rail.setCurrentRow(row)
                self.rail.blockSignals(False)
        self.preferences.panel = family
        self._show_busy()
        return panel

    @property
    def panel(self) -> ModelPanel | None:
        """The panel on the stage."""
        widget = self.stack.currentWidget()
        return widget if isinstance(widget, ModelPanel) else None

    def open_run(self, run: str) -> None:
        """Opens a run in its family's panel. Raises PlaygroundError for something that is not a run."""
        from playground.core.experiment import Experiment

        path = registry.find_run(run)
        family = Experiment.load(path / "experiment.json").model
        self.show_panel(family, open_default=False).open_run(run)

    def _make_panel(self, family: str) -> None:
        session = TrainingSession(self)
        panel = _panel_class(family)(family, session)
        panel.busy_changed.connect(self._show_busy)
        self.sessions.append(session)
        self.panels[family] = panel
        self.stack.addWidget(panel)
        panel.show_stored()

    def _fill_rail(self) -> None:
        shown = [card for card in registry.models().values() if card.extra.get("in_rail", True)]
        groups = list(dict.fromkeys(card.group for card in shown))
        for group in groups:
            members = [card for card in shown if card.group == group]
            if [card.title for card in members] != [group]:
                heading = QListWidgetItem(group)
                heading.setFlags(Qt.ItemFlag.NoItemFlags)
                self.rail.addItem(heading)
            for card in members:
                item = QListWidgetItem(card.title)
                item.setData(Qt.ItemDataRole.UserRole, card.name)
                item.setToolTip(f"Slides {card.slides}\n{card.about}\n{card.extra.get('objective', '')}".strip())
                self.rail.addItem(item)
        self._fit_rail()

    def _fit_rail(self) -> None:
        """Rows and width follow the type size."""
        items = [self.rail.item(row) for row in range(self.rail.count())]
        for item in items:
            item.setSizeHint(QSize(0, theme.em(self.rail, 2)))
        longest = max((self.rail.fontMetrics().horizontalAdvance(item.text()) for item in items), default=0)
        self.rail.setFixedWidth(longest + theme.em(self.rail, 2.5))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange) and hasattr(self, "rail"):
            self._fit_rail()

    def _rail_chosen(self, item: QListWidgetItem | None, before: QListWidgetItem | None) -> None:
        if item is not None and (family := item.data(Qt.ItemDataRole.UserRole)):
            self.show_panel(family)

    def _show_busy(self, words: str = "") -> None:
        self._busy.setText(words)

    # -- actions, by the names in the table ---------------------------------------------------------------------------

    def choose_run(self) -> None:
        """Asks for a run folder and opens it."""
        from playground import paths

        folder = QFileDialog.getExistingDirectory(self, "Open run", str(paths.runs()))
        if folder:
            try:
                self.open_run(folder)
            except PlaygroundError as error:
                self.say("bad", str(error))

    def export_experiment(self) -> None:
        """Asks for a file and writes the current run's Experiment."""
        experiment = self.panel.session.exported() if self.panel else None
        if experiment is None:
            return
        name, _ = QFileDialog.getSaveFileName(self, "Export experiment", "experiment.json", "Experiment (*.json)")
        if name:
            try:
                experiment.save(Path(name))
                self.say("good", f"Wrote {name}. Repeat it with: playground train {name} --out DIR")
            except OSError as error:
                self.say("bad", f"{name} was not written: {error.strerror}. Choose another place.")

    def save_picture(self) -> None:
        """Asks for a file and writes a picture of the window."""
        name, _ = QFileDialog.getSaveFileName(self, "Save picture", "playground.png", "Picture (*.png)")
        if name and not self.grab().save(name):
            self.say("bad", f"{name} was not written. Choose another place.")

    def train_or_pause(self) -> None:
        """What the transport's first button would do."""
        if self.panel:
            self.panel.transport.start_button.click()

    def one_step(self) -> None:
        """What the button of that name would do, where it is enabled."""
        if self.panel:
            self.panel.transport.step_button.click()

    def stop(self) -> None:
        """Likewise."""
        if self.panel:
            self.panel.transport.stop_button.click()

    def reset(self) -> None:
        """Likewise."""
        if self.panel:
            self.panel.transport.reset_button.click()

    def back_to_default(self) -> None:
        """Opens the panel's bundled run."""
        if self.panel:
            self.panel.open_default()

    def play(self) -> None:
        """Plays or pauses the sampler on the stage."""
        if self.panel and (scrubber := self.panel.scrubber()):
            scrubber.toggle_play()

    def step_forward(self) -> None:
        """One step of the sampler on the stage."""
        if self.panel and (scrubber := self.panel.scrubber()):
            scrubber.step_forward()

    def step_back(self) -> None:
        """One step back."""
        if self.panel and (scrubber := self.panel.scrubber()):
            scrubber.step_back()

    def next_view(self) -> None:
        """The panel's next visible view."""
        if self.panel:
            tabs = self.panel.tabs
            visible = [i for i in range(tabs.count()) if tabs.isTabVisible(i)]
            after = [i for i in visible if i > tabs.currentIndex()]
            tabs.setCurrentIndex((after or visible)[0])

    def toggle_theme(self) -> None:
        """Light to dark and back."""
        self.preferences.theme = "dark" if self.preferences.theme == "light" else "light"
        theme.apply(self.preferences.theme, self.preferences.type_scale)

    def larger_text(self) -> None:
        """The next type size."""
        self._scale_text([scale for scale in SCALES if scale > self.preferences.type_scale][:1])

    def smaller_text(self) -> None:
        """The type size before."""
        self._scale_text([scale for scale in SCALES if scale < self.preferences.type_scale][-1:])

    def _scale_text(self, scales: list[float]) -> None:
        for scale in scales:
            self.preferences.type_scale = scale
            theme.apply(self.preferences.theme, scale)

    def toggle_full_screen(self) -> None:
        """And back."""
        self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)

    def show_shortcuts(self) -> None:
        """Lists all shortcuts in the message bar."""
        self.say("info", "Shortcuts are listed under Details.", actions.shortcut_list())

    def say(self, level: str, text: str, details: str = "") -> None:
        """A message on the stage."""
        if self.panel:
            self.panel.messages.show_message(level, text, details)  # type: ignore[arg-type]

    def error_met(self, sentence: str, details: str) -> None:
        """An error that nobody caught."""
        self.say("bad", sentence, details)

    # -- closing ------------------------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        self.preferences.geometry = bytes(self.saveGeometry().toHex().data()).decode()
        self.preferences.save()
        self.rail.blockSignals(True)  # a late change of focus would choose a family and start its worker
        for session in self.sessions:
            session.close()
        super().closeEvent(event)


def _panel_class(family: str) -> type[ModelPanel]:
    """The panel of that name, or the base panel."""
    try:
        module = importlib.import_module(f"playground.gui.panels.{family}")
    except ModuleNotFoundError as error:
        if error.name != f"playground.gui.panels.{family}":
            raise
        return ModelPanel
    panel: type[ModelPanel] = module.Panel
    return panel
