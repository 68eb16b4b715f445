"""The model as the lecture draws it: trapezoids are networks, white circles latent, gray ones observed variables."""

from collections.abc import Collection, Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from playground.gui.widgets import maths_label, theme
from playground.gui.widgets.diagram_graph import CAPTION, Edge, Node, outline, place, takes_detour, top_and_bottom
from playground.gui.widgets.drawn_widget import DrawnWidget
from playground.gui.widgets.plots import blend
from playground.gui.widgets.tiles import TileSheet

__all__ = ["Edge", "ModelDiagram", "Node"]

_SPOKEN = {"network": "network", "latent": "latent variable", "observed": "observed variable", "operation": "operation"}


class ModelDiagram(DrawnWidget):
    """Draws a graph of nodes in columns; lights the active ones and shows live pictures in the variables."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        tooltip = "Trapezoids are networks, white circles latent variables, gray circles observed ones"
        super().__init__(name, "Model diagram", tooltip, parent)
        self._nodes: dict[str, Node] = {}
        self._edges: tuple[Edge, ...] = ()
        self._lit: frozenset[str] = frozenset()
        self._thumbnails: dict[str, TileSheet] = {}
        self._words: dict[str, str] = {}
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_graph(self, nodes: Sequence[Node], edges: Sequence[Edge]) -> None:
        """Draws another graph, unlit and without pictures.

        Raises:
            ValueError: if an edge names a node that is not there.
        """
        by_id = {node.id: node for node in nodes}
        for edge in edges:
            if edge.source not in by_id or edge.target not in by_id:
                raise ValueError(f"the edge {edge.source} -> {edge.target} names a node that is not there")
        self._nodes, self._edges = by_id, tuple(edges)
        self._lit = frozenset()
        self._thumbnails.clear()
        self._words.clear()
        self._describe()
        self.updateGeometry()
        self.update()

    def light(self, ids: Collection[str]) -> None:
        """Lights the nodes of these ids or parts, and no others."""
        lit = frozenset(node.id for node in self._nodes.values() if ({node.id, node.part} - {""}) & set(ids))
        if lit != self._lit:
            self._lit = lit
            self._describe()
            self.update()

    def lit(self) -> frozenset[str]:
        """The ids of the nodes lit now."""
        return self._lit

    def set_thumbnail(self, node_id: str, image: np.ndarray | None, signed: bool = False) -> None:
        """Shows a picture (C, H, W) in a node, values in [0, 1] or around 0 if `signed`; None takes it away."""
        if image is None:
            self._thumbnails.pop(node_id, None)
        else:
            self._thumbnails[node_id] = TileSheet(image[None], signed)
        self.update()

    def set_words(self, node_id: str, words: str) -> None:
        """Writes something under a node in place of its caption, as long as that may be; "" brings that back."""
        self._words[node_id] = words
        self._describe()
        self.update()

    def words(self, node_id: str) -> str:
        """What is written under a node."""
        return self._words.get(node_id) or self._nodes[node_id].caption

    def clear_thumbnails(self) -> None:
        """Takes all pictures away."""
        self._thumbnails = {}
        self.update()

    def node_rects(self) -> dict[str, QRectF]:
        """Where each node lies in the widget, captions not counted."""
        return place(list(self._nodes.values()), self._edges, QSizeF(self.size()), self.font())

    def sizeHint(self) -> QSize:
        columns, rows = self._counts()
        return QSize(theme.em(self, 6 * columns), theme.em(self, 6.2 * rows))

    def minimumSizeHint(self) -> QSize:
        columns, rows = self._counts()
        return QSize(theme.em(self, 3 * columns), theme.em(self, 4.5 * rows))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        boxes = self.node_rects()
        for edge in self._edges:
            self._draw_edge(painter, edge, boxes)
        for name, node in self._nodes.items():
            self._draw_node(painter, node, boxes[name])

    def _draw_node(self, painter: QPainter, node: Node, box: QRectF) -> None:
        look, em, lit = theme.current(), self._em(), node.id in self._lit
        fills = {"network": look.raised, "operation": look.raised, "latent": look.latent, "observed": look.observed}
        fill = blend(fills[node.kind], look.accent, 0.25 if lit else 0.0)
        ink = look.accent if lit else (look.muted if node.kind != "operation" else look.border)
        painter.setPen(QPen(QColor(ink), (0.18 if lit else 0.09) * em))
        painter.setBrush(fill)
        thumbnail = self._thumbnails.get(node.id)
        if thumbnail is None:
            painter.drawPath(outline(node, box))
            # Variables are white or gray in both themes, so what stands on them is dark in both.
            on_variable = node.kind in ("latent", "observed")
            painter.setPen(QColor(theme.LIGHT.text if on_variable else look.text))
            self._write(painter, node.label, box.center(), 1.25 if on_variable else 1.0)
        else:
            self._draw_thumbnail(painter, thumbnail, box)
        caption = " ".join(part for part in (node.label if thumbnail else "", self.words(node.id)) if part)
        if caption:
            painter.setPen(QColor(look.accent if lit else look.muted))
            self._write(painter, caption, QPointF(box.center().x(), box.bottom() + CAPTION * em / 2))

    def _draw_thumbnail(self, painter: QPainter, picture: TileSheet, box: QRectF) -> None:
        """A rounded frame in the node's own fill and outline, the picture inside it."""
        em = self._em()
        rim = 0.22 * em
        painter.drawRoundedRect(box, 0.4 * em, 0.4 * em)
        inside = box.adjusted(rim, rim, -rim, -rim)
        scale = min(inside.width() / picture.width, inside.height() / picture.height)
        target = QRectF(0, 0, scale * picture.width, scale * picture.height)
        target.moveCenter(box.center())
        painter.save()
        clip = QPainterPath()
        clip.addRoundedRect(target, 0.2 * em, 0.2 * em)
        painter.setClipPath(clip)
        picture.draw(painter, 0, target)
        painter.restore()

    def _draw_edge(self, painter: QPainter, edge: Edge, boxes: dict[str, QRectF]) -> None:
        look, em = theme.current(), self._em()
        path = self._route(edge, boxes)
        colour = QColor(look.accent if {edge.source, edge.target} <= self._lit else look.muted)
        tip, angle = path.pointAtPercent(1.0), path.angleAtPercent(0.98)
        line = QPen(colour, 0.09 * em)
        if edge.dashed:
            line.setDashPattern([4, 3])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(line)
        painter.drawPath(path)
        painter.save()
        painter.translate(tip)
        painter.rotate(-angle)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawPolygon(QPolygonF([QPointF(0, 0), QPointF(-0.5 * em, -0.22 * em), QPointF(-0.5 * em, 0.22 * em)]))
        painter.restore()
        if edge.label:
            painter.setPen(QColor(look.muted))
            self._write(painter, edge.label, path.pointAtPercent(0.5) - QPointF(0, 0.75 * em), 0.9)

    def _route(self, edge: Edge, boxes: dict[str, QRectF]) -> QPainterPath:
        """Side to side where the way is free, else over the row, up or down a column, or round a corner."""
        em, air = self._em(), 0.2 * self._em()
        source, target = self._nodes[edge.source], self._nodes[edge.target]
        start, end = boxes[edge.source], boxes[edge.target]
        start_top, start_bottom = top_and_bottom(source, start)
        end_top, end_bottom = top_and_bottom(target, end)
        # An arrow that leaves or enters a node from below keeps off its caption.
        start_bottom += self._caption_room(source) + air
        end_bottom += self._caption_room(target) + air
        falls = target.row > source.row
        path = QPainterPath()
        if source.column == target.column and source.row != target.row:
            path.moveTo(start.center().x(), start_bottom if falls else start_top - air)
            path.lineTo(end.center().x(), end_top - air if falls else end_bottom)
        elif takes_detour(source, target, list(self._nodes.values())):
            height = min(start.top(), end.top()) - 1.2 * em
            path.moveTo(start.center().x(), start_top - air)
            path.cubicTo(start.center().x(), height, end.center().x(), height, end.center().x(), end_top - air)
        elif source.row != target.row and target.column - source.column > 1:
            run, corner = self._free_height(source, target, boxes), end.center().x()
            tip = end_top - air if falls else end_bottom
            bend = 0.6 * em if run > tip else -0.6 * em
            path.moveTo(start.right() + air, start.center().y())
            path.cubicTo(start.right() + em, start.center().y(), start.right() + em, run, start.right() + 2 * em, run)
            path.lineTo(corner - abs(bend), run)
            path.quadTo(corner, run, corner, run - bend)
            path.lineTo(corner, tip)
        else:
            tip_x, middle = end.left() - air, (start.right() + end.left()) / 2
            path.moveTo(start.right() + air, start.center().y())
            path.cubicTo(middle, start.center().y(), middle, end.center().y(), tip_x, end.center().y())
        return path

    def _free_height(self, source: Node, target: Node, boxes: dict[str, QRectF]) -> float:
        """Where a line along the source's row meets no other node on its way to the target's column."""
        obstacles = [
            boxes[node.id].bottom() + self._caption_room(node) + 0.4 * self._em()
            for node in self._nodes.values()
            if node.row == source.row and source.column < node.column <= target.column
        ]
        return max(obstacles, default=boxes[source.id].center().y())

    def _caption_room(self, node: Node) -> float:
        return CAPTION * self._em() if node.caption or node.id in self._thumbnails else 0.0

    def _write(self, painter: QPainter, text: str, centre: QPointF, size: float = 1.0) -> None:
        font = self.font()
        font.setPointSizeF(font.pointSizeF() * size)
        painter.setFont(font)
        maths_label.paint(painter, text, centre)

    def _counts(self) -> tuple[int, int]:
        columns = len({node.column for node in self._nodes.values()})
        return max(1, columns), 1 + max((node.row for node in self._nodes.values()), default=0)

    def _em(self) -> float:
        return float(self.fontMetrics().height())

    def _describe(self) -> None:
        """The graph in words, for those who hear it."""
        sentences = []
        for node in self._nodes.values():
            targets = [maths_label.plain(self._nodes[e.target].label) for e in self._edges if e.source == node.id]
            sentence = f"{_SPOKEN[node.kind]} {maths_label.plain(node.label)}"
            sentence += f" ({maths_label.plain(self.words(node.id))})" if self.words(node.id) else ""
            sentence += " (active)" if node.id in self._lit else ""
            sentence += f" leads to {' and '.join(targets)}" if targets else ""
            sentences.append(sentence)
        self.setAccessibleDescription("; ".join(sentences))
