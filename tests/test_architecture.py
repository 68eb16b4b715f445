"""Imports point one way. Each part may import what its rule names, and a broken rule says which and where."""

import ast
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import playground

PACKAGE = Path(playground.__file__).parent
LONGEST_FILE = 400
USUAL_PANEL = 200  # lines of code that half of the files of the families' panels stay below
LONGEST_MODEL = 250  # lines of code, without blanks, comments and docstrings


@dataclass(frozen=True)
class Rule:
    """What a part may import besides the standard library; a name covers all that is below it.

    Attributes:
        part: a module or package below `playground`, covering all that is below it; the first rule that fits counts.
        anywhere: what it may import.
        inside: what it may import inside functions only, where it costs nothing until it is needed.
    """

    part: str
    anywhere: str
    inside: str = ""


# What the window and the command line need of the core, without torch.
PLAIN_CORE = (
    "playground.core.alarms playground.core.aside playground.core.best_judge playground.core.boltzmann "
    "playground.core.chain_rule playground.core.errors playground.core.experiment playground.core.gaps "
    "playground.core.hyperparams playground.core.known_bad playground.core.line playground.core.messages "
    "playground.core.noise_targets playground.core.plane playground.core.records playground.core.spectrum "
    "playground.core.turns playground.core.whole_file"
)
def test_a_broken_rule_is_noticed(module, source):
    assert len(broken_rules(module, source)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("models.vae", "import math\nimport torch.nn\nfrom playground.models.networks.mlp import mlp"),
        ("data.mnist", "def load():\n    import torchvision.datasets"),
        ("cli", "def tour():\n    from playground.gui import tour"),
        ("gui.panels.vae", "from playground.gui.panels.base import Panel\nfrom playground.gui.widgets import theme"),
        ("gui.app", "from playground.gui.panels import vae"),
    ],
)
def test_what_is_allowed_is_let_through(module, source):
    assert broken_rules(module, source) == []


def test_files_stay_readable():
    lines = {module: len(file.read_text(encoding="utf-8").splitlines()) for module, file in modules()}
    assert {module: n for module, n in lines.items() if n > LONGEST_FILE} == {}
    code = {m: lines_of_code(f.read_text(encoding="utf-8")) for m, f in modules() if f.parent == PACKAGE / "models"}
    assert {module: n for module, n in code.items() if n > LONGEST_MODEL} == {}


def test_the_panel_of_a_family_is_small_files():
    """What a family shows beyond the base; a lens that grows past this is two lenses."""
    own = {family.name for family in (PACKAGE / "models").glob("[a-z]*.py")}
    files = [f for module, f in modules() if f"{panel_package(module + '.x').rpartition('.')[2]}.py" in own]
    code = {str(f.relative_to(PACKAGE)): lines_of_code(f.read_text(encoding="utf-8")) for f in files}
    assert len(code) > len(own)
    assert statistics.median(code.values()) <= USUAL_PANEL, code
    assert {name: lines for name, lines in code.items() if lines > LONGEST_FILE} == {}


def lines_of_code(source: str) -> int:
    tree = ast.parse(source)
    texts: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            texts.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    rows = enumerate(source.splitlines(), start=1)
    return sum(bool(row.strip()) and not row.strip().startswith("#") and number not in texts for number, row in rows)


PROBE = """
import importlib, json, pkgutil, sys

def loaded(*names):
    return [name for name in names if name in sys.modules]

import playground
report = {"playground": loaded("torch", "PySide6", "numpy")}
from playground import cli, registry
registry.models(), registry.data()
report["registry"] = loaded("torch", "PySide6", "torchvision")
for part in ("core", "data", "models", "evaluation"):
    package = importlib.import_module(f"playground.{part}")
    for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(info.name)
report["everything"] = loaded("PySide6", "pyqtgraph", "torchvision", "sklearn")
print(json.dumps(report))
"""


def test_nothing_below_the_window_loads_qt():
    """Nor does listing models load torch, nor anything torchvision, which takes seconds."""
    run = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, cwd=PACKAGE.parent, check=False)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout) == {"playground": [], "registry": [], "everything": []}
