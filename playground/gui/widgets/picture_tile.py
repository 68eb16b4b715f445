"""A tile to press: a picture, a title, a line of tags and a sentence."""

from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QEnterEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from playground.gui.widgets import theme
from playground.gui.widgets.sample_drawing import sample_drawing

DIM = 0.55  # of a tile that steps back behind others


class PictureTile(QAbstractButton):
    """The whole tile is one button. Pixels are enlarged by whole numbers and cropped, never smoothed; a drawing is
    scaled to be seen whole."""

    def __init__(
        self, title: str, tags: str, words: str, tooltip: str, *, object_name: str, parent: QWidget | None = None
    ) -> None:
        """`tags` stand below the title in a quieter colour."""
        super().__init__(parent)
        self._title, self._tags, self._words = title, tags, words
        self._picture = QPixmap()
        self._drawing: Path | None = None  # the file of the picture, where it follows the theme
        self._is_network = False
        self.is_marked, self._is_dim = False, False
        self.setObjectName(object_name)
        self.setAccessibleName(title)
        self.setAccessibleDescription(f"{tags}. {words}")
        self.setToolTip(tooltip)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)

    def set_picture(self, file: Path, drawing: bool = False) -> None:
        """Shows a picture file: a sheet of pixels, or a `drawing`; one that cannot be read leaves its place empty."""
        self._drawing = file if drawing else None
        self._picture = sample_drawing(file) if drawing else QPixmap(str(file))
        self.update()

    def set_network(self) -> None:
        """Draws, where no picture can be shown, what the lecture draws: an image, the net that narrows, its label."""
        self._is_network = True
        self.update()

    def set_marked(self, on: bool, dims: bool = False) -> None:
        """Draws a thick frame around it; without one, and where others are marked (`dims`), it steps back."""
        self.is_marked, self._is_dim = on, dims and not on
        self.setAccessibleName(f"{self._title}, marked" if on else self._title)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(theme.em(self, 19), theme.em(self, 9))

    def hasHeightForWidth(self) -> bool:
        return not self._has_picture  # then it is as high as its words

    def heightForWidth(self, width: int) -> int:
        return self._text_height(width)

    def minimumSizeHint(self) -> QSize:
        return QSize(theme.em(self, 13), self._text_height(theme.em(self, 13)))

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if theme.is_change(event):
            if self._drawing:
                self._picture = sample_drawing(self._drawing)
            self.updateGeometry()
            self.update()

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        now, painter = theme.current(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        marked = self.hasFocus() or self.underMouse() or self.is_marked
        width = theme.em(self, 0.25 if self.is_marked else 0.12 if self.hasFocus() else 0.06)
        painter.setPen(QPen(QColor(now.accent if marked else now.border), width))
        painter.setBrush(QColor(now.grid if self.isDown() else now.raised))
        edge = width / 2
        radius = theme.em(self, 0.5)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(edge, edge, -edge, -edge), radius, radius)
        painter.setOpacity(DIM if self._is_dim else 1.0)
        gap = theme.em(self, 0.6)
        inside = self.rect().adjusted(gap, gap, -gap, -gap)
        place = QRect(inside.left(), inside.top(), self._picture_side(inside), inside.height())
        self._draw_picture(painter, place)
        left = place.right() + gap if place.width() else inside.left()
        self._draw_text(painter, QRect(left, inside.top(), inside.right() - left, inside.height()))
        painter.end()

    @property
    def _has_picture(self) -> bool:
        return self._is_network or not self._picture.isNull()

    def _picture_side(self, inside: QRect) -> int:
        """As high as the tile, but never more than leaves the words their room; 0 where there is none."""
        if not self._has_picture:
            return 0
        room = inside.width() - theme.em(self, 11)
        side = min(inside.height(), room)
        return side if side >= theme.em(self, 3) else 0

    def _draw_picture(self, painter: QPainter, place: QRect) -> None:
        if not place.width():
            return
        ratio = self.devicePixelRatioF()
        if self._picture.isNull():
            self._draw_network(painter, QRectF(place.left(), place.top(), place.width(), place.width()))
            return
        if self._drawing:
            room = place.size() * ratio
            keep, smooth = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            shown = self._picture.scaled(room, keep, smooth)
            shown.setDevicePixelRatio(ratio)
            painter.drawPixmap(place.topLeft(), shown)
            return
        shortest = min(self._picture.width(), self._picture.height())
        factor = max(1, round(place.width() * ratio / max(1, shortest)))
        shown = self._picture.scaled(
            self._picture.size() * factor, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.FastTransformation
        )
        source = QRect(0, 0, round(place.width() * ratio), round(place.height() * ratio))
        source = source.intersected(shown.rect())
        target = QRect(place.topLeft(), QSize(round(source.width() / ratio), round(source.height() / ratio)))
        painter.drawPixmap(target, shown, source)

    def _draw_network(self, painter: QPainter, place: QRectF) -> None:
        now, side = theme.current(), place.width() / 5
        painter.fillRect(place, QColor(now.base))
        painter.setPen(QPen(QColor(now.muted), theme.em(self, 0.1)))
        middle, left = place.center().y(), place.left()
        x = QRectF(left + 0.4 * side, middle - 0.5 * side, side, side)
        y = x.translated(3.2 * side, 0)
        painter.drawLine(QPointF(x.right(), middle), QPointF(y.left(), middle))
        painter.setBrush(QColor(now.observed))
        painter.drawRect(x)
        painter.drawEllipse(y)
        painter.setBrush(QColor(now.raised))
        ends = ((1.8, -1.0), (3.2, -0.6), (3.2, 0.6), (1.8, 1.0))
        painter.drawPolygon(QPolygonF([QPointF(left + across * side, middle + up * side) for across, up in ends]))
        font = QFont(self.font())
        font.setItalic(True)
        painter.setFont(font)
        for letter, box, ink in (("x", x, "#000000"), ("f", place, now.text), ("y", y, "#000000")):
            painter.setPen(QColor(ink))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, letter)

    def _draw_text(self, painter: QPainter, place: QRect) -> None:
        now = theme.current()
        y = place.top()
        for text, font, colour in self._lines():
            painter.setFont(font)
            painter.setPen(QColor(colour or now.text))
            room = QRect(place.left(), y, place.width(), max(0, place.bottom() - y))
            flags = Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop
            used = painter.boundingRect(room, flags, text)
            painter.drawText(room, flags, text)
            y = used.bottom() + theme.em(self, 0.25)

    def _lines(self) -> list[tuple[str, QFont, str]]:
        bold = QFont(self.font())
        bold.setBold(True)
        bold.setPointSizeF(1.15 * self.font().pointSizeF())
        muted = theme.current().muted
        return [(self._title, bold, ""), (self._tags, self.font(), muted), (self._words, self.font(), "")]

    def _text_height(self, width: int) -> int:
        """What the words need at a width, without a picture."""
        gap = theme.em(self, 0.6)
        total = 2 * gap
        for text, font, _ in self._lines():
            box = QFontMetrics(font).boundingRect(QRect(0, 0, width - 2 * gap, 100_000), Qt.TextFlag.TextWordWrap, text)
            total += box.height() + theme.em(self, 0.25)
        return total
