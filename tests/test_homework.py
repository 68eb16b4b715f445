"""Homework on the command line: what was handed in, measured again."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from playground import cli, runs
from playground.core import durable
from playground.core.experiment import Budget
from playground.core.hand_in import Prediction
from playground.core.hand_in_file import write
from playground.evaluation import grading
from playground.evaluation.hand_in import packed
from tests.helpers import tiny

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def school(tmp_path_factory) -> Path:
    """A run, and a class of two hand-ins, one of them broken; nobody changes them."""
    folder = tmp_path_factory.mktemp("school")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(durable, "_fsync", lambda handle: None)
        job = runs.start(tiny("gaussian", "moons"), folder / "run")
        runs.train(job, Budget("steps", 3))
        answers = {"lecture/a": Prediction("Is it so?", "Yes", True)}
        (folder / "class").mkdir()
        write(packed("Ada", [str(folder / "run")], ["lecture/a"], answers), folder / "class" / "ada.handin")
        (folder / "class" / "bob.handin").write_bytes(b"broken")
    return folder


def _run(capsys, *words: object) -> tuple[int, str, str]:
    code = cli.run([str(word) for word in words])
    out, err = capsys.readouterr()
    return code, out, err


def test_a_class_is_graded_as_its_runs_evaluate(capsys, school, tmp_path):
    table = tmp_path / "new" / "class.csv"
    code, out, err = _run(capsys, "grade", school / "class", "--csv", table, "--count", 20, "--seed", 4)
    assert code == 0, err
    assert "Ada" in out
    assert "Hand-ins: 2, not opened: 1. Runs: 1, not consistent: 0, not measured: 0." in out
    ada, bob = csv.DictReader(table.read_text(encoding="utf-8").splitlines())
    assert bob["error"].startswith(str(school / "class" / "bob.handin"))
    assert (ada["scenes_done"], ada["answers"], ada["answers_right"], ada["consistent"]) == ("1", "1", "1", "yes")
    _, out, _ = _run(capsys, "evaluate", school / "run", "--json", "--count", 20, "--seed", 4)
    expected = json.loads(out)
    for name, value in expected.items():
        assert ada[name] == ("" if value is None else str(value)), name
    _, out, _ = _run(capsys, "report", school / "class" / "ada.handin", "--json", "--count", 20, "--seed", 4)
    report = json.loads(out)
    assert report["student"] == "Ada"
    assert report["runs"][0]["numbers"] == expected
    _, out, _ = _run(capsys, "report", school / "run", "--json", "--count", 20, "--seed", 4)
    own = json.loads(out)["runs"][0]
    differing = {key for key in own if own[key] != report["runs"][0][key]}
    assert differing == {"samples_handed_in"}


def test_samples_are_seen_as_handed_in_and_as_drawn_anew(capsys, school, tmp_path):
    words = ("report", school / "class" / "ada.handin", "--count", 20, "--sheets", tmp_path / "sheets")
    code, _, err = _run(capsys, *words)
    assert (code, err) == (0, "")
    sheets = {file.name: Image.open(file).convert("RGB").tobytes() for file in (tmp_path / "sheets").iterdir()}
    assert sheets.keys() == {"1-handed-in.png", "1-sampled.png"}
    assert sheets["1-handed-in.png"] == sheets["1-sampled.png"]
    _run(capsys, *words, "--seed", 1)
    assert Image.open(tmp_path / "sheets" / "1-sampled.png").convert("RGB").tobytes() != sheets["1-sampled.png"]


def test_a_report_is_to_be_read(capsys, school):
    code, out, err = _run(capsys, "report", school / "class" / "ada.handin", "--count", 20)
    assert (code, err) == (0, "")
    for words in ("Hand-in of Ada", "Scenes done: lecture/a", "Is it so? Yes: right", "gaussian on moons, 3 steps",
                  "the preset tiny", "data    fits", "loss    ", "nll  ", "exact"):  # fmt: skip
        assert words in out
    assert "None" not in out


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("report", "nothing.handin"), 2, "There is no file nothing.handin."),
        (("report", "class/bob.handin"), 1, "ask for it to be handed in again."),
        (("report", "gan-eigt-gaussians"), 2, "Did you mean 'gan-eight-gaussians'?"),
        (("report", "run", "--count", "3"), 2, "at least 10 samples"),
        (("grade", "class", "--csv", "class"), 2, "is a folder"),
        (("grade", "class", "--csv", "a.csv", "--count", "3"), 2, "at least 10 samples"),
        (("grade", "nowhere", "--csv", "a.csv"), 2, "There is no folder nowhere"),
        (("grade", "run", "--csv", "a.csv"), 2, "There is no hand-in in run"),
        (("grade", "class"), 2, "--csv"),
    ],
)
def test_a_mistake_is_one_sentence(capsys, school, monkeypatch, words, code, says):
    monkeypatch.chdir(school)
    got, out, err = _run(capsys, *words)
    assert (got, out) == (code, "")
    assert says in err
    assert len(err.splitlines()) == 1
    assert not (school / "a.csv").exists()


def test_what_was_graded_before_ctrl_c_is_kept(capsys, school, tmp_path, monkeypatch):
    def stopped(*_arguments):
        raise KeyboardInterrupt

    (tmp_path / "class").mkdir()
    for name in ("a", "b"):
        (tmp_path / "class" / f"{name}.handin").write_bytes((school / "class" / "ada.handin").read_bytes())
    sound = grading.measure
    monkeypatch.setattr(grading, "measure", lambda *a: (monkeypatch.setattr(grading, "measure", stopped), sound(*a))[1])
    code, _, err = _run(capsys, "grade", tmp_path / "class", "--csv", tmp_path / "a.csv", "--count", 20)
    assert (code, err.splitlines()[-1]) == (1, "Stopped.")
    assert [row["file"] for row in csv.DictReader((tmp_path / "a.csv").read_text().splitlines())] == ["a.handin"]


def test_grading_needs_no_window(school, tmp_path):
    code = ("import sys; from playground.cli import run; "
            f"assert run(['grade', {str(school / 'class')!r}, '--csv', 'a.csv', '--count', '20']) == 0; "
            f"assert run(['report', {str(school / 'run')!r}, '--count', '20']) == 0; "
            "assert not [name for name in sys.modules if name.startswith(('PySide6', 'playground.gui'))]")  # fmt: skip
    found = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
                           env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip
    assert found.returncode == 0, found.stderr
