"""A formula, set as in a book, in the theme's text colour."""

import logging
import threading
from functools import cache, lru_cache

from PySide6.QtCore import QByteArray, QEvent, QRectF, QSize, Qt, QTimerEvent
from PySide6.QtGui import QColor, QFont, QFontInfo, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import theme

LOOK = 30  # milliseconds between two looks whether the typesetter is there

_log = logging.getLogger(__name__)
_is_here = threading.Event()  # the typesetter


class Formula(QWidget):
    """Shows a LaTeX formula; where it cannot be set, its source. It shrinks to fit a narrow place. The first one of all
    comes a moment after all else: nothing waits for the typesetter."""

    def __init__(
        self, latex: str = "", *, id_prefix: str, plain: str = "", size: float = 1.15, parent: QWidget | None = None
    ) -> None:
        """`plain` is read aloud in place of the LaTeX; `size` is the letter size in multiples of the text around."""
        super().__init__(parent)
        self.setObjectName(f"{id_prefix}.formula")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._size = size
        self._renderer: QSvgRenderer | None = None
        self._drawn = ("", 0, "")
        self.set_latex(latex, plain)

    def latex(self) -> str:
        """The source."""
        return self._latex

    def set_latex(self, latex: str, plain: str = "") -> None:
        """Replaces the formula, and what is read aloud."""
        self._latex = latex
        self.setAccessibleName(plain or latex)
        self.setToolTip(plain or latex)
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        if self._renderer is not None and self._drawn == self._wanted():
            return self._renderer.defaultSize()
        return QFontMetrics(self._source_font()).size(Qt.TextFlag.TextSingleLine, self._latex)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 2), self.sizeHint().height())

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            self.updateGeometry()
            self.update()

    def timerEvent(self, event: QTimerEvent) -> None:
        self.killTimer(event.timerId())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        if not _is_here.is_set():
            _fetch()
            self.startTimer(LOOK)
            return
        wanted = self._wanted()
        if wanted != self._drawn:
            self._drawn = wanted
            svg = typeset(*wanted)
            self._renderer = QSvgRenderer(QByteArray(svg)) if svg else None
            self.updateGeometry()
        painter = QPainter(self)
        if self._renderer is None:
            painter.setFont(self._source_font())
            painter.setPen(QColor(theme.current().text))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignVCenter, self._latex)
            painter.end()
            return
        natural = self._renderer.defaultSize()
        scale = min(1.0, self.width() / natural.width(), self.height() / natural.height())
        width, height = natural.width() * scale, natural.height() * scale
        self._renderer.render(painter, QRectF(0, (self.height() - height) / 2, width, height))
        painter.end()

    def _wanted(self) -> tuple[str, int, str]:
        return self._latex, round(QFontInfo(self.font()).pixelSize() * self._size), theme.current().text

    def _source_font(self) -> QFont:
        font = QFont("monospace")
        font.setStyleHint(QFont.StyleHint.Monospace)
        font.setPointSizeF(self.font().pointSizeF())
        return font


def bring_typesetter() -> None:
    """Imports it, which takes a third of a second."""
    import ziamath

    ziamath.config.svg2 = False  # Qt draws SVG 1.1 only
    _is_here.set()


@cache
def _fetch() -> None:
    """The same in a thread, once."""
    threading.Thread(target=bring_typesetter, name="playground-typesetter", daemon=True).start()


@lru_cache(maxsize=256)
def typeset(latex: str, pixels: int, colour: str) -> bytes:
    """The SVG of a formula with letters `pixels` high, or b"" where it cannot be set."""
    bring_typesetter()
    import ziamath

    try:
        return ziamath.Latex(latex, size=pixels, color=colour).svg().encode()
    except Exception as error:  # noqa: BLE001  the parser raises assertion, XML and many own errors for a wrong source
        # as text: an exception kept in a log record keeps its frames, and with them the painter of `paintEvent`
        _log.warning("cannot set the formula %r: %s", latex, f"{type(error).__name__} {error}".strip())
        return b""
