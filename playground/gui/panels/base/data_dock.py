"""The data dock: where data are looked at, edited, painted, mixed and opened, in the place of a panel's views."""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QPushButton, QTabWidget, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.panels.base.data_draw_page import DataDrawPage
from playground.gui.panels.base.data_edits_page import DataEditsPage
from playground.gui.panels.base.data_mixture_page import DataMixturePage
from playground.gui.panels.base.data_page import DataPage
from playground.gui.session import TrainingSession
from playground.gui.widgets.page_tabs import set_shown

_SETTLE_MILLISECONDS = 120  # a box held down asks once, when it rests


class DataDock(Asker):
    """Three pages and the way to a file.

    Signals:
        wanted: (name of a data set, its options) to build a fresh model on.
        path_chosen: a file or folder that shall be opened as data.
        refused: (sentence) what could not be done, and why.
        closed: a person wants the model back on the stage.
    """

    wanted = Signal(str, dict)
    path_chosen = Signal(str)
    refused = Signal(str)
    closed = Signal()

    def __init__(
        self, family: str, session: TrainingSession, ask: Ask, points: bool, images: bool, parent: QWidget | None = None
    ) -> None:
        """`points`, `images`: what the family learns."""
        super().__init__(f"{family}.dock", ask, parent)
        name = self.objectName()
        self.edits, self.draw = DataEditsPage(f"{name}.edits"), DataDrawPage(f"{name}.draw", session)
        self.mixture = DataMixturePage(f"{name}.mixture")
        self.tabs = QTabWidget()
        self.tabs.setObjectName(f"{name}.tabs")
        self.tabs.setAccessibleName("Ways to edit data")
        self.tabs.setToolTip("Edit the data that are open, draw points, or make a mixture")
        self.tabs.setDocumentMode(True)
        for page, title, tip in (
            (self.edits, "Edit", "Outliers, imbalance and sample size of the data that are open"),
            (self.draw, "Draw", "Paint a distribution with a brush"),
            (self.mixture, "Mixture", "Drag the components of a mixture of Gaussians"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(page, title), tip)
            set_shown(self.tabs, self.tabs.indexOf(page), points or page is self.edits)
            page.wanted.connect(self.wanted)
        self.draw.refused.connect(self.refused)

        heading = QLabel("Data")
        heading.setProperty("role", "title")
        head = QHBoxLayout()
        head.addWidget(heading)
        head.addStretch(1)
        for words, tip, method, fits in (
            ("Open file ...", "Points of your own: a CSV or NPY file", self._choose_file, points),
            ("Open folder ...", "Images of your own: a folder of them", self._choose_folder, images),
            ("Close", "Back to the model", self.closed.emit, True),
        ):
            button = QPushButton(words)
            button.setObjectName(f"{name}.{words.removesuffix(' ...').lower().replace(' ', '-')}")
            button.setAccessibleName(words.removesuffix(" ..."))
            button.setToolTip(tip)
            button.clicked.connect(method)
            button.setVisible(fits)
            head.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(head)
        layout.addWidget(self.tabs, 1)

        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_SETTLE_MILLISECONDS)
        self._rest.timeout.connect(self.outdate)
        self.edits.edits_changed.connect(lambda _: self._rest.start())

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.edits.show_run(experiment, facts)
        if experiment.data == "mixture":
            self.mixture.show_options(facts["data"]["options"])
        super().opened(facts, experiment)

    def set_running(self, running: bool) -> None:
        """Holds what would take the place of a model that trains."""
        pages: tuple[DataPage, ...] = (self.edits, self.draw, self.mixture)
        for page in pages:
            page.set_running(running)

    def refresh(self) -> None:
        self.ask("edited", "edited", 0, "dataset", **self.edits.edits())

    def trained(self, step: int) -> None:
        """Data do not change while a model learns from them."""

    def answered(self, answer: Answer) -> None:
        self.edits.show_examples(answer.arrays)

    def is_settled(self) -> bool:
        return super().is_settled() and not self._rest.isActive()

    def _choose_file(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "Open points", "", "Points (*.csv *.tsv *.txt *.npy)")
        if path:
            self.path_chosen.emit(path)

    def _choose_folder(self) -> None:
        if path := QFileDialog.getExistingDirectory(self, "Open a folder of images"):
            self.path_chosen.emit(path)
