"""Words with live numbers: ``{NAME}`` stands for a quantity of the page, or for what a control shows, as it is now.

``{NAME}`` shows three significant digits, ``{NAME:2}`` two decimals, ``{NAME:0}`` a whole number, ``{NAME:%}`` percent.
"""

import re
from collections.abc import Mapping

PLACE = re.compile(r"\{([^{}:\s]+)(?::(\d|%))?\}")
NOT_YET = "–"


def names(text: str) -> tuple[str, ...]:
    """The quantities that a text names, in its order."""
    return tuple(name for name, _ in PLACE.findall(text))


def fill(text: str, values: Mapping[str, object]) -> str:
    """The text with the numbers of this moment; a dash for one that is not there yet."""
    return PLACE.sub(lambda found: _shown(values.get(found[1]), found[2] or ""), text)


def _shown(value: object, form: str) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value) if isinstance(value, str) else NOT_YET
    match form:
        case "%":
            shown = f"{value:.0%}"
        case "":
            shown = f"{value:.3g}"
        case _:
            shown = f"{value:.{form}f}"
    return shown.replace("-", "−")
