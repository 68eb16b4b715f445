"""The code is formatted, linted and typed; settings are in pyproject.toml."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def complaints(*words: str) -> str:
    """What a tool says, or nothing where it is content."""
    run = subprocess.run([sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout + run.stderr if run.returncode else ""


def test_ruff_is_content():
    assert not complaints("ruff", "check", "playground", "tests")
    assert not complaints("ruff", "format", "--check", "playground", "tests")


def test_mypy_is_content():
    assert not complaints("mypy")
