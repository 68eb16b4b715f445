"""One curve a run, in a number that means the same for all of them, with what real data reaches in their place."""

from collections.abc import Sequence

import numpy as np
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from playground.gui.panels.compare.column import Column, quick_settings
from playground.gui.panels.compare.metrics import Kind, Metric, metrics_of
from playground.gui.widgets.curve_plot import CurvePlot
from playground.gui.widgets.name_box import NameBox, labelled

_AXES = {"seconds": "seconds of training, each", "steps": "training steps"}


class MetricCurves(QWidget):
    """The plot, the line of words under it, and the two choices that belong to it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.number = NameBox(
            "compare.metric", "Metric", "A number that means the same for every family; a loss does not"
        )
        self.axis = NameBox("compare.axis", "Horizontal axis", "Compare after as much time, or after as many steps")
        self.axis.set_choices(list(_AXES.items()))
        self.plot = CurvePlot(f"{name}.plot")
        self.words = QLabel()
        self.words.setObjectName(f"{name}.words")
        self.words.setProperty("role", "caption")
        self.words.setWordWrap(True)
        self._metrics: list[Metric] = []
        self._columns: Sequence[Column] = ()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.words)
        self.number.chosen.connect(lambda _: self._draw())
        self.axis.chosen.connect(lambda _: self._draw())

    def fields(self) -> list[QWidget]:
        """The two choices with their words, to be placed above the columns."""
        return [labelled("Curve", self.number), labelled("over", self.axis)]

    def show_kind(self, kind: Kind) -> None:
        """Offers what can be measured on such data."""
        self._metrics = metrics_of(kind)
        self.number.set_choices([(metric.name, metric.title) for metric in self._metrics])
        self._draw()

    def show_columns(self, columns: Sequence[Column]) -> None:
        """Draws how these runs went so far."""
        self._columns = columns
        self._draw()

    def _draw(self) -> None:
        metric = next(each for each in self._metrics if each.name == self.number.name())
        over = self.axis.name()
        curves = {}
        for index, column in enumerate(self._columns):
            # A run without this number keeps its place, so that the lines of the others stay theirs.
            curves[_title(self._columns, index)] = column.track.curve(metric.name, over)
        floors = [column.track.newest.get(f"{metric.name}_floor") for column in self._columns]
        floor = next((value for value in floors if value is not None), metric.best)
        self.plot.set_titles(_AXES[over], metric.axis)
        self.plot.set_curves(curves)
        self.plot.set_floor(floor, _floor_words(metric, floor))
        self.words.setText(self._says(metric, curves))

    def _says(self, metric: Metric, curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> str:
        """What the curves are; or why there are none."""
        measured = [title for title, (x, _) in curves.items() if len(x)]
        waiting = any(column.samples is None for column in self._columns)
        if not measured:
            if waiting or not self._columns:
                return f"{metric.title}: {metric.says}."
            if metric.exact:
                return (
                    f"None of these families has an exact density here; {metric.title} needs one. Choose another curve."
                )
            return f"{metric.title} cannot be measured on this data. Choose another curve."
        count = next(int(c.track.newest["count"]) for c in self._columns if "count" in c.track.newest)
        without = [title for title in curves if title not in measured]
        missing = f" {', '.join(without)}: no exact density." if without and metric.exact and not waiting else ""
        quick = [_title(self._columns, i) for i, c in enumerate(self._columns) if quick_settings(c.session.facts)]
        fewer = f" {', '.join(quick)}: in fewer steps than usual, to be quick." if quick and not metric.exact else ""
        return f"{metric.title}: {metric.says}. From {count:,} samples.{fewer}{missing}"


def _title(columns: Sequence[Column], index: int) -> str:
    """The family's title, numbered where it is there twice."""
    titles = [column.title for column in columns]
    return titles[index] if titles.count(titles[index]) == 1 else f"{titles[index]} {index + 1}"


def _floor_words(metric: Metric, floor: float | None) -> str:
    if floor is None:
        return ""
    return metric.floor
