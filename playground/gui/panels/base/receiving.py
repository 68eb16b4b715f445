"""What a panel does with an image that another panel sends."""

from typing import TYPE_CHECKING

from playground.gui.panels.base.shelf import Example

if TYPE_CHECKING:
    from playground.gui.panels.base.panel import ModelPanel


class Receiving:
    """Opens the image's own data set where another is on show, and gives it to the first view that has a use for it."""

    def __init__(self, panel: "ModelPanel") -> None:
        self._panel = panel
        self._waiting: Example | None = None  # for a model of its data

    def take(self, example: Example) -> None:
        """An image is there."""
        panel, self._waiting = self._panel, example
        experiment = panel.session.experiment
        if panel.session.is_open and experiment is not None and experiment.data == example.data:
            self.opened()
        else:
            panel.open_data(example.data)

    def opened(self) -> None:
        """A model is there: hands over what waited for it."""
        panel, example, self._waiting = self._panel, self._waiting, None
        if example is None:
            return
        if example.x.shape != panel.session.facts["shape"]:
            self._refuse("This run learned images of another size, so it cannot take this one.")
            return
        taker = next((view for view in panel.views if view.receive(example.x)), None)
        if taker is None:
            self._refuse("This run has no use for an image.")
        else:
            panel.settings.data_section.edit_button.setChecked(False)
            panel.show_view(taker.title)

    def _refuse(self, sentence: str) -> None:
        self._panel.messages.show_message("warn", f"{sentence} It is still where it came from.")
