"""Where a student hands in: a name, the runs, and the file to write, on the page itself."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QEvent, Qt, SignalInstance
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QFrame,
    QGridLayout,
    QLabel,
    QLineEdit,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from playground.gui.panels.base.parts import caption, named, switch
from playground.gui.panels.base.views import button
from playground.gui.widgets import controls, theme
from playground.gui.widgets.message_bar import MessageBar

ROWS = 5  # of the runs, before they scroll
SUFFIX = ".handin"


class Homework(Protocol):
    """What the card needs: the runs that there are, and what writes the file."""

    ended: SignalInstance

    def runs(self) -> Sequence[Any]:
        """A person's own runs, with a `run` to open each by and a `title`."""

    def is_open(self, run: Any) -> bool:
        """Whether one stands in the window now."""

    def hand_in(self, student: str, runs: Sequence[str], path: Path) -> None:
        """Writes the file."""


class HandInCard(QFrame):
    """Hidden until it is wanted; what is open in the window is ticked."""

    def __init__(self, homework: Homework, messages: MessageBar) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._homework, self._messages = homework, messages
        self.student = named(QLineEdit(), "lecture.handin.student", "Your name", "Your name, as your teacher knows it")
        self.student.setMaxLength(80)
        self.boxes: dict[str, QCheckBox] = {}  # by run
        self._scroll = QScrollArea()
        self._scroll.setObjectName("lecture.handin.runs")
        self._scroll.setAccessibleName("Runs to hand in")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.write = button("Write the file ...", "lecture.handin.write", "Writes one file with what is ticked, your "
                            "predictions and the scenes that you finished; send it to your teacher")  # fmt: skip
        self.write.clicked.connect(self._ask)
        self.student.returnPressed.connect(self.write.click)
        homework.ended.connect(self._ended)
        self._lay_out()
        self.hide()

    def set_open(self, on: bool) -> None:
        """Shows or hides it; the list is made anew."""
        self.setVisible(on)
        if on:
            self._fill()
            self.student.setFocus()

    def chosen(self) -> list[str]:
        """The runs that are ticked."""
        return [run for run, box in self.boxes.items() if box.isChecked()]

    def _fill(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        self.boxes = {}
        for number, run in enumerate(self._homework.runs(), start=1):
            words = f"{run.title}, {run.experiment.data.partition(':')[0]}"
            box = switch(words, f"lecture.handin.run.{number}", "Tick it if it belongs to your homework\n" + run.run,
                         self._homework.is_open(run))  # fmt: skip
            controls.follow_run(box)
            column.addWidget(box)
            self.boxes[run.run] = box
        column.addStretch(1)
        self._scroll.setWidget(content)
        for part in (self._scroll.viewport(), content):
            part.setAutoFillBackground(False)  # the card's own colour shows
        self._scroll.setVisible(bool(self.boxes))
        self._none.setVisible(not self.boxes)
        self._fit()

    def _ask(self) -> None:
        student = " ".join(self.student.text().split())
        if not student:
            self._messages.show_message("warn", "Type your name first: your teacher sees it beside your numbers.")
            self.student.setFocus()
            return
        stem = re.sub(r"[^\w]+", "-", student.lower()).strip("-") or "homework"
        name, _ = QFileDialog.getSaveFileName(self, "Hand in", stem + SUFFIX, f"Hand-in (*{SUFFIX})")
        if name:
            path = Path(name if name.lower().endswith(SUFFIX) else name + SUFFIX)
            self.write.setEnabled(False)
            self._messages.show_message("info", f"Writing {path.name}; samples of each run are drawn for it ...")
            self._homework.hand_in(student, self.chosen(), path)

    def _ended(self, level: Any, sentence: str) -> None:
        self.write.setEnabled(True)
        self._messages.show_message(level, sentence)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_none"):
            self._fit()

    def _fit(self) -> None:
        content = self._scroll.widget()
        wanted = content.sizeHint().height() if content else 0
        self._scroll.setFixedHeight(min(wanted, theme.em(self, 1.9 * ROWS)))
        self.student.setMaximumWidth(theme.em(self, 24))

    def _lay_out(self) -> None:
        heading = QLabel("Hand in")
        heading.setProperty("role", "heading")
        about = caption()
        about.setText("One file holds your predictions, the scenes you finished and the runs that you tick: settings, "
                      "what you changed by hand, curves, samples, weights, and points you drew.")  # fmt: skip
        self._none = caption()
        self._none.setText("No run of your own is stored yet. Train one, or hand in your predictions alone.")
        grid = QGridLayout(self)
        grid.addWidget(heading, 0, 0, 1, 3)
        grid.addWidget(about, 1, 0, 1, 3)
        for row, (words, widget) in enumerate((("Name", self.student), ("Runs", self._scroll)), start=2):
            label = QLabel(words)
            label.setBuddy(widget)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(widget, row, 1)
        grid.addWidget(self._none, 3, 1)
        grid.addWidget(self.write, 4, 1, Qt.AlignmentFlag.AlignLeft)
        grid.setColumnStretch(1, 1)
        self._fit()
