"""One way to choose a code: a page beside the decoded picture."""

from collections.abc import Mapping
from typing import Any, ClassVar

from PySide6.QtWidgets import QWidget

from playground.core.experiment import Experiment
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.panels.base.latent.code import Code


class Tool(Asker):
    """Shares the view's code, asks under its own name, and is brought up to date when it is seen."""

    title: ClassVar[str] = ""
    tooltip: ClassVar[str] = ""

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.code = code

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether this model and its data have any use for it."""
        return True

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        if self.fits(facts):
            self.facts, self.experiment = facts, experiment
            self.start(facts)
        super().opened(facts, experiment)

    def start(self, facts: Mapping[str, Any]) -> None:
        """Makes ready for another model that it fits."""

    @property
    def encodes(self) -> bool:
        """Whether the model has an encoder."""
        return "encode" in self.facts["capabilities"]
