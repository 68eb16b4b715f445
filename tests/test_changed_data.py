"""A run knows its data by their hash: what is said, kept and refused where they are no longer the same."""

import json
from pathlib import Path

import numpy as np
import pytest

from playground import cli, registry, runs
from playground.core import manifest
from playground.core.run_folder import RunFolder


@pytest.fixture
def points(tmp_path: Path) -> Path:
    file = tmp_path / "points.csv"
    draw(file, seed=0)
    return file


def draw(file: Path, seed: int) -> None:
    np.savetxt(file, np.random.default_rng(seed).normal(size=(200, 2)).clip(-2.9, 2.9), delimiter=",")


def train(*words: object) -> int:
    return cli.run([str(word) for word in ("train", "gaussian", *words)])


def train_on(file: Path, out: Path) -> None:
    assert train("--data", f"drawn:{file}", "--set", "components=2", "--steps", 3, "--out", out) == 0


def test_the_hash_stands_in_every_run_and_its_copies(points: Path, tmp_path: Path) -> None:
    train_on(points, tmp_path / "run")
    expected = registry.load_data(f"drawn:{points}").hash
    folder = RunFolder.open(tmp_path / "run")
    assert folder.manifest["data_hash"] == expected
    assert folder.export(tmp_path / "copy").manifest["data_hash"] == expected


def test_changed_data_end_resuming_and_warn_who_only_looks(
    points: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    run = tmp_path / "run"
    train_on(points, run)
    before = {file.name: file.read_bytes() for file in run.iterdir() if file.is_file()}
    old = RunFolder.open(run).manifest["data_hash"]
    draw(points, seed=1)
    capsys.readouterr()
    assert train("--resume", "--steps", 6, "--out", run) == 2
    said = capsys.readouterr().err
    new = registry.load_data(f"drawn:{points}").hash
    assert all(
        word in said for word in (str(points), str(run), old[:8], new[:8], "kept as it was", "or train a new run")
    )
    assert {file.name: file.read_bytes() for file in run.iterdir() if file.is_file()} == before

    caplog.clear()
    assert cli.run(["evaluate", str(run), "--json"]) == 0
    numbers = json.loads(capsys.readouterr().out)
    assert "data_hash" not in numbers
    assert [record.message for record in caplog.records if "have changed" in record.message]
    job = runs.open_any(str(run))
    assert job.trainer is None
    assert "have changed" in job.notice

    draw(points, seed=0)
    assert train("--resume", "--steps", 6, "--out", run) == 0
    assert runs.open_any(str(run)).notice == ""


def test_a_run_without_a_hash_opens_and_goes_on(points: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    run = tmp_path / "run"
    train_on(points, run)
    content = manifest.read(run)
    del content["data_hash"], content["check"]
    (run / manifest.MANIFEST).write_bytes(manifest.to_bytes(content))
    draw(points, seed=1)
    assert runs.open_any(str(run)).notice == ""
    assert train("--resume", "--steps", 6, "--out", run) == 0
    assert not caplog.records
    assert RunFolder.open(run).manifest["data_hash"] == registry.load_data(f"drawn:{points}").hash


def test_edits_are_options_of_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, words = tmp_path / "run", ["--data", "moons", "--set", "data.outliers=0.1", "--set", "data.samples=500"]
    assert train(*words, "--steps", 2, "--out", run) == 0
    experiment = RunFolder.open(run).experiment
    assert experiment.data_options["outliers"] == 0.1
    assert experiment.data_options["samples"] == 500
    assert "imbalance" not in experiment.data_options
    assert train(*words, "--steps", 3, "--out", run, "--resume") == 0
    for other in ("data.outliers=0", "data.imbalance=0.5"):
        capsys.readouterr()
        assert train("--data", "moons", "--set", other, "--out", run, "--resume") == 2
        assert other.partition("=")[0] in capsys.readouterr().err
    file, again = str(run / "experiment.json"), str(tmp_path / "again")
    assert cli.run(["train", file, "--steps", "3", "--out", again]) == 0
    assert RunFolder.open(tmp_path / "again").manifest["data_hash"] == RunFolder.open(run).manifest["data_hash"]


def test_a_mixture_trains_from_the_command_line(tmp_path: Path) -> None:
    words = ["--data", "mixture", "--set", "data.means=-2,0;2,0", "--set", "data.weights=1;3", "--set", "components=2"]
    assert train(*words, "--steps", 3, "--out", tmp_path / "run") == 0
    assert RunFolder.open(tmp_path / "run").experiment.data_options["means"] == "-2,0;2,0"
    assert train("--data", "mixture", "--set", "data.means=5,5", "--out", tmp_path / "other") == 2
    assert not (tmp_path / "other").exists()
