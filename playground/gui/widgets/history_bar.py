"""Back through the stored past of a training run: a slider whose stops are the stored steps, and a way back to now."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRectF, QSignalBlocker, Signal
from PySide6.QtGui import QColor, QPainter, QPen
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.icon_button import IconButton

NOW = "now"


class HistorySlider(GrooveSlider):
    """Its stops are the stored steps, evenly spaced, whatever lies between them; the last one is now.

    Attributes:
        steps: of the stops, in order.
        exact: those of which everything is stored; they are filled, the others are rings.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.steps: tuple[int, ...] = (0,)
        self.exact: frozenset[int] = frozenset()
        self.setRange(0, 0)
        self.setSingleStep(1)
        self.setPageStep(3)

    def step(self) -> int | None:
        """The chosen step; None for now."""
        return None if self.value() == self.maximum() else self.steps[self.value()]

    def go_to(self, step: int | None) -> None:
        """Chooses a step, or now. Raises ValueError for one that is not stored."""
        self.setValue(self.maximum() if step is None else self.steps.index(step))

    def control_value(self) -> int | str:
        """What a document keeps: the step, or "now"."""
        step = self.step()
        return NOW if step is None else step

    def set_control_value(self, value: object) -> None:
        """The same back, as if a person had gone there. Raises ValueError for a step that is not stored."""
        if value != NOW and value not in self.steps:
            raise ValueError(f"{self.objectName()} cannot show step {value!r}: it is not stored")
        self.go_to(value if isinstance(value, int) else None)

    def paint_groove(self, painter: QPainter, groove: QRectF) -> None:
        now = theme.current()
        self.fill(painter, groove, now.border)
        radius = 1.1 * groove.height()
        painter.setPen(QPen(QColor(now.muted), theme.em(self, 0.1)))
        for index, step in enumerate(self.steps):
            painter.setBrush(QColor(now.muted if step in self.exact else now.base))
            centre = self.x_of(index)
            painter.drawEllipse(QRectF(centre - radius, groove.center().y() - radius, 2 * radius, 2 * radius))


class HistoryBar(QWidget):
    """Chooses a stored step to look at, and offers to go on from it. Hidden where nothing but now is stored.

    Signals:
        step_chosen: a stored step, or None for now, chosen by a person.
        fork_clicked: go on from the chosen step.
    """

    step_chosen = Signal(object)
    fork_clicked = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        """The slider is named `name`; the buttons `<name>.now` and `<name>.fork`, the words `<name>.words`."""
        super().__init__(parent)
        self._stored: tuple[int, ...] = ()
        self._now = 0
        self.slider = HistorySlider(self)
        self.slider.setObjectName(name)
        self.slider.setAccessibleName("Stored steps of the training")
        self.slider.setToolTip("Shows the model as it was: one stop a stored step, the last one is now (Left, Right, "
                               "End). Filled stops keep the full state, rings the weights only")  # fmt: skip
        self.slider.valueChanged.connect(self._moved)
        self.words = QLabel(self)
        self.words.setObjectName(f"{name}.words")
        self.words.setProperty("role", "caption")
        self.words.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.now_button = IconButton("last", "Now", "Back to the newest weights (End)", object_name=f"{name}.now",
                                     parent=self)  # fmt: skip
        self.now_button.clicked.connect(lambda: self.slider.go_to(None))
        self.fork_button = IconButton("fork", "Fork", "", object_name=f"{name}.fork", parent=self)
        self.fork_button.clicked.connect(self.fork_clicked)
        self._flow = FlowLayout(self)
        self._flow.setContentsMargins(0, 0, 0, 0)
        for widget in (self.words, self.slider, self.now_button, self.fork_button):
            self._flow.addWidget(widget)
        self._fit()
        self.set_history((), (), 0)

    def set_history(self, steps: Sequence[int], exact: Sequence[int], now: int) -> None:
        """Says which steps are stored, of which the full state is, and which step is now. The choice stays."""
        self._stored, self.slider.exact = tuple(steps), frozenset(exact)
        self.set_now(now)

    def set_now(self, now: int) -> None:
        """Training has gone on."""
        self._now = now
        chosen = self.slider.step()
        self.slider.steps = tuple(sorted({*(step for step in self._stored if step < now), now}))
        with QSignalBlocker(self.slider):
            self.slider.setRange(0, len(self.slider.steps) - 1)
            self.slider.go_to(chosen if chosen in self.slider.steps[:-1] else None)
        self.setVisible(len(self.slider.steps) > 1)
        self._describe()

    def show_step(self, step: int | None) -> None:
        """Chooses a step without a signal."""
        with QSignalBlocker(self.slider):
            self.slider.go_to(step)
        self._describe()

    def step(self) -> int | None:
        """The chosen step; None for now."""
        return self.slider.step()

    def set_can_fork(self, can: bool) -> None:
        """Whether training can go on from a stored step at all."""
        self.fork_button.setEnabled(can)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def _moved(self) -> None:
        self._describe()
        self.step_chosen.emit(self.slider.step())

    def _describe(self) -> None:
        step, now = self.slider.step(), f"{self._now:,}"
        at = self._now if step is None else step
        words = f"now: step {now}" if step is None else f"showing step {step:,} of {now}"
        self.words.setText(words if at in self.slider.exact or step is None else f"{words} (weights only)")
        self.words.setToolTip(words)
        self.now_button.setEnabled(step is not None)
        if step is None or at in self.slider.exact:
            how = "exactly as this run did"
        else:
            base = max((exact for exact in self.slider.exact if exact < at), default=0)
            how = f"after training again from step {base:,} to the same numbers, since only weights are stored here"
        self.fork_button.setToolTip(f"A run of its own that goes on from step {at:,}, {how}; this one stays as it is")
        self.slider.setAccessibleDescription(words)
        self.slider.update()

    def _fit(self) -> None:
        self._flow.setSpacing(theme.em(self, 0.5))
