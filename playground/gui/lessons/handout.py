"""A lesson on paper: each scene with its question, words, formula and picture; behind them what came out of each."""

import re
from collections.abc import Mapping
from pathlib import Path

from PySide6.QtCore import QByteArray, QMarginsF, QRectF, QSizeF, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QFont,
    QImage,
    QPageSize,
    QPainter,
    QPdfWriter,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
    QTextImageFormat,
)
from PySide6.QtSvg import QSvgRenderer

from playground.core.whole_file import whole_file
from playground.gui.lessons import words
from playground.gui.lessons.scene import GLOSSARY, SLIDE, Scene
from playground.gui.widgets.formula import typeset

RESOLUTION = 300  # dots an inch
MARGIN = 16  # millimetres
BODY, SMALL, TITLE, LARGE = 10.0, 8.5, 13.0, 20.0  # points
GAP = 0.22  # inches between two scenes
PICTURE, AFTERWARDS = 0.66, 0.5  # of the width of the text
FORMULA = 13.0  # points, the height of its letters
_MUTED = "#555555"
_LINK = re.compile(r"\[([^\]]+)\]\(#([^)]+)\)")


class Handout:
    """Collects the scenes of a lesson as they are played, then writes them as one PDF of A4 pages."""

    def __init__(self, title: str) -> None:
        self._title = title
        self._scenes: list[QTextDocument] = []
        self._outcomes: list[QTextDocument] = []

    def begin(self, scene: Scene, values: Mapping[str, object], picture: QImage) -> None:
        """A scene as it begins, with its live numbers of that moment."""
        sheet = _Sheet()
        sheet.line(scene.title, TITLE, bold=True)
        sheet.line(_slides(scene), SMALL, colour=_MUTED)
        if scene.question:
            sheet.line(f"Predict first: {scene.question.text}", BODY, bold=True)
            for choice in scene.question.choices:
                sheet.line(f"☐  {choice}", BODY, indent=1)
        sheet.markdown(words.fill(plain_links(scene.text), values))
        if scene.formula:
            sheet.formula(scene.formula, scene.spoken)
        sheet.picture(picture, PICTURE)
        self._scenes.append(sheet.document)

    def end(self, scene: Scene, values: Mapping[str, object], picture: QImage) -> None:
        """The same scene when its act is done."""
        sheet = _Sheet()
        sheet.line(scene.title, TITLE, bold=True)
        sheet.line(_slides(scene), SMALL, colour=_MUTED)
        if scene.question:
            sheet.line(f"Right is: {scene.question.choices[scene.question.answer]}", BODY, bold=True)
        for live in (live for live in scene.live if live.name not in words.names(scene.reveal)):
            name, _, unit = live.words.rpartition(", ")
            sheet.line(words.fill(f"{name or unit}: {{{live.name}}} {unit if name else ''}", values).strip(), BODY)
        if scene.reveal:
            sheet.markdown(words.fill(plain_links(scene.reveal), values))
        sheet.picture(picture, AFTERWARDS)
        self._outcomes.append(sheet.document)

    def write(self, path: Path) -> None:
        """Writes the file whole or not at all. Raises PlaygroundError."""
        with whole_file(path, "handout") as part:
            writer = QPdfWriter(str(part))
            writer.setPageSize(QPageSize(QPageSize.PageSizeId.A4))
            writer.setPageMargins(QMarginsF(MARGIN, MARGIN, MARGIN, MARGIN))
            writer.setResolution(RESOLUTION)
            writer.setTitle(self._title)
            writer.setCreator("Generative playground")
            painter = QPainter()
            if not painter.begin(writer):
                raise OSError("the page cannot be drawn")
            pages = _Pages(writer, painter, self._title)
            for heading, sheets in ((self._title, self._scenes), ("What came out", self._outcomes)):
                if sheets:
                    pages.chapter(heading)
                for sheet in sheets:
                    pages.put(sheet)
            painter.end()


class _Sheet:
    """One scene, written from top to bottom."""

    def __init__(self) -> None:
        self.document = QTextDocument()
        self.document.setDefaultFont(_font(BODY))
        self.document.setDocumentMargin(0)
        self._cursor = QTextCursor(self.document)
        self._pictures = 0

    def line(self, text: str, points: float, bold: bool = False, colour: str = "black", indent: int = 0) -> None:
        """One paragraph."""
        look = QTextCharFormat()
        look.setFont(_font(points, bold))
        look.setForeground(QColor(colour))
        self._block(indent)
        self._cursor.insertText(text, look)

    def markdown(self, text: str) -> None:
        """Paragraphs with their emphasis and lists."""
        for paragraph in re.split(r"\n(?=[^\s*\-\d])|\n\s*\n", text.strip()):  # each line of a scene is a paragraph
            self._block()
            self._cursor.insertFragment(QTextDocumentFragment.fromMarkdown(paragraph))

    def formula(self, latex: str, spoken: str) -> None:
        """Set as in a book; where it cannot be, its words."""
        dots = round(FORMULA * RESOLUTION / 72)
        svg = QSvgRenderer(QByteArray(typeset(latex, dots, "#000000")))
        if not svg.isValid():
            self.line(spoken or latex, BODY, indent=1)
            return
        image = QImage(svg.defaultSize(), QImage.Format.Format_ARGB32)
        image.fill(Qt.GlobalColor.white)
        painter = QPainter(image)
        svg.render(painter)
        painter.end()
        self._insert(image, QSizeF(image.size()) * 96 / RESOLUTION, indent=1)

    def picture(self, image: QImage, share: float) -> None:
        """A picture as wide as a share of the text, and no higher than half a page."""
        width = share * (210 - 2 * MARGIN) / 25.4 * 96
        height = min(width * image.height() / image.width(), 4.7 * 96)
        self._insert(image, QSizeF(height * image.width() / image.height(), height))

    def _insert(self, image: QImage, size: QSizeF, indent: int = 0) -> None:
        name, self._pictures = f"picture:{self._pictures}", self._pictures + 1
        self.document.addResource(QTextDocument.ResourceType.ImageResource.value, QUrl(name), image)
        look = QTextImageFormat()
        look.setName(name)
        look.setWidth(size.width())
        look.setHeight(size.height())
        self._block(indent)
        self._cursor.insertImage(look)

    def _block(self, indent: int = 0) -> None:
        shape = QTextBlockFormat()
        shape.setIndent(indent)
        shape.setBottomMargin(4)
        shape.setLineHeight(110, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        if self.document.isEmpty():
            self._cursor.setBlockFormat(shape)
        else:
            self._cursor.insertBlock(shape, QTextCharFormat())


class _Pages:
    """Puts sheets below each other, never one across two pages, and numbers the pages."""

    def __init__(self, writer: QPdfWriter, painter: QPainter, title: str) -> None:
        self._writer, self._painter, self._title = writer, painter, title
        self._width, self._height = writer.width(), writer.height() - _dots(SMALL * 2.5)
        self._top, self._page = 0.0, 1
        self._number()

    def chapter(self, words_: str) -> None:
        """A heading at the top of a page."""
        if self._top:
            self._new_page()
        sheet = _Sheet()
        sheet.line(words_, LARGE, bold=True)
        self.put(sheet.document)

    def put(self, sheet: QTextDocument) -> None:
        """The next sheet; one that is higher than a page is made smaller."""
        sheet.documentLayout().setPaintDevice(self._writer)
        sheet.setTextWidth(self._width)
        height = sheet.size().height()
        if self._top and self._top + height > self._height:
            self._new_page()
        scale = min(1.0, self._height / height)
        self._painter.save()
        self._painter.translate(0, self._top)
        self._painter.scale(scale, scale)
        sheet.drawContents(self._painter)
        self._painter.restore()
        self._top += height * scale + GAP * RESOLUTION

    def _new_page(self) -> None:
        self._writer.newPage()
        self._top, self._page = 0.0, self._page + 1
        self._number()

    def _number(self) -> None:
        self._painter.setFont(_font(SMALL))
        self._painter.setPen(QColor(_MUTED))
        foot = QRectF(0, self._writer.height() - _dots(SMALL * 1.5), self._width, _dots(SMALL * 1.5))
        self._painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, self._title)
        self._painter.drawText(foot, Qt.AlignmentFlag.AlignRight, str(self._page))


def plain_links(text: str) -> str:
    """Markdown without links, which lead nowhere on paper: controls become bold, terms of the glossary italic."""
    quiet = (GLOSSARY, SLIDE)
    return _LINK.sub(lambda found: f"*{found[1]}*" if found[2].startswith(quiet) else f"**{found[1]}**", text)


def _slides(scene: Scene) -> str:
    return f"{'Slides' if len(scene.numbers()) > 1 else 'Slide'} {scene.slides}" if scene.numbers() else scene.slides


def _font(points: float, bold: bool = False) -> QFont:
    font = QFont()
    font.setPointSizeF(points)
    font.setBold(bold)
    return font


def _dots(points: float) -> float:
    return points * RESOLUTION / 72
