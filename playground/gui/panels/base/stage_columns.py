"""Stages side by side, each under a heading of its own."""

from collections.abc import Mapping

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QSizePolicy, QWidget

from playground.gui.panels.base.views import SampleStage
from playground.gui.widgets import theme


class StageColumns(QWidget):
    """Columns as wide as each other, whatever stands in them.

    What is written below the stages is one row of its own: however long one caption is, all stages are equally high.
    """

    def __init__(self, columns: Mapping[str, SampleStage], parent: QWidget | None = None) -> None:
        """`columns`: the stages from left to right, by their heading."""
        super().__init__(parent)
        self.headings = [QLabel(words) for words in columns]
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(theme.em(self, 0.8))
        layout.setRowStretch(1, 1)
        for column, (heading, stage) in enumerate(zip(self.headings, columns.values(), strict=True)):
            heading.setProperty("role", "heading")
            heading.setWordWrap(True)
            stage.caption.setAlignment(Qt.AlignmentFlag.AlignTop)
            for row, widget in enumerate((heading, stage, stage.caption)):
                policy = widget.sizePolicy()
                policy.setHorizontalPolicy(QSizePolicy.Policy.Ignored)
                widget.setSizePolicy(policy)
                layout.addWidget(widget, row, column)
            layout.setColumnStretch(column, 1)
