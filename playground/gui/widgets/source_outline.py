"""What stands where in a Python file: its classes and functions, the stages it names, and marked lines."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

Range = tuple[int, int]
"""First and last line, counted from 1, both included."""

_FORMULA = re.compile(r"# formula: (.+), set by ([\w.]+)$")


@dataclass(frozen=True)
class Entry:
    """A class or function.

    Attributes:
        name: with those around it: "VAE.train_step".
        first, last: its lines.
        depth: 0 at the top of the file.
    """

    name: str
    first: int
    last: int
    depth: int


@dataclass(frozen=True)
class Symbol:
    """A symbol of the model's formula: ``# formula: KL, set by beta``, at its line or right above it.

    Attributes:
        name: as it is read.
        setting: the key of the setting behind it, as on the command line; ``sample.KEY`` for one of the sampler's.
        line: where it stands in the code.
    """

    name: str
    setting: str
    line: int


class Outline:
    """The outline of a file; one that is no Python has none.

    Attributes:
        entries: classes and functions in the order of the file.
        symbols: those of the formula, in the order of the file.
        stages: the lines of each ``with self.stage(NAME):`` block, by name; a name may stand at several places.
    """

    def __init__(self, source: str, parse: Callable[[str], ast.Module] = ast.parse) -> None:
        """`parse` gives the tree of some code, or raises SyntaxError."""
        self.symbols = tuple(_symbols(source.splitlines()))
        try:
            tree = parse(source)
        except SyntaxError:
            tree = ast.Module([], [])
        self.entries = tuple(_entries(tree, "", 0))
        self.stages: dict[str, list[Range]] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.With):
                for name in filter(None, map(_stage, node.items)):
                    self.stages.setdefault(name, []).append((node.lineno, node.end_lineno or node.lineno))

    def running(self, name: str, line: int) -> list[Range]:
        """The lines of a stage: those of the block that begins at `line`, or where none does of all of that name."""
        found = sorted(self.stages.get(name, []))
        return [lines for lines in found if lines[0] == line] or found

    def around(self, line: int) -> str:
        """The name of the innermost class or function that holds a line; "" outside of all."""
        return max(
            (entry for entry in self.entries if entry.first <= line <= entry.last),
            key=lambda entry: entry.depth,
            default=Entry("", 0, 0, 0),
        ).name


def _symbols(lines: list[str]) -> Iterator[Symbol]:
    for number, line in enumerate(lines, start=1):
        if match := _FORMULA.search(line):
            yield Symbol(match[1], match[2], number + line.lstrip().startswith("#"))


def _entries(node: ast.AST, outer: str, depth: int) -> Iterator[Entry]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef | ast.FunctionDef):
            name = f"{outer}.{child.name}" if outer else child.name
            first = min([child.lineno, *(decorator.lineno for decorator in child.decorator_list)])
            yield Entry(name, first, child.end_lineno or first, depth)
            yield from _entries(child, name, depth + 1)


def _stage(item: ast.withitem) -> str:
    """The name in ``self.stage("...")``, or ""."""
    match item.context_expr:
        case ast.Call(func=ast.Attribute(attr="stage"), args=[ast.Constant(value=str() as name), *_]):
            return name
    return ""
