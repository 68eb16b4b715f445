"""The states of the reverse process on images: all samples and the film of one, or one step of one sample by itself."""

from collections.abc import Mapping, Sequence

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QStackedWidget, QVBoxLayout, QWidget

from playground.gui.panels.base import captioned
from playground.gui.panels.diffusion.words import X_0, X_NEXT, X_T
from playground.gui.widgets.film_strip import FilmStrip
from playground.gui.widgets.image_grid import ImageGrid
from playground.gui.widgets.page_tabs import PageTabs
from playground.gui.widgets.pixel_brush import PixelBrush

Frame = Mapping[str, np.ndarray]


class ReverseImages(QWidget):
    """Two pages under a row of titles.

    Signals:
        edited: the first sample's state as it was painted, (C, H, W).
    """

    edited = Signal(object)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tabs = PageTabs(f"{name}.page", "Pages", "All samples, or one step of the first one")
        self.all, self.one = AllSamples(name), OneStep(name)
        self._stack = QStackedWidget()
        for page, title, tooltip in (
            (self.all, "All samples", "State, predicted noise and predicted image of every sample"),
            (self.one, "One step", "What the first sample's next state is made of; paint on the state"),
        ):
            self._stack.addWidget(page)
            self.tabs.setTabToolTip(self.tabs.addTab(title), tooltip)
        self.tabs.currentChanged.connect(self._stack.setCurrentIndex)
        self.one.brush.painted.connect(self.edited)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.tabs)
        layout.addWidget(self._stack, 1)

    def set_trajectory(self, frames: Sequence[Frame]) -> None:
        """The film of the first sample."""
        self.all.set_trajectory(frames)

    def show_frame(self, frames: Sequence[Frame], index: int, unedited: np.ndarray | None) -> None:
        """One state; `unedited`: how the samples ended before the first one was painted on."""
        self.all.show_frame(frames[index], index)
        self.one.show_frame(frames, index, unedited)


class AllSamples(QWidget):
    """x_t, the predicted noise and the predicted x_0 side by side, and one sample's whole film below."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.x_t = ImageGrid(f"{name}.x_t")
        self.noise = ImageGrid(f"{name}.noise", signed=True)
        self.denoised = ImageGrid(f"{name}.denoised")
        self.strip = FilmStrip(f"{name}.strip")
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        titles = (f"{X_T}, the state", "predicted noise <i>ε̂</i>", f"predicted {X_0}")
        for column, (grid, title) in enumerate(zip((self.x_t, self.noise, self.denoised), titles, strict=True)):
            layout.addWidget(captioned(grid, title), 0, column)
        layout.addWidget(self.strip, 1, 0, 1, 3)
        layout.setRowStretch(0, 3)
        layout.setRowStretch(1, 2)

    def set_trajectory(self, frames: Sequence[Frame]) -> None:
        """The film of the first sample; the finished state predicts nothing, its x_0 is itself."""
        x_t = np.stack([frame["x"][0].clip(0, 1) for frame in frames])
        x_0 = np.stack([frame.get("denoised", frame["x"])[0].clip(0, 1) for frame in frames])
        self.strip.set_frames({"x_t": x_t, "predicted x_0": x_0})

    def show_frame(self, frame: Frame, index: int) -> None:
        """One state."""
        self.x_t.set_images(frame["x"].clip(0, 1))
        if "noise" in frame:
            self.noise.set_images(frame["noise"])
        else:
            self.noise.clear("finished: no noise left to predict")
        self.denoised.set_images(frame.get("denoised", frame["x"]).clip(0, 1))
        self.strip.set_current(index)


class OneStep(QWidget):
    """The first sample: its state to paint on, the two predictions, the two terms of the next state, and the end."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.brush = PixelBrush(f"{name}.brush")
        self.noise = ImageGrid(f"{name}.one.noise", signed=True)
        self.denoised, self.mean, self.next, self.end, self.unedited = (
            ImageGrid(f"{name}.one.{word}") for word in ("denoised", "mean", "next", "end", "unedited")
        )
        self.added = ImageGrid(f"{name}.one.added", signed=True)
        rows = (
            ((self.brush, f"{X_T}: paint"), (self.noise, "predicted <i>ε̂</i>"),
             (self.denoised, f"predicted {X_0}"), (self.end, "how it ends")),
            ((self.mean, "posterior mean"), (self.added, "+ added noise"),
             (self.next, f"= {X_NEXT}"), (self.unedited, "unpainted end")),
        )  # fmt: skip
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for row, pictures in enumerate(rows):
            for column, (widget, title) in enumerate(pictures):
                layout.addWidget(captioned(widget, title), row, column)
            layout.setRowStretch(row, 1)

    def show_frame(self, frames: Sequence[Frame], index: int, unedited: np.ndarray | None) -> None:
        """One state; what is not computed yet, or comes no more, is left empty."""
        frame, more = frames[index], index + 1 < len(frames)
        self.brush.set_image(frame["x"][0])
        self.brush.setEnabled("mean" in frame)
        finished = "mean" not in frame
        _fill(self.noise, frame.get("noise"), "finished")
        _fill(self.denoised, frame.get("denoised", frame["x"]))
        _fill(self.mean, frame.get("mean"), "finished")
        _fill(
            self.added, None if finished else 2 * frame["added"], "finished"
        )  # a picture's range is 1, a noise's is 2
        _fill(self.next, frames[index + 1]["x"] if more else None, "finished" if finished else "on its way")
        over = "mean" not in frames[-1]
        _fill(self.end, frames[-1]["x"] if over else None, "on its way")
        _fill(self.unedited, unedited, "not painted on")


def _fill(grid: ImageGrid, images: np.ndarray | None, otherwise: str = "") -> None:
    """The first of some images, or words."""
    if images is None:
        grid.clear(otherwise)
    else:
        grid.set_images(images[:1])
