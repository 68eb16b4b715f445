"""The log of a run: one record a line, only ever appended to."""

import json
import math
from collections.abc import Iterable, Iterator, Mapping

from playground.core.errors import PlaygroundError
from playground.core.manifest import MOST_STEPS
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
        record = TrainRecord(
            first=int(content["first"]),
            step=int(content["step"]),
            seconds=float(content["seconds"]),
            values={term: tuple(_number(value) for value in values) for term, values in content["values"].items()},
            held_out={int(step): _terms(terms) for step, terms in content.get("held_out", {}).items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlaygroundError(f"{name} is not a record of training.") from error
    steps = record.step - record.first
    fits = 0 <= record.first <= record.step <= MOST_STEPS and all(0 <= step <= record.step for step in record.held_out)
    if not fits or any(len(values) > steps for values in record.values.values()):
        raise PlaygroundError(f"{name} is not a record of training: its steps make no sense.")
    return record


def joined(records: Iterable[TrainRecord], steps: int = 250, digits: int = 5) -> Iterator[TrainRecord]:
    """The same curve in records of about `steps` steps each and with fewer digits: a fifth of the size, to be stored
    and sent."""
    waiting: list[TrainRecord] = []
    for record in records:
        if waiting and (record.step - waiting[0].first > steps or record.values.keys() != waiting[0].values.keys()):
            yield _one(waiting, digits)
            waiting = []
        waiting.append(record)
    if waiting:
        yield _one(waiting, digits)


def _one(records: list[TrainRecord], digits: int) -> TrainRecord:
    values = {
        term: tuple(float(f"{value:.{digits}g}") for record in records for value in record.values[term])
        for term in records[0].values
    }
    held_out = {step: terms for record in records for step, terms in record.held_out.items()}
    return TrainRecord(records[0].first, records[-1].step, records[-1].seconds, values, held_out)


def _terms(terms: Mapping[str, float | None]) -> dict[str, float]:
    return {term: _number(value) for term, value in terms.items()}


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
