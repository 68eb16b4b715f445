"""The same code in another run: beside this decoder stands one that never saw it."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from playground.core.records import Answer, Query
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.latent.code import Code
from playground.gui.panels.base.latent.tool import Tool
from playground.gui.panels.base.page import Page
from playground.gui.panels.base.parts import caption, choice, shrinking
from playground.gui.session import TrainingSession
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.scatter_view import ScatterView

NONE = "none"


class OtherTool(Tool):
    """Owns a second session while a run is chosen."""

    title = "Other run"
    tooltip = "Decode the same code by another run whose code has as many numbers"

    def __init__(self, name: str, ask: Ask, code: Code, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, code, parent)
        self.run = choice(f"{name}.run", "Other run", "A run whose code z has as many numbers as this one's", (NONE,))
        self.decoded = ImageGrid(f"{name}.decoded")
        self.plane = ScatterView(f"{name}.plane")
        self.words = caption()
        self.session: TrainingSession | None = None
        self._chosen = NONE
        self._runs: dict[str, str] = {}  # what to open, by name
        shrinking(self.run)
        self.run.activated.connect(self._choose)
        code.moved.connect(self._decode)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.decoded)
        self._stack.addWidget(self.plane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.run)
        layout.addWidget(self._stack, 1)
        layout.addWidget(self.words)

    def sessions(self) -> Sequence[TrainingSession]:
        """The run beside this one, if there is one."""
        return () if self.session is None else (self.session,)

    def start(self, facts: Mapping[str, Any]) -> None:
        self._list_runs()
        if self._chosen not in self._runs:
            self._close()

    def refresh(self) -> None:
        self._list_runs()
        self._decode()

    def _list_runs(self) -> None:
        """Bundled ones of the same data first, then the others, then those that other pages have open."""
        assert self.experiment is not None
        self._runs = bundled_like(self.facts, self.experiment.data) | self._open_elsewhere()
        self.run.clear()
        self.run.addItems([NONE, *self._runs])
        self.run.setCurrentText(self._chosen if self._chosen in self._runs else NONE)

    def _open_elsewhere(self) -> dict[str, str]:
        """Runs on other pages of this window that are on disk, by the names of their folders."""
        found: dict[str, str] = {}
        for page in self.window().findChildren(Page):
            for session in () if page.isAncestorOf(self) else page.sessions():
                if session.is_open and session.folder and _kind(session.facts) == _kind(self.facts):
                    found.setdefault(Path(session.folder).name, session.folder)
        return found

    # -- the other run -----------------------------------------------------------------------------------------------

    def _choose(self, row: int) -> None:
        name = self.run.currentText()
        if name == self._chosen:
            return
        self._close()
        if name == NONE:
            return
        self._chosen = name
        self.words.setText(f"Loading {name} ...")
        self.session = TrainingSession(self)
        self.session.opened.connect(self._ready)
        self.session.answered.connect(self._decoded)
        self.session.failed.connect(self._failed)
        self._asked.add("other")
        self.session.open_run(self._runs[name])

    def _close(self) -> None:
        """Lets the other run go."""
        session, self.session, self._chosen = self.session, None, NONE
        self._asked.discard("other")
        self.decoded.clear("Choose a run: it decodes the same z.")
        self.plane.clear()
        self.words.clear()
        if session is not None:
            session.let_go()

    def _ready(self) -> None:
        assert self.session is not None
        facts = self.session.facts
        if "decode" not in facts["capabilities"] or facts["latent_dim"] != len(self.code.z):
            self._failed(f"{self._chosen} has no code of {len(self.code.z)} numbers.", "")
            return
        points = facts["kind"] == "points"
        self._stack.setCurrentWidget(self.plane if points else self.decoded)
        if points:
            self.plane.set_extent(-facts["extent"], facts["extent"])
            self.plane.set_points("real data", facts["test"][:1500], "data")
        self._decode()

    def _decode(self) -> None:
        if self.session is None or not self.session.is_open:
            return
        label = self.code.labels(1) if self.session.facts["conditional"] and self._same_labels() else None
        self._asked.add("other")
        self.session.ask(Query(f"{self.objectName()}/other", "decode", {"z": self.code.z[None], "label": label}))

    def _same_labels(self) -> bool:
        return self.session is not None and self.session.facts["factors"] == self.facts["factors"]

    def _decoded(self, answer: Answer) -> None:
        self._asked.discard("other")
        if answer.error:
            self.words.setText(answer.error)
            return
        x = answer.arrays["x"]
        if x.ndim == 4:
            self.decoded.set_images(x.clip(0, 1))
        else:
            self.plane.set_points("decoded", x, "model")
        told = " of the same label" if answer.query.arguments["label"] is not None else ""
        self.words.setText(
            f"What {self._chosen} makes of the same z{told}. Each run gives its own meaning to the numbers of its code."
        )

    def _failed(self, sentence: str, details: str) -> None:
        name = self._chosen
        self._close()
        self.run.setCurrentText(NONE)
        self.words.setText(f"{name} was not opened: {sentence}")


def bundled_like(facts: Mapping[str, Any], data: str) -> dict[str, str]:
    """The bundled runs whose code has as many numbers, those of the same data first."""
    alike = [
        name for name, path in TrainingSession.bundled_runs().items() if _kind(_stored(name, path)) == _kind(facts)
    ]
    alike.sort(key=lambda name: _stored(name, TrainingSession.bundled_runs()[name])["data_name"] != data)
    return {name: name for name in alike}


def _kind(facts: Mapping[str, Any]) -> tuple[int, str]:
    """Numbers in the code, and whether it becomes points or images."""
    return facts["latent_dim"], facts["kind"]


@cache
def _stored(name: str, path: Path) -> Mapping[str, Any]:
    """What a bundled run's files say of it, which never changes."""
    return TrainingSession.stored_facts(name)
