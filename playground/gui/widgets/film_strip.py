"""A trajectory as strips of film: one titled row a quantity, one column a step."""

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import maths_label, theme
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.tiles import TileSheet, crisp_factor, crisp_factor_above, snapped

_SMALLEST = 2.2  # em: frames are never narrower
_FEWEST = 9  # columns: a strip with fewer no longer shows how things change


class FilmStrip(DrawnWidget):
    """Rows of T frames each, under maths-like titles such as ``x_t``.

    Where not all T fit, evenly spaced ones stand for them; the current one is always among those shown.

    Signals:
        frame_clicked: the step that was clicked, or reached with the left and right arrow keys.
    """

    frame_clicked = Signal(int)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, "Film strip", "Each column is one step; click a frame or use the arrow keys", parent)
        self._sheets: dict[str, TileSheet] = {}
        self._current = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_frames(self, rows: Mapping[str, np.ndarray], signed: frozenset[str] | set[str] = frozenset()) -> None:
        """Shows one row a title: frames (T, C, H, W) in [0, 1], or around 0 for the titles in `signed`.

        Raises:
            ValueError: if the rows differ in their number of frames.
        """
        if len({len(frames) for frames in rows.values()}) > 1:
            raise ValueError("all rows need the same number of frames")
        self._sheets = {title: TileSheet(frames, title in signed) for title, frames in rows.items() if len(frames)}
        self._current = min(self._current, max(0, self.frame_count() - 1))
        self._describe()
        self.update()

    def set_current(self, step: int) -> None:
        """Highlights one step."""
        self._current = min(max(step, 0), max(0, self.frame_count() - 1))
        self._describe()
        self.update()

    def current(self) -> int:
        """The highlighted step."""
        return self._current

    def frame_count(self) -> int:
        """The number of steps T."""
        return next((sheet.count for sheet in self._sheets.values()), 0)

    def shown_steps(self) -> list[int]:
        """The steps that have a column at the present width."""
        total = self.frame_count()
        if total == 0:
            return []
        pitch = self._frame_height() * self._broadest() + self._gap()
        columns = min(total, max(2, int((self.width() - self._title_width()) / pitch)))
        steps = np.linspace(0, total - 1, columns).round().astype(int)
        steps[np.abs(steps - self._current).argmin()] = self._current
        return steps.tolist()

    def frame_rect(self, row: int, step: int) -> QRectF:
        """Where the frame of a shown step lies in the widget."""
        return self._frame(row, self.shown_steps().index(step))

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 30), theme.em(self, 4 * max(1, len(self._sheets)) + 1.5))

    def minimumSizeHint(self) -> QSize:
        rows = max(1, len(self._sheets))
        least = self._least_height() + theme.em(self, 0.5) if theme.least_sample() else 0.0
        return QSize(theme.em(self, 10), max(theme.em(self, 2 * rows), round(rows * least)) + theme.em(self, 1.8))

    def paintEvent(self, event: QPaintEvent) -> None:
        steps = self.shown_steps()
        if not steps:
            return
        painter = QPainter(self)
        look, line = theme.current(), max(1.0, self._em() * 0.06)
        for row, (title, sheet) in enumerate(self._sheets.items()):
            first = self._frame(row, 0)
            painter.setPen(QColor(look.text))
            right = self._title_width() - 0.6 * self._em()
            middle = right - maths_label.width(title, self.font()) / 2
            maths_label.paint(painter, title, QPointF(middle, first.center().y()))
            for column, step in enumerate(steps):
                frame = self._frame(row, column)
                sheet.draw(painter, step, frame)
                painter.setPen(QPen(QColor(look.border), line))
                painter.drawRect(frame)
        self._draw_steps(painter, steps, line)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        for column, step in enumerate(self.shown_steps()):
            if any(self._frame(row, column).contains(event.position()) for row in range(len(self._sheets))):
                self._go(step)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        move = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if move is None:
            super().keyPressEvent(event)
        elif 0 <= self._current + move < self.frame_count():
            self._go(self._current + move)

    def _go(self, step: int) -> None:
        self.set_current(step)
        self.frame_clicked.emit(step)

    def _describe(self) -> None:
        titles = ", ".join(maths_label.plain(title) for title in self._sheets)
        where = f"step {self._current} of {self.frame_count() - 1}"
        self.setAccessibleDescription(f"{titles}; {where}" if titles else "")

    def _draw_steps(self, painter: QPainter, steps: list[int], line: float) -> None:
        """The step numbers under the columns, and the frame around the current column."""
        look, em = theme.current(), self._em()
        bold = painter.font()
        bold.setBold(True)
        for column, step in enumerate(steps):
            bottom = self._frame(len(self._sheets) - 1, column)
            box = QRectF(bottom.center().x() - 2 * em, bottom.bottom() + 0.2 * em, 4 * em, 1.2 * em)
            here = step == self._current
            painter.setFont(bold if here else self.font())
            painter.setPen(QColor(look.accent if here else look.muted))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(step))
            if here:
                column_box = self._frame(0, column).united(bottom)
                painter.setPen(QPen(QColor(look.accent), 3 * line))
                painter.drawRect(column_box.adjusted(-2 * line, -2 * line, 2 * line, 2 * line))

    def _em(self) -> float:
        return self.fontMetrics().height()

    def _gap(self) -> float:
        return 0.35 * self._em()

    def _title_width(self) -> float:
        return max((maths_label.width(title, self.font()) for title in self._sheets), default=0.0) + self._em()

    def _broadest(self) -> float:
        return max(sheet.width / sheet.height for sheet in self._sheets.values())

    def _frame_height(self) -> float:
        """Rows share the height of their frames, though they may differ in resolution (latents beside images)."""
        sheets, em, gap = list(self._sheets.values()), self._em(), self._gap()
        down = (self.height() - 1.8 * em - len(sheets) * gap) / len(sheets)
        across = (self.width() - self._title_width()) / min(_FEWEST, self.frame_count()) - gap
        height = max(min(down, across / self._broadest()), _SMALLEST * em / self._broadest())
        wanted = crisp_factor(height / sheets[0].height, self.devicePixelRatioF()) * sheets[0].height
        return max(wanted, self._least_height())

    def _least_height(self) -> float:
        """Of a frame in a presentation, so that its shorter side can be seen from the last row."""
        least = theme.least_sample()
        sheets = list(self._sheets.values())
        if not sheets:
            return least
        needed = least / min(min(sheet.width, sheet.height) / sheet.height for sheet in sheets)
        return crisp_factor_above(needed / sheets[0].height, self.devicePixelRatioF()) * sheets[0].height

    def _frame(self, row: int, column: int) -> QRectF:
        sheets, gap, height = list(self._sheets.values()), self._gap(), self._frame_height()
        used = len(sheets) * (height + gap) + 1.4 * self._em()
        top = max(0.2 * self._em(), (self.height() - used) / 2)
        pitch = height * self._broadest() + gap
        corner = QPointF(self._title_width() + column * pitch, top + row * (height + gap))
        size = QPointF(height * sheets[row].width / sheets[row].height, height)
        ratio = self.devicePixelRatioF()
        return QRectF(snapped(corner, ratio), snapped(corner + size, ratio))
