"""A run that is killed at any moment opens, and goes on."""

import random
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from playground import registry, runs
from playground.core.experiment import Budget
from playground.core.job import AUTOSAVE_SECONDS
from playground.core.run_folder import RunFolder
from tests.helpers import tiny
from tests.killed import FORM, SIZE

FAMILIES = (("vae", "digits"), ("diffusion", "moons"), ("gan", "moons"), ("energy", "bumps"),
            ("autoregressive", "digits"), ("stylegan", "digits"), ("classifier", "digits"),
            ("statistics", "digits"))  # fmt: skip
TRIALS = 100
LONGEST = 14.0  # seconds after its start at which a run is killed at the latest
DEADLINE = 60.0  # seconds after which a child counts as hung


@dataclass(frozen=True)
class Killed:
    """What was left.

    Attributes:
        step, seconds: how far the run was.
        folder: what it had saved; None where it died before its first save was whole.
    """

    step: int
    seconds: float
    folder: RunFolder | None


def killed(model: str, data: str, place: Path, after: float, autosave: float, least: int = 0) -> Killed:
    """Trains in a process of its own, and kills it some seconds after it has begun and made the `least` steps."""
    out, progress = place / "run", place / "progress"
    place.mkdir(exist_ok=True)
    progress.write_bytes(bytes(SIZE))
    command = [sys.executable, "-m", "tests.killed", model, data, str(out), str(progress), str(autosave)]
    child = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[1])
    try:
        until = time.monotonic() + DEADLINE
        while not out.exists() or _progress(progress)[1] < least:
            assert time.monotonic() < until
            with pytest.raises(subprocess.TimeoutExpired):  # it must not end by itself
                child.wait(0.005)
        with pytest.raises(subprocess.TimeoutExpired):
            child.wait(after)
    finally:
        child.kill()
        child.wait()
    seconds, step = _progress(progress)
    return Killed(step, seconds, RunFolder.open(out) if (out / "manifest.json").exists() else None)


def _progress(file: Path) -> tuple[float, int]:
    seconds, step = struct.unpack(FORM, file.read_bytes())
    return seconds, step


def goes_on(place: Path, model: str, data: str, left: Killed) -> None:
    """Asserts that the run opens with a whole past, and that training goes on from there."""
    if left.folder is None:
        assert left.step == 0  # the first save comes before the first step
        assert runs.train(runs.fresh(tiny(model, data), place / "run"), Budget("steps", 2)).step == 2
        return
    opened = registry.open_run(place / "run")
    for step in left.folder.history():
        left.folder.load_weights(step)
    resumed = runs.train(runs.go_on(place / "run"), Budget("steps", opened.step + 2))
    assert resumed.step == opened.step + 2
    at = 0
    for record in resumed.records():
        assert record.first == at
        at = record.step
    assert at == resumed.step


@pytest.mark.parametrize(("model", "data", "autosave"), [("vae", "digits", AUTOSAVE_SECONDS), ("gan", "moons", 0.2)])
def test_a_killed_run_opens_and_goes_on(model, data, autosave, tmp_path):
    left = killed(model, data, tmp_path, 0.05, autosave, least=17)  # beyond the milestone at 16
    assert left.folder is not None
    assert left.folder.step >= 16
    goes_on(tmp_path, model, data, left)


@pytest.mark.slow
def test_killed_at_random_moments_no_run_is_lost_nor_more_than_ten_seconds_of_work(tmp_path):
    proof(tmp_path, TRIALS)


def proof(place: Path, trials: int, seed: int = 0, say: Callable[[str], object] = print) -> None:
    """Asserts it; says what was lost in each trial. Every second run saves after each turn, so that many die in a
    save."""
    chance, lost = random.Random(seed), []
    for trial in range(trials):
        model, data = FAMILIES[trial % len(FAMILIES)]
        here, autosave = place / f"{trial}-{model}", (AUTOSAVE_SECONDS, 0.0)[(trial + trial // len(FAMILIES)) % 2]
        left = killed(model, data, here, chance.uniform(0, LONGEST if autosave else 2.0), autosave)
        saved = float(left.folder.manifest["seconds"]) if left.folder else 0.0
        lost.append(max(left.seconds - saved, 0.0))
        goes_on(here, model, data, left)
        say(f"{trial}: {model}, {left.step} steps in {left.seconds:.1f} s, {lost[-1]:.2f} s lost")
    assert max(lost) <= AUTOSAVE_SECONDS + 0.5  # a turn may be under way when it is time


def test_a_run_killed_in_its_very_first_save_can_be_started_again(tmp_path: Path) -> None:
    out = tmp_path / "run"
    out.mkdir()
    for left in ("weights.safetensors.new", "manifest.json.new"):
        (out / left).write_bytes(b"cut off")

    folder = runs.train(runs.fresh(tiny("vae", "digits"), out), Budget("steps", 2))
    assert folder.step == 2
    assert registry.open_run(out).step == 2
