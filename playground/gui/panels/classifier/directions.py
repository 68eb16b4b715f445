"""The same trapezoid both ways: f takes many images to one label, g takes one label to many images."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.companions import Companions
from playground.gui.panels.base.parts import caption
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.model_diagram import Edge, ModelDiagram, Node
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.next_button import NextButton

SHOWN = 8
ANY = -1


class DirectionsLens(Lens):
    """Real images and what f calls them above; below, what g makes of that label, and what f calls those."""

    key = "directions"
    title = "Both directions"
    tooltip = "Recognition takes many images to one label; generation takes one label to many images"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.label = NameBox(f"{name}.label", "Label y", "The label that f should find and that g is told")
        self.again = NextButton("New z", f"{name}.again", "Draws other noise z for g: the same label, other images")
        self.real, self.made = ImageGrid(f"{name}.real"), ImageGrid(f"{name}.made")
        self.f, self.g = ModelDiagram(f"{name}.f"), ModelDiagram(f"{name}.g")
        self.real_words, self.made_words = caption(), caption()
        self.generator = Companions(self)
        self._made = np.empty(0)
        self.label.chosen.connect(lambda _: self._another_label())
        self.again.drawn.connect(self._another_draw)
        self.generator.opened.connect(lambda _: self._generate())
        self.generator.answered.connect(self._generated)
        self.generator.failed.connect(lambda _, sentence: self.made.clear(sentence))
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        return TrainingSession.has_learned(_generator(facts), facts["data_name"], facts["data"]["options"])

    def sessions(self) -> Sequence[TrainingSession]:
        return self.generator.all()

    def is_settled(self) -> bool:
        return super().is_settled() and self.generator.is_settled()

    def start(self, facts: Mapping[str, Any]) -> None:
        self.generator.let_go()
        self._made = np.empty(0)
        names = facts["factors"][0][1]
        self.label.set_choices([(str(k), value) for k, value in enumerate(names)])
        self.made.clear("The generator is loading.")
        self._draw_models()

    def refresh(self) -> None:
        self._ask_real()
        if self.generator.is_open("g"):
            self._generate()
        else:
            self.generator.open({"g": _generator(self.facts)})

    def trained(self, step: int) -> None:
        """Recognition is followed while it learns; what g makes stays as it is."""
        super().trained(step)
        if self.isVisible() and not self._asked:
            self._is_current = True
            self._ask_real()
            self._ask_made()

    def readings(self) -> Mapping[str, float]:
        """Which label is told."""
        return {"label": float(self._told())}

    # -- f ------------------------------------------------------------------------------------------------------------

    def _told(self) -> int:
        return int(self.label.name() or 0)

    def _ask_real(self) -> None:
        of_class = self.facts["test_labels"][:, 0] == self._told()
        self.ask("real", "recognise", x=self.facts["test"][of_class][:SHOWN])

    def _ask_made(self) -> None:
        if self._made.size:
            self.ask("made", "recognise", x=self._made)

    def answered(self, answer: Answer) -> None:
        images = np.asarray(answer.query.arguments["x"])
        given, sure = answer.arrays["label"][:, 0], answer.arrays["probability"][:, 0]
        names = self.facts["factors"][0][1]
        captions = [f"{p:.0%}" if k == self._told() else f"✗ {names[k]}" for k, p in zip(given, sure, strict=True)]
        right, told = int((given == self._told()).sum()), names[self._told()]
        count = f"{right} of {len(given)}"
        if answer.query.channel.endswith("/real"):
            self.real.set_images(images, captions)
            self.f.set_thumbnail("x", images[0])
            least = f"{sure.min():.0%} sure or more" if sure.min() < 0.99 else "more than 99% sure"
            self.real_words.setText(f"{count} are called {told}, {least}")
            self.picture("x", images[0])
        else:
            self.made.set_images(images, captions)
            self.g.set_thumbnail("sample", images[0])
            run = _generator(self.facts)
            self.made_words.setText(f"by {run}: f calls {count} of them {told}")

    # -- g ------------------------------------------------------------------------------------------------------------

    def _another_label(self) -> None:
        self._draw_models()
        self.outdate()

    def _another_draw(self) -> None:
        if self.generator.is_open("g"):
            self._generate()

    def _generate(self) -> None:
        facts = self.generator.facts("g")
        label = np.full((SHOWN, len(facts["factors"])), ANY)
        label[:, 0] = self._told()
        self.generator.ask("g", "made", "sample", self.again.number, n=SHOWN, label=label, settings={})

    def _generated(self, which: str, answer: Answer) -> None:
        self._made = answer.arrays["x"].clip(0, 1)
        self._ask_made()

    # -- layout -------------------------------------------------------------------------------------------------------

    def _draw_models(self) -> None:
        told = self.label.currentText()
        self.f.set_graph(
            [
                Node("x", "observed", "x", 0, caption="many"),
                Node("f", "network", "f", 1, shape="narrow"),
                Node("y", "observed", "y", 2, caption=told),
            ],
            [Edge("x", "f"), Edge("f", "y")],
        )
        self.g.set_graph(
            [
                Node("y", "observed", "y", 0, caption=told),
                Node("z", "latent", "z", 1),
                Node("g", "network", "g", 2, shape="widen"),
                Node("sample", "observed", "x̂", 3, caption="many"),
            ],
            [Edge("y", "g"), Edge("z", "g"), Edge("g", "sample")],
        )

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "generator"):
            self._fit()

    def _fit(self) -> None:
        for diagram in (self.f, self.g):
            diagram.setMinimumHeight(theme.em(self, 4.8))

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.addWidget(labelled("Label y", self.label))
        row.addWidget(self.again)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(row)
        for heading, left, right, words in (
            ("Recognition f: image → label", self.real, self.f, self.real_words),
            ("Generation g: label → image", self.g, self.made, self.made_words),
        ):
            title = QLabel(heading)
            title.setProperty("role", "heading")
            both = QHBoxLayout()
            for half in (left, right):
                both.addWidget(half, 3 if isinstance(half, ImageGrid) else 2)
            above = QHBoxLayout()
            above.addWidget(title)
            above.addWidget(words, 1)
            layout.addLayout(above)
            layout.addLayout(both, 1)
        for grid in (self.real, self.made):
            grid.set_columns(SHOWN)
        self._fit()


def _generator(facts: Mapping[str, Any]) -> str:
    """The bundled generator that is told the label."""
    return f"gan-{facts['data_name']}"
