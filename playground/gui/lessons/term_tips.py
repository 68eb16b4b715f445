"""Every tooltip names the terms of the glossary that it uses; Shift+F1 opens them. With Shift held it gives its id."""

import html
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget

from playground.gui.lessons.glossary import Glossary, Term
from playground.gui.widgets.listening import listen

KEY = "Shift+F1"


class TermTips(QObject):
    """Dresses the tooltips of one window."""

    def __init__(self, glossary: Glossary, window: QWidget, show_term: Callable[[str], None]) -> None:
        super().__init__(window)
        self._glossary, self._show_term = glossary, show_term
        self._last: QWidget | None = None  # whose tooltip was shown last
        listen(window, self._heard)

    def _heard(self, watched: QWidget, event: QEvent) -> bool:
        if event.type() is not QEvent.Type.ToolTip or not isinstance(event, QHelpEvent) or not watched.toolTip():
            return False
        self._last = watched
        QToolTip.showText(event.globalPos(), self.words(watched), watched)
        return True

    def words(self, widget: QWidget) -> str:
        """A widget's tooltip as it is shown, in rich text."""
        tip = widget.toolTip()
        parts = [tip if tip.lstrip().startswith("<") else html.escape(tip).replace("\n", "<br>")]
        if terms := self.terms(widget):
            parts.append(f"<i>Glossary ({KEY}): {html.escape(', '.join(term.title for term in terms))}</i>")
        if QApplication.keyboardModifiers() & Qt.KeyboardModifier.ShiftModifier and widget.objectName():
            parts.append(f"<code>{html.escape(widget.objectName())}</code>")
        return "<br>".join(parts)

    def terms(self, widget: QWidget) -> tuple[Term, ...]:
        """The terms in a widget's name and tooltip."""
        return self._glossary.terms_in(f"{widget.accessibleName()}. {widget.toolTip()}")

    def explain(self) -> None:
        """Opens the glossary at the first term of the tooltip on show, or of the control that is used."""
        for widget in (self._last if QToolTip.isVisible() else None, QApplication.focusWidget()):
            if widget is not None and (terms := self.terms(widget)):
                self._show_term(terms[0].title)
                return
        self._show_term("")
