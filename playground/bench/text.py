"""What was measured, for people: a line a figure."""

from collections.abc import Mapping
from typing import Any

_DETAILS = ("runs", "training_all")


def table(figures: Mapping[str, Any]) -> str:
    """Names and values; where a figure has parts, a line each below it."""
    return "\n".join(_lines(figures, ""))


def _lines(figures: Mapping[str, Any], indent: str) -> list[str]:
    lines = []
    for name, value in figures.items():
        if name in _DETAILS:
            continue
        if isinstance(value, Mapping) and any(isinstance(part, Mapping | list) for part in value.values()):
            lines += [f"{indent}{name}", *_lines(value, indent + "  ")]
        elif isinstance(value, Mapping):
            parts = ", ".join(f"{key} {part}" for key, part in value.items())
            lines.append(f"{f'{indent}{name}':<31}{parts}")
        else:
            shown = "  ".join(map(str, value)) if isinstance(value, list) else value
            lines.append(f"{f'{indent}{name}':<31}{shown}")
    return lines
