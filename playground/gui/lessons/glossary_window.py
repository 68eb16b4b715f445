"""The glossary in a small window of its own: it never takes the place of what a person looks at."""

import html

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QListWidget, QListWidgetItem, QSplitter, QVBoxLayout, QWidget

from playground.gui.lessons.glossary import Glossary, Term
from playground.gui.panels.base.parts import named
from playground.gui.widgets import theme


class GlossaryWindow(QWidget):
    """A list that a few letters narrow down, and the chosen term's meaning with links to others."""

    def __init__(self, glossary: Glossary, window: QWidget) -> None:
        super().__init__(window, Qt.WindowType.Tool)
        self.setObjectName("glossary")
        self.setWindowTitle("Glossary")
        self._glossary = glossary
        self._search = named(
            QLineEdit(), "glossary.search", "Search", "Narrows the list down to terms with these letters"
        )
        self._search.setPlaceholderText("Search")
        self._list = named(QListWidget(), "glossary.terms", "Terms", "All terms; the one that is chosen is explained")
        self._meaning = named(QLabel(), "glossary.meaning", "Meaning", "What the chosen term means")
        self._meaning.setWordWrap(True)
        self._meaning.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        flags = Qt.TextInteractionFlag
        self._meaning.setTextInteractionFlags(flags.LinksAccessibleByMouse | flags.LinksAccessibleByKeyboard)
        self._meaning.setMargin(theme.em(self, 0.6))
        for term in glossary.terms:
            item = QListWidgetItem(term.title)
            item.setData(Qt.ItemDataRole.UserRole, term)
            self._list.addItem(item)
        halves = QSplitter(Qt.Orientation.Horizontal)
        halves.addWidget(self._list)
        halves.addWidget(self._meaning)
        halves.setStretchFactor(1, 1)
        halves.setSizes([theme.em(self, 14), theme.em(self, 24)])
        layout = QVBoxLayout(self)
        layout.addWidget(self._search)
        layout.addWidget(halves, 1)
        self._search.textChanged.connect(self._narrow)
        self._list.currentItemChanged.connect(self._explain)
        self._meaning.linkActivated.connect(self.show_term)
        self.resize(theme.em(self, 40), theme.em(self, 24))
        self._list.setCurrentRow(0)

    def show_term(self, name: str = "") -> None:
        """Opens at a term, or where it was."""
        if (term := self._glossary.find(name)) is not None:
            self._search.clear()
            self._list.setCurrentRow(self._glossary.terms.index(term))
        self.show()
        self.activateWindow()
        self._search.setFocus()

    def _narrow(self, letters: str) -> None:
        for row, term in enumerate(self._glossary.terms):
            fits = any(letters.strip().lower() in name.lower() for name in term.names)
            self._list.item(row).setHidden(not fits)
        shown = [row for row in range(self._list.count()) if not self._list.item(row).isHidden()]
        if shown and self._list.currentRow() not in shown:
            self._list.setCurrentRow(shown[0])

    def _explain(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        term: Term = item.data(Qt.ItemDataRole.UserRole)
        others = [other for other in self._glossary.terms_in(term.text) if other != term]
        see = ", ".join(f'<a href="{html.escape(other.title)}">{html.escape(other.title)}</a>' for other in others)
        parts = [f"<b>{html.escape(term.title)}</b>", html.escape(term.text)]
        if len(term.names) > 1:
            parts.insert(1, f"<i>also {html.escape(', '.join(term.names[1:]))}</i>")
        if see:
            parts.append(f"See also {see}.")
        if term.slide:
            parts.append(f"First on slide {term.slide}.")
        self._meaning.setText("".join(f"<p>{part}</p>" for part in parts))
