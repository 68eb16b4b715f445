"""What the window's actions do on a page: each does what a person would do by hand."""

from collections.abc import Sequence

from PySide6.QtWidgets import QTabWidget

from playground.gui.panels.base.header import PanelHeader
from playground.gui.panels.base.page import Page
from playground.gui.panels.base.settings import SettingsColumn
from playground.gui.panels.base.source_desk import SourceDesk
from playground.gui.panels.base.views import View
from playground.gui.session import TrainingSession
from playground.gui.widgets.run_controls import RunControls
from playground.gui.widgets.step_scrubber import StepScrubber


class TransportActions(Page):
    """Those of the methods that `gui.actions` names which any page with a transport and views has."""

    tabs: QTabWidget
    transport: RunControls

    def train_or_pause(self) -> None:
        """What the transport's first button would do."""
        self.transport.start_button.click()

    def step_training(self) -> None:
        """What the button of that name would do, where it is enabled."""
        self.transport.step_button.click()

    def stop_training(self) -> None:
        """Likewise."""
        self.transport.stop_button.click()

    def reset_training(self) -> None:
        """Likewise."""
        self.transport.reset_button.click()

    def next_view(self) -> None:
        """The next visible view."""
        visible = [index for index in range(self.tabs.count()) if self.tabs.isTabVisible(index)]
        after = [index for index in visible if index > self.tabs.currentIndex()]
        self.tabs.setCurrentIndex((after or visible)[0])


class PanelActions(TransportActions):
    """All of them, for a page with these parts too."""

    session: TrainingSession
    header: PanelHeader
    views: Sequence[View]
    settings: SettingsColumn
    source_desk: SourceDesk

    def edit_data(self) -> None:
        """What the button of that name would do."""
        self.settings.data_section.edit_button.click()

    def play(self) -> None:
        """Plays or holds the sampler; a view without one makes room for the one that has it."""
        stepper = self.stepper()
        if stepper is None:
            facts = self.session.facts  # none before a model is there
            with_stepper = [view for view in self.views if view.stepper() and (not facts or view.fits(facts))]
            if not with_stepper:
                return
            self.tabs.setCurrentWidget(with_stepper[0])
            stepper = with_stepper[0].stepper()
        assert stepper is not None
        stepper.toggle_play()
        stepper.setFocus()  # so that the arrow keys step

    def view_source(self) -> None:
        """Opens the model's own file beside the stage, or closes it."""
        self.header.source_button.click()

    def search_source(self) -> None:
        """Searches in it."""
        self.source_desk.search()

    def stepper(self) -> StepScrubber | None:
        """The stepper of the view on the stage, if it has one."""
        return self.views[self.tabs.currentIndex()].stepper()
