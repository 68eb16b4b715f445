"""Training curves against their floor."""

from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QAction, QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QMenu, QSlider, QToolButton, QVBoxLayout, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.collapsible import Collapsible
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.end_labels import EndLabel, EndLabels
from playground.gui.widgets.loss_series import MARKER, Drawn, LossSeries, Scale
from playground.gui.widgets.plots import (
    HAIRLINE,
    bare_plot,
    brief,
    log10_of_positive,
    padded,
    pen,
    place_now,
    style_plot,
)
from playground.gui.widgets.reference_curves import Curve, ReferenceCurves

HELD_OUT = "held-out"
REDRAW_MILLISECONDS = 100
_MOST_SMOOTHING = 0.05  # of the curve's length: the time constant with the slider at its end


class LossPlot(DrawnWidget):
    """Loss curves that grow while a model trains; cheap to feed 30 times a second for any number of steps.

    The first series is the main loss and is shown; the *Curves* menu adds the others. Numbers measured on held-out
    data are circles on a dashed line in the colour of their series.
    """

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tooltip = "The training loss step by step; circles are measured on held-out data"
        super().__init__(name, "Loss plot", tooltip, parent)
        self._series: dict[str, LossSeries] = {}
        self._shown: set[str] = set()
        self._unit = "loss"
        self._floor: float | None = None
        self._stale = True
        self._pace = QTimer(self)
        self._pace.setSingleShot(True)
        self._pace.setInterval(REDRAW_MILLISECONDS)
        self._pace.timeout.connect(self._refresh_when_visible)

        self._plot = bare_plot(f"{name}.plot")
        self._plot.getPlotItem().getAxis("bottom").in_corner = True
        self._plot.setLabel("bottom", "step")
        self._labels = EndLabels(f"{name}.labels", self._plot)
        self._reference = ReferenceCurves(self._plot)
        self._floor_line = pg.InfiniteLine(angle=0, movable=False)
        self._floor_text = pg.TextItem(anchor=(1, -0.25))  # a little below its line
        self._floor_text.textItem.document().setDocumentMargin(0)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        for item in (self._floor_line, self._floor_text, self._cursor):
            item.hide()
            self._plot.addItem(item, ignoreBounds=True)
        self._plot.getPlotItem().getViewBox().sigResized.connect(self._refresh_when_visible)

        body = QHBoxLayout()
        body.setSpacing(0)
        body.addWidget(self._plot, 1)
        body.addWidget(self._labels)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._make_controls())
        layout.addLayout(body, 1)

    def add(self, first_step: int, values: Mapping[str, np.ndarray]) -> None:
        """Appends consecutive steps: `values[name][k]`, shape (K,), belongs to step ``first_step + k``."""
        for name, numbers in values.items():
            steps = np.arange(first_step, first_step + len(numbers))
            self._series_named(name).training.append(steps, numbers)
        self._refresh_soon()

    def add_held_out(self, step: int, values: Mapping[str, float]) -> None:
        """Adds one measurement on held-out data; a name shared with a training series goes with that series."""
        for name, value in values.items():
            self._series_named(name).add_held_out(step, value)
        self._refresh_soon()

    def set_floor(self, value: float | None, label: str = "") -> None:
        """Draws the lowest loss possible as a dotted line with `label` written under it; None takes it away."""
        self._floor = value
        self._floor_text.setText(label)
        self._refresh_when_visible()

    def set_unit(self, text: str) -> None:
        """Names the y axis, such as ``"loss (nats)"``."""
        self._unit = text
        self._refresh_when_visible()

    def set_cursor(self, step: float | None) -> None:
        """Draws a vertical line at the step that is being looked at; None takes it away."""
        self._cursor.setVisible(step is not None)
        if step is not None:
            self._cursor.setValue(step)

    def set_reference(self, curves: Mapping[str, Curve], title: str = "") -> None:
        """Draws another run's curves, as `series` gives them, faint behind those of the same names; none: no more."""
        self._reference.set(curves, title)
        self._refresh_when_visible()

    def clear(self) -> None:
        """Forgets every curve; the reference, the floor, the unit and the choices of the controls stay."""
        for series in self._series.values():
            series.remove()
        self._series.clear()
        self._shown.clear()
        self._menu.clear()
        self._picker.hide()
        self.set_cursor(None)
        self._refresh_when_visible()

    def series(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Every curve as (steps, values); held-out measurements are named ``"<series> held-out"``."""
        result = {}
        for name, series in self._series.items():
            for title, points in ((name, series.training.points()), (f"{name} {HELD_OUT}", series.held_out())):
                if len(points[0]):
                    result[title] = points
        return result

    def is_stale(self) -> bool:
        """Whether something was added that is not drawn yet."""
        return self._stale

    def restyle(self) -> None:
        look = theme.current()
        style_plot(self._plot, self)
        self._floor_line.setPen(pen(self, look.exact, style=(1, 2)))
        self._floor_text.setColor(look.exact)
        self._floor_text.fill = pg.mkBrush(theme.faded(look.base, 0.6))  # measured on few data, a loss may lie there
        self._floor_text.setZValue(1)
        self._floor_text.setFont(self.font())
        self._cursor.setPen(pen(self, look.muted, HAIRLINE))
        self._reference.restyle()
        for index, series in enumerate(self._series.values()):
            series.style(self._colour(index))
        self._smoothing.setFixedWidth(theme.em(self, 7))
        self._refresh_when_visible()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if self._stale:
            self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._pace.stop()

    def _make_controls(self) -> QWidget:
        name = self.objectName()
        self._smoothing = QSlider(Qt.Orientation.Horizontal)
        self._smoothing.setObjectName(f"{name}.smoothing")
        self._smoothing.setRange(0, 100)
        self._smoothing.setAccessibleName("Smoothing")
        self._smoothing.setToolTip(
            "Moving average over up to a twentieth of the curve; the raw loss stays visible, faint"
        )
        self._smoothing.valueChanged.connect(self._refresh_when_visible)
        caption = QLabel("Smoothing")
        self._log = QCheckBox("Log axis")
        self._log.setObjectName(f"{name}.log")
        self._log.setToolTip("Draws the logarithm of the loss; values that are not positive have none")
        self._log.toggled.connect(self._refresh_when_visible)
        self._menu = QMenu(self)
        self._picker = QToolButton()
        self._picker.setText("Which ...")
        self._picker.setObjectName(f"{name}.curves")
        self._picker.setToolTip("Which curves are drawn")
        self._picker.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._picker.setMenu(self._menu)
        self._picker.hide()
        row = QHBoxLayout()
        for control in (caption, self._smoothing, self._log, self._picker):
            row.addWidget(control)
        row.addStretch(1)
        row.setContentsMargins(0, 0, 0, 0)
        content = QWidget()
        content.setLayout(row)
        return Collapsible(content, id_prefix=name, title="Curves")

    def _series_named(self, name: str) -> LossSeries:
        if name not in self._series:
            self._series[name] = series = LossSeries(self._plot)
            series.style(self._colour(len(self._series) - 1))
            action = QAction(name, self._menu)
            action.setCheckable(True)
            if not self._shown:
                self._shown.add(name)
                action.setChecked(True)
            action.toggled.connect(partial(self._show_series, name))
            self._menu.addAction(action)
            self._picker.setVisible(len(self._series) > 1)
        return self._series[name]

    def _show_series(self, name: str, on: bool) -> None:
        if on:
            self._shown.add(name)
        else:
            self._shown.discard(name)
        self._refresh_when_visible()

    @staticmethod
    def _colour(index: int) -> str:
        inks = theme.current().series
        return inks[index % len(inks)]

    def _refresh_when_visible(self) -> None:
        self._stale = True
        if self.isVisible():
            self._refresh()

    def _refresh_soon(self) -> None:
        """What comes in bursts is drawn together, ten times a second."""
        self._stale = True
        if self.isVisible() and not self._pace.isActive():
            self._pace.start()

    def _refresh(self) -> None:
        """Draws every shown series, fits the axes to them and writes their latest values beside them."""
        self._stale = False
        scale: Scale = log10_of_positive if self._log.isChecked() else np.asarray
        smoothing = self._smoothing.value() / 100 * _MOST_SMOOTHING
        drawn: list[Drawn] = []
        labels: list[EndLabel] = []
        for index, (name, series) in enumerate(self._series.items()):
            if name not in self._shown:
                series.hide()
                self._reference.hide(name)
                continue
            one = series.draw(scale, smoothing)
            drawn.append(one)
            held_out_name = HELD_OUT if len(self._shown) == 1 else f"{name} {HELD_OUT}"
            for title, value in ((name, one.latest), (held_out_name, one.latest_held_out)):
                if value is not None and np.isfinite(height := float(scale(np.array(value)))):
                    labels.append(EndLabel(title, brief(value), self._colour(index), height))
            behind, last = self._reference.draw(name, scale, smoothing)
            if last is not None:
                drawn.append(Drawn(*behind, last, None, False))
                title = self._reference.title if len(self._shown) == 1 else f"{name} {self._reference.title}"
                labels.append(EndLabel(title, brief(last), theme.current().muted, float(scale(np.array(last)))))
        self._fit(drawn, scale)
        self._name_axis(any(one.below_zero for one in drawn))
        self._labels.set_labels(labels)
        for side in ("left", "bottom"):  # pyqtgraph centres a name only when the axis changes its size
            self._plot.getPlotItem().getAxis(side).resizeEvent()
        place_now(self._plot)

    def _name_axis(self, below_zero: bool) -> None:
        axis = self._plot.getPlotItem().getAxis("left")
        logarithmic = self._log.isChecked()
        if axis.logMode != logarithmic:
            axis.setLogMode(logarithmic)
        text = f"{self._unit} (log of positive values)" if logarithmic and below_zero else self._unit
        if axis.labelText != text:
            axis.setLabel(text, **axis.labelStyle)

    def _fit(self, drawn: Sequence[Drawn], scale: Scale) -> None:
        steps = np.concatenate([np.empty(0), *(one.steps for one in drawn)])
        heights = np.concatenate([np.empty(0), *(one.heights for one in drawn)])
        heights = heights[np.isfinite(heights)]
        first, last = (float(steps.min()), float(steps.max())) if len(steps) else (0.0, 1.0)
        last = max(last, first + 1)
        # The first few losses tower over the rest; of a hundred or more the axis gives up the worst one in a hundred.
        highest = np.percentile(heights, 99, method="higher") if len(heights) else 1.0
        low, high = (float(heights.min()), float(highest)) if len(heights) else (0.0, 1.0)
        floor = float("nan") if self._floor is None else float(scale(np.array(self._floor)))
        has_floor = bool(np.isfinite(floor))
        if has_floor:
            low, high = min(low, floor), max(high, floor)
        box, marker = self._plot.getPlotItem().getViewBox(), MARKER * theme.em(self)  # those at the ends are whole
        low, high = padded(low, high, max(0.05, 0.5 * marker / max(box.height(), 1.0)))
        if has_floor:
            # Its words go where nothing lies: below it, and below what few held-out data may put there.
            ground = float(np.min(heights, initial=floor))
            share = min(1.4 * theme.em(self) / max(box.height(), 1.0), 0.6)
            low = min(low, ground - (high - ground) * share / (1 - share))
            self._floor_line.setValue(floor)
            self._floor_text.setPos(last, ground)
        self._floor_line.setVisible(has_floor)
        self._floor_text.setVisible(has_floor)
        self._plot.setXRange(first, last, padding=marker / max(box.width(), marker))
        self._plot.setYRange(low, high, padding=0)
