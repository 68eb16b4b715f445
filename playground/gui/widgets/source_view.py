"""Code to be read: line numbers, quiet colours, lines that light up, and a search."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFontDatabase,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
)
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QTextEdit, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.python_highlighter import PythonHighlighter
from playground.gui.widgets.source_outline import Range


class SourceView(QPlainTextEdit):
    """A Python file, read-only. Lit lines carry a bar in the margin too: colour is never the only signal."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName("Source code")
        self.setToolTip("The model's own file, as it runs; it cannot be changed here")
        self.setReadOnly(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._highlighter = PythonHighlighter(self.document())
        self._margin = _Margin(self)
        self._lit: list[Range] = []
        self._passed: list[Range] = []
        self._marked = 0
        self.updateRequest.connect(self._scrolled)
        self._dress()

    def set_source(self, source: str) -> None:
        """Shows a file."""
        self._lit, self._passed, self._marked = [], [], 0
        self._highlighter.set_source(source)
        self.setPlainText(source)
        self._highlighter.recolour()
        self._fit()
        self._show_lights()

    def light(self, running: Sequence[Range], passed: Sequence[Range] = ()) -> None:
        """Lights the lines that run now, and faintly those that ran just before; no others."""
        if (list(running), list(passed)) != (self._lit, self._passed):
            self._lit, self._passed = list(running), list(passed)
            self._show_lights()

    def lit(self) -> list[Range]:
        """The lines that are lit as running."""
        return list(self._lit)

    def marked(self) -> int:
        """The line that `go_to` marked; 0 for none."""
        return self._marked

    def go_to(self, line: int) -> None:
        """Scrolls to a line, a third of the height from the top, and marks it."""
        self._marked = line
        cursor = QTextCursor(self.document().findBlockByNumber(line - 1))
        self.setTextCursor(cursor)
        self.reveal(line)
        self._show_lights()

    def reveal(self, line: int) -> None:
        """Scrolls to a line without marking it."""
        rows = max(1, self.viewport().height() // max(1, self.fontMetrics().height()))
        self.verticalScrollBar().setValue(max(0, line - 1 - rows // 3))
        self.horizontalScrollBar().setValue(0)

    def shows(self, line: int) -> bool:
        """Whether a line is in sight."""
        first = self.firstVisibleBlock().blockNumber() + 1
        rows = max(1, self.viewport().height() // max(1, self.fontMetrics().height()))
        return first <= line <= first + rows - 1

    def find_text(self, words: str, backward: bool = False) -> bool:
        """Selects the next place that holds some text, from the other end where there is none; False for nowhere."""
        flags = QTextDocument.FindFlag.FindBackward if backward else QTextDocument.FindFlag(0)
        if not words:
            return False
        if self.find(words, flags):
            return True
        at = self.textCursor()
        ends = QTextCursor.MoveOperation.End if backward else QTextCursor.MoveOperation.Start
        self.moveCursor(ends)
        if self.find(words, flags):
            return True
        self.setTextCursor(at)
        return False

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event) and hasattr(self, "_margin"):
            self._dress()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    # -- drawing ------------------------------------------------------------------------------------------------------

    def _dress(self) -> None:
        """Letters and colours of the theme in force."""
        fixed = QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)
        fixed.setPointSizeF(0.92 * QApplication.font().pointSizeF())
        if fixed.toString() != self.document().defaultFont().toString():
            self.document().setDefaultFont(fixed)
            self.setFont(fixed)
        self._highlighter.recolour()
        self._fit()
        self._show_lights()

    def _fit(self) -> None:
        self.setViewportMargins(self._margin.wanted_width(), 0, 0, 0)
        inner = self.contentsRect()
        self._margin.setGeometry(QRect(inner.left(), inner.top(), self._margin.wanted_width(), inner.height()))

    def _scrolled(self, area: QRect, dy: int) -> None:
        if dy:
            self._margin.scroll(0, dy)
        else:
            self._margin.update(0, area.y(), self._margin.width(), area.height())

    def _show_lights(self) -> None:
        look = theme.current()
        marks = [(self._passed, 0.10), (self._lit, 0.26), ([(self._marked, self._marked)] * bool(self._marked), 0.16)]
        selections = []
        for ranges, strength in marks:
            for first, last in ranges:
                for line in range(first, last + 1):
                    selections.append(
                        self._selection(line, look.model if ranges is self._lit else look.accent, strength)
                    )
        self.setExtraSelections(selections)
        self._margin.update()

    def _selection(self, line: int, colour: str, strength: float) -> QTextEdit.ExtraSelection:
        selection, form = QTextEdit.ExtraSelection(), QTextCharFormat()
        form.setBackground(theme.faded(colour, strength))
        form.setProperty(QTextFormat.Property.FullWidthSelection, True)
        selection.format = form  # type: ignore[attr-defined]  # missing in the stubs
        selection.cursor = QTextCursor(self.document().findBlockByNumber(line - 1))  # type: ignore[attr-defined]
        return selection

    def paint_margin(self, event: QPaintEvent) -> None:
        """Draws line numbers, and a bar beside lines that are lit."""
        look, painter = theme.current(), QPainter(self._margin)
        painter.fillRect(event.rect(), QColor(look.window))
        painter.setFont(self.font())
        bar = max(2, self.fontMetrics().height() // 5)
        block = self.firstVisibleBlock()
        top = round(self.blockBoundingGeometry(block).translated(self.contentOffset()).top())
        while block.isValid() and top <= event.rect().bottom():
            height, line = round(self.blockBoundingRect(block).height()), block.blockNumber() + 1
            is_lit = any(first <= line <= last for first, last in self._lit)
            if is_lit:
                painter.fillRect(self._margin.width() - bar, top, bar, height, QColor(look.model))
            painter.setPen(QColor(look.text if is_lit or line == self._marked else look.muted))
            right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRect(0, top, self._margin.width() - 2 * bar, height), right, str(line))
            block, top = block.next(), top + height


class _Margin(QWidget):
    """The strip of line numbers."""

    def __init__(self, view: SourceView) -> None:
        super().__init__(view)
        self._view = view

    def wanted_width(self) -> int:
        digits = len(str(max(1, self._view.blockCount())))
        metrics = self._view.fontMetrics()
        return metrics.horizontalAdvance("9") * (digits + 1) + metrics.height() // 2

    def sizeHint(self) -> QSize:
        return QSize(self.wanted_width(), 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        self._view.paint_margin(event)
