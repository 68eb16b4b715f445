"""A run that is killed at any moment opens, and goes on."""

import subprocess
import sys
from pathlib import Path

import pytest

from playground import registry, runs
from playground.core.experiment import Budget
from playground.core.run_folder import RunFolder
from tests.helpers import tiny


def test_a_killed_run_opens_and_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "run"
    command = [sys.executable, "-m", "playground", "train", "vae", "--data", "digits", "--preset", "tiny"]
    child = subprocess.Popen([*command, "--out", str(out), "--steps", "1000000"], stderr=subprocess.DEVNULL)
    try:
        while not (out / "manifest.json").exists() or RunFolder.open(out).step < 16:
            with pytest.raises(subprocess.TimeoutExpired):  # it must not end by itself
                child.wait(0.02)
    finally:
        child.kill()
        child.wait()

    opened = registry.open_run(out)
    assert opened.step >= 16
    resumed = runs.train(runs.go_on(out), Budget("steps", opened.step + 5))
    assert resumed.step == opened.step + 5


def test_a_run_killed_in_its_very_first_save_can_be_started_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    for left in ("weights.safetensors.new", "manifest.json.new"):
        (out / left).write_bytes(b"cut off")

    folder = runs.train(runs.fresh(tiny("vae", "digits"), out), Budget("steps", 2))
    assert folder.step == 2
    assert registry.open_run(out).step == 2
