"""The head of a panel: which family this is, its formula, and the way back to what works."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from playground.gui.session import Card
from playground.gui.widgets.formula import Formula


class PanelHeader(QWidget):
    """Title, slides and one sentence of a family's CARD."""

    def __init__(self, family: str, card: Card, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel(card.title)
        title.setProperty("role", "title")
        about = QLabel(f"{slides_of(card)}  ·  {card.about}")
        about.setProperty("role", "caption")
        about.setWordWrap(True)
        self.default_button = QPushButton("Back to the working default")
        self.default_button.setObjectName(f"{family}.default")
        self.default_button.setAccessibleName("Back to the working default")
        self.default_button.setToolTip("Opens the bundled run and its settings again; your own runs stay on disk")
        self.source_button = QPushButton("View source")
        self.source_button.setObjectName(f"{family}.source")
        self.source_button.setAccessibleName("View source")
        self.source_button.setToolTip("Opens the model's own file beside the stage (Ctrl+U)")
        self.source_button.setCheckable(True)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(0)
        grid.addWidget(title, 0, 0)
        grid.setColumnStretch(1, 1)
        if latex := card.extra.get("formula"):
            grid.addWidget(Formula(latex, id_prefix=family), 0, 2, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.source_button, 0, 3, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(self.default_button, 0, 4, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(about, 1, 0, 1, 5)


def slides_of(card: Card) -> str:
    """The slides of the lecture as they are read: "Slide 40", "Slides 5-7, 9-11"."""
    return f"{'Slides' if '-' in card.slides or ',' in card.slides else 'Slide'} {card.slides}"
