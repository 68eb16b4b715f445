"""What was handed in, or what a run is, as a report for people and as JSON."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from playground import registry
from playground.core import hand_in, hand_in_file
from playground.core.errors import PlaygroundError
from playground.core.hand_in import HandedRun, HandIn, plain_line
from playground.core.whole_file import whole_file
from playground.evaluation.grading import Measured, measure, measure_opened, opened, progress
from playground.evaluation.hand_in import drawn_sheet, handed

MAIN = ("nll", "kl", "feature_distance", "sliced_wasserstein", "modes_hit", "label_accuracy")  # of a line in the table


ABOVE = ("model", "data", "step", "seed", "device", "seconds_training")  # stand in a run's first line


def report(what: str, count: int | None = None, seed: int = 0, sheets: Path | None = None) -> dict[str, Any]:
    """A report on a run, by folder or name, or on a hand-in's file: re-sampled and re-measured.

    Args:
        sheets: where to write, for each run, ``1-handed-in.png`` and ``1-sampled.png``, drawn anew with `seed`.

    Raises PlaygroundError where it cannot be opened.
    """
    if Path(what).suffix.lower() == hand_in.SUFFIX and not (Path(what) / "manifest.json").is_file():
        content = hand_in_file.read(Path(what))
        if sheets:
            _write_sheets(content.runs, seed, sheets)
        return _of_hand_in(content) | {"runs": [_of_run(run, measure(run, count, seed)) for run in content.runs]}
    run = handed(what)
    if sheets:
        _write(drawn_sheet(registry.open_run(what), seed), sheets / "1-sampled.png")
    return {"runs": [_of_run(run, measure_opened(run, registry.open_run(what), count, seed))]}


def _write_sheets(runs: Sequence[HandedRun], seed: int, place: Path) -> None:
    for number, run in enumerate(runs, start=1):
        _write(run.sheet, place / f"{number}-handed-in.png")
        with suppress(PlaygroundError), opened(run) as again:  # the report says why it cannot be opened
            _write(drawn_sheet(again, seed), place / f"{number}-sampled.png")


def _write(picture: bytes, path: Path) -> None:
    if picture:
        with whole_file(path, "sheet of samples") as part:
            part.write_bytes(picture)


def _of_hand_in(content: HandIn) -> dict[str, Any]:
    return {
        "student": content.student,
        "written": content.written,
        "versions": dict(content.versions),
        **progress(content),
        "scenes": {"done": list(content.done), "answers": {k: asdict(answer) for k, answer in content.answers.items()}},
    }


def _of_run(run: HandedRun, found: Measured) -> dict[str, Any]:
    first = run.training.rows[0, 1] if len(run.training.rows) and len(run.training.columns) > 1 else None
    last = run.training.end()
    return {
        "run": run.name,
        "experiment": run.experiment.to_json(),
        "preset": run.preset,
        "changed": {key: {"is": is_now, "was": was} for key, (is_now, was) in run.changed.items()},
        "step": run.step,
        "seconds": run.seconds,
        "versions": dict(run.versions),
        "training_loss": {"first": _number(first), "last": _number(last[1] if last else None)},
        "held_out_loss": {"logged": _number(found.logged), "measured": _number(found.measured)},
        "samples_handed_in": bool(run.sheet),
        "consistent": found.consistent,
        "checks": [{"name": c.name, "holds": c.holds, "words": c.words} for c in found.checks],
        "numbers": dict(found.numbers),
        "error": found.error,
    }


def _number(value: float | None) -> float | None:
    return None if value is None or value != value or abs(value) == float("inf") else float(value)


# -- for people -------------------------------------------------------------------------------------------------------


def text(content: Mapping[str, Any]) -> str:
    """A report to read."""
    lines = []
    if "student" in content:
        lines.append(f"Hand-in of {content['student']}, written {content['written']} with playground "
                     f"{content['versions'].get('playground', '?')}")  # fmt: skip
        lines.append(f"Scenes done: {', '.join(content['scenes']['done']) or 'none'}")
        answers = content["scenes"]["answers"]
        lines += [f"Predictions: {content['answers_right']} of {len(answers)} right"] if answers else []
        for scene, answer in answers.items():
            lines.append(
                f"  {scene}: {answer['question']} {answer['choice']}: {'' if answer['right'] else 'not '}right"
            )
        lines.append("")
    for run in content["runs"]:
        lines += [*_run_lines(run), ""]
    if not content["runs"]:
        lines.append("No run was handed in.")
    return "\n".join(lines).rstrip()


def _run_lines(run: Mapping[str, Any]) -> list[str]:
    experiment = run["experiment"]
    lines = [run["run"], f"  {experiment['model']} on {experiment['data']}, {run['step']:,} steps in "
                         f"{run['seconds']:.1f} s on {experiment['device']}, seed {experiment['seed']}"]  # fmt: skip
    preset = f"the preset {run['preset']}" if run["preset"] else "the usual settings"
    changed = ", ".join(f"{key} = {value['is']} (was {value['was']})" for key, value in run["changed"].items())
    lines.append(f"  Settings: {preset}{f', but {changed}' if changed else ''}")
    lines += [f"  At step {event['step']:,}: {_event(event)}" for event in experiment["events"]]
    if run["training_loss"]["last"] is not None:
        lines.append(f"  Training loss: {run['training_loss']['first']:.4g} at first, "
                     f"{run['training_loss']['last']:.4g} at the end")  # fmt: skip
    marks = {True: "fits", False: "DOES NOT FIT", None: "cannot be told"}
    lines += [f"  {check['name']:<8}{marks[check['holds']]}: {check['words']}" for check in run["checks"]]
    lines += [f"  {name:<34}{_shown(value)}" for name, value in run["numbers"].items()
              if value is not None and name not in ABOVE]  # fmt: skip
    return [*map(plain_line, lines), *([f"  Not measured: {run['error']}"] if run["error"] else [])]


def _event(event: Mapping[str, Any]) -> str:
    said = [f"{key} = {value}" for key, value in event.get("set", {}).items()]
    if event.get("count"):
        said.append(f"{event['count']:,} steps of {', '.join(event['parts'])} alone")
    return ", ".join(said)


def _shown(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {number:.4g}" for key, number in value.items())
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def class_text(rows: Sequence[Mapping[str, Any]]) -> str:
    """The rows of a class, a line each, and how many of what there are."""
    lines = []
    for row in rows:
        who = f"{row['student'] or row['file']:<24}"
        if row["error"] and row["run"] is None:
            lines.append(f"{who}  {row['error']}")
        elif row["run"] is None:
            lines.append(f"{who}  no run; {row['scenes_done']} scenes done, {_right(row)}")
        else:
            fit = {"yes": "consistent", "no": f"NOT CONSISTENT: {row['remarks']}"}.get(row["consistent"], "not told")
            numbers = ", ".join(f"{name} {_shown(row[name])}" for name in MAIN if row[name] is not None)
            failed = f"; not measured: {row['error']}" if row["error"] else ""
            lines.append(f"{who}  {row['model']} on {row['data']}, {row['step']:,} steps: {numbers or 'no numbers'}; "
                         f"{fit}{failed}")  # fmt: skip
    files = {row["file"] for row in rows}
    unread = sum(row["run"] is None and bool(row["error"]) for row in rows)
    runs = [row for row in rows if row["run"] is not None]
    bad = sum(row["consistent"] == "no" for row in runs)
    lines.append(f"Hand-ins: {len(files)}, not opened: {unread}. Runs: {len(runs)}, not consistent: {bad}, "
                 f"not measured: {sum(bool(row['error']) for row in runs)}.")  # fmt: skip
    return "\n".join(map(plain_line, lines))


def _right(row: Mapping[str, Any]) -> str:
    return f"{row['answers_right']} of {row['answers']} answers right"
