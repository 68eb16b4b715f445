"""The wheel holds all that the program needs: it runs from elsewhere, without the checkout."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def done(*words: str | Path, **options) -> str:
    """A command's standard output; it must succeed."""
    run = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, check=False, **options)
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def test_the_wheel_lists_what_the_checkout_lists(tmp_path):
    quiet = ("--no-deps", "--no-index", "--disable-pip-version-check", "--quiet")
    wheels, installed, elsewhere = (tmp_path / name for name in ("wheels", "installed", "elsewhere"))
    elsewhere.mkdir()
    done("-m", "pip", "wheel", *quiet, "--no-build-isolation", "--wheel-dir", wheels, ROOT)
    (wheel,) = wheels.glob("*.whl")
    done("-m", "pip", "install", *quiet, "--target", installed, wheel)

    environment = os.environ | {"PYTHONPATH": str(installed)}
    listed = json.loads(done("-m", "playground", "list", "--json", cwd=elsewhere, env=environment))
    assert {"models", "data", "pretrained", "lessons"} <= listed.keys()
    for part, folder in (("models", "models"), ("data", "data")):
        files = {file.stem for file in (ROOT / "playground" / folder).glob("*.py") if not file.stem.startswith("_")}
        assert len(listed[part]) == len(files)
    bundled = {file.parent.name for file in (ROOT / "resources" / "pretrained").glob("*/manifest.json")}
    assert {run["name"] for run in listed["pretrained"]} == bundled

    resources = {file.relative_to(ROOT / "resources") for file in (ROOT / "resources").rglob("*") if file.is_file()}
    packed = {
        f.relative_to(installed / "playground/resources") for f in installed.rglob("resources/**/*") if f.is_file()
    }
    assert packed == resources
