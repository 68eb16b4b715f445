"""What a scene needs of the window: the person's own pages are put away whole, and come back as they were."""

from typing import TYPE_CHECKING

from playground.gui.document import Document
from playground.gui.documents import Aside
from playground.gui.panels.base.page import Page
from playground.gui.undo import Acts
from playground.gui.widgets.page_frame import PageFrame

if TYPE_CHECKING:
    from playground.gui.main_window import MainWindow


class Visit:
    """The `Stage` of a lesson's player.

    The person's pages leave the window without being closed: what trains there trains on, and not one setting is
    captured and restored. The scene gets fresh pages, and so is the same each time.
    """

    def __init__(self, window: "MainWindow") -> None:
        self._window = window
        self._pages: dict[str, Page] | None = None
        self._frames: dict[str, PageFrame] = {}
        self._stage = ""
        self._documents: Aside | None = None
        self._acts: Acts = ((), ())

    @property
    def page(self) -> Page | None:
        """What stands on the stage."""
        return self._window.page

    @property
    def pages(self) -> list[Page]:
        """Those that were put away."""
        return list((self._pages or {}).values())

    def set_aside(self) -> None:
        """Empties the stage."""
        window = self._window
        self._stage = window.page.name if window.page else ""
        self._documents = window.documents.set_aside()
        self._acts = window.undo.swap(((), ()))
        self._pages, window.pages = window.pages, {}
        self._frames, window.frames = window.frames, {}
        self._take_off(self._frames)

    def clear(self) -> None:
        """Closes the scene's pages; nobody waits for what they still load or save."""
        window = self._window
        pages, window.pages = window.pages, {}
        frames, window.frames = window.frames, {}
        self._take_off(frames)
        window.documents.access.set()
        for page in pages.values():
            for session in page.sessions():
                session.let_go()
        for frame in frames.values():
            frame.deleteLater()

    def bring_back(self, page: str = "") -> None:
        """Closes the scene's pages and puts the person's own in their place."""
        window = self._window
        assert self._pages is not None
        assert self._documents is not None
        self.clear()
        window.pages, self._pages = self._pages, None
        window.frames, self._frames = self._frames, {}
        for frame in window.frames.values():
            window.stack.addWidget(frame)
        window.documents.bring_back(self._documents)
        window.undo.swap(self._acts)
        if name := page or self._stage:
            window.show_page(name)

    def close(self) -> None:
        """The window has closed: its pages die with it, wherever they are."""
        for frame in self._frames.values():
            frame.setParent(self._window)

    def _take_off(self, frames: dict[str, PageFrame]) -> None:
        for frame in frames.values():
            frame.hide()
            self._window.stack.removeWidget(frame)
            frame.setParent(None)

    def apply(self, document: Document) -> None:
        """Shows a document."""
        self._window.documents.apply(document)
