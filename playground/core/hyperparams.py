"""A setting is declared once, beside its default; form, command line, JSON and tooltip derive from it.

    @dataclass(frozen=True)
    class Config:
        latent_dim: int = param(8, low=1, high=64, help="Numbers in the code z.")

`params(Config)` lists the declarations, `parse`, `changed` and `from_dict` check every value against them.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from playground.core.errors import UsageError, unknown

Value = int | float | bool | str
T = TypeVar("T")


@dataclass(frozen=True)
class Param:
    """One setting: its default, range and meaning.

    Attributes:
        name, label: the field's name, and the words that a person reads.
        default: its type (bool, int, float, str) is the type of the setting.
        low, high: the range, both ends allowed; None where there is no end.
        step: a sensible nudge for a spin box.
        unit: what the number counts ("steps", "sigma"), or "".
        help: one or two plain sentences: what it does and why one would change it.
        choices: the allowed words of a str setting.
        live: may change while training runs; otherwise it shapes the network, and a change needs a fresh model.
        log: nudge by factors instead of differences (learning rates).
        more: seldom needed; forms keep it under "More".
        quick: what previews while training use instead of the default, where that takes too long.
        only: the kind of data, "points" or "images", on which alone it does something; "" for both.
    """

    name: str
    label: str
    default: Value
    low: float | None = None
    high: float | None = None
    step: float | None = None
    unit: str = ""
    help: str = ""
    choices: tuple[str, ...] = ()
    live: bool = False
    log: bool = False
    more: bool = False
    quick: Value | None = None
    only: str = ""

    def checked(self, value: object) -> Value:
        """The value in the setting's own type. Raises UsageError where it does not fit."""
        result = self._converted(value)
        if self.choices and result not in self.choices:
            raise unknown(f"choice for {self.name}", str(value), list(self.choices))
        if isinstance(result, float) and not math.isfinite(result):
            raise UsageError(f"{self.name} must be a finite number, not {value}.")
        if isinstance(result, int | float) and not isinstance(result, bool):
            if self.low is not None and result < self.low:
                raise UsageError(f"{self.name} = {result:g} is too small: {self.range_text()}.")
            if self.high is not None and result > self.high:
                raise UsageError(f"{self.name} = {result:g} is too large: {self.range_text()}.")
        return result

    def range_text(self) -> str:
        """The range in words."""
        if self.choices:
            return "one of " + ", ".join(self.choices)
        low = "" if self.low is None else f"from {self.low:g}"
        high = "" if self.high is None else f"to {self.high:g}"
        return f"it goes {low} {high}".replace("  ", " ").strip() if low or high else "any value"

    def _converted(self, value: object) -> Value:
        kind = type(self.default)
        if kind is bool:
            if isinstance(value, bool):
                return value
            words = {"true": True, "on": True, "yes": True, "1": True, "false": False, "off": False, "no": False,
                     "0": False}  # fmt: skip
            if str(value).lower() in words:
                return words[str(value).lower()]
            raise UsageError(f"{self.name} is a switch: true or false, not '{value}'.")
        if kind is str:
            return str(value)
        if isinstance(value, bool):
            raise UsageError(f"{self.name} must be a number, not {value}.")
        try:
            number = float(str(value))
        except ValueError:
            raise UsageError(f"{self.name} must be a number, not '{value}'.") from None
        if kind is float:
            return number
        if not math.isfinite(number) or number != int(number):
            raise UsageError(f"{self.name} must be a whole number, not {value}.")
        return int(number)


def param(
    default: Any,
    *,
    help: str,
    label: str = "",
    low: float | None = None,
    high: float | None = None,
    step: float | None = None,
    unit: str = "",
    choices: tuple[str, ...] = (),
    live: bool = False,
    log: bool = False,
    more: bool = False,
    quick: Value | None = None,
    only: str = "",
) -> Any:
    """Declares a dataclass field as a setting; the arguments are those of `Param`."""
    facts = {"label": label, "low": low, "high": high, "step": step, "unit": unit, "help": help, "choices": choices,
             "live": live, "log": log, "more": more, "quick": quick, "only": only}  # fmt: skip
    return dataclasses.field(default=default, metadata={"param": facts})


def params(settings: Any) -> dict[str, Param]:
    """The declarations of a settings dataclass (class or instance), by name."""
    result = {}
    for field in dataclasses.fields(settings):
        facts = dict(field.metadata["param"])
        facts["label"] = facts["label"] or field.name.replace("_", " ")
        default: Any = field.default
        result[field.name] = Param(name=field.name, default=default, **facts)
    return result


def params_on(kind: str, settings: Any) -> tuple[Param, ...]:
    """Those that do something on a kind of data, in their order."""
    return tuple(setting for setting in params(settings).values() if setting.only in ("", kind))


def changed(settings: T, changes: Mapping[str, object]) -> T:
    """A copy with some values changed, each checked. Raises UsageError for an unknown name or an unfit value."""
    known = params(settings)
    checked = {}
    for name, value in changes.items():
        if name not in known:
            raise unknown("setting", name, list(known))
        checked[name] = known[name].checked(value)
    return dataclasses.replace(settings, **checked)  # type: ignore[type-var]


def from_dict(cls: type[T], values: Mapping[str, object]) -> T:
    """Settings from their JSON form; names left out keep their defaults."""
    return changed(cls(), values)


def to_dict(settings: Any) -> dict[str, Value]:
    """The JSON form."""
    return {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}


def parse_assignment(text: str) -> tuple[str, str]:
    """Splits ``key=value`` as given on the command line."""
    key, sign, value = text.partition("=")
    if not sign or not key.strip():
        raise UsageError(f"'{text}' is not of the form key=value.")
    return key.strip(), value.strip()


@dataclass(frozen=True)
class Empty:
    """Settings of something that has none."""
