"""A Python file as text and tree at once, so that code can be cut and changed while its comments stay."""

import ast
import json
from collections.abc import Iterable, Iterator

from playground import registry

SECTION = "# -- "
Edit = tuple[int, int, list[str]]
"""First and last line, counted from 1 and both included, and what stands there instead."""


class Text:
    """Source code with its syntax tree; every change gives a new one.

    Attributes:
        source, tree, lines: the code, parsed, and cut at line ends.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.tree = registry.parse(source)
        self.lines = source.splitlines()

    def segment(self, node: ast.AST) -> str:
        """The code of an expression, without the brackets around it."""
        found = ast.get_source_segment(self.source, node)
        assert found is not None
        return found

    def expression_edit(self, node: ast.expr, code: str) -> "Edit":
        """Other code in place of an expression."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first, last = self.lines[node.lineno - 1], self.lines[node.end_lineno - 1]
        # columns of a tree count bytes
        before = first.encode()[: node.col_offset].decode()
        after = last.encode()[node.end_col_offset :].decode()
        return node.lineno, node.end_lineno, f"{before}{code}{after}".splitlines()

    def edited(self, edits: Iterable["Edit"]) -> "Text":
        """The same after some edits; one that touches the lines of another is left for later."""
        lines, reached = list(self.lines), len(self.lines) + 1
        for first, last, new in sorted(edits, key=lambda edit: edit[:2], reverse=True):
            if last < reached:
                lines[first - 1 : last] = new
                reached = first
        return Text("\n".join(lines) + "\n")

    def extent(self, node: ast.stmt) -> tuple[int, int]:
        """First and last line of a statement, with its decorators and the comment that stands right above it."""
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        while first > 1 and self._is_own_comment(first - 1):
            first -= 1
        assert node.end_lineno is not None
        return first, node.end_lineno

    def _is_own_comment(self, line: int) -> bool:
        text = self.lines[line - 1].strip()
        return text.startswith("#") and not text.startswith(SECTION)


def dedented(lines: list[str], by: int) -> list[str]:
    """Lines moved to the left."""
    return [line[by:] if line[:by].isspace() else line.lstrip() for line in lines]


def indent_of(line: str) -> int:
    """Spaces before its first letter."""
    return len(line) - len(line.lstrip())


def literal(value: object) -> str:
    """A plain value as code, with the quotes that this package uses."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))}{',' * (len(value) == 1)})"
    return repr(value)


def bodies(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements in a tree."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and body and isinstance(body[0], ast.stmt):
                yield body


def tidied(lines: list[str]) -> list[str]:
    """Without headings of sections that have become empty, remarks for tools, and runs of blank lines."""
    kept: list[str] = []
    for i, line in enumerate(lines):
        for remark in ("# fmt: skip", "# type: ignore", "# noqa", "# formula: "):
            code, found, _ = line.partition(remark)
            line = code.rstrip()
            if found and not line:
                break
        if lines[i].strip() and not line:
            continue
        if line.strip().startswith(SECTION):
            following = next((later for later in lines[i + 1 :] if later.strip()), "")
            if following.strip().startswith(SECTION) or indent_of(following) < indent_of(line) or not following:
                continue
        if not line.strip():
            following = next((later for later in lines[i + 1 :] if later.strip()), "")
            most = 1 if indent_of(following) else 2
            if not kept or not any(before.strip() for before in kept[-most:]):
                continue
        kept.append(line)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept
