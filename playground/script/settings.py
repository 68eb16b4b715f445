"""Settings as a plain dataclass: each field with the value of one run, and what it means as a comment."""

import ast
import textwrap
from collections.abc import Mapping

from playground.core.hyperparams import Param, Value
from playground.script.bundle import WIDTH
from playground.script.text import Edit, Text, literal


def with_values(source: str, class_name: str, fields: Mapping[str, Param], values: Mapping[str, Value]) -> str:
    """The code of a file in which the settings class of that name holds literal values."""
    text = Text(source)
    edits: list[Edit] = []
    for node in ast.walk(text.tree):
        if isinstance(node, ast.ClassDef) and node.name == class_name:
            for member in node.body:
                if isinstance(member, ast.AnnAssign) and isinstance(member.target, ast.Name):
                    name, kind = member.target.id, ast.unparse(member.annotation)
                    new = _field(fields[name], kind, fields[name].checked(values[name]), member.col_offset)
                    edits.append((*text.extent(member), new))
    return text.edited(edits).source


def _field(spec: Param, kind: str, value: Value, column: int) -> list[str]:
    margin = " " * column
    code = f"{margin}{spec.name}: {kind} = {literal(value)}"
    meaning = spec.help if spec.label.replace("_", " ") == spec.name.replace("_", " ") else f"{spec.label}: {spec.help}"
    if len(code) + len(meaning) + 4 <= WIDTH:
        return [f"{code}  # {meaning}"]
    return [*(f"{margin}# {line}" for line in textwrap.wrap(meaning, WIDTH - column - 2)), code]
