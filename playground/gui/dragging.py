"""Measures how long after a slider was moved the picture that follows it is on the screen."""

import contextlib
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QSlider, QWidget

from playground.core.errors import PlaygroundError, UsageError
from playground.core.records import Answer
from playground.gui.app import application
from playground.gui.bench_window import bench_window, sessions_of, shown_page
from playground.gui.heartbeat import spin, spin_until

EVERY = 0.05  # seconds between two moves
SETTLES = 10.0  # seconds for what a view asks at first
PATIENCE = 5.0  # for one picture


@dataclass(frozen=True)
class Place:
    """Where a slider is: the title of a view, that of a lens in it or "", and the end of the slider's name."""

    view: str
    lens: str
    slider: str


NETWORK = {"diffusion": Place("Inside", "Loss by t", ".losses.time")}  # one call of the network a move
CODE = Place("Latent", "", ".latent.z.0")  # everywhere else: the first number of the code, decoded
_ENDLESS = 10_000_000


def slider(family: str, seconds: float, data: str = "", where: str = "") -> dict[str, Any]:
    """Milliseconds from a move of a slider until what it moved is painted, at rest and while the model trains.

    The slider is moved for so many seconds each, twenty times a second at most, and not before the picture of the move
    before is there. Raises UsageError for a page that has no such slider.
    """
    with bench_window(where) as window:
        page: Any = shown_page(window, family, data)
        (session,) = sessions_of(page, family)[:1]
        spin_until(lambda: session.is_open)
        place, learned = NETWORK.get(family, CODE), session.experiment.data
        control = _ready(page, place)
        at_rest = _moved(control, session, seconds)
        page.transport.set_budget("steps", _ENDLESS)
        page.train()
        spin_until(lambda: session.can_train and session.step > 0)
        control = _ready(page, place)  # to train shows another view
        spin(1.0)
        training = _moved(control, session, seconds)
        session.stop()
    kind = "unet" if family in NETWORK else "decoder"
    return {
        "panel": family,
        "data": learned,
        "slider": place.slider,
        "at_rest": at_rest,
        "training": training,
        kind: training,
    }


def _ready(page: Any, place: Place) -> QSlider:
    """The slider, once it can be moved: views are made as they are first seen, some sliders wait for an answer, and
    what a view asks at first may make them anew."""
    tabs = page.tabs
    titles = [tabs.tabText(index) for index in range(tabs.count())]
    view = tabs.widget(titles.index(place.view)) if place.view in titles else None
    if view is None or (place.lens and place.lens not in view.fitting()):
        raise UsageError(f"The page has no view {place.view} {place.lens}, so nothing was measured; try vae or gan.")
    tabs.setCurrentWidget(view)
    if place.lens:
        view.show_lens(place.lens)
    spin_until(lambda: _sliders(view, place))
    with contextlib.suppress(PlaygroundError):  # a model in training is never quite settled
        spin_until(page.is_settled, SETTLES)
    spin_until(lambda: any(each.isVisible() and each.isEnabled() for each in _sliders(view, place)))
    return _sliders(view, place)[0]


def _sliders(view: QWidget, place: Place) -> list[QSlider]:
    return [each for each in view.findChildren(QSlider) if each.objectName().endswith(place.slider)]


def _moved(control: QSlider, session: Any, seconds: float) -> dict[str, float]:
    took, until, moves = [], time.perf_counter() + seconds, 0
    low, high = control.minimum(), control.maximum()
    while time.perf_counter() < until:
        watch, asked = _Watch(control, session), session.asked
        moves += 1
        began = time.perf_counter()
        control.setValue(low + (moves * 7919) % max(high - low, 1))
        if session.asked == asked:
            raise UsageError(f"The slider '{control.objectName()}' asks the model nothing, so nothing was measured.")
        watch.stamp = session.asked
        spin_until(lambda watch=watch: watch.painted, PATIENCE)  # type: ignore[misc]
        took.append((watch.painted - began) * 1000)
        watch.end()
        spin(max(EVERY - (time.perf_counter() - began), 0.0))
    p50, p95, p99 = np.percentile(took, (50, 95, 99))
    named = {"p50_ms": p50, "p95_ms": p95, "p99_ms": p99, "worst_ms": max(took)}
    return {key: round(float(value), 1) for key, value in named.items()} | {"moves": len(took)}


class _Watch(QObject):
    """Waits for an answer and for the end of the painting that shows it.

    Attributes:
        stamp: of the question that it belongs to.
        painted: when; 0 before.
    """

    def __init__(self, control: QSlider, session: Any) -> None:
        super().__init__()
        self.stamp, self.painted = 0, 0.0
        self._control, self._session = control, session
        self._answered = self._is_painting = False
        session.answered.connect(self._take)
        application().installEventFilter(self)

    def _take(self, answer: Answer) -> None:
        self._answered = self._answered or answer.stamp == self.stamp

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        own = watched is self._control or not isinstance(watched, QWidget)
        if event.type() == QEvent.Type.Paint and self._answered and not self._is_painting and not own:
            self._is_painting = True
            QTimer.singleShot(0, self._note)  # when all of it is painted
        return False

    def _note(self) -> None:
        self.painted = time.perf_counter()

    def end(self) -> None:
        """Looks no longer."""
        application().removeEventFilter(self)
        self._session.answered.disconnect(self._take)
