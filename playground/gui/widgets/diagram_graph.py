"""What a model diagram consists of, and where its nodes go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QFont, QFontMetricsF, QPainterPath

from playground.gui.widgets import maths_label

Kind = Literal["network", "latent", "observed", "operation"]
CAPTION = 1.25  # em kept under every node for its caption
_DETOUR, _DETOUR_LABEL = 1.1, 1.1  # em kept above the nodes for edges that arc over them, and for words on those
_SLOPE = 0.24  # of a trapezoid's height: how much its short side loses at either end
_TALLEST, _LOWEST = 4.2, 1.2  # em
_NARROWEST_GAP, _WIDEST_GAP = 1.2, 6.0  # em


@dataclass(frozen=True)
class Node:
    """One thing in the diagram.

    Attributes:
        kind: what it is, and so how it is drawn.
        label: maths-like text, ``x_t`` for a subscript.
        column, row: its place; columns go left to right, rows top to bottom.
        shape: for networks ``"narrow"`` (an encoder), ``"widen"`` (a decoder or generator) or ``"box"``.
        caption: a few words under the node.
        part: the part of the model that the node stands for, if it is trained in a step of its own.
    """

    id: str
    kind: Kind
    label: str
    column: int
    row: int = 0
    shape: str = ""
    caption: str = ""
    part: str = ""


@dataclass(frozen=True)
class Edge:
    """An arrow from one node to another, dashed for what is sampled or only compared."""

    source: str
    target: str
    label: str = ""
    dashed: bool = False


def takes_detour(source: Node, target: Node, nodes: Sequence[Node]) -> bool:
    """Whether an edge must arc over its row: it goes back, or another node stands in its way."""
    if source.row != target.row:
        return target.column < source.column
    between = any(node.row == source.row and source.column < node.column < target.column for node in nodes)
    return target.column <= source.column or between


def place(nodes: Sequence[Node], edges: Sequence[Edge], room: QSizeF, font: QFont) -> dict[str, QRectF]:
    """The outline of each node, captions not counted, as large as the room allows and centred in it."""
    if not nodes:
        return {}
    em = QFontMetricsF(font).height()
    by_id = {node.id: node for node in nodes}
    arcs = [edge for edge in edges if takes_detour(by_id[edge.source], by_id[edge.target], nodes)]
    detour = (_DETOUR if arcs else 0.15) * em + (_DETOUR_LABEL * em if any(arc.label for arc in arcs) else 0.0)
    rows = 1 + max(node.row for node in nodes)
    columns = sorted({node.column for node in nodes})
    row_height = (room.height() - detour) / rows
    height = min(row_height - (CAPTION + 0.15) * em, _TALLEST * em)
    while True:
        sizes = {node.id: _size(node, height, em, font) for node in nodes}
        widths = [
            max(_reserved(node, sizes[node.id], font) for node in nodes if node.column == column) for column in columns
        ]
        spare = room.width() - sum(widths) - em
        gap = spare / max(1, len(columns) - 1)
        if gap >= _NARROWEST_GAP * em or height <= _LOWEST * em:
            break
        height *= 0.92
    gap = min(gap, _WIDEST_GAP * em)
    x = (room.width() - sum(widths) - gap * (len(columns) - 1)) / 2
    centres = {}
    for column, width in zip(columns, widths, strict=True):
        centres[column] = x + width / 2
        x += width + gap
    result = {}
    for node in nodes:
        middle = detour + row_height * (node.row + 0.5) - CAPTION * em / 2
        outline = QRectF(QPointF(), sizes[node.id])
        outline.moveCenter(QPointF(centres[node.column], middle))
        result[node.id] = outline
    return result


def outline(node: Node, box: QRectF) -> QPainterPath:
    """The shape of a node within its box."""
    path = QPainterPath()
    if node.kind == "network" and node.shape in ("narrow", "widen"):
        inset = _SLOPE * box.height()
        left, right = (0.0, inset) if node.shape == "narrow" else (inset, 0.0)
        path.moveTo(box.left(), box.top() + left)
        path.lineTo(box.right(), box.top() + right)
        path.lineTo(box.right(), box.bottom() - right)
        path.lineTo(box.left(), box.bottom() - left)
        path.closeSubpath()
    elif node.kind in ("latent", "observed"):
        path.addEllipse(box)
    else:
        radius = 0.5 * box.height() if node.kind == "operation" else 0.08 * box.height()
        path.addRoundedRect(box, radius, radius)
    return path


def top_and_bottom(node: Node, box: QRectF) -> tuple[float, float]:
    """The heights at which a vertical line through the node's centre meets its outline."""
    inset = _SLOPE * box.height() / 2 if node.shape in ("narrow", "widen") else 0.0
    return box.top() + inset, box.bottom() - inset


def _reserved(node: Node, size: QSizeF, font: QFont) -> float:
    """The width that a node and its caption need; a picture in a variable moves its label into the caption."""
    variable = node.kind in ("latent", "observed")
    caption = f"{node.label} {node.caption}" if variable and node.caption else node.caption
    return max(size.width(), maths_label.width(caption, font))


def _size(node: Node, height: float, em: float, font: QFont) -> QSizeF:
    label = maths_label.width(node.label, font)
    if node.kind == "network":
        return QSizeF(max(1.5 * height, label + 1.6 * em), height)
    if node.kind == "operation":
        side = min(1.7 * em, height)
        return QSizeF(max(side, label + em), side)
    return QSizeF(height, height)
