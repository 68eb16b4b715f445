"""Three generators of the same data: regression from the label, regression from label and noise, and against a
discriminator. What each does with the noise is measured while y or z is held, moved or dropped."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.core.records import Answer
from playground.gui.panels.base import Lens
from playground.gui.panels.base.asker import Ask
from playground.gui.panels.base.companions import Companions
from playground.gui.panels.base.parts import caption
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.model_diagram import Edge, ModelDiagram, Node
from playground.gui.widgets.name_box import NameBox, labelled
from playground.gui.widgets.next_button import NextButton

DRAWS = 64  # codes that are measured
SHOWN = 9  # of them that are shown
TURN = 100  # slider ticks of a whole turn of z
ANY = -1
IGNORED = 0.05  # share of the real variance below which z is said to be ignored
MOVES = (("z", "hold y, move z"), ("y", "hold z, move y"), ("open", "drop y, move z"))


class Net(NamedTuple):
    """One of the three: how its bundled run's name goes on, and what is written over it."""

    suffix: str
    heading: str


NETS = {
    "y": Net("-l2-label", "g(y), L2"),
    "yz": Net("-l2", "g(y, z), L2"),
    "game": Net("", "g(y, z), against D"),
}


class NetsLens(Lens):
    """The true mean of the class beside what three nets make of its label."""

    key = "nets"
    title = "Three nets"
    tooltip = "Why a label alone gives a blur, why squared error ignores the noise, and what an opponent changes"

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.moves = NameBox(f"{name}.moves", "What moves", "Which of label y and noise z is held, moved or dropped")
        self.moves.set_choices(MOVES)
        self.label = NameBox(f"{name}.label", "Label y", "The label that is held")
        self.turn = GrooveSlider()
        self.turn.setObjectName(f"{name}.turn")
        self.turn.setAccessibleName("Move z")
        self.turn.setToolTip("Moves every z from one draw of the prior to another and back, staying as likely")
        self.turn.setRange(0, TURN)
        self.again = NextButton("New z", f"{name}.again", "Draws other noise z from the prior")
        self.diagram = ModelDiagram(f"{name}.diagram")
        self.prior = CurvePlot(f"{name}.prior", "numbers of z", "p")
        self.real = ImageGrid(f"{name}.real")
        self.grids = {which: ImageGrid(f"{name}.{which}") for which in NETS}
        self.words = {which: caption() for which in ("real", *NETS)}
        self.nets = Companions(self)
        self.means: dict[str, np.ndarray] = {}
        self.made: dict[str, np.ndarray] = {}  # what each net made of the codes, (N, *shape)
        self.moves.chosen.connect(lambda _: self._show_all())
        self.label.chosen.connect(lambda _: self._show_all())
        self.turn.valueChanged.connect(lambda _: self._show_all())
        self.again.drawn.connect(self._show_all)
        self.nets.opened.connect(self._generate)
        self.nets.answered.connect(self._generated)
        self.nets.failed.connect(lambda which, sentence: self.grids[which].clear(sentence))
        self._lay_out()

    @classmethod
    def fits(cls, facts: Mapping[str, Any]) -> bool:
        options = facts["data"]["options"]
        return all(TrainingSession.has_learned(run, facts["data_name"], options) for run in _runs(facts).values())

    def sessions(self) -> Sequence[TrainingSession]:
        return self.nets.all()

    def is_settled(self) -> bool:
        return super().is_settled() and self.nets.is_settled()

    def start(self, facts: Mapping[str, Any]) -> None:
        self.nets.let_go()
        self.means, self.made = {}, {}
        self.label.set_choices([(str(k), value) for k, value in enumerate(facts["factors"][0][1])])
        for grid in self.grids.values():
            grid.clear("The net is loading.")

    def refresh(self) -> None:
        if not self.means:
            self.ask("means", "class_means", target="moments")
        self.nets.open(_runs(self.facts))
        self.picture("x", self.facts["test"][0])
        self._show_all()

    def trained(self, step: int) -> None:
        """What recognition learns meanwhile changes nothing here."""

    def answered(self, answer: Answer) -> None:
        self.means = dict(answer.arrays)
        self._show_real()
        for which in self.made:
            self._measure(which)

    def readings(self) -> Mapping[str, float]:
        """Of each net the distance to the class mean and the variance over what moves."""
        found = {}
        for which, x in self.made.items():
            found[f"{which}.variance"] = variance(x)
            if self.means and self._move() != "y":
                found[f"{which}.distance"] = distance(x, self._mean())
        return found

    # -- what moves ---------------------------------------------------------------------------------------------------

    def _move(self) -> str:
        return self.moves.name()

    def _told(self) -> int:
        return ANY if self._move() == "open" else int(self.label.name() or 0)

    def _mean(self) -> np.ndarray:
        """The mean of the training images of the label, or of all where it is left open: the last row."""
        result: np.ndarray = self.means["mean"][self._told()]
        return result

    def _codes(self, size: int) -> np.ndarray:
        """What the slider makes of two draws from the prior, (N, Z): one code for all where z is held."""
        first, second = np.random.default_rng(self.again.number).standard_normal((2, DRAWS, size))
        angle = 2 * np.pi * self.turn.value() / TURN
        z = np.cos(angle) * first + np.sin(angle) * second
        classes = len(self.facts["factors"][0][1])
        return (np.repeat(z[:1], classes, axis=0) if self._move() == "y" else z).astype(np.float32)

    def _show_all(self) -> None:
        if not self.facts or not self.isVisible():
            self._is_current = False
            return
        self.label.setEnabled(self._move() == "z")
        self._draw_model()
        if self.means:
            self._show_real()
        for which in NETS:
            self._generate(which)

    # -- the three nets -----------------------------------------------------------------------------------------------

    def _generate(self, which: str) -> None:
        if not self.nets.is_open(which):
            return
        facts = self.nets.facts(which)
        if facts["data_hash"] != self.facts["data_hash"]:
            self.grids[which].clear("It learned other examples than these: the data were edited.")
            return
        z = self._codes(facts["latent_dim"])
        label = np.arange(len(z))[:, None] if self._move() == "y" else np.full((len(z), 1), self._told())
        self.nets.ask(which, "made", "decode", z=z, label=label)
        if which == "game":
            self._show_prior(z[:1] if self._move() == "y" else z)

    def _generated(self, which: str, answer: Answer) -> None:
        x = self.made[which] = answer.arrays["x"].clip(0, 1)
        self.grids[which].set_images(x if self._move() == "y" else x[:SHOWN])
        self._measure(which)
        if which == "game":
            self.diagram.set_thumbnail("sample", x[0])

    def _measure(self, which: str) -> None:
        """Words that follow the numbers."""
        if not self.means:
            return
        x = self.made[which]
        spread = variance(x)
        if self._move() == "y":
            self.words[which].setText(f"variance {spread:.4f}\nover y")
            return
        share = spread / max(float(self.means["variance"][self._told()]), 1e-12)
        verdict = "has no z" if spread < 1e-9 else "ignores z" if share < IGNORED else f"{share:.0%} of real"
        away = distance(x, self._mean())
        self.words[which].setText(f"{away:.3f} from the mean\nvariance {spread:.4f}\n{verdict}")

    def _show_real(self) -> None:
        if self._move() == "y":
            self.real.set_images(self.means["mean"][:-1].clip(0, 1))
            self.words["real"].setText("of each class,\nof all its images")
            return
        k = self._told()
        self.real.set_images(self._mean()[None].clip(0, 1))
        spread, count = float(self.means["variance"][k]), int(self.means["count"][k])
        self.words["real"].setText(f"{np.sqrt(spread):.3f} from the mean\nvariance {spread:.4f}\n{count:,} real images")

    def _show_prior(self, z: np.ndarray) -> None:
        """How often the numbers of these codes are so large, beside the standard normal that they are drawn from."""
        edges = np.linspace(-4, 4, 33)
        share, _ = np.histogram(z, edges, density=True)
        line = np.linspace(-4, 4, 161)
        exact = np.exp(-0.5 * line**2) / np.sqrt(2 * np.pi)
        self.prior.set_curves({"drawn": (np.repeat(edges, 2)[1:-1], np.repeat(share, 2)), "N(0, 1)": (line, exact)})

    # -- layout -------------------------------------------------------------------------------------------------------

    def _draw_model(self) -> None:
        """Observed variables gray, latent ones white; without its label the model is unconditional."""
        move = self._move()
        moves = {"y": "held" if move == "z" else "moves", "z": "held" if move == "y" else "moves"}
        nodes = [
            Node("z", "latent", "z", 0, caption=moves["z"]),
            Node("g", "network", "g", 2, shape="widen"),
            Node("sample", "observed", "x̂", 3, caption="image"),
        ]
        edges = [Edge("z", "g"), Edge("g", "sample")]
        if move != "open":
            nodes.insert(1, Node("y", "observed", "y", 1, caption=moves["y"]))
            edges.insert(0, Edge("y", "g"))
        self.diagram.set_graph(nodes, edges)
        if "game" in self.made:
            self.diagram.set_thumbnail("sample", self.made["game"][0])

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "nets"):
            self._fit()

    def _fit(self) -> None:
        """Heights follow the type size."""
        for half in (self.diagram, self.prior):
            half.setFixedHeight(theme.em(self, 4.8))
        for words in self.words.values():
            words.setMinimumHeight(3 * words.fontMetrics().lineSpacing())  # so that a longer number moves nothing

    def _lay_out(self) -> None:
        choices = QWidget()
        row = FlowLayout(choices)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.em(self, 0.6))
        for widget in (self.moves, labelled("Label y", self.label), labelled("Move z", self.turn), self.again):
            row.addWidget(widget)
        above = QHBoxLayout()
        above.addWidget(self.diagram, 3)
        above.addWidget(self.prior, 2)
        columns = QHBoxLayout()
        columns.setSpacing(theme.em(self, 0.6))
        headings = {"real": "mean, exact", **{which: net.heading for which, net in NETS.items()}}
        for which, grid in {"real": self.real, **self.grids}.items():
            heading = QLabel(headings[which])
            heading.setProperty("role", "heading")
            heading.setWordWrap(True)
            self.words[which].setAlignment(Qt.AlignmentFlag.AlignTop)
            self.words[which].setToolTip(
                "From the mean: the root of the mean squared difference from the mean of the real images, a pixel.\n"
                "Variance: over what moves, on average over the pixels."
            )
            column = QWidget()
            column.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            box = QVBoxLayout(column)
            box.setContentsMargins(0, 0, 0, 0)
            box.addWidget(heading)
            box.addWidget(grid, 1)
            box.addWidget(self.words[which])
            columns.addWidget(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(choices)
        layout.addLayout(above)
        layout.addLayout(columns, 1)
        self._fit()


def variance(x: np.ndarray) -> float:
    """Of images (N, *shape) about their own mean, on average over the pixels."""
    return float(x.var(axis=0).mean())


def distance(x: np.ndarray, mean: np.ndarray) -> float:
    """Of images (N, *shape) from one picture: the root of the mean squared difference over images and pixels."""
    return float(np.sqrt(np.square(x - mean).mean()))


def _runs(facts: Mapping[str, Any]) -> dict[str, str]:
    """The bundled runs on this data."""
    return {which: f"gan-{facts['data_name']}{net.suffix}" for which, net in NETS.items()}
