"""The Inside view: several lenses on one model, each a page under a row of titles, each made when it is first seen."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from playground.core.experiment import Experiment
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.panels.base.views import View
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.page_tabs import PageTabs, fit_to_current, set_shown
from playground.gui.widgets.step_scrubber import StepScrubber

_RESIZING = (QEvent.Type.Resize, QEvent.Type.LayoutRequest, QEvent.Type.Show, QEvent.Type.Hide)


class Lens(Asker):
    """One way to look into a model. It asks under its own name and is brought up to date when it is seen.

    Signals:
        pictured: (node of the drawn model, image (C, H, W) or None, whether it is signed), as a view's.
        wish: what only the panel may have done: a `Change` of settings, `TrainSteps`, or a `Watch` of their stages, see
            `core.messages`.
    """

    pictured = Signal(str, object, bool)
    wish = Signal(object)
    key: ClassVar[str] = ""  # the last word of its name
    title: ClassVar[str] = ""
    tooltip: ClassVar[str] = ""
    receives: ClassVar[bool] = False  # whether it has a use for an image that another panel sends

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.pictures: dict[str, tuple[np.ndarray | None, bool]] = {}

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        """Whether this model and its data have anything to show here; asked before the lens is made."""
        return True

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.pictures = {}
        if self.fits(facts):
            self.facts, self.experiment = facts, experiment
            self.start(facts)
        super().opened(facts, experiment)

    def start(self, facts: Mapping[str, Any]) -> None:
        """Makes ready for another model that it fits."""

    def _bring_up_to_date(self) -> None:
        """Of a model that it does not fit there is nothing to ask, even where it is seen for a moment."""
        if self.facts and self.fits(self.facts):
            super()._bring_up_to_date()

    def sessions(self) -> Sequence[TrainingSession]:
        """Live runs of its own, beside the panel's."""
        return ()

    def stepper(self) -> StepScrubber | None:
        """What the sampler's shortcuts work on, where it has one."""
        return None

    def receive(self, x: np.ndarray) -> None:
        """Takes an image (C, H, W) that another panel sends; asked only of a lens that `receives`."""

    def event(self, event: QEvent) -> bool:
        """Words that break need more height in a narrow lens; a splitter around it would not ask. A lens that has left
        the stage needs none."""
        handled = super().event(event)
        layout = self.layout()
        if event.type() in _RESIZING and layout and layout.hasHeightForWidth():
            least = layout.minimumHeightForWidth(self.width()) if self.isVisible() else 0
            if least != self.minimumHeight():
                self.setMinimumHeight(least)
        return handled

    def picture(self, node: str, image: np.ndarray | None, signed: bool = False) -> None:
        """Shows an image in a node of the drawn model; points are not drawn there."""
        if image is None or image.ndim == 3:
            self.pictures[node] = (image, signed)
            self.pictured.emit(node, image, signed)


class LensView(View):
    """The lenses that fit the model, one of them on the stage. A family names its own in `lens_classes`."""

    title = "Inside"
    tooltip = "What happens inside: one lens at a time"
    lens_classes: ClassVar[Sequence[type[Lens]]] = ()

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.lenses: dict[int, Lens] = {}  # those that have been made, by their place in the row
        self.tabs = PageTabs(f"{name}.lens", "Lenses", "Which lens is on the stage")
        for index, kind in enumerate(self.lens_classes):
            self.tabs.addTab(kind.title)
            self.tabs.setTabToolTip(index, kind.tooltip)
        self._stack = QStackedWidget()
        fit_to_current(self._stack)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, theme.em(self, 0.3), 0, 0)
        layout.addWidget(self.tabs)
        layout.addWidget(self._stack, 1)
        self.tabs.currentChanged.connect(self._chosen)

    @property
    def lens(self) -> Lens | None:
        """The one on the stage; None before it is made."""
        return self.lenses.get(self.tabs.currentIndex())

    def fitting(self) -> list[str]:
        """The titles of the lenses that fit the model on show, in their order."""
        return [kind.title for kind in self.lens_classes if kind.fits(self.facts)]

    def show_lens(self, title: str) -> None:
        """Puts a lens on the stage. Raises ValueError for one that does not fit."""
        self.tabs.set_control_value(title)

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return any(kind.fits(facts) for kind in self.lens_classes)

    def askers(self) -> Sequence[Asker]:
        return (self, *self.lenses.values())

    def sessions(self) -> Sequence[TrainingSession]:
        return [session for lens in self.lenses.values() for session in lens.sessions()]

    def stepper(self) -> StepScrubber | None:
        return self.lens.stepper() if self.lens else None

    def receive(self, x: np.ndarray) -> bool:
        takers = [i for i, kind in enumerate(self.lens_classes) if kind.receives and kind.fits(self.facts)]
        if not takers:
            return False
        self.tabs.setCurrentIndex(takers[0])
        if takers[0] not in self.lenses:
            self._make(takers[0], self.lens_classes[takers[0]])
        self.lenses[takers[0]].receive(x)
        return True

    def is_settled(self) -> bool:
        return super().is_settled() and self.lens is not None and self.lens.is_settled()

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        fitting = [index for index, kind in enumerate(self.lens_classes) if kind.fits(facts)]
        self.tabs.blockSignals(True)  # a title that goes puts the next one on the stage, which may go as well
        for index in fitting:
            set_shown(self.tabs, index, True)
        if fitting and self.tabs.currentIndex() not in fitting:
            self.tabs.setCurrentIndex(fitting[0])
        for index in set(range(len(self.lens_classes))) - set(fitting):
            set_shown(self.tabs, index, False)
        self.tabs.blockSignals(False)
        self.tabs.setVisible(len(fitting) > 1)
        super().opened(facts, experiment)

    def refresh(self) -> None:
        """Makes the lens on the stage, if it is seen for the first time."""
        index = self.tabs.currentIndex()
        kind = self.lens_classes[index]
        if index not in self.lenses and kind.fits(self.facts):
            self._make(index, kind)
        if self.lens is not None:
            self._stack.setCurrentWidget(self.lens)
            self._picture_all()

    def trained(self, step: int) -> None:
        """Its lenses hear of training by themselves."""

    def _chosen(self, index: int) -> None:
        self.outdate()

    def _make(self, index: int, kind: type[Lens]) -> None:
        lens = kind(f"{self.objectName()}.{kind.key}", self._ask)
        self.lenses[index] = lens
        lens.pictured.connect(self._pictured)
        lens.wish.connect(self.wish)
        self._stack.addWidget(lens)
        assert self.experiment is not None
        lens.opened(self.facts, self.experiment)
        self.grown.emit(lens)

    def _pictured(self, node: str, image: np.ndarray | None, signed: bool) -> None:
        """Answers to a lens that has left the stage meanwhile draw nothing there."""
        if self.sender() is self.lens:
            self.picture(node, image, signed)

    def _picture_all(self) -> None:
        """The drawn model shows what this lens shows, and nothing of the one before."""
        assert self.lens is not None
        self.pictures = dict(self.lens.pictures)
        self.repictured.emit()
