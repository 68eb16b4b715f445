"""Short formulae such as ``x_t`` or ``p_θ(x|z)`` painted by hand: italic letters, sub- and superscripts."""

import re
from dataclasses import dataclass

from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QFontMetricsF, QPainter

_SCRIPT_SIZE = 0.72
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
# A word, hyphens inside included (U-Net), or what stands between words. \u0300-\u036f are combining accents.
_LETTERS = r"(?:[^\W\d_][\u0300-\u036f]*)+"
_PIECES = re.compile(rf"{_LETTERS}(?:-{_LETTERS})*|.", re.DOTALL)


@dataclass(frozen=True)
class Run:
    """Letters of one look: `level` is -1 for a subscript, 0 for the line, 1 for a superscript."""

    text: str
    level: int = 0
    italic: bool = False


def parse(text: str) -> list[Run]:
    """Splits a label into runs.

    ``_`` and ``^`` lower or raise the letter after them, or the group in braces after them. A word of one letter (with
    its accents) is a variable and italic; longer words such as *log* or *encoder* stay upright.
    """
    runs: list[Run] = []
    rest = text
    while rest:
        if rest[0] in "_^" and len(rest) > 1:
            level = -1 if rest[0] == "_" else 1
            inside, rest = _group(rest[1:])
            runs += [Run(run.text, level, run.italic) for run in _words(inside)]
        else:
            end = min((place for mark in "_^" if (place := rest.find(mark, 1)) > 0), default=len(rest))
            runs += _words(rest[:end])
            rest = rest[end:]
    return runs


def plain(text: str) -> str:
    """The label without its marks, for a screen reader."""
    return "".join(run.text if run.level == 0 else f" {run.text}" for run in parse(text))


def lowered(name: str) -> str:
    """ "z_10" where only plain text can stand: its number in small digits."""
    letter, line, number = name.partition("_")
    return letter + number.translate(_LOWERED) if line and number.isdigit() else name


def width(text: str, font: QFont) -> float:
    """The advance of the painted label."""
    return sum(QFontMetricsF(_font(run, font)).horizontalAdvance(run.text) for run in parse(text))


def paint(painter: QPainter, text: str, centre: QPointF) -> None:
    """Paints a label in the painter's font and pen, centred on a point."""
    font = painter.font()
    metrics = QFontMetricsF(font)
    x = centre.x() - width(text, font) / 2
    baseline = centre.y() + (metrics.ascent() - metrics.descent()) / 2
    for run in parse(text):
        shape = _font(run, font)
        painter.setFont(shape)
        painter.drawText(
            QPointF(x, baseline - run.level * metrics.height() * (0.17 if run.level < 0 else 0.3)), run.text
        )
        x += QFontMetricsF(shape).horizontalAdvance(run.text)
    painter.setFont(font)


def _group(text: str) -> tuple[str, str]:
    """The first letter or braced group, and what follows it."""
    if text[0] == "{" and "}" in text:
        end = text.index("}")
        return text[1:end], text[end + 1 :]
    return text[0], text[1:]


def _words(text: str) -> list[Run]:
    return [Run(piece, 0, sum(map(str.isalpha, piece)) == 1) for piece in _PIECES.findall(text)]


def _font(run: Run, font: QFont) -> QFont:
    shape = QFont(font)
    shape.setItalic(run.italic)
    if run.level:
        shape.setPointSizeF(font.pointSizeF() * _SCRIPT_SIZE)
    return shape
