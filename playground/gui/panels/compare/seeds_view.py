"""How a family learns from one seed to the next: five short runs of two families, all their curves side by side."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from playground.gui.panels.base.parts import caption, int_box
from playground.gui.panels.base.views import button
from playground.gui.panels.compare.choices import shared_options
from playground.gui.panels.compare.metrics import metrics_of
from playground.gui.panels.compare.race import Race
from playground.gui.panels.compare.seed_runs import SEEDS, SeedRuns
from playground.gui.widgets import theme
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.name_box import labelled

FAMILIES = 2  # those of the first two columns
STEPS, MOST_STEPS = 240, 5000
LEAST_HEIGHT = 9  # em, of a plot


class SeedCurves(CurvePlot):
    """Reaches as high as its neighbour, so that the two can be compared."""

    reads_values = False
    heights: tuple[float, ...] = ()

    def also_shown(self) -> tuple[float, ...]:
        return self.heights

    def sizeHint(self) -> QSize:
        """A page with wrapped words takes it for its least."""
        return QSize(theme.em(self, 20), theme.em(self, LEAST_HEIGHT))


class SeedsView(QWidget):
    """The families of the first two columns, from fresh models; what the columns learn stays as it is."""

    def __init__(self, name: str, race: Race, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._race = race
        self._data = ""
        self._kind = "points"
        self.runs = SeedRuns(self)
        self.steps = int_box(f"{name}.steps", "Steps", "Training steps of each run", 1, MOST_STEPS)
        self.steps.setValue(STEPS)
        self.begin = button(
            "Train five seeds",
            f"{name}.begin",
            "Trains both families from five seeds, one run after another; press again to stop",
        )
        self.begin.setProperty("role", "primary")
        self.progress = caption(f"{name}.progress")
        self.progress.setWordWrap(False)
        self.headings = [QLabel() for _ in range(FAMILIES)]
        self.plots = [SeedCurves(f"{name}.{place + 1}", "training steps") for place in range(FAMILIES)]
        self.says = [caption(f"{name}.{place + 1}.words") for place in range(FAMILIES)]
        self.words = caption(f"{name}.words")
        self.begin.clicked.connect(self._pressed)
        self.runs.changed.connect(self._show)
        self.runs.troubled.connect(lambda sentence, _: self.words.setText(sentence))
        self._lay_out()

    def show_data(self, data: str, kind: str) -> None:
        """Other data, or other families: the curves of those before go."""
        self._data, self._kind = data, kind
        self.runs.forget()

    def is_settled(self) -> bool:
        """Whether nothing more is on its way."""
        return not self.runs.is_running

    def readings(self) -> Mapping[str, float]:
        """Runs that are finished, and what they reached, by family; NaN before two have."""
        numbers: dict[str, float] = {"finished": self.runs.finished(), "steps": self.steps.value()}
        for place in range(FAMILIES):
            found = self.runs.summary(place)
            numbers |= {f"{place + 1}.{key}": found.get(key, np.nan) for key in ("mean", "spread", "widest")}
        return numbers

    def _pressed(self) -> None:
        if self.runs.is_running:
            self.runs.stop()
            return
        families = [column.family.name() for column in self._race.columns[:FAMILIES]]
        options = self._race.options or shared_options(families, self._data)
        metric = metrics_of(self._kind)[0]  # type: ignore[arg-type]
        self.words.setText("")
        self.runs.start(families, self._data, options, self.steps.value(), metric)

    # -- what is on show ----------------------------------------------------------------------------------------------

    def _show(self) -> None:
        metric = metrics_of(self._kind)[0]  # type: ignore[arg-type]
        done, running = self.runs.finished(), self.runs.is_running
        self.begin.setText("Stop" if running else "Train five seeds")
        self.steps.setEnabled(not running)
        self.progress.setText(f"{done} of {FAMILIES * SEEDS} runs" if running or done else "")
        curves = [self.runs.curves(place) for place in range(FAMILIES)]
        numbers = [y for by_seed in curves for _, y in by_seed.values()]
        every = np.concatenate(numbers or [np.empty(0)])
        every = every[np.isfinite(every)]
        heights = (float(every.min()), float(every.max())) if len(every) else ()
        for place, plot in enumerate(self.plots):
            plot.heights = heights
            plot.set_titles("training steps", metric.axis)
            plot.set_floor(self.runs.floor, metric.floor)
            plot.set_curves({f"seed {seed}": curve for seed, curve in curves[place].items()})
            self.headings[place].setText(self._race.columns[place].title)
            self.says[place].setText(self._said(place))
        if every.size:
            self.words.setText(f"{metric.title}: {metric.says}. The same data and steps; only the seed differs.")
        elif not running:
            self.words.setText("Each family is trained five times, each time from another seed.")

    def _said(self, place: int) -> str:
        found = self.runs.summary(place)
        if not found:
            return ""
        far = f", {found['widest']:.2g} at most on the way" if "widest" in found else ""
        return f"At the end {found['mean']:.2g} on average. The seeds are {found['spread']:.2g} apart{far}."

    def _lay_out(self) -> None:
        above = QWidget()
        flow = FlowLayout(above)
        flow.setContentsMargins(0, 0, 0, 0)
        for control in (self.begin, labelled("Steps", self.steps), self.progress):
            flow.addWidget(control)
        row = QHBoxLayout()
        row.setSpacing(theme.em(self, 0.8))
        for heading, plot, says in zip(self.headings, self.plots, self.says, strict=True):
            heading.setProperty("role", "heading")
            says.setAlignment(Qt.AlignmentFlag.AlignTop)
            column = QWidget()
            column.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
            box = QVBoxLayout(column)
            box.setContentsMargins(0, 0, 0, 0)
            for part in (heading, plot, says):
                box.addWidget(part, int(part is plot))
            row.addWidget(column, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(above)
        layout.addLayout(row, 1)
        layout.addWidget(self.words)
        self._fit()

    def _fit(self) -> None:
        for plot in self.plots:
            plot.setMinimumHeight(theme.em(self, LEAST_HEIGHT))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "words"):
            self._fit()
