"""The log's lines, and how they are joined."""

import pytest

from playground.core import run_log
from playground.core.records import TrainRecord


def _records(steps: int, term: str = "loss", first: int = 0) -> list[TrainRecord]:
    return [TrainRecord(i, i + 1, i / 10, {term: (1 / (i + 3),)}, {i: {term: 1.0}} if i % 50 == 0 else {})
            for i in range(first, first + steps)]  # fmt: skip


def test_joined_records_hold_the_same_curve_in_fewer_lines() -> None:
    records = _records(620)
    joined = list(run_log.joined(records, steps=250))
    assert [(record.first, record.step) for record in joined] == [(0, 250), (250, 500), (500, 620)]
    assert [len(record.values["loss"]) for record in joined] == [250, 250, 120]
    curve = [value for record in joined for value in record.values["loss"]]
    assert curve == pytest.approx([value for record in records for value in record.values["loss"]], rel=1e-4)
    assert {step for record in joined for step in record.held_out} == set(range(0, 620, 50))
    sizes = [sum(len(run_log.encode(record)) for record in some) for some in (records, joined)]
    assert sizes[1] < sizes[0] / 4


def test_records_of_other_terms_stay_apart() -> None:
    joined = list(run_log.joined([*_records(3), *_records(3, "other", 3)]))
    assert [(list(record.values), record.first, record.step) for record in joined] == [
        (["loss"], 0, 3),
        (["other"], 3, 6),
    ]


def test_nothing_is_nothing() -> None:
    assert list(run_log.joined([])) == []
