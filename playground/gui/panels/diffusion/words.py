"""How the panel writes what the lecture writes, and small things that its pages share."""

from PySide6.QtWidgets import QLabel

X_0, X_T = "<i>x</i><sub>0</sub>", "<i>x<sub>t</sub></i>"
X_NEXT = "<i>x</i><sub>next</sub>"


def caption(name: str = "") -> QLabel:
    """A quiet line that may break."""
    label = QLabel()
    label.setObjectName(name)
    label.setProperty("role", "caption")
    label.setWordWrap(True)
    return label
