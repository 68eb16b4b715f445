"""A hand-in comes back as it was written; any other bytes are one sentence that names the file, and nothing else."""

import json
import os
import pickle
import random
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor

from playground.core import durable, hand_in, hand_in_file
from playground.core.errors import PlaygroundError
from playground.core.experiment import Event, Experiment
from playground.core.hand_in import Curve, HandedRun, HandIn, Prediction
from tests.strange import mutated


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(durable, "_fsync", lambda handle: None)


PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (64).to_bytes(4) + (48).to_bytes(4) + b"rest"


def a_run(**other: Any) -> HandedRun:
    rows = np.array([[0.0, 2.5], [1.0, np.nan], [2.0, 1.5]])
    facts: dict[str, Any] = {
        "name": "20261125-vae-moons", "experiment": Experiment("vae", "moons", events=(Event(1, {"train.lr": 0.1}),)),
        "step": 3, "seconds": 0.5, "data_hash": "0" * 64, "versions": {"torch": "2"}, "preset": "",
        "changed": {"train.lr": (0.01, 0.001), "data.noise": (0.5, None)},
        "training": Curve(("step", "loss"), rows), "held_out": Curve(("step", "loss"), rows[:1]),
        "weights": {"a.b": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(3), "half": torch.ones(2).half()},
        "sheet": PNG,
    }  # fmt: skip
    return HandedRun(**(facts | other))


def a_hand_in(*runs: HandedRun, **other: Any) -> HandIn:
    facts: dict[str, Any] = {
        "student": "Zoë Ångström", "written": "2026-11-25 18:30", "versions": {"playground": "0.1"},
        "done": ("lecture/a",), "answers": {"lecture/a": Prediction("Is it so?", "Yes", True)},
    }  # fmt: skip
    return HandIn(**(facts | {"runs": runs or (a_run(),)} | other))


@pytest.fixture
def file(tmp_path):
    hand_in_file.write(a_hand_in(), tmp_path / "zoe.handin")
    return tmp_path / "zoe.handin"


def refusal(path) -> str:
    with pytest.raises(PlaygroundError) as caught:
        hand_in_file.read(path)
    message = str(caught.value)
    assert str(path) in message
    assert message.endswith(".")
    assert message.isprintable()
    return message


def sealed(tensors: dict[str, Tensor]) -> bytes:
    """The file of some tensors, its check as an attacker would mend it."""
    return safetensors.torch.save(tensors | {"check": as_tensor(hand_in_file.digest(tensors))})


def as_tensor(data: bytes) -> Tensor:
    return torch.frombuffer(bytearray(data), dtype=torch.uint8)


def with_record(file, change) -> bytes:
    """The same file after `change` worked on its record."""
    tensors = safetensors.torch.load(file.read_bytes())
    record = json.loads(tensors["record"].numpy().tobytes())
    change(record)
    return sealed(tensors | {"record": as_tensor(json.dumps(record).encode())})


def test_what_was_handed_in_comes_back(tmp_path):
    points = a_run(experiment=Experiment("gan", "drawn:points.csv"), points=b"0,1\n", sheet=b"")
    before = a_hand_in(a_run(), points)
    hand_in_file.write(before, tmp_path / "a.handin")
    after = hand_in_file.read(tmp_path / "a.handin")
    for name in ("student", "written", "versions", "done", "answers"):
        assert getattr(after, name) == getattr(before, name)
    for one, other in zip(after.runs, before.runs, strict=True):
        for name in (
            "name",
            "experiment",
            "step",
            "seconds",
            "data_hash",
            "versions",
            "preset",
            "changed",
            "sheet",
            "points",
        ):
            assert getattr(one, name) == getattr(other, name)
        for curve in ("training", "held_out"):
            assert getattr(one, curve).columns == getattr(other, curve).columns
            np.testing.assert_array_equal(getattr(one, curve).rows, getattr(other, curve).rows)
        assert one.weights.keys() == other.weights.keys()
        for name, tensor in one.weights.items():
            assert tensor.dtype == other.weights[name].dtype
            torch.testing.assert_close(tensor, other.weights[name], rtol=0, atol=0)


def test_a_long_curve_keeps_its_ends():
    rows = np.stack([np.arange(10_000.0), np.random.default_rng(0).random(10_000)], axis=1)
    thin = Curve(("step", "loss"), rows).thinned()
    assert len(thin.rows) == hand_in.ROWS
    np.testing.assert_array_equal(thin.rows[[0, -1]], rows[[0, -1]])
    assert thin.end() == (9999, rows[-1, 1])
    assert (np.diff(thin.rows[:, 0]) > 0).all()


def test_too_much_is_not_written(tmp_path, monkeypatch):
    monkeypatch.setattr(hand_in_file, "WEIGHT_BYTES", 10)
    with pytest.raises(PlaygroundError, match="too large to be handed in: its weights"):
        hand_in_file.write(a_hand_in(), tmp_path / "a.handin")
    monkeypatch.setattr(hand_in_file, "POINT_BYTES", 3)
    with pytest.raises(PlaygroundError, match="too large to be handed in: its points"):
        hand_in_file.write(a_hand_in(a_run(points=b"1234")), tmp_path / "a.handin")
    assert not list(tmp_path.iterdir())


def set_run(**values):
    return lambda record: record["runs"][0].update(values)


def set_experiment(**values):
    return lambda record: record["runs"][0]["experiment"].update(values)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: r.update(kind="document"), "not that of a hand-in"),
        (lambda r: r.update(format_version=2), "install a newer one"),
        (lambda r: r.update(student="Eve\x1b[2J"), "'student' is no line"),
        (lambda r: r.update(student=" "), "'student' is no line"),
        (lambda r: r.update(student="x" * 81), "'student' is no line of at most 80"),
        (lambda r: r.update(done=[["a"]]), "'done' is no line"),
        (lambda r: r.update(answers=[1]), "'answers' are no object"),
        (lambda r: r.update(answers={"a": {"choice": "B"}}), "is no object of 'question', 'choice' and 'right'"),
        (lambda r: r["answers"]["lecture/a"].update(right=1), "neither true nor false"),
        (lambda r: r["answers"]["lecture/a"].update(choice=[]), "'choice' is no line"),
        (lambda r: r.update(runs="none"), "'runs' are no list"),
        (lambda r: r.update(runs=r["runs"] * 25), "'runs' are no list of at most 24"),
        (lambda r: r.update(runs=[]), "belongs to no run"),
        (lambda r: r.update(runs=r["runs"] * 2), "training curve of run 2 is no table"),
        (set_run(step=-1), "'step of run 1' is no whole number"),
        (set_run(step=True), "'step of run 1' is no whole number"),
        (set_run(seconds="1"), "'seconds of run 1' is no number"),
        (set_run(data_hash="x"), "no hash"),
        (set_run(changed={"a": [1]}), "two values each"),
        (set_run(changed={"a": [1, {}]}), "neither a number nor a word"),
        (set_run(training=["step", "loss", "more"]), "training curve of run 1 is no table of 'step'"),
        (set_run(name="a\nb"), "name of run 1"),
        (set_experiment(seed=-1), "run 1: 'seed' of an experiment is a whole number"),
        (set_experiment(code="import os"), "unknown key 'code'"),
        (set_experiment(data="drawn:/etc/passwd"), "points that do not go with the file"),
        (set_experiment(data="moons:/etc/passwd"), "data with a path"),
    ],
)
def test_a_record_that_makes_no_sense_is_refused(file, change, words):
    file.write_bytes(with_record(file, change))
    assert words in refusal(file)


@pytest.mark.parametrize(
    ("name", "tensor", "words"),
    [
        ("runs/0/sheet", torch.zeros(9, dtype=torch.uint8), "no PNG"),
        ("runs/0/sheet", as_tensor(PNG.replace(b"\x00\x40", b"\x7f\xff")), "at most 20,000 pixels a side"),
        ("runs/0/sheet", torch.zeros(9), "are not from 1 to"),
        ("runs/0/training", torch.zeros(3, 2), "no table of numbers"),
        ("runs/0/training", torch.full((3, 2), torch.nan, dtype=torch.float64), "no whole numbers"),
        ("runs/0/training", torch.zeros(2001, 2, dtype=torch.float64), "2,000 rows at most"),
        ("runs/0/points", torch.zeros(9, dtype=torch.uint8), "points that do not go"),
        ("runs/0/../../secret", torch.zeros(1), "belongs to no run"),
        ("runs/7/sheet", torch.zeros(1), "belongs to no run"),
        ("runs/0/script.py", torch.zeros(1), "something unknown, 'script.py'"),
        ("record", torch.zeros(3), "not valid JSON"),
    ],
)
def test_a_part_that_makes_no_sense_is_refused(file, name, tensor, words):
    file.write_bytes(sealed(safetensors.torch.load(file.read_bytes()) | {name: tensor}))
    assert words in refusal(file)


def test_other_files_are_refused(tmp_path, file):
    path = tmp_path / "b.handin"
    canary = tmp_path / "canary"

    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(canary),)

    for content in (
        b"",
        b"PK\x03\x04" + bytes(40),
        pickle.dumps(Payload()),
        safetensors.torch.save({"a": torch.ones(1)}),
    ):
        path.write_bytes(content)
        refusal(path)
    assert not canary.exists()
    path.unlink()
    path.symlink_to(file)
    assert "is a link" in refusal(path)
    path.unlink()
    path.mkdir()
    refusal(path)
    with pytest.raises(PlaygroundError, match="There is no file"):
        hand_in_file.read(tmp_path / "none.handin")


def test_size_is_looked_at_before_anything_is_read(file, monkeypatch):
    monkeypatch.setattr(hand_in_file, "FILE_BYTES", 100)
    assert "over the limit of 100" in refusal(file)


def test_any_damage_is_found(file):
    sound, chance = file.read_bytes(), random.Random(0)
    for _ in range(400):
        damaged = bytearray(sound)
        place = chance.randrange(len(sound))
        damaged[place] ^= 1 << chance.randrange(8)
        cut = chance.randrange(1, len(sound))
        for content in (bytes(damaged), sound[:cut], sound[cut:] + sound[:cut]):
            file.write_bytes(content)
            refusal(file)


def test_whatever_stands_in_the_record_is_read_or_refused(file):
    tensors, chance = safetensors.torch.load(file.read_bytes()), random.Random(1)
    record = json.loads(tensors["record"].numpy().tobytes())
    read = 0
    for _ in range(600):
        file.write_bytes(sealed(tensors | {"record": as_tensor(json.dumps(mutated(record, chance)).encode())}))
        with suppress(PlaygroundError):
            assert isinstance(hand_in_file.read(file), HandIn)
            read += 1
    assert 10 < read < 500  # some changes make no difference, most are found
    assert [entry.name for entry in file.parent.iterdir()] == [file.name]


def test_what_could_not_be_opened_is_not_written(tmp_path):
    with pytest.raises(PlaygroundError, match="cannot be handed in: its 'student' is no line"):
        hand_in_file.write(a_hand_in(student="Eve\x1b[2J"), tmp_path / "a.handin")
    long = a_run(changed={"data.means": (";".join(["0.5,0.5"] * 500), "0,0")})
    hand_in_file.write(a_hand_in(long), tmp_path / "b.handin")
    assert hand_in_file.read(tmp_path / "b.handin").runs[0].changed == long.changed
    assert [file.name for file in tmp_path.iterdir()] == ["b.handin"]
