"""The exported script prints the run's losses, bit for bit, and knows nothing of this package."""

import ast
import subprocess
import sys
from dataclasses import replace

import pytest

from playground import registry
from playground.core.errors import PlaygroundError, UsageError
from playground.core.experiment import Event, Experiment
from playground.core.trainer import Trainer
from playground.script import Script, export_script, script_of
from tests.helpers import tiny, trainer_of

STEPS = 20
FAMILIES = tuple(registry.models())

# Runs every script of a folder as a program of its own, one after the other: torch is imported once for all.
RUN_ALL = """
import pathlib, runpy, sys
for file in sorted(pathlib.Path(sys.argv[1]).glob("*.py")):
    sys.argv[1:] = sys.argv[-1:]
    print("##", file.stem)
    runpy.run_path(str(file), run_name="__main__")
assert "playground" not in sys.modules
"""


def _data_of(model: str) -> str:
    """Points, which a script generates, where the family learns them; else images, which lie beside it."""
    points = registry.load_data("eight-gaussians").spec
    return "digits" if registry.model_class(model).supports(points) else "eight-gaussians"


BY_HAND = (
    Event(2, set={"discriminator_steps": 2, "train.lr": 0.01, "objective": "hinge", "momentum": 0.5}),
    Event(5, parts=("generator",), count=3),
    Event(11, set={"train.batch": 24, "train.warmup": 40, "train.ema": 0.5}),
    Event(13, set={"train.weight_decay": 0.5, "train.clip": 0.02}),
)
CASES: dict[str, Experiment] = {
    **{model: tiny(model, _data_of(model), seed=3) for model in FAMILIES},
    "vae_conditional": tiny("vae", "digits", conditional=True, kl_warmup=7, train__warmup=9),
    "gan_wgan": tiny("gan", "digits", objective="wgan-gp", spectral=True, conditional=True, penalty=1.0),
    "diffusion_v": tiny("diffusion", "digits", target="v", conditional=True, know_time=False),
    "autoregressive_any": tiny("autoregressive", "digits", context="any", levels=4),
    "gaussian_gradient": tiny("gaussian", "digits", fit="gradient", covariance="tied", components=3),
    "statistics_filters": tiny("statistics", "digits", match="filters", conditional=True),
    "energy_images": tiny("energy", "digits"),
    **{f"vae_{data}": tiny("vae", data, data__count=700) for data in ("bumps", "rings", "spiral", "checkerboard")},
    "by_hand": replace(tiny("gan", "eight-gaussians"), events=BY_HAND),
}


def _run(*words: str) -> list[str]:
    """The lines that a Python without this package prints; a warning would be an error."""
    command = [sys.executable, "-I", "-W", "error", *words]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


def _losses(lines: list[str]) -> list[list[tuple[str, float]]]:
    """The terms of each step, as printed."""
    steps = [line.split("  ")[1:] for line in lines]
    return [[(name, float(value)) for name, _, value in (word.rpartition(" ") for word in step)] for step in steps]


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[list[tuple[str, float]]]]:
    """What the script of each case prints."""
    folder = tmp_path_factory.mktemp("scripts")
    for name, experiment in CASES.items():
        export_script(experiment, folder / f"{name}.py")
    found: dict[str, list[str]] = {}
    for line in _run("-c", RUN_ALL, str(folder), str(STEPS)):
        if line.startswith("## "):
            found[line[3:]] = lines = []
        else:
            lines.append(line)
    return {name: _losses(lines) for name, lines in found.items()}


def _trained(trainer: Trainer) -> list[list[tuple[str, float]]]:
    """What the trainer reports, step by step."""
    steps: list[list[tuple[str, float]]] = []
    while trainer.step < STEPS and not trainer.model.finished:
        record = trainer.turn(steps=STEPS - trainer.step)
        names = list(record.values)
        steps += [list(zip(names, row, strict=True)) for row in zip(*record.values.values(), strict=True)]
    return steps


@pytest.mark.parametrize("case", CASES)
def test_a_script_prints_the_losses_of_the_run(case, printed):
    assert printed[case]
    assert printed[case] == _trained(trainer_of(CASES[case]))


def test_what_was_changed_by_hand_matters(printed):
    assert printed["by_hand"][:2] == _trained(trainer_of(replace(CASES["by_hand"], events=())))[:2]
    assert printed["by_hand"][2] != _trained(trainer_of(replace(CASES["by_hand"], events=())))[2]


def test_a_script_runs_alone_with_its_data_beside_it(tmp_path):
    files = export_script(CASES["vae_conditional"], tmp_path / "alone.py")
    assert sorted(tmp_path.iterdir()) == sorted(files) == [tmp_path / "alone.npz", tmp_path / "alone.py"]
    assert _losses(_run(str(files[0]), "3")) == _trained(trainer_of(CASES["vae_conditional"]))[:3]


def test_points_need_no_file(tmp_path):
    assert export_script(CASES["vae_rings"], tmp_path / "rings.py") == [tmp_path / "rings.py"]


@pytest.mark.parametrize("model", FAMILIES)
def test_a_script_is_plain_code_that_says_only_what_it_needs(model):
    script = script_of(tiny(model, _data_of(model)))
    tree = ast.parse(script.code)
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    tops = {name.partition(".")[0] for name in imported}
    assert tops - set(sys.stdlib_module_names) <= {"torch", "numpy"}
    called = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"exec", "eval", "compile", "__import__", "param"}
    assert "CARD" not in script.code
    assert max(map(len, script.code.splitlines())) <= 120
    defined = [node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    unused = [name for name in defined if script.code.count(name) < 2 and not name.startswith("__")]
    assert set(unused) <= {"forward"}
    assert "sample_steps" not in defined
    assert ast.get_docstring(tree)


def test_branches_of_other_data_and_settings_are_left_out():
    points = script_of(tiny("diffusion", "eight-gaussians")).code
    assert "class ModulatedMLP" in points
    assert "UNet" not in points
    assert "LabelEmbedding" not in points
    labelled = script_of(tiny("diffusion", "eight-gaussians", conditional=True)).code
    assert "class LabelEmbedding" in labelled


def test_a_script_needs_a_name_of_its_kind(tmp_path):
    with pytest.raises(UsageError, match=r"\.py"):
        export_script(tiny("vae", "digits"), tmp_path / "run.txt")
    assert not list(tmp_path.iterdir())


def test_a_script_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "taken.py").mkdir()
    with pytest.raises(PlaygroundError, match="The script cannot be written"):
        Script("print(1)\n").save(tmp_path / "taken.py")
    assert [file.name for file in tmp_path.iterdir()] == ["taken.py"]
