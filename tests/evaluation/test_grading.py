"""An honest hand-in measures as its run does, a dishonest one is found out, a broken one is a row like any other."""

import csv
import io
import json
import random
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch

from playground import registry, runs
from playground.core import durable, hand_in_file
from playground.core.errors import UsageError
from playground.core.experiment import Budget, Event
from playground.core.hand_in import Curve, HandedRun
from playground.core.run_folder import RunFolder
from playground.evaluation import grading
from playground.evaluation.grading import checks, measure, opened
from playground.evaluation.hand_in import WHOLE_BYTES, changed, curves, handed, packed
from playground.evaluation.report import evaluate
from tests.core.test_hand_in_file import as_tensor, mutated, sealed
from tests.helpers import tiny

FEW = 20  # samples


@pytest.fixture(scope="module")
def runs_of(tmp_path_factory):
    """Tiny runs to hand in; nobody changes them."""
    folder = tmp_path_factory.mktemp("runs")
    points = folder / "mine.csv"
    rows = np.random.default_rng(0).normal(size=(60, 2)).clip(-2.5, 2.5)
    points.write_text("\n".join(f"{x},{y}" for x, y in rows))
    wanted = {
        "vae": (tiny("vae", "moons", train__lr=0.02), 100),
        "odd": (tiny("vae", "moons"), 63),
        "gan": (tiny("gan", "moons"), 3),
        "drawn": (tiny("gaussian", f"drawn:{points}"), 3),
        "digits": (tiny("vae", "digits"), 2),
    }
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "_fsync", lambda handle: None)
        for name, (experiment, steps) in wanted.items():
            job = runs.start(experiment, folder / name)
            if name == "odd":
                job.trainer.change({"beta": 0.5})
            runs.train(job, Budget("steps", steps))
    return {name: str(folder / name) for name in wanted}


@pytest.fixture
def vae(runs_of) -> HandedRun:
    return handed(runs_of["vae"])


def failing(run: HandedRun) -> dict[str, str]:
    """The checks that do not hold, and what they say."""
    with opened(run) as again:
        return {check.name: check.words for check in checks(run, again)[0] if check.holds is False}


@pytest.mark.parametrize("name", ["gan", "drawn", "digits"])
def test_an_honest_hand_in_measures_as_its_run(runs_of, tmp_path, name):
    hand_in_file.write(packed("Ada", [runs_of[name]]), tmp_path / "ada.handin")
    (row,) = grading.grade([tmp_path / "ada.handin"], tmp_path, FEW, 3, lambda words: None)
    expected = evaluate(registry.open_run(runs_of[name]), FEW, 3)
    assert {key: row[key] for key in expected if key != "data"} == {k: v for k, v in expected.items() if k != "data"}
    assert row["data"] == ("drawn:points.csv" if name == "drawn" else expected["data"])
    assert (row["consistent"], row["remarks"], row["error"]) == ("yes", "", "")
    (printed,) = csv.DictReader(io.StringIO(grading.table([row])))
    number = next(key for key in ("nll", "sliced_wasserstein") if expected[key] is not None)
    assert float(printed[number]) == expected[number]


def test_what_a_hand_in_holds(runs_of, tmp_path):
    hand_in_file.write(packed("  Ada\n Lovelace ", [runs_of["vae"], runs_of["drawn"]]), tmp_path / "a.handin")
    content = hand_in_file.read(tmp_path / "a.handin")
    assert content.student == "Ada Lovelace"
    vae, drawn = content.runs
    assert vae.changed == {"train.lr": (0.02, registry.preset("vae", "moons", "tiny")["train"]["lr"])}
    assert vae.preset == "tiny"
    assert vae.training.columns[:2] == ("step", "loss")
    assert len(vae.training.rows) == 100
    assert vae.held_out.rows[:, 0].tolist() == [0, 50, 100]
    assert vae.sheet.startswith(b"\x89PNG")
    assert drawn.points.count(b"\n") == 59
    assert drawn.experiment.data == "drawn:points.csv"  # nobody learns where it lay
    with pytest.raises(UsageError, match="name of its student"):
        packed("  \n", [runs_of["vae"]])


def test_the_name_of_a_run_does_not_say_where_its_points_lay(runs_of, tmp_path):
    folder = RunFolder.open(Path(runs_of["drawn"]))
    name = f"20261125-gaussian-{folder.experiment.data.replace(':', '_').replace('/', '_')}"
    shutil.copytree(runs_of["drawn"], tmp_path / name)
    assert handed(str(tmp_path / name)).name == "20261125-gaussian-drawn_points.csv"


def test_large_weights_are_halved_and_measure_nearly_the_same(runs_of, monkeypatch):
    whole = measure(handed(runs_of["digits"]), FEW)
    monkeypatch.setattr("playground.evaluation.hand_in.WHOLE_BYTES", 100)
    run = handed(runs_of["digits"])
    assert {str(t.dtype) for t in run.weights.values()} >= {"torch.float16"}
    half = measure(run, FEW)
    assert half.consistent
    assert half.numbers["nll"] == pytest.approx(whole.numbers["nll"], rel=0.01)
    assert half.numbers["nll"] != whole.numbers["nll"]
    assert WHOLE_BYTES > 2**20


def test_the_nearest_preset_is_the_one_that_was_changed(vae):
    assert changed(registry.experiment("vae", "moons", "", {"latent_dim": 5}))[1].keys() == {"latent_dim"}
    assert changed(registry.experiment("vae", "moons", "tiny")) == ("tiny", {})


def test_a_run_without_a_loss_has_empty_curves():
    training, held_out = curves([])
    assert training.columns == held_out.columns == ("step",)
    assert training.end() is None


# -- what does not fit is found ---------------------------------------------------------------------------------------


def test_an_invented_loss_is_found(vae):
    rows = vae.held_out.rows.copy()
    rows[-1, 1] -= 3
    assert "the log says" in failing(replace(vae, held_out=Curve(vae.held_out.columns, rows)))["loss"]


def test_the_loss_between_two_looks_may_have_moved(runs_of):
    odd = handed(runs_of["odd"])
    assert not failing(odd)
    rows = odd.held_out.rows.copy()
    rows[:, 1] += 100
    assert "loss" in failing(replace(odd, held_out=Curve(odd.held_out.columns, rows)))


def test_weights_that_the_log_does_not_know_are_found(vae):
    assert "loss" in failing(replace(vae, weights={name: tensor * 0 for name, tensor in vae.weights.items()}))


def test_more_steps_than_were_trained_are_found(vae):
    assert "log" in failing(replace(vae, step=100_000))
    assert "log" in failing(replace(vae, training=Curve()))


def test_other_data_are_found(vae, runs_of):
    assert "other data" in failing(replace(vae, data_hash="0" * 64))["data"]
    drawn = handed(runs_of["drawn"])
    assert "data" in failing(replace(drawn, points=drawn.points.replace(b"1", b"2")))


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (Event(5, {"latent_dim": 3}), "latent_dim shapes the network"),
        (Event(5, {"nonsense": 3}), "no setting 'nonsense'"),
        (Event(5, parts=("judge",), count=2), "no part of this model 'judge'"),
        (Event(500, {"train.lr": 0.1}), "at step 500"),
    ],
)
def test_changes_that_nobody_can_have_made_are_found(vae, event, words):
    assert words in failing(replace(vae, experiment=replace(vae.experiment, events=(event,))))["events"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: replace(r, experiment=replace(r.experiment, model="vea")), "no model 'vea'"),
        (lambda r: replace(r, experiment=replace(r.experiment, config={"latent_dim": 10**9})), "too large"),
        (lambda r: replace(r, experiment=replace(r.experiment, config={"latent_dim": 7})), "do not fit"),
        (lambda r: replace(r, weights={}), "do not fit"),
        (lambda r: replace(r, weights={k: t * torch.nan for k, t in r.weights.items()}), "NaN or infinity"),
        (lambda r: replace(r, experiment=replace(r.experiment, data="folder:photos")), "ask for the folder"),
    ],
)
def test_what_cannot_be_measured_says_why(vae, change, words):
    assert words in measure(change(vae), FEW).error


def test_points_that_are_none_are_named_without_the_folder_they_stood_in(runs_of):
    error = measure(replace(handed(runs_of["drawn"]), points=b"one,two\n"), FEW).error
    assert error.startswith("points.csv holds 0 points")


# -- a class ----------------------------------------------------------------------------------------------------------


def test_a_broken_hand_in_is_a_row(runs_of, tmp_path):
    (tmp_path / "sub").mkdir()
    hand_in_file.write(packed("=HYPERLINK(1)", [runs_of["drawn"]]), tmp_path / "sub" / "eve.HANDIN")
    (tmp_path / "bad.handin").write_bytes(b"hello")
    (tmp_path / "notes.txt").write_text("not one of them")
    hand_in_file.write(packed("No Run", []), tmp_path / "none.handin")
    rows = list(grading.grade(grading.hand_ins(tmp_path), tmp_path, FEW, 0, lambda words: None))
    assert [row["file"] for row in rows] == ["bad.handin", "none.handin", str(Path("sub/eve.HANDIN"))]
    assert "ask for it to be handed in again" in rows[0]["error"]
    assert rows[1]["error"] is None
    assert rows[2]["consistent"] == "yes"
    printed = list(csv.DictReader(io.StringIO(grading.table(rows))))
    assert printed[2]["student"] == "'=HYPERLINK(1)"  # a word, and no formula
    with pytest.raises(UsageError, match="no hand-in in"):
        grading.hand_ins(Path(tempfile.mkdtemp(dir=tmp_path)))
    with pytest.raises(UsageError, match="no folder"):
        grading.hand_ins(tmp_path / "nowhere")


def test_fuzzed_hand_ins_end_nobody_elses_and_leave_nothing_behind(runs_of, tmp_path, monkeypatch):
    place = tmp_path / "class"
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    hand_in_file.write(packed("Ada", [runs_of["drawn"]]), tmp_path / "sound")
    tensors, chance = safetensors.torch.load((tmp_path / "sound").read_bytes()), random.Random(2)
    record = json.loads(tensors["record"].numpy().tobytes())
    place.mkdir()
    for number in range(90):
        entry = mutated(record["runs"][0], chance)
        if number % 2:
            entry = record["runs"][0] | {"experiment": mutated(record["runs"][0]["experiment"], chance)}
        parts = dict(tensors)
        if number % 3 == 0:
            name = chance.choice(sorted(parts.keys() - {"record", "check"}))
            parts[name] = torch.randn(parts[name].shape).to(parts[name].dtype)
        content = as_tensor(json.dumps(record | {"runs": [entry]}).encode())
        (place / f"{number:03}.handin").write_bytes(sealed(parts | {"record": content}))
    before = sorted(tmp_path.rglob("*"))
    rows = list(grading.grade(grading.hand_ins(place), place, FEW, 0, lambda words: None))
    assert [row["file"] for row in rows] == [f"{number:03}.handin" for number in range(90)]
    told = [row["error"] or row["remarks"] for row in rows if row["error"] or row["consistent"] == "no"]
    assert all(words.isprintable() for words in told)
    assert not [words for words in told if "Error:" in words and "RuntimeError: probability" not in words]
    assert 30 < len(told) < 90
    assert sorted(tmp_path.rglob("*")) == before
