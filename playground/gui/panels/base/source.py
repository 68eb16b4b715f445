"""The model's own file beside the stage: the stage that runs lights up, and each symbol of the formula has its line."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from playground.gui.session import TrainingSession
from playground.gui.widgets import theme
from playground.gui.widgets.flow_layout import FlowLayout
from playground.gui.widgets.icon_button import IconButton
from playground.gui.widgets.number_boxes import ChoiceBox
from playground.gui.widgets.source_outline import Outline, Symbol
from playground.gui.widgets.source_view import SourceView

COLUMNS = 64
PAUSE = 0.7  # seconds for which slow motion holds each stage
_AT_REST = "Train, or make one step: the lines that run light up."


class SourcePane(QWidget):
    """Code, search, jump list and the formula's symbols. It watches its session while it is seen.

    Signals:
        setting_wanted: the key of the setting behind a symbol that a person chose.
        close_wanted: a person is done reading.
    """

    setting_wanted = Signal(str)
    close_wanted = Signal()

    def __init__(self, family: str, session: TrainingSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Source code of the model")
        self._family, self._session = family, session
        self._name = name = f"{family}.source"
        self._outline = Outline("")
        self._follows = True  # slow motion scrolls, until a person looks elsewhere
        self.view = SourceView(f"{name}.code")
        self.stage = QLabel(_AT_REST)
        self.stage.setObjectName(f"{name}.stage")
        self.stage.setProperty("role", "caption")
        self.stage.setWordWrap(True)
        self.jump = ChoiceBox(())
        self.jump.setObjectName(f"{name}.jump")
        self.jump.setAccessibleName("Go to")
        self.jump.setToolTip("Goes to a class or a method of this file")
        self.jump.setMinimumContentsLength(12)
        self.jump.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.search = QLineEdit()
        self.search.setObjectName(f"{name}.search")
        self.search.setAccessibleName("Search")
        self.search.setPlaceholderText("Search")
        self.search.setToolTip(
            "Finds text in this file (Ctrl+F); Return finds the next place, Shift+Return the one before"
        )
        self.search.setClearButtonEnabled(True)
        self.slow = QCheckBox("Slow motion")
        self.slow.setObjectName(f"{name}.slow")
        self.slow.setAccessibleName("Slow motion")
        self.slow.setToolTip(f"Holds training for {PAUSE:g} s at each stage; the numbers stay the same")
        self.close_button = IconButton(
            "close", "Close the source", "Closes the source (Esc)", object_name=f"{name}.close", role="flat"
        )
        self._symbols = QWidget()
        self._symbol_row = FlowLayout(self._symbols)
        self._lay_out()
        self._connect()

    # -- what is on show ----------------------------------------------------------------------------------------------

    def show_source(self) -> None:
        """Reads the file, if it was not read yet."""
        if self._outline.entries:
            return
        source = self._session.source(self._family)
        self._outline = Outline(source, self._session.parse)
        self.view.set_source(source)
        for entry in self._outline.entries:
            if not entry.name.rpartition(".")[2].startswith("__"):
                self.jump.addItem(entry.name, entry.first)
        for symbol in self._outline.symbols:
            self._symbol_row.addWidget(self._chip(symbol))
        steps = [entry for entry in self._outline.entries if entry.name.endswith(".train_step")]
        if steps:
            self.jump.setCurrentIndex(self.jump.findData(steps[0].first))
            self.view.reveal(steps[0].first)

    def outline(self) -> Outline:
        """Of the file on show."""
        return self._outline

    def wanted_width(self) -> int:
        """What it takes to read code: most of a line."""
        return self.view.fontMetrics().horizontalAdvance("0") * COLUMNS

    def start_search(self) -> None:
        """Gives the keyboard to the search."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _chip(self, symbol: Symbol) -> QPushButton:
        chip = QPushButton(symbol.name)
        chip.setObjectName(f"{self._name}.symbol.{symbol.name}")
        setting = symbol.setting.replace("train.", "").replace("sample.", "").replace("_", " ")
        chip.setAccessibleName(f"{symbol.name}: line {symbol.line}, set by {setting}")
        chip.setToolTip(f"{symbol.name} of the formula: line {symbol.line}; set by {setting}")
        chip.setProperty("role", "icon")
        chip.setAutoDefault(False)
        chip.clicked.connect(lambda: self._choose(symbol))
        return chip

    def _choose(self, symbol: Symbol) -> None:
        self._follows = False
        self.view.go_to(symbol.line)
        self.setting_wanted.emit(symbol.setting)

    # -- the stage that runs ------------------------------------------------------------------------------------------

    def _staged(self, staged: object) -> None:
        names, line, step = staged.names, staged.line, staged.step  # type: ignore[attr-defined]
        if not names:
            self._follows = True
            self.view.light(())
            self.stage.setText(_AT_REST)
            return
        running = self._outline.running(names[-1], line)
        passed = [lines for name in names[:-1] for lines in self._outline.running(name, 0)]
        self.view.light(running, passed)
        self.stage.setText(
            f"Step {step + 1:,}: {names[-1]}" if self.slow.isChecked() else f"{names[-1]} (step {step + 1:,})"
        )
        if self.slow.isChecked() and self._follows and running and not all(map(self.view.shows, running[0])):
            self.view.reveal(running[0][0])

    def _watch(self) -> None:
        self._follows = True
        self._session.watch(self.isVisible(), PAUSE if self.slow.isChecked() else 0.0)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.show_source()
        self._watch()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._session.watch(False)
        self.view.light(())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """What neither the code nor the search takes for itself."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_wanted.emit()
        elif event.key() == Qt.Key.Key_F3:
            self._search_again(backward=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        else:
            super().keyPressEvent(event)

    # -- searching ----------------------------------------------------------------------------------------------------

    def _searched(self, words: str) -> None:
        self._follows = False
        cursor = self.view.textCursor()
        cursor.setPosition(cursor.selectionStart())  # while one types, the same place may still fit
        self.view.setTextCursor(cursor)
        self._tell(words, self.view.find_text(words))

    def _search_again(self, backward: bool) -> None:
        self._tell(self.search.text(), self.view.find_text(self.search.text(), backward))

    def _tell(self, words: str, found: bool) -> None:
        self.stage.setText(f"'{words}' is not in this file." if words and not found else _AT_REST)

    def _jumped(self) -> None:
        self._follows = False
        self.view.go_to(int(self.jump.currentData()))

    # -- layout -------------------------------------------------------------------------------------------------------

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        above.addWidget(self.jump, 3)
        above.addWidget(self.search, 2)
        above.addWidget(self.close_button)
        below.addWidget(self.stage, 1)
        below.addWidget(self.slow)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(above)
        layout.addWidget(self._symbols)
        layout.addWidget(self.view, 1)
        layout.addLayout(below)
        self._symbol_row.setContentsMargins(0, 0, 0, 0)
        self._symbol_row.setSpacing(theme.em(self, 0.3))

    def _connect(self) -> None:
        self._session.staged.connect(self._staged)
        self.slow.toggled.connect(self._watch)
        self.jump.activated.connect(self._jumped)
        self.search.textEdited.connect(self._searched)
        self.search.returnPressed.connect(lambda: self._search_again(backward=False))
        self.close_button.clicked.connect(self.close_wanted)
