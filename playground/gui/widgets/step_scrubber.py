"""Goes forward and back through the steps of a sampler, by hand or like a film."""

from collections.abc import Callable

from PySide6.QtCore import QEvent, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.groove_slider import GrooveSlider
from playground.gui.widgets.icon_button import IconButton


class FrameSlider(GrooveSlider):
    """A slider over all frames of which only the first `available` can be reached.

    Attributes:
        is_placed: whether somebody chose a frame of this trajectory, be it the one it stood at.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        """Starts without frames. Keys are left to the scrubber around it."""
        super().__init__(parent)
        self.available = 0
        self.is_placed = False
        self.setRange(0, 0)

    def limit(self) -> int:
        return max(0, self.available - 1)

    def control_value(self) -> int:
        """The frame, as a document keeps it."""
        return self.value()

    def set_control_value(self, value: int) -> None:
        """Goes to a frame. Raises ValueError where it is not computed yet."""
        if not 0 <= value < self.available:
            raise ValueError(f"frame {value} is not there yet")
        self.is_placed = True
        self.setValue(value)

    def paint_groove(self, painter: QPainter, groove: QRectF) -> None:
        now = theme.current()
        painter.setPen(QPen(QColor(now.border), theme.em(self, 0.08)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(groove, groove.height() / 2, groove.height() / 2)
        if not self.available:
            return
        ready, done = QRectF(groove), QRectF(groove)
        ready.setRight(self.x_of(self.limit()))
        done.setRight(self.x_of(self.value()))
        self.fill(painter, ready, now.border)
        self.fill(painter, done, now.accent)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        event.ignore()


class StepScrubber(QWidget):
    """Chooses one frame of a trajectory that may still be growing.

    Keys while it has the focus: Left and Right step, Home and End jump, Space plays.

    Signals:
        position_changed(int): a person, or the film, moved to another frame.
        next_needed(): the next frame was asked for and is not there yet; it is shown as soon as `set_available` tells.
    """

    position_changed = Signal(int)
    next_needed = Signal()

    def __init__(self, *, id_prefix: str, parent: QWidget | None = None) -> None:
        """Controls are named `<id_prefix>.first`, `.back`, `.play`, `.forward`, `.last` and `.frame` (the slider)."""
        super().__init__(parent)
        self._total = 0
        self._waits = False
        self._plays_soon = False  # the film was started before there was a frame
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self.frames_per_second = 8.0
        self._slider = FrameSlider(self)
        self._slider.setObjectName(f"{id_prefix}.frame")
        self._slider.setToolTip("The step shown; what is not computed yet is left hollow")
        self._slider.valueChanged.connect(self._moved)
        self.setFocusProxy(self._slider)
        self._caption = QLabel(self)
        self._caption.setObjectName(f"{id_prefix}.caption")
        self._caption.setWordWrap(True)
        self._counter = QLabel(self)
        self._counter.setProperty("role", "caption")
        self._buttons = [
            self._button(id_prefix, *spec)
            for spec in (
                ("first", "first", "First step", "To the first step (Home)", self._go_first),
                ("back", "step-back", "Step back", "One step back (Left)", self.step_back),
                ("play", "play", "Play", "Play the steps like a film (Space)", self.toggle_play),
                ("forward", "step-forward", "Step forward", "One step forward (Right)", self.step_forward),
                ("last", "last", "Last step", "To the last step that is computed (End)", self._go_last),
            )
        ]
        self._lay_out()
        self._refresh()

    @property
    def frames_per_second(self) -> float:
        """The speed of the film."""
        return 1000 / self._timer.interval()

    @frames_per_second.setter
    def frames_per_second(self, value: float) -> None:
        self._timer.setInterval(max(1, round(1000 / value)))

    def set_total(self, n_frames: int) -> None:
        """Starts a trajectory of `n_frames` frames, none of them computed yet, at frame 0; the film stops."""
        plays_soon = self._plays_soon
        self.pause()
        self._plays_soon = plays_soon
        self._slider.available = 0
        self._slider.is_placed = False
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(0, n_frames - 1))
        self._slider.setValue(0)
        self._slider.blockSignals(False)
        self._total = n_frames
        self._refresh()

    def set_available(self, n: int) -> None:
        """Says how many frames are computed; goes on to the next one where a person or the film waits for it."""
        self._slider.available = min(n, self._total)
        if self.position() > self._slider.limit():
            self._slider.setValue(self._slider.limit())
        if self._waits and self.position() < self._slider.limit():
            self._waits = False
            self._slider.setValue(self.position() + 1)
        if self._plays_soon and self._slider.available:
            self._plays_soon = False
            self._timer.start()
        self._refresh()

    def position(self) -> int:
        """The frame shown, from 0."""
        return self._slider.value()

    def set_position(self, i: int) -> None:
        """Shows frame `i`, or the nearest one that is computed, without a signal."""
        self._waits = False
        self._slider.blockSignals(True)
        self._slider.setValue(max(0, min(i, self._slider.limit())))
        self._slider.blockSignals(False)
        self._refresh()

    def go_to(self, i: int) -> None:
        """Shows frame `i`, or the nearest one that is computed, as if a person had chosen it."""
        self._slider.setValue(max(0, min(i, self._slider.limit())))

    def set_caption(self, text: str) -> None:
        """Words about the frame shown."""
        self._caption.setText(text)

    def is_placed(self) -> bool:
        """Whether a person, the film or a document chose a frame of this trajectory."""
        return self._slider.is_placed

    def is_playing(self) -> bool:
        """Whether the film runs, or waits for its next frame."""
        return self._timer.isActive() or self._plays_soon

    def toggle_play(self) -> None:
        """Starts the film, from the beginning where it stands at the end, or holds it; before there is a frame it is
        started by the first one."""
        if self.is_playing():
            self.pause()
        elif not self._slider.available:
            self._plays_soon = True
        elif self._slider.available:
            if self.position() == self._slider.maximum():
                self._slider.setValue(0)
            self._timer.start()
            self._refresh()

    def pause(self) -> None:
        """Holds the film."""
        self._timer.stop()
        self._waits = self._plays_soon = False
        self._refresh()

    def step_forward(self) -> None:
        """Holds the film and shows the next frame, or asks for it."""
        self._timer.stop()
        self._advance()
        self._refresh()

    def step_back(self) -> None:
        """Holds the film and shows the frame before."""
        self.pause()
        self._slider.setValue(self.position() - 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        actions = {
            keys.Key_Left: self.step_back, keys.Key_Right: self.step_forward, keys.Key_Home: self._go_first,
            keys.Key_End: self._go_last, keys.Key_Space: self.toggle_play,
        }  # fmt: skip
        action = actions.get(Qt.Key(event.key()))
        if action is None:
            super().keyPressEvent(event)
        else:
            action()

    def hideEvent(self, event: QHideEvent) -> None:
        self.pause()
        super().hideEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self._fit()

    def _advance(self) -> None:
        if self.position() < self._slider.limit():
            self._slider.setValue(self.position() + 1)
        elif self.position() < self._total - 1 and not self._waits:
            self._waits = True
            self.next_needed.emit()

    def _tick(self) -> None:
        self._advance()
        if self.position() >= self._total - 1:
            self.pause()

    def _moved(self, position: int) -> None:
        self._waits = False
        self._slider.is_placed = True
        self._refresh()
        self.position_changed.emit(position)

    def _go_first(self) -> None:
        self.pause()
        self._slider.setValue(0)

    def _go_last(self) -> None:
        self.pause()
        self._slider.setValue(self._slider.limit())

    def _button(self, id_prefix: str, name: str, icon: str, words: str, tooltip: str, act: Callable) -> IconButton:
        button = IconButton(icon, words, tooltip, object_name=f"{id_prefix}.{name}", role="icon", parent=self)
        button.clicked.connect(act)
        return button

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(0)
        for button in self._buttons:
            row.addWidget(button)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.addLayout(row, 0, 0)
        self._grid.addWidget(self._slider, 0, 1)
        self._grid.addWidget(self._counter, 0, 2)
        self._grid.addWidget(self._caption, 1, 1, 1, 2)
        self._grid.setColumnStretch(1, 1)
        self._fit()

    def _fit(self) -> None:
        self._grid.setHorizontalSpacing(theme.em(self, 0.5))
        self._grid.setVerticalSpacing(theme.em(self, 0.2))

    def _refresh(self) -> None:
        position, available = self.position(), self._slider.available
        first, back, play, forward, last = self._buttons
        first.setEnabled(position > 0)
        back.setEnabled(position > 0)
        play.setEnabled(available > 0 and self._total > 1)
        forward.setEnabled(position < self._total - 1)
        last.setEnabled(position < self._slider.limit())
        self._slider.setEnabled(available > 0)
        if self.is_playing():
            play.set_face("pause", "Pause", "Hold the film (Space)")
        else:
            play.set_face("play", "Play", "Play the steps like a film (Space)")
        words = f"{position + 1 if available else 0} / {self._total}"
        self._counter.setText(words)
        self._slider.setAccessibleName(f"Step {words}")
        self._slider.update()
