"""Proofs of presets: what training one from scratch reaches, seed by seed, written into the preset itself."""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from playground import paths, registry, runs
from playground.core.errors import UsageError
from playground.core.manifest import versions
from playground.core.untrusted import read_json
from playground.evaluation.receipts import NUMBERS, rounded
from playground.evaluation.report import evaluate
from playground.registry import OpenRun

RECEIPT = "receipt"


def prove(preset: str, seeds: list[int], options: Mapping[str, object], say: Callable[[str], None]) -> dict[str, Any]:
    """Trains ``MODEL/DATA`` or ``MODEL/DATA.NAME`` for its whole budget with each seed and adds the numbers reached to
    its receipt; seeds proven before stay, unless the preset or the sampler's `options` are others since.

    With `options` the same weights are measured twice: as they sample by default, and as they sample with those. The
    second numbers, where they differ, stand beside the first ones as "feature_distance, start=buffer".

    Raises UsageError for a preset that does not exist.
    """
    model, _, rest = preset.partition("/")
    data, _, name = rest.partition(".")
    file = paths.resources() / "presets" / model / f"{rest}.json"
    if not file.is_file():
        raise UsageError(f"There is no preset '{preset}'; they are the files below {file.parents[1]}.")
    content: dict[str, Any] = read_json(file)
    kept = content.pop(RECEIPT, {})
    described = {"versions": versions(), "options": dict(options), "settings": digest(content)}
    same = all(kept.get(key) == value for key, value in described.items())
    by_seed: dict[str, Any] = dict(kept["seeds"]) if same else {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            experiment = registry.experiment(model, data, name, {}, seed=seed, device="cpu")
            job, began = runs.start(experiment, Path(folder) / "run"), time.process_time()
            done = runs.train(job, experiment.budget)
            spent = {"cpu_seconds": round(time.process_time() - began, 1)}  # what it takes on an idle machine
            run = registry.open_run(done.path)
            numbers = _numbers(run, {})
            if options:
                name_of = ", ".join(f"{key}={value}" for key, value in options.items())
                others = _numbers(run, options).items()
                numbers |= {f"{key}, {name_of}": value for key, value in others if value != numbers.get(key)}
        by_seed[str(seed)] = {"seconds": round(float(run.manifest["seconds"]), 1), **spent, **numbers}
        say(f"{preset}, seed {seed}: {json.dumps(by_seed[str(seed)])}")
        receipt = {"command": f"playground receipts --prove {preset}", "device": "cpu", "threads": experiment.threads,
                   **described, "seeds": by_seed}  # fmt: skip
        file.write_text(_written(content | {RECEIPT: receipt}), encoding="utf-8")
    return by_seed


def _numbers(run: OpenRun, options: Mapping[str, object]) -> dict[str, Any]:
    numbers = evaluate(run, options=options)
    return {key: rounded(numbers[key]) for key in NUMBERS if numbers[key] is not None}


def digest(preset: Mapping[str, Any]) -> str:
    """SHA-256 of a preset's settings, by which its receipt knows them."""
    settings = {key: value for key, value in preset.items() if key != RECEIPT}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()


def _written(content: Mapping[str, Any], indent: str = "") -> str:
    """JSON with a line a setting group, and in the receipt a line an entry and a seed."""
    lines = [
        f"{indent}  {json.dumps(key)}: "
        + (_written(value, indent + "  ").strip() if key in (RECEIPT, "seeds") else json.dumps(value))
        for key, value in content.items()
    ]
    return "{\n" + ",\n".join(lines) + f"\n{indent}}}\n"


def reached(receipt: Mapping[str, Any], key: str) -> tuple[float, list[float]]:
    """The median over the seeds, and each seed's value, of a number; of one by factor, that of its worst factor, or
    with ``label_accuracy: shape`` that of one factor."""
    key, _, factor = key.partition(": ")
    found = [numbers[key] for numbers in receipt["seeds"].values()]
    values = [each[factor] if factor else _worst(each) for each in found]
    return median(values), values


def _worst(value: float | Mapping[str, float]) -> float:
    return min(value.values()) if isinstance(value, Mapping) else value
