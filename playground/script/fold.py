"""Leaves out the branches that a run cannot take.

A family's file serves points and images and every setting; one run has one kind of data and its settings stand. What
is decided before training begins is decided here: the kind of data, settings that shape the network, and which of its
building blocks a network has. What may change mid-run stays.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from playground.script.text import Edit, Text, bodies, dedented, indent_of

UNKNOWN = object()


@dataclass(frozen=True)
class Facts:
    """What is known before training begins.

    Attributes:
        values: of names as they stand in the code, such as ``spec.kind`` or ``self.config.width``.
        modules: of each class, by name, the built networks of that class.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    modules: Mapping[str, list[nn.Module]] = field(default_factory=dict)


def folded(source: str, facts: Facts) -> str:
    """The code without what the facts rule out; its comments stay."""
    text = Text(source)
    while edits := list(_Folder(text, facts).edits()):
        text = text.edited(edits)
    return text.source


class _Folder:
    """Finds what to leave out in one pass; a later pass finds what that has made known."""

    def __init__(self, text: Text, facts: Facts) -> None:
        self._text, self._facts = text, facts
        self._class_of: dict[ast.AST, ast.ClassDef] = {}
        self._function_of: dict[ast.AST, ast.FunctionDef] = {}
        for outer in ast.walk(text.tree):
            if isinstance(outer, ast.ClassDef):
                self._class_of |= dict.fromkeys(ast.walk(outer), outer)
            elif isinstance(outer, ast.FunctionDef):
                self._function_of |= dict.fromkeys(ast.walk(outer), outer)

    def edits(self) -> Iterator[Edit]:
        """What to change, outermost first."""
        for body in bodies(self._text.tree):
            for place, statement in enumerate(body[:-1]):
                if isinstance(statement, ast.Return | ast.Raise):
                    first, _ = self._text.extent(body[place + 1])
                    yield first, body[-1].end_lineno or first, []
        for node in ast.walk(self._text.tree):
            match node:
                case ast.AnnAssign(target=ast.Attribute(), value=None):  # a promise to the type checker
                    yield *self._text.extent(node), []
                case ast.Assign([ast.Attribute() as target], ast.IfExp(orelse=ast.Constant(None)) as choice):
                    built = self._attribute(target)
                    if built is None or isinstance(built, nn.Module):
                        yield self._one_of(choice, built is not None)
            if isinstance(node, ast.If | ast.IfExp):
                value = self._value(node.test)
                if value is UNKNOWN:
                    yield from self._shortened(node.test)
                else:
                    yield self._chosen(node, bool(value)) if isinstance(node, ast.If) else self._one_of(node, value)

    # -- values ---------------------------------------------------------------------------------------------------

    def _value(self, node: ast.expr) -> Any:
        """What an expression is, or UNKNOWN."""
        match node:
            case ast.Constant(value):
                return value
            case ast.Tuple(elts):
                values = [self._value(item) for item in elts]
                return UNKNOWN if any(value is UNKNOWN for value in values) else tuple(values)
            case ast.Attribute():
                return self._attribute(node)
            case ast.Name():
                return self._local(node)
            case ast.Call(ast.Name("bool"), [operand]):
                value = self._value(operand)
                return UNKNOWN if value is UNKNOWN else bool(value)
            case ast.UnaryOp(ast.Not(), operand):
                value = self._value(operand)
                return UNKNOWN if value is UNKNOWN else not value
            case ast.BoolOp(op, operands):
                ends = isinstance(op, ast.Or)  # the truth of an operand that decides
                values = [self._value(operand) for operand in operands]
                known = [value for value in values if value is not UNKNOWN]
                if any(bool(value) is ends for value in known):
                    return ends
                return bool(known[-1]) if len(known) == len(values) else UNKNOWN
            case ast.Compare(left, [op], [right]):
                return self._comparison(self._value(left), op, self._value(right))
            case ast.Call(ast.Name("isinstance"), [thing, kinds]):
                value = self._value(thing)
                names = {name.id for name in ast.walk(kinds) if isinstance(name, ast.Name)}
                if value is UNKNOWN or not isinstance(value, nn.Module | None):
                    return UNKNOWN
                return bool(names & {kind.__name__ for kind in type(value).__mro__})
        return UNKNOWN

    def _attribute(self, node: ast.Attribute) -> Any:
        name = ast.unparse(node)
        if name in self._facts.values:
            return self._facts.values[name]
        owner = self._class_of.get(node)
        if owner is None or not isinstance(node.value, ast.Name) or node.value.id != "self":
            return UNKNOWN
        built = self._facts.modules.get(owner.name, [])
        found = [module._modules.get(node.attr, UNKNOWN) for module in built]
        if built and all(vars(module).get(node.attr, UNKNOWN) is None for module in built):
            return None if self._is_set_once(owner, node.attr) else UNKNOWN
        kinds = {type(value) for value in found}
        if len(kinds) == 1 and isinstance(found[0], nn.Module):
            return found[0]
        for member in owner.body:  # a property that only says what is known
            if isinstance(member, ast.FunctionDef) and member.name == node.attr and member.decorator_list:
                *_, last = member.body
                is_property = ast.unparse(member.decorator_list[0]) == "property"
                if is_property and isinstance(last, ast.Return) and last.value and len(member.body) <= 2:
                    return self._value(last.value)
        return UNKNOWN

    def _is_set_once(self, owner: ast.ClassDef, name: str) -> bool:
        """Whether a class gives ``self.NAME`` its value at a single place."""
        targets = [node for node in ast.walk(owner) if isinstance(node, ast.Attribute) and node.attr == name
                   and isinstance(node.ctx, ast.Store)]  # fmt: skip
        return len(targets) == 1

    def _local(self, node: ast.Name) -> Any:
        """A name that a function sets once, to something known."""
        function = self._function_of.get(node)
        if function is None or any(argument.arg == node.id for argument in ast.walk(function.args)
                                   if isinstance(argument, ast.arg)):  # fmt: skip
            return UNKNOWN
        names = [other for other in ast.walk(function) if isinstance(other, ast.Name) and other.id == node.id]
        settings = [name for name in names if isinstance(name.ctx, ast.Store)]
        for statement in function.body:
            if isinstance(statement, ast.Assign) and statement.targets == settings:
                return self._value(statement.value)
        return UNKNOWN

    def _comparison(self, left: Any, op: ast.cmpop, right: Any) -> Any:
        if left is UNKNOWN or right is UNKNOWN:
            return UNKNOWN
        match op:
            case ast.Is() if right is None:
                return left is None
            case ast.IsNot() if right is None:
                return left is not None
            case ast.Eq():
                return left == right
            case ast.NotEq():
                return left != right
            case ast.In():
                return left in right
            case ast.NotIn():
                return left not in right
            case ast.Gt():
                return left > right
            case ast.Lt():
                return left < right
        return UNKNOWN

    # -- edits ----------------------------------------------------------------------------------------------------

    def _one_of(self, node: ast.IfExp, value: object) -> Edit:
        return self._text.expression_edit(node, self._text.segment(node.body if value else node.orelse))

    def _shortened(self, test: ast.expr) -> Iterator[Edit]:
        """A condition without the operands that do not matter."""
        for node in ast.walk(test):
            if isinstance(node, ast.BoolOp):
                left = [operand for operand in node.values if self._value(operand) is UNKNOWN]
                if len(left) < len(node.values):
                    words = " and " if isinstance(node.op, ast.And) else " or "
                    parts = [self._text.segment(operand) for operand in left]
                    if len(left) > 1:
                        parts = [f"({part})" if isinstance(operand, ast.BoolOp) else part
                                 for part, operand in zip(parts, left, strict=True)]  # fmt: skip
                    yield self._text.expression_edit(node, words.join(parts))
                    return

    def _chosen(self, node: ast.If, taken: bool) -> Edit:
        """One branch in place of the whole statement."""
        text, lines = self._text, self._text.lines
        assert node.end_lineno is not None
        column, is_elif = indent_of(lines[node.lineno - 1]), lines[node.lineno - 1].lstrip().startswith("elif")
        if taken:
            inner = self._block(node.body, node.test.end_lineno)
            new = [" " * column + "else:", *inner] if is_elif else self._moved(inner, column)
        elif not node.orelse:
            new = []
        elif lines[node.orelse[0].lineno - 1].lstrip().startswith("elif") and isinstance(node.orelse[0], ast.If):
            rest = lines[node.orelse[0].lineno - 1 : node.end_lineno]
            rest[0] = rest[0] if is_elif else rest[0].replace("elif", "if", 1)
            new = rest
        else:
            inner = self._block(node.orelse, node.body[-1].end_lineno)
            new = [" " * column + "else:", *inner] if is_elif else self._moved(inner, column)
        if not new and not is_elif and any(body == [node] for body in bodies(text.tree)):
            new = [" " * column + "pass"]
        return node.lineno, node.end_lineno, new

    def _block(self, body: list[ast.stmt], after: int | None) -> list[str]:
        """The lines of a branch that follow line `after`, with comments at its start."""
        assert after is not None
        assert body[-1].end_lineno is not None
        column = body[0].col_offset
        lines = self._text.lines[after : body[-1].end_lineno]
        while lines and indent_of(lines[0]) < column:  # what closes the condition, or says else
            lines = lines[1:]
        return lines

    def _moved(self, lines: list[str], column: int) -> list[str]:
        return dedented(lines, indent_of(lines[0]) - column) if lines else []
