"""Receipts of the bundled runs: what each reached, and the commands that measure it and train it again."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playground import paths, registry, runs
from playground.core.experiment import Budget
from playground.core.run_folder import RunFolder
from playground.core.untrusted import read_json
from playground.evaluation.pictures import sheet
from playground.evaluation.report import evaluate
from playground.evaluation.sampling import draw

FILE = "receipt.json"
SHEET = "samples.png"
NUMBERS = ("nll", "kl", "kl_stderr", "feature_distance", "feature_distance_share", "label_accuracy",
           "reconstruction_label_accuracy", "modes_hit", "share_within_3_sigma", "sliced_wasserstein",
           "sliced_wasserstein_floor")  # fmt: skip
TOLERANCE = 0.02  # relative; the same weights on another machine differ in the last digits only
SMALL = 0.05  # numbers below it are compared as if they were as large
# Another processor rounds differently, and after thousands of steps the run is as far off as one with another seed.
RETRAINED_TOLERANCE = 0.1
RETRAINED_SMALL = 0.5
SAME = ("device", "threads", "versions")  # what must be equal for a run trained again to be the same run


def bundle(run: Path, name: str) -> RunFolder:
    """Copies a finished run into the bundled ones, with its sample sheet and its receipt. What a network learned is
    kept in half precision, which no number shows; what was fitted or counted, in buffers, as it is."""
    learned = {parameter for parameter, _ in registry.open_run(run).model.named_parameters()}
    folder = RunFolder.open(run).export(paths.pretrained() / name, learned)
    opened = registry.open_run(folder.path)
    if "sample" in opened.model.capabilities(opened.dataset.spec):
        count = 1000 if opened.dataset.spec.kind == "points" else 100
        drawn = draw(opened, count, seed=0)
        columns = 10 if drawn.labels is not None else None
        sheet(drawn.frames[-1], drawn.extent, columns).save(folder.path / SHEET, optimize=True)
    numbers = evaluate(opened)
    receipt = {
        "command": f"playground evaluate {name}",
        "retrain": retrain_command(name, opened.step),
        "seed": opened.experiment.seed,
        "steps": opened.step,
        "seconds": round(float(opened.manifest["seconds"]), 1),
        "device": opened.experiment.device,
        "threads": opened.experiment.threads,
        "numbers": {key: rounded(numbers[key]) for key in NUMBERS if numbers[key] is not None},
    }
    (folder.path / FILE).write_text(json.dumps(receipt, indent=2) + "\n", encoding="utf-8")
    return folder


def retrain_command(name: str, steps: int) -> str:
    """The command that trains a bundled run again, in a checkout."""
    return f"playground train resources/pretrained/{name}/experiment.json --steps {steps} --out {name}"


def read(name: str) -> dict[str, Any]:
    """A bundled run's receipt."""
    content: dict[str, Any] = read_json(registry.find_run(name) / FILE)
    return content


def measure_again(name: str, retrain: bool, say: Callable[[str], None]) -> dict[str, Any]:
    """A bundled run's receipt beside what is measured now; `retrain` trains it afresh first.

    ``holds`` says whether the numbers agree; None for a run trained afresh with another device, thread count or
    version than the bundled one, which is another run.
    """
    receipt = read(name)
    say(f"{name} ...")
    run, comparable = registry.open_run(name), True
    with tempfile.TemporaryDirectory() as folder:
        if retrain:
            job = runs.start(run.experiment, Path(folder) / "run")
            again = registry.open_run(runs.train(job, Budget("steps", receipt["steps"])).path)
            comparable = all(again.manifest[key] == run.manifest[key] for key in SAME)
            run = again
        numbers = evaluate(run)
    measured = {key: rounded(numbers[key]) for key in receipt["numbers"]}
    tolerance, small = (RETRAINED_TOLERANCE, RETRAINED_SMALL) if retrain else (TOLERANCE, SMALL)
    holds = all(_close(receipt["numbers"][key], measured[key], tolerance, small) for key in measured)
    facts = {key: receipt[key] for key in ("command", "retrain", "seed", "steps", "seconds", "device")}
    return {
        "name": name, **facts, "receipt": receipt["numbers"], "measured": measured,
        "holds": holds if comparable else None,
    }  # fmt: skip


def table(rows: list[dict[str, Any]]) -> str:
    """For people: a block a run."""
    verdicts = {True: "holds", False: "DIFFERS", None: "not comparable here: another device, thread count or version"}
    lines = []
    for row in rows:
        verdict = verdicts[row["holds"]]
        lines.append(f"{row['name']}  ({row['steps']} steps, {row['seconds']:.0f} s on {row['device']}): {verdict}")
        for key, value in row["receipt"].items():
            lines.append(f"    {key:<32}{value!s:>12}  now {row['measured'][key]!s:>12}")
    return "\n".join(lines)


def rounded(value: Any) -> Any:
    """As receipts write it."""
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def _close(a: Any, b: Any, tolerance: float, small: float) -> bool:
    if isinstance(a, dict):
        return (
            isinstance(b, dict) and a.keys() == b.keys() and all(_close(a[key], b[key], tolerance, small) for key in a)
        )
    return a == b or (b is not None and abs(a - b) <= tolerance * max(abs(a), abs(b), small))
