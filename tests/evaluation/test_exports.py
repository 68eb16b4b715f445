"""What the window writes of a run is what the command line writes, and each failure is a sentence."""

import csv
import io
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground import cli, runs
from playground.core.experiment import Budget
from playground.core.records import CurveOrder, SampleOrder
from playground.core.run_folder import RunFolder
from playground.evaluation.exports import carry_out
from tests.helpers import tiny

STEPS = 60


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A conditional diffusion model after a few steps."""
    path = tmp_path_factory.mktemp("exports") / "a run"
    experiment = tiny("diffusion", "digits", conditional=True)
    return str(runs.train(runs.start(experiment, path), Budget("steps", STEPS)).path)


def _order(run_: str, path: Path, **changes: object) -> SampleOrder:
    settings = {"steps": 3, "eta": 0.5, "guidance": 1.5}
    return SampleOrder(**{"run": run_, "path": str(path), "count": 4, "seed": 7, "settings": settings} | changes)


@pytest.mark.parametrize("changes", [{}, {"label": "7"}, {"label": "none"}, {"step": 32}])
def test_the_command_in_the_details_writes_the_same_arrays(run, tmp_path, changes):
    done = carry_out(_order(run, tmp_path / "window.npz", **changes))
    assert not done.failed
    assert done.message == f"Wrote 4 samples after {changes.get('step', STEPS)} steps to {tmp_path / 'window.npz'}."
    words = shlex.split(done.details.splitlines()[-1])
    assert words[:2] == ["playground", "sample"]
    assert ("--label" in words, "--step" in words) == ("label" in changes, "step" in changes)
    assert "guidance=1.5" not in words  # the default needs no words
    words[words.index("--out") + 1] = str(tmp_path / "line.npz")
    assert cli.run(words[1:]) == 0
    with np.load(tmp_path / "window.npz") as mine, np.load(tmp_path / "line.npz") as theirs:
        assert set(mine) == set(theirs) == {"samples", "labels"}
        assert all(np.array_equal(mine[name], theirs[name]) for name in mine)
        assert mine["labels"].tolist() == {"7": [7] * 4, "none": [-1] * 4}.get(changes.get("label"), [0, 1, 2, 3])


def test_where_memory_runs_out_the_cure_is_said(run, tmp_path, monkeypatch):
    def draw(*_: object) -> None:
        raise RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes")

    monkeypatch.setattr("playground.evaluation.sampling.draw", draw)
    done = carry_out(_order(run, tmp_path / "a.png"))
    assert (done.failed, done.message) == (True, "Memory ran out. Nothing was written; ask for fewer samples.")
    assert not list(tmp_path.iterdir())


def test_a_picture_and_an_animation(run, tmp_path):
    assert not carry_out(_order(run, tmp_path / "a.png")).failed
    assert not carry_out(_order(run, tmp_path / "a.gif")).failed
    with Image.open(tmp_path / "a.png") as picture, Image.open(tmp_path / "a.gif") as animation:
        assert picture.format == "PNG"
        assert animation.n_frames == 4  # three steps and the start
    assert {file.name for file in tmp_path.iterdir()} == {"a.png", "a.gif"}


@pytest.mark.parametrize(("changes", "told"), [
    ({"path": "samples.txt"}, "'.txt'"),
    ({"path": "."}, "is a folder"),
    ({"path": "taken/a.npz"}, "cannot be written"),
    ({"run": "nothing"}, "nothing"),
    ({"step": 33}, "weights-00000033"),
    ({"label": "eleven"}, "eleven"),
])  # fmt: skip
def test_what_cannot_be_written_is_a_sentence(run, tmp_path, changes, told):
    (tmp_path / "taken").touch()
    path = tmp_path / changes.pop("path", "a.npz")
    done = carry_out(_order(run, path, **changes))
    assert done.failed
    assert told in done.message
    assert done.message.endswith(".")
    assert [file.name for file in tmp_path.iterdir()] == ["taken"]


def test_the_curves_are_those_of_the_log(run, tmp_path):
    done = carry_out(CurveOrder(run, str(tmp_path / "curves.csv")))
    assert (done.failed, done.message) == (False, f"The curves of 60 steps stand in {tmp_path / 'curves.csv'}.")
    text = (tmp_path / "curves.csv").read_text()
    assert text == done.text
    rows = list(csv.DictReader(io.StringIO(text)))
    records = list(RunFolder.open(Path(run)).records())
    assert [int(row["step"]) for row in rows] == list(range(STEPS))
    losses = [np.float32(row["loss"]) for row in rows]
    assert losses == [np.float32(loss) for record in records for loss in record.values["loss"]]
    held_out = {int(row["step"]): float(row["loss held-out"]) for row in rows if row["loss held-out"]}
    assert held_out == {step: terms["loss"] for record in records for step, terms in record.held_out.items()}
    assert set(held_out) == {0, 50}


def test_a_table_without_a_file_and_a_file_that_cannot_be(run, tmp_path):
    assert carry_out(CurveOrder(run)).text.startswith("step,loss")
    done = carry_out(CurveOrder(run, str(tmp_path)))
    assert done.failed
    assert str(tmp_path) in done.message
    assert list(tmp_path.iterdir()) == []
