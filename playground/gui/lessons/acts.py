"""What ends a scene: one small act of the person, written in one of four ways.

    control ID == VALUE       a control shows this value (== != < <= > >=)
    pressed ID                a button was pressed
    state STATE               the run is idle, running, paused, stopping, done or failed
    live NAME < VALUE         a live quantity has come this far (the same six relations)

A value is a number, true, false or a list as in JSON, or else a word.
"""

import json
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
}  # fmt: skip
STATES = ("idle", "running", "paused", "stopping", "done", "failed")
FORMS = "'control ID == VALUE', 'pressed ID', 'state STATE' or 'live NAME < VALUE'"


@dataclass(frozen=True)
class Act:
    """One act.

    Attributes:
        kind: which of the four.
        subject: the control's id, the state, or the quantity's name.
        relation, value: what it is compared with; "" and None where nothing is.
    """

    kind: Literal["control", "pressed", "state", "live"]
    subject: str
    relation: str = ""
    value: Any = None

    def holds_for(self, value: Any) -> bool:
        """Whether a control's or a quantity's value fulfils it; values that cannot be compared do not."""
        try:
            return bool(RELATIONS[self.relation](value, self.value))
        except TypeError:
            return False


def parse(text: str) -> Act:
    """An act from its words. Raises ValueError with a sentence."""
    kind, _, rest = text.strip().partition(" ")
    match kind:
        case "control" | "live":
            found = re.fullmatch(r"(\S+)\s*(==|!=|<=|>=|<|>)\s*(.+)", rest.strip())
            if found is None:
                raise ValueError(f"'{text}' lacks a relation; an act is {FORMS}")
            subject, relation, words = found.groups()
            value = plain_value(words)
            if kind == "live" and (isinstance(value, bool) or not isinstance(value, int | float)):
                raise ValueError(f"a live quantity is compared with a number, not with '{words}'")
            return Act(kind, subject, relation, value)
        case "pressed" if _is_word(rest):
            return Act("pressed", rest.strip())
        case "state" if rest.strip() in STATES:
            return Act("state", rest.strip())
        case "state":
            raise ValueError(f"'{rest.strip()}' is no state; states are {', '.join(STATES)}")
    raise ValueError(f"'{text}' is no act; an act is {FORMS}")


def plain_value(words: str) -> Any:
    """A number, true, false or a list as JSON has them; anything else is a word, quoted or not."""
    try:
        return json.loads(words)
    except (ValueError, RecursionError):
        return words.strip()


def _is_word(text: str) -> bool:
    return len(text.split()) == 1
