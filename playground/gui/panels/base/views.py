"""The views that every family has: what it makes while it learns, and samples on demand."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import (
    QLabel,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from playground.core.experiment import Experiment
from playground.core.records import Answer
from playground.gui.panels.base.asker import Ask, Asker
from playground.gui.panels.base.parts import counted
from playground.gui.panels.base.rest import Rest
from playground.gui.panels.base.sampling import SamplingForm, labels_in_turn
from playground.gui.panels.base.shelf import Shelf
from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.page_tabs import fit_to_current
from playground.gui.widgets.sample_drawing import sample_drawing
from playground.gui.widgets.scatter_view import ScatterView
from playground.gui.widgets.step_scrubber import StepScrubber


class View(Asker):
    """One tab of a panel.

    Signals:
        pictured: (node of the drawn model, image (C, H, W) or None, whether it is signed) for the live drawing.
        comparison_wanted: (data, families, settings of the data) to open the page of comparisons with.
        repictured: all pictures of its nodes are others now, see `pictures`.
        wish: what only the panel may have done: a `Change` of settings or `TrainSteps`, see `core.messages`.
        grown: (widget) a part of it has been made after the rest.
        kept, sent: an `Example` to keep, or (example, family) to hand to that family's panel.
    """

    pictured = Signal(str, object, bool)
    repictured = Signal()
    wish = Signal(object)
    grown = Signal(object)
    kept = Signal(object)
    sent = Signal(object, str)
    comparison_wanted = Signal(str, list, dict)
    title: ClassVar[str] = ""
    tooltip: ClassVar[str] = ""

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.pictures: dict[str, tuple[np.ndarray | None, bool]] = {}

    def fits(self, facts: Mapping[str, Any]) -> bool:
        """Whether this model and data have anything to show here."""
        return True

    def askers(self) -> Sequence[Asker]:
        """Itself and those of its parts that ask under names of their own; they hear of another model in this order."""
        return (self,)

    def sessions(self) -> Sequence[TrainingSession]:
        """Live runs of its own, beside the panel's."""
        return ()

    def show_stored(self, picture: Path, run: str, drawing: bool) -> None:
        """Before a bundled run is there: its stored sample sheet, of images or a `drawing` of points."""

    def stepper(self) -> StepScrubber | None:
        """What the sampler's shortcuts work on, where the view has one."""
        return None

    def side_form(self) -> QWidget | None:
        """Settings that belong to this view; they stand at the top of the column beside the stage."""
        return None

    def receive(self, x: np.ndarray) -> bool:
        """Takes an image (C, H, W) that another panel sends; returns whether it has a use for it."""
        return False

    def picture(self, node: str, image: np.ndarray | None, signed: bool = False) -> None:
        """Shows an image in a node of the drawn model; points are not drawn there."""
        if image is None or image.ndim == 3:
            self.pictures[node] = (image, signed)
            self.pictured.emit(node, image, signed)


class SampleStage(QWidget):
    """Samples as a grid of images or as dots beside the data, with a caption that says what they are."""

    def __init__(self, name: str, parent: QWidget | None = None, legend: bool = True) -> None:
        super().__init__(parent)
        self._name, self._legend = name, legend
        self.images = ImageGrid(f"{name}.images")
        self._points: ScatterView | None = None
        self.stored = QLabel(alignment=Qt.AlignmentFlag.AlignCenter)
        self.stored.setAccessibleName("Stored samples")
        self.stored.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self.caption = QLabel("")
        self.caption.setProperty("role", "caption")
        self.caption.setObjectName(f"{name}.caption")
        self.caption.setWordWrap(True)
        self._sheet = QPixmap()
        self._stack = QStackedLayout()
        for widget in (self.images, self.stored):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(self._stack, 1)
        layout.addWidget(self.caption)

    @property
    def points(self) -> ScatterView:
        """Where points are drawn; made when the first ones come, since a plot takes its time to be made."""
        if self._points is None:
            self._points = ScatterView(f"{self._name}.points")
            self._points.show_legend(self._legend)
            self._stack.addWidget(self._points)
        return self._points

    def show_data(self, facts: Mapping[str, Any]) -> None:
        """Draws real points beneath; samples of another model do not stay on show."""
        if self._stack.currentWidget() is not self.stored:
            self.images.clear("Samples are on their way.")
            self._stack.setCurrentWidget(self.points if facts["kind"] == "points" else self.images)
            self.caption.setText("")
        if facts["kind"] == "points":
            self.points.clear()
            self.points.set_extent(-facts["extent"], facts["extent"])
            self.points.set_points("real data", facts["test"][:1500], "data")
            self.points.set_truth(facts["data"]["density"])
        elif self._points is not None:
            self._points.clear()

    def show_samples(self, x: np.ndarray, caption: str, captions: list[str] | None = None) -> None:
        """Images (N, C, H, W) or points (N, 2)."""
        if x.ndim == 4:
            self.images.set_images(x.clip(0, 1), captions)
            self._stack.setCurrentWidget(self.images)
        else:
            self.points.set_points("samples", x, "model")
            self._stack.setCurrentWidget(self.points)
        self.caption.setText(caption)

    def show_nothing(self, words: str) -> None:
        """No samples, and why: in the middle of an empty place, below points that stay."""
        self.images.clear(words)
        if self._points is not None:
            self._points.set_points("samples", np.empty((0, 2)), "model")
        drawn = self._points is not None and bool(self._points.visible_layers())
        self._stack.setCurrentWidget(self.points if drawn else self.images)
        self.caption.setText(words if drawn else "")

    def show_stored(self, picture: Path, caption: str, drawing: bool) -> None:
        """A picture file, as large as fits by whole pixels; a `drawing` takes the colours of the theme."""
        self._sheet = sample_drawing(picture) if drawing else QPixmap(str(picture))
        self._scale_sheet()
        self._stack.setCurrentWidget(self.stored)
        self.caption.setText(caption)

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        self._scale_sheet()

    def _scale_sheet(self) -> None:
        if not self._sheet.isNull() and self.stored.width() > 1 and self.stored.height() > 1:
            keep = Qt.AspectRatioMode.KeepAspectRatio
            self.stored.setPixmap(
                self._sheet.scaled(self.stored.size(), keep, Qt.TransformationMode.FastTransformation)
            )


POINTS, IMAGES, WALKED = 600, 40, 20  # samples that are drawn again and again; WALKED: images of a slow sampler


class TrainView(View):
    """Samples from the same noise again and again, so that what changes is the model alone."""

    title = "Train"
    tooltip = "Samples from fixed noise, refreshed while the model learns"
    SEED = 12

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.stage = SampleStage(name)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stage)
        self.rest = Rest(shortest=0.5)

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return "sample" in facts["capabilities"]

    def show_stored(self, picture: Path, run: str, drawing: bool) -> None:
        if picture.is_file():
            words = f"Stored samples of the bundled run {run}; the model is loading."
            self.stage.show_stored(picture, words, drawing)

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.stage.show_data(facts)
        self.rest.forget()
        super().opened(facts, experiment)

    def refresh(self) -> None:
        self.rest.begin_look()
        walks = "sample_steps" in self.facts["capabilities"]  # to its samples, and takes long for each
        count = POINTS if self.is_points else WALKED if walks else IMAGES
        settings = {f.name: f.quick for f in self.facts["sample_fields"] if f.quick is not None}
        label = labels_in_turn(self.facts, count)
        self.ask("preview", "sample", self.SEED, n=count, label=label, settings=settings)

    def trained(self, step: int) -> None:
        super().trained(step)
        if not self._asked and self.rest.is_over:
            self._bring_up_to_date()

    def answered(self, answer: Answer) -> None:
        self.rest.end_look()
        when = f"after {counted(answer.step, 'step')}" if answer.step else "of the untrained model"
        self.stage.show_samples(answer.arrays["x"], f"Samples {when}, from the same noise each time.")
        self.picture("sample", answer.arrays["x"][0])


PAIRS, PAIRS_A_ROW = 15, 5  # samples shown with their nearest training images


class SampleView(View):
    """Samples on demand, with the sampler's settings and a seed."""

    title = "Sample"
    tooltip = "Draw samples with settings of your own; click one for what is most like it"
    _step = 0  # of the weights that made what is on show

    def __init__(self, name: str, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(name, ask, parent)
        self.stage = SampleStage(name)
        self.form = SamplingForm(name)
        self.form.changed.connect(self.outdate)
        self.shelf = Shelf(f"{name}.shelf", ask, offers_all=True)
        self.shelf.kept.connect(self.kept)
        self.shelf.sent.connect(self.sent)
        self.stage.images.image_clicked.connect(self._offer)
        self.shelf.each.toggled.connect(self._show)
        self._samples: np.ndarray = np.empty(0)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.stage, 1)
        layout.addWidget(self.shelf)

    def side_form(self) -> QWidget:
        return self.form

    def askers(self) -> Sequence[Asker]:
        return (self, self.shelf)

    def is_settled(self) -> bool:
        return super().is_settled() and (self.shelf.isHidden() or self.shelf.is_settled())

    def fits(self, facts: Mapping[str, Any]) -> bool:
        return "sample" in facts["capabilities"]

    def opened(self, facts: Mapping[str, Any], experiment: Experiment) -> None:
        self.stage.show_data(facts)
        self.form.show_fields(facts)
        super().opened(facts, experiment)

    def refresh(self) -> None:
        n = 1000 if self.is_points else 60  # as many as are drawn at once when they are exported
        settings, label = self.form.settings(), self.form.label(n)
        self.ask("samples", "sample", self.form.seed(), n=n, label=label, settings=settings)

    def answered(self, answer: Answer) -> None:
        if answer.query.channel.endswith("/nearest"):
            self._show_pairs(answer.arrays["x"][:, 0], answer.arrays["distance"][:, 0], float(answer.arrays["usual"]))
            return
        self._samples, self._step = answer.arrays["x"], answer.step
        self._show()
        self.picture("sample", self._samples[0])

    def _show(self) -> None:
        """The samples; beside each, if that is wanted, its nearest training image as soon as it is found."""
        if not self._samples.size:
            return
        self.stage.images.set_columns(None)
        when = f"after {counted(self._step, 'step')}"
        self.stage.show_samples(self._samples, f"Samples {when}, seed {self.form.seed()}.")
        if self.shelf.each.isChecked() and not self.is_points:
            self.ask("nearest", "nearest", target="neighbours", x=self._samples[:PAIRS], k=1)

    def _show_pairs(self, nearest: np.ndarray, distance: np.ndarray, usual: float) -> None:
        if not self.shelf.each.isChecked():
            return
        pairs = np.stack([self._samples[: len(nearest)], nearest], axis=1)
        captions = [words for d in distance for words in ("", f"{d:.2f}")]
        self.stage.images.set_columns(2 * PAIRS_A_ROW)
        self.stage.show_samples(
            pairs.reshape(-1, *nearest.shape[1:]),
            f"Samples after {counted(self._step, 'step')}, each with its nearest training image and the distance to "
            f"it. From held-out images it is usually {usual:.2f}.",
            captions,
        )

    def _offer(self, index: int) -> None:
        paired = len(self.stage.images.images()) > len(self._samples[:PAIRS]) and self.shelf.each.isChecked()
        number = index // 2 if paired else index
        self.shelf.offer(self._samples[number], f"step {self._step:,}, seed {self.form.seed()}, #{number}")


def view_tabs(name: str, views: Sequence[tuple[QWidget, str, str]]) -> QTabWidget:
    """The tabs of a page: (view, title, tooltip) of each."""
    tabs = QTabWidget()
    tabs.setObjectName(name)
    tabs.setAccessibleName("Views")
    tabs.setDocumentMode(True)
    for view, title, tooltip in views:
        tabs.addTab(view, title)
        tabs.setTabToolTip(tabs.indexOf(view), tooltip)
    fit_to_current(tabs)
    return tabs


def captioned(widget: QWidget, words: str) -> QWidget:
    """A widget with a heading above it."""
    box = QWidget()
    layout = QVBoxLayout(box)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(theme.em(box, 0.2))
    heading = QLabel(words)
    heading.setProperty("role", "heading")
    layout.addWidget(heading)
    layout.addWidget(widget, 1)
    return box


def button(words: str, name: str, tooltip: str) -> QPushButton:
    """A push button with all that a control needs."""
    result = QPushButton(words)
    result.setObjectName(name)
    result.setAccessibleName(words)
    result.setToolTip(tooltip)
    return result
