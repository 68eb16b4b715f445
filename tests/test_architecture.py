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
    "playground.core.noise_chain playground.core.noise_targets playground.core.plain_picture playground.core.plane "
    "playground.core.records playground.core.spectrum playground.core.turns playground.core.whole_file"
)

RULES = (
    Rule("models", "torch numpy playground.core playground.models.networks"),
    Rule("data", "torch numpy PIL playground.core playground.data playground.paths", "torchvision"),
    Rule("core", "torch numpy safetensors playground.core playground.__version__"),
    Rule("evaluation", "torch numpy PIL playground.core playground.evaluation playground.registry playground.runs "
                       "playground.paths"),
    Rule("bench", "torch numpy playground.core playground.bench playground.evaluation playground.registry "
                  "playground.paths playground.__version__",
                  "diffusers denoising_diffusion_pytorch ema_pytorch pythae"),
    Rule("registry", "torch numpy playground.core playground.paths"),
    Rule("runs", "torch numpy playground.core playground.paths playground.registry"),
    Rule("openings", "playground.core playground.registry", "playground.runs playground.evaluation"),
    Rule("script", "torch numpy playground.core playground.registry playground.script playground.__version__"),
    Rule("gui.widgets", "PySide6 pyqtgraph numpy ziamath playground.gui.widgets"),
    Rule("gui.session", "PySide6 numpy playground.core playground.registry playground.openings playground.evaluation "
                        "playground.paths playground.gui.catalogue"),
    Rule("gui.panels", f"PySide6 numpy {PLAIN_CORE} playground.gui.widgets playground.gui.session "
                       "playground.gui.document playground.gui.panels.base"),
    Rule("gui.lessons", f"PySide6 numpy {PLAIN_CORE} playground.gui.widgets playground.gui.session "
                        "playground.gui.document playground.gui.panels.base playground.gui.lessons"),
    Rule("gui", "PySide6 numpy playground.core playground.gui playground.registry playground.runs playground.paths "
                "playground.display playground.evaluation playground.script playground.__version__"),
    Rule("", "torch numpy platformdirs playground.core playground.evaluation playground.registry playground.runs "
             "playground.paths playground.display playground.doctor playground.selftest playground.cli "
             "playground.bench playground.__version__",
         "playground.gui PySide6 pyqtgraph torchvision safetensors PIL"),
)  # fmt: skip


def rule_of(module: str) -> Rule:
    """The rule for "models.vae", "cli", ..."""
    return next(rule for rule in RULES if not rule.part or covers(rule.part, module))


def covers(name: str, module: str) -> bool:
    return module == name or module.startswith(name + ".")


def imports(tree: ast.AST, inside: bool = False) -> Iterator[tuple[int, str, bool]]:
    """Line, full name and whether it stands inside a function, of everything imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, inside) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (node.module or "")
            yield from ((node.lineno, f"{start}.{alias.name}", inside) for alias in node.names)
        else:
            yield from imports(node, inside or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda))


def panel_package(module: str) -> str:
    """The panel that a file belongs to, "gui.panels.gan" for each file of that package; "" for any other module."""
    words = module.split(".")
    return ".".join(words[:3]) if words[:2] == ["gui", "panels"] and len(words) > 3 else ""


def broken_rules(module: str, source: str) -> list[str]:
    """What a module below `playground` imports against its rule, in sentences."""
    rule = rule_of(module)
    found = []
    own = [f"playground.{package}"] if (package := panel_package(module)) else []
    for line, name, inside in imports(ast.parse(source)):
        allowed = own + rule.anywhere.split() + (rule.inside.split() if inside else [])
        top = name.split(".")[0]
        if top in sys.stdlib_module_names or covers(f"playground.{module}", name):
            continue
        if not any(covers(start, name) for start in allowed):
            where = f" (inside functions also {rule.inside})" if rule.inside else ""
            part = rule.part or "the rest"
            found.append(f"playground.{module}, line {line}, imports {name}; {part} may import {rule.anywhere}{where}.")
    return found


def modules() -> list[tuple[str, Path]]:
    """All modules below `playground`, packages as "models.__init__"."""
    return [(".".join(f.relative_to(PACKAGE).with_suffix("").parts), f) for f in sorted(PACKAGE.rglob("*.py"))]


def test_imports_point_one_way():
    found = [text for module, file in modules() for text in broken_rules(module, file.read_text(encoding="utf-8"))]
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("models.vae", "from playground.models.diffusion import Diffusion"),
        ("models.vae", "import torchvision"),
        ("models.vae", "from playground.data import moons"),
        ("models.networks.mlp", "from playground.models import vae"),
        ("data.moons", "import torchvision"),
        ("data.moons", "from playground.models.vae import VAE"),
        ("core.trainer", "from playground import registry"),
        ("core.trainer", "def f():\n    import PySide6.QtCore"),
        ("core.trainer", "from ..registry import models"),
        ("registry", "from playground.models.vae import VAE"),
        ("evaluation.report", "from playground.models import classifier"),
        ("bench.peers", "import diffusers"),
        ("cli", "from playground.gui import app"),
        ("cli", "if True:\n    from PySide6 import QtCore"),
        ("gui.widgets.plots", "import torch"),
        ("gui.widgets.plots", "from playground.gui.session import Session"),
        ("gui.session", "from playground.gui.widgets import theme"),
        ("gui.panels.vae", "from playground.gui.panels.gan import GanPanel"),
        ("gui.panels.vae", "import torch.nn"),
        ("gui.panels.vae", "from playground.gui.panels.compare import Page"),
        ("gui.panels.compare.page", "from playground.gui.panels import vae"),
        ("gui.panels.vae", "from playground.core import trainer"),
        ("gui.lessons.player", "from playground.gui.panels import vae"),
        ("gui.main_window", "def f():\n    import torch"),
        ("gui.main_window", "from playground.models import vae"),
    ],
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
for part in ("core", "data", "models", "evaluation", "bench"):
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
