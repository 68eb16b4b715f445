"""What is lit in the drawn model, and what is pictured in its nodes."""

from collections.abc import Callable, Collection, Sequence

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QTabWidget

from playground.core.messages import Staged
from playground.gui.panels.base.views import View
from playground.gui.session import TrainingSession
from playground.gui.widgets.model_diagram import ModelDiagram


class Drawing(QObject):
    """Binds the diagram of a panel to its session and its views.

    While somebody watches the stages of a step, the nodes at work in the running one are lit; else what trains is.
    """

    def __init__(
        self, session: TrainingSession, diagram: ModelDiagram, views: Sequence[View], tabs: QTabWidget,
        nodes_of: Callable[[str], Collection[str]],
    ) -> None:  # fmt: skip
        """`nodes_of` gives the nodes, by id or part, that are at work in a stage."""
        super().__init__(diagram)
        self._session, self._diagram, self._views, self._tabs = session, diagram, views, tabs
        self._nodes_of = nodes_of
        self._is_staged = False
        session.staged.connect(self._staged)
        for view in views:
            view.pictured.connect(self._picture)
            view.repictured.connect(self.show_pictures)

    def light(self, parts: Collection[str]) -> None:
        """Lights the parts that train, unless it is known more exactly."""
        if not (self._is_staged and self._session.watching.on):
            self._diagram.light(parts)

    def rest(self) -> None:
        """Nothing trains."""
        self._is_staged = False
        self._diagram.light(())

    def _staged(self, staged: Staged) -> None:
        """At full speed all stages since the last look are lit together; in slow motion it is one."""
        self._is_staged = bool(staged.names)
        self._diagram.light({node for name in staged.names for node in self._nodes_of(name)})

    def show_pictures(self) -> None:
        """In the nodes is what the view on the stage shows, and a real example where it shows none."""
        facts = self._session.facts
        self._diagram.clear_thumbnails()
        if facts.get("kind") == "images":
            self._diagram.set_thumbnail("x", facts["test"][0])
        for node, (image, signed) in self._views[self._tabs.currentIndex()].pictures.items():
            self._show(node, image, signed)

    def _picture(self, node: str, image: np.ndarray | None, signed: bool) -> None:
        """A view on the stage shows what is in a node just now."""
        if self._tabs.currentWidget() is self.sender():
            self._show(node, image, signed)

    def _show(self, node: str, image: np.ndarray | None, signed: bool) -> None:
        self._diagram.set_thumbnail(node, image if image is None or signed else image.clip(0, 1), signed)
