"""Quiet colours for Python, found by Python's own tokenizer."""

import io
import keyword
import token
import tokenize
from collections import defaultdict

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from playground.gui.widgets import theme

Span = tuple[int, int, str]
"""Start and length in a line, in Qt's units of 16 bits, and the kind of what stands there."""


def spans(source: str) -> dict[int, list[Span]]:
    """What is to be coloured in each line (from 0): keywords, texts, comments, numbers, names being defined and
    decorators. A file that is no Python is coloured as far as it goes."""
    lines = source.splitlines()
    found: dict[int, list[Span]] = defaultdict(list)
    before, at_start = "", True
    try:
        for item in tokenize.generate_tokens(io.StringIO(source).readline):
            kind = _kind(item, before, at_start)
            if kind:
                (first, start), (last, end) = item.start, item.end
                for row in range(first, last + 1):
                    text = lines[row - 1]
                    left, right = start if row == first else 0, end if row == last else len(text)
                    found[row - 1].append((_units(text[:left]), _units(text[left:right]), kind))
            if item.type not in (token.NL, tokenize.COMMENT):
                at_start = item.type in (token.NEWLINE, token.INDENT, token.DEDENT)
                before = item.string
    except (tokenize.TokenError, SyntaxError):
        pass
    return dict(found)


def _kind(item: tokenize.TokenInfo, before: str, at_start: bool) -> str:
    match item.type:
        case tokenize.COMMENT:
            return "comment"
        case token.STRING:
            return "docstring" if at_start else "text"
        case token.NUMBER:
            return "number"
        case token.NAME if before in ("def", "class"):
            return "name"
        case token.NAME if before == "@":
            return "decorator"
        case token.NAME if keyword.iskeyword(item.string):
            return "keyword"
    return ""


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


class PythonHighlighter(QSyntaxHighlighter):
    """Colours a document whose text does not change between two calls of `set_source`."""

    def __init__(self, document: QTextDocument) -> None:
        super().__init__(document)
        self._spans: dict[int, list[Span]] = {}
        self._formats: dict[str, QTextCharFormat] = {}

    def set_source(self, source: str) -> None:
        """The text that the document will show."""
        self._spans = spans(source)

    def recolour(self) -> None:
        """Takes the colours of the theme in force."""
        self._formats = _formats()
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        for start, length, kind in self._spans.get(self.currentBlock().blockNumber(), ()):
            self.setFormat(start, length, self._formats.get(kind, QTextCharFormat()))


def _formats() -> dict[str, QTextCharFormat]:
    look = theme.current()
    colours = {"comment": look.muted, "docstring": look.muted, "text": look.exact, "number": look.warn,
               "keyword": look.data, "decorator": look.warn, "name": look.text}  # fmt: skip
    formats = {}
    for kind, colour in colours.items():
        form = QTextCharFormat()
        form.setForeground(QColor(colour))
        form.setFontItalic(kind == "comment")
        form.setFontWeight(QFont.Weight.Bold if kind == "name" else QFont.Weight.Normal)
        formats[kind] = form
    return formats
