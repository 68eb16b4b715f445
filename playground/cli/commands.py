"""What each command does."""

import argparse
import json
import os
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground import paths, registry
from playground.cli.output import counted, say, write
from playground.cli.progress import Progress, StopAskedError, stop_between_turns
from playground.cli.resume import resumed
from playground.core.errors import UsageError
from playground.core.hyperparams import parse_assignment

if TYPE_CHECKING:
    from playground.core.experiment import Budget, Experiment
    from playground.core.ranks import Ranks


def open_window(arguments: argparse.Namespace) -> None:
    """No command: the window."""
    _check_display(
        "These commands need no display: playground list, train, sample, evaluate, receipts, report, grade, doctor, "
        "selftest."
    )
    from playground.gui.app import main

    main(open_path=arguments.open, panel=arguments.panel)


def _check_display(way_out: str) -> None:
    """Raises UsageError where no window can open, which would abort the process."""
    from playground.display import load_torch_before_qt, problem
    from playground.doctor import misfits

    if found := misfits():
        cures = " && ".join(finding.cure for finding in found)
        raise UsageError(f"{'; '.join(finding.text for finding in found)}. Mend it with: {cures}")
    if trouble := problem():
        raise UsageError(f"{trouble} The window cannot open. {way_out}")
    load_torch_before_qt()


def _check_offscreen() -> None:
    """The same for a window that nobody needs to see."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    _check_display("Unset QT_QPA_PLATFORM, and it is drawn without a display.")


def list_all(arguments: argparse.Namespace) -> None:
    """Models, data sets, bundled runs and lessons."""
    entries: dict[str, list[dict[str, Any]]] = {
        "models": [_entry(card) for card in registry.models().values()],
        "data": [_entry(card) for card in registry.data().values()],
        "pretrained": [{"name": name} for name in registry.pretrained()],
        "lessons": [
            {"name": name, "scenes": sorted(file.stem for file in folder.glob("*.md"))}
            for name, folder in registry.lessons().items()
        ],
    }
    if arguments.json:
        write(json.dumps(entries))
        return
    for kind, items in entries.items():
        if items:
            write(kind)
        for item in items:
            about = ", ".join(item["scenes"]) if "scenes" in item else item.get("about", "")
            note = f"cannot be used: {item['error']}" if item.get("error") else about
            write(f"  {item['name']:<28}{note}".rstrip())


def _entry(card: registry.Card) -> dict[str, Any]:
    entry = {"name": card.name, "title": card.title, "group": card.group, "slides": card.slides, "about": card.about}
    return entry | ({"error": card.error} if card.error else {})


def train(arguments: argparse.Namespace) -> None:
    """Trains, with a progress line; Ctrl-C saves and exits. Several processes that torchrun starts train together."""
    from playground.core.ranks import joined

    ranks = joined()
    try:
        _train(arguments, ranks)
        ranks.close()
    except Exception as error:
        code = getattr(error, "exit_code", 1)
        if ranks.fail(code):
            raise
        raise SystemExit(code) from error  # another process has said why


def _train(arguments: argparse.Namespace, ranks: "Ranks") -> None:
    from playground import runs

    file = _experiment_file(arguments)
    if arguments.resume:
        job = resumed(arguments, file, ranks)
    else:
        job = runs.fresh(_experiment(arguments, file), arguments.out, ranks)
    budget = _budget(arguments) or (file or job.experiment).budget
    with stop_between_turns() as stopped:
        if not ranks.first:
            runs.take_part(job, budget)
            return
        progress = Progress(budget, stopped)
        try:
            folder = runs.train(job, budget, progress.show)
        except StopAskedError:
            progress.end()
            say(f"Stopped and saved in {arguments.out}; go on with --resume.")
            return
    progress.end()
    together = f" by {ranks.size} processes" if ranks.size > 1 else ""
    say(f"Trained {counted(folder.step, 'step')}{together}; saved in {folder.path}.")


def _budget(arguments: argparse.Namespace) -> "Budget | None":
    from playground.core.experiment import Budget

    if arguments.steps is not None:
        return Budget("steps", arguments.steps)
    return Budget("seconds", arguments.seconds) if arguments.seconds is not None else None


def _experiment_file(arguments: argparse.Namespace) -> "Experiment | None":
    """What the experiment file says that stands in the model's place, if one does."""
    from playground.core.experiment import Experiment

    if Path(arguments.model).suffix != ".json":
        return None
    if arguments.data or arguments.set or arguments.preset or arguments.seed is not None:
        raise UsageError("An experiment file says its data, seed and settings itself: leave out the options.")
    return registry.checked(Experiment.load(Path(arguments.model)))


def _experiment(arguments: argparse.Namespace, file: "Experiment | None") -> "Experiment":
    """What the command line describes."""
    from playground.core.device import choose

    if file:
        experiment = file
    elif not arguments.data:
        raise UsageError("Which data? Add --data NAME; 'playground list' shows them.")
    else:
        assignments: dict[str, object] = dict(parse_assignment(text) for text in arguments.set)
        experiment = registry.experiment(
            arguments.model, arguments.data, arguments.preset, assignments, seed=arguments.seed, device="auto"
        )
    return replace(experiment, device=choose(arguments.device or experiment.device))


def sample(arguments: argparse.Namespace) -> None:
    """Samples a run into a picture, an animation or an array."""
    from playground.core.device import choose, use_threads
    from playground.evaluation import sampling

    sampling.check_file(arguments.out)
    run_ = registry.open_run(arguments.run, choose(arguments.device or "cpu"), arguments.step)
    use_threads(run_.experiment.threads)  # more of them would round other sums, and a window takes these
    options = dict(parse_assignment(text) for text in arguments.opt)
    suffix = arguments.out.suffix.lower()
    drawn = sampling.draw(run_, arguments.count, arguments.seed, arguments.label, options, suffix)
    drawn.save(arguments.out)
    say(f"Wrote {counted(arguments.count, 'sample')} to {arguments.out}.")


def evaluate(arguments: argparse.Namespace) -> None:
    """The numbers of a run, on held-out data."""
    from playground.evaluation.report import evaluate

    options = dict(parse_assignment(text) for text in arguments.opt)
    numbers = evaluate(registry.open_run(arguments.run), arguments.count, arguments.seed, options)
    if arguments.json:
        write(json.dumps(numbers))
        return
    for name, value in numbers.items():
        text = f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)
        write(f"{name:<34}{text}")


def receipts(arguments: argparse.Namespace) -> int:
    """Measures the bundled runs again, beside what their receipts say."""
    from playground.evaluation import proofs, receipts

    if arguments.prove:
        options = dict(parse_assignment(text) for text in arguments.opt)
        by_seed = proofs.prove(arguments.prove, list(range(arguments.seeds)), options, say)
        write(json.dumps({"preset": arguments.prove, "seeds": by_seed}))
        return 0
    if arguments.bundle:
        name, run_ = arguments.bundle
        receipts.bundle(Path(run_), name)
        say(f"Bundled {run_} as {name}.")
    rows = [receipts.measure_again(name, arguments.retrain, say) for name in registry.pretrained()]
    write(json.dumps({"receipts": rows}) if arguments.json else receipts.table(rows))
    return 1 if any(row["holds"] is False for row in rows) else 0


def report(arguments: argparse.Namespace) -> None:
    """What a run is, or what was handed in: sampled and measured again."""
    from playground.evaluation import homework

    content = homework.report(arguments.run, arguments.count, arguments.seed, arguments.sheets)
    write(json.dumps(content) if arguments.json else homework.text(content))


def grade(arguments: argparse.Namespace) -> None:
    """Samples and measures the hand-ins of a class again, checks them, and writes a table."""
    from playground.core.whole_file import whole_file
    from playground.evaluation import grading, homework
    from playground.evaluation.report import check_count

    if arguments.csv.is_dir():
        raise UsageError(f"{arguments.csv} is a folder; name a file in it, such as {arguments.csv / 'class.csv'}.")
    check_count(arguments.count)
    files, rows = grading.hand_ins(arguments.folder), []
    try:
        for row in grading.grade(files, arguments.folder, arguments.count, arguments.seed, say):
            rows.append(row)
    finally:  # a class takes a while: what was measured before Ctrl-C is kept
        with whole_file(arguments.csv, "table") as part:
            part.write_text(grading.table(rows), encoding="utf-8", newline="")
    write(homework.class_text(rows))
    say(f"Wrote {arguments.csv}.")


def doctor(arguments: argparse.Namespace) -> int:
    """Versions, device, display and known-bad combinations, with the line that mends each; or, with --report, what
    Help > Copy report copies: versions, the last lines of the log and the last crash, without names and folders."""
    from playground.doctor import examine

    if arguments.report:
        from playground.core import session_log

        write(session_log.report(paths.user_data()).rstrip())
        return 0
    findings = examine()
    if arguments.json:
        write(json.dumps({"checks": [finding.to_json() for finding in findings]}))
    else:
        for finding in findings:
            write(finding.line())
    return 2 if any(finding.level == "bad" for finding in findings) else 0


def selftest(arguments: argparse.Namespace) -> int:
    """Tries saving, resuming, being killed, hostile files and every bundled run; a line a check, within a minute."""
    from playground.selftest import examine

    findings = []
    for finding in examine():
        findings.append(finding)
        if not arguments.json:
            write(finding.line())
            sys.stdout.flush()  # a teacher sees each as it is done
    if arguments.json:
        write(json.dumps({"checks": [finding.to_json() for finding in findings]}))
    return 1 if any(finding.level == "bad" for finding in findings) else 0


def bench(arguments: argparse.Namespace) -> None:
    """Measures the window (startup, ui, slider, cycles, soak), or training and sampling beside other libraries (train,
    sample, quality); with --budget also prints what was promised beside what was measured last."""
    from playground.bench import budget, text

    if arguments.what is None and not arguments.budget:
        raise UsageError(f"Measure what? One of {', '.join(BENCHES)}; or --budget alone, for what was measured last.")
    figures: dict[str, Any] = {}
    if arguments.what:
        figures = _measured(arguments)
        whole_page = arguments.what == "ui" and arguments.panel == "compare"
        budget.keep("ui --panel compare" if whole_page else arguments.what, figures)
    if arguments.json:
        write(json.dumps(figures | ({"budget": budget.rows()} if arguments.budget else {})))
        return
    parts = [text.table(figures)] if figures else []
    write("\n\n".join([*parts, budget.table()] if arguments.budget else parts))


BENCHES = ("startup", "ui", "slider", "cycles", "soak", "train", "sample", "quality")


def _measured(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.what in ("train", "sample", "quality"):
        from playground.bench import quality, sampling, training

        measure = {"train": training.train, "sample": sampling.sample, "quality": quality.quality}[arguments.what]
        return measure(arguments.seconds)
    _check_offscreen()
    from playground.gui import bench, dragging, endurance

    panel, data, where = arguments.panel, arguments.data, arguments.engine
    match arguments.what:
        case "startup":
            return bench.startup()
        case "ui":
            return bench.ui(panel, arguments.seconds, data, where)
        case "slider":
            return dragging.slider(panel, arguments.seconds, data, where)
        case "cycles":
            return endurance.cycles(panel, arguments.cycles, data, where)
    return endurance.soak(arguments.seconds, where)


def tour(arguments: argparse.Namespace) -> None:
    """Drives the real window offscreen: saves pictures of every panel, or of a lesson's scenes and its handout."""
    if arguments.panel and arguments.lesson:
        raise UsageError("A tour shows a panel or a lesson: leave out --panel or --lesson.")
    size = _size(arguments.size)
    _check_offscreen()
    from playground.gui.tour import take

    for picture in take(arguments.out, arguments.panel, size, arguments.theme, arguments.lesson):
        say(f"Wrote {picture}")


def _size(text: str) -> tuple[int, int]:
    """Width and height of the window, in pixels."""
    found = re.fullmatch("([0-9]{3,4})x([0-9]{3,4})", text)
    width, height = (int(number) for number in found.groups()) if found else (0, 0)
    if not (640 <= width <= 7680 and 480 <= height <= 4320):
        raise UsageError(f"--size is WIDTHxHEIGHT from 640x480 to 7680x4320, such as 1280x800, not '{text}'.")
    return width, height
