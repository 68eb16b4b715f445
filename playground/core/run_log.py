"""The log of a run: one record a line, only ever appended to."""

import json
import math
from collections.abc import Mapping

from playground.core.errors import PlaygroundError
from playground.core.records import TrainRecord
from playground.core.untrusted import read_json


def encode(record: TrainRecord) -> bytes:
    """A record's line."""
    return (json.dumps(record.to_json(), separators=(",", ":"), allow_nan=False) + "\n").encode()


def decode(line: bytes, name: str) -> TrainRecord:
    """The record on a line; what was not a finite number comes back as NaN.

    Args:
        line: as `encode` made it.
        name: what to call it in an error.
    """
    content = read_json(line, name)
    try:
        return TrainRecord(
            first=int(content["first"]),
            step=int(content["step"]),
            seconds=float(content["seconds"]),
            values={term: tuple(_number(value) for value in values) for term, values in content["values"].items()},
            held_out={int(step): _terms(terms) for step, terms in content.get("held_out", {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlaygroundError(f"{name} is not a record of training.") from error


def _terms(terms: Mapping[str, float | None]) -> dict[str, float]:
    return {term: _number(value) for term, value in terms.items()}


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
