"""The command line. Every command imports what it needs when it runs, so that ``--help`` and ``list`` are instant.

Results go to standard output, progress and messages to standard error. Exit codes: 0 done, 1 the work failed,
2 wrong usage or environment.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from playground import __version__, registry
from playground.core.errors import PlaygroundError, UsageError
from playground.core.hyperparams import parse_assignment

if TYPE_CHECKING:
    from playground.core.experiment import Budget, Experiment
    from playground.core.records import TrainRecord
    from playground.core.worker import Job


def run(words: Sequence[str]) -> int:
    """Carries out a command line; returns its exit code. Errors that people can act on become one sentence."""
    try:
        arguments = _parser().parse_args(words)
        return int(arguments.action(arguments) or 0)
    except PlaygroundError as error:
        say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        say("Stopped.")
        return 1
    except BrokenPipeError:  # whoever read our output has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:
        say(f"{error.strerror or error}: {error.filename or 'a file'}. Nothing that was saved before is lost.")
        return 1


def say(text: str) -> None:
    """A message for people."""
    sys.stderr.write(text + "\n")


def write(text: str) -> None:
    """A result."""
    sys.stdout.write(text + "\n")


# -- the commands ---------------------------------------------------------------------------------------------------


def open_window(arguments: argparse.Namespace) -> int:
    """No command: the window."""
    from playground.display import load_torch_before_qt, problem

    if trouble := problem():
        raise UsageError(f"{trouble} The window cannot open. {_HEADLESS}")
    load_torch_before_qt()
    from playground.gui.app import main

    return main(open_path=arguments.open, panel=arguments.panel)


_HEADLESS = "These commands need no display: playground list, train, sample, evaluate, receipts, doctor."


def list_all(arguments: argparse.Namespace) -> None:
    """Models, data sets, bundled runs and lessons."""
    entries: dict[str, list[dict[str, Any]]] = {
        "models": [_entry(card) for card in registry.models().values()],
        "data": [_entry(card) for card in registry.data().values()],
        "pretrained": [{"name": name} for name in registry.pretrained()],
        "lessons": [],
    }
    if arguments.json:
        write(json.dumps(entries))
        return
    for kind, items in entries.items():
        if items:
            write(kind)
        for item in items:
            note = f"cannot be used: {item['error']}" if item.get("error") else item.get("about", "")
            write(f"  {item['name']:<28}{note}".rstrip())


def _entry(card: registry.Card) -> dict[str, Any]:
    entry = {"name": card.name, "title": card.title, "group": card.group, "slides": card.slides, "about": card.about}
    return entry | ({"error": card.error} if card.error else {})


def train(arguments: argparse.Namespace) -> None:
    """Trains, with a progress line; Ctrl-C saves and exits."""
    from playground import runs

    job = _resumed(arguments) if arguments.resume else runs.fresh(_experiment(arguments), arguments.out)
    budget = _budget(arguments) or job.experiment.budget
    with _stop_between_turns() as stopped:
        progress = _Progress(budget, stopped)
        try:
            folder = runs.train(job, budget, progress.show)
        except _StopAskedError:
            progress.end()
            say(f"Stopped and saved in {arguments.out}; go on with --resume.")
            return
    progress.end()
    say(f"Trained {folder.manifest['step']} steps; saved in {folder.path}.")


def _budget(arguments: argparse.Namespace) -> "Budget | None":
    from playground.core.experiment import Budget

    if arguments.steps is not None:
        return Budget("steps", arguments.steps)
    return Budget("seconds", arguments.seconds) if arguments.seconds is not None else None


def _experiment(arguments: argparse.Namespace) -> "Experiment":
    """What the command line describes."""
    from playground.core.device import choose
    from playground.core.experiment import Experiment

    if Path(arguments.model).suffix == ".json":
        if arguments.data or arguments.set or arguments.preset or arguments.seed is not None:
            raise UsageError("An experiment file says its data, seed and settings itself: leave out the options.")
        experiment = registry.checked(Experiment.load(Path(arguments.model)))
    elif not arguments.data:
        raise UsageError("Which data? Add --data NAME; 'playground list' shows them.")
    else:
        assignments: dict[str, object] = dict(parse_assignment(text) for text in arguments.set)
        experiment = registry.experiment(
            arguments.model, arguments.data, arguments.preset, assignments, seed=arguments.seed, device="auto"
        )
    return replace(experiment, device=choose(arguments.device or experiment.device))


def _resumed(arguments: argparse.Namespace) -> "Job":
    """The run in --out, if it is the one that was asked for."""
    from playground import runs
    from playground.core.device import choose
    from playground.core.experiment import Experiment
    from playground.core.run_folder import RunFolder

    kept = RunFolder.open(registry.find_run(str(arguments.out))).experiment
    if Path(arguments.model).suffix == ".json":
        named = Experiment.load(Path(arguments.model))
        asked = {"model": named.model, "data": named.data, "seed": named.seed}
    else:
        asked = {"model": arguments.model, "data": arguments.data, "seed": arguments.seed}
    for key, value in asked.items():
        if value is not None and value != getattr(kept, key):
            raise UsageError(
                f"The run in {arguments.out} has {key} {getattr(kept, key)}, not {value}. Nothing was changed; "
                "choose another --out for another run."
            )
    if arguments.set or arguments.preset:
        raise UsageError("A resumed run keeps its settings: leave out --set and --preset.")
    return runs.go_on(arguments.out, choose(arguments.device) if arguments.device else None)


def sample(arguments: argparse.Namespace) -> None:
    """Samples a run into a picture, an animation or an array."""
    from playground.core.device import choose
    from playground.evaluation import sampling

    run_ = registry.open_run(arguments.run, choose(arguments.device or "cpu"))
    options = dict(parse_assignment(text) for text in arguments.opt)
    drawn = sampling.draw(run_, arguments.count, arguments.seed, arguments.label, options, arguments.out.suffix)
    drawn.save(arguments.out)
    say(f"Wrote {arguments.count} samples to {arguments.out}.")


def evaluate(arguments: argparse.Namespace) -> None:
    """The numbers of a run, on held-out data."""
    from playground.evaluation.report import evaluate

    numbers = evaluate(registry.open_run(arguments.run), arguments.count, arguments.seed)
    if arguments.json:
        write(json.dumps(numbers))
        return
    for name, value in numbers.items():
        text = f"{value:.4g}" if isinstance(value, float) else "none" if value is None else str(value)
        write(f"{name:<34}{text}")


def receipts(arguments: argparse.Namespace) -> int:
    """Measures the bundled runs again, beside what their receipts say."""
    from playground.evaluation import receipts

    if arguments.bundle:
        name, run_ = arguments.bundle
        receipts.bundle(Path(run_), name)
        say(f"Bundled {run_} as {name}.")
    rows = [receipts.measure_again(name, arguments.retrain, say) for name in registry.pretrained()]
    write(json.dumps({"receipts": rows}) if arguments.json else receipts.table(rows))
    return 0 if all(row["holds"] for row in rows) else 1


def doctor(arguments: argparse.Namespace) -> int:
    """Versions, device, display and known-bad combinations, with the line that mends each."""
    from playground.doctor import examine

    findings = examine()
    if arguments.json:
        write(json.dumps({"checks": [finding.to_json() for finding in findings]}))
    else:
        for finding in findings:
            write(finding.line())
    return 2 if any(finding.level == "bad" for finding in findings) else 0


def bench(arguments: argparse.Namespace) -> None:
    """Measures the window."""
    from playground.gui import bench

    figures = bench.startup() if arguments.what == "startup" else bench.ui(arguments.panel, arguments.seconds)
    write(json.dumps(figures) if arguments.json else bench.table(figures))


def tour(arguments: argparse.Namespace) -> None:
    """Drives the real window offscreen and saves a picture of every panel."""
    from playground.gui.tour import take

    width, times, height = arguments.size.partition("x")
    if not (times and width.isdigit() and height.isdigit()):
        raise UsageError(f"--size is WIDTHxHEIGHT, such as 1280x800, not '{arguments.size}'.")
    for picture in take(arguments.out, arguments.panel, (int(width), int(height)), arguments.theme):
        say(f"Wrote {picture}")


# -- progress, and stopping between turns ---------------------------------------------------------------------------


class _StopAskedError(Exception):
    """Ctrl-C or a polite kill arrived; raised between two turns, so that no update is left half done."""


@contextmanager
def _stop_between_turns() -> Iterator[list[int]]:
    """Collects signals instead of letting them break an update."""
    received: list[int] = []
    kept = {
        number: signal.signal(number, lambda n, _: received.append(n)) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield received
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)


class _Progress:
    """One line that is overwritten in a terminal, or a line every ten seconds elsewhere."""

    def __init__(self, budget: "Budget", stopped: list[int]) -> None:
        self._budget, self._stopped = budget, stopped
        self._began: tuple[float, int] | None = None
        self._shown_at = 0.0
        self._terminal = sys.stderr.isatty()

    def show(self, record: "TrainRecord") -> None:
        """Called after each turn. Raises when the user asked to stop."""
        now = time.monotonic()
        self._began = self._began or (now, record.first)
        if now - self._shown_at > (0.2 if self._terminal else 10.0):
            self._shown_at = now
            sys.stderr.write(("\r\x1b[K" if self._terminal else "") + self._line(record, now))
            sys.stderr.write("" if self._terminal else "\n")
            sys.stderr.flush()
        if self._stopped:
            raise _StopAskedError

    def end(self) -> None:
        """Leaves the line."""
        if self._terminal and self._shown_at:
            sys.stderr.write("\n")

    def _line(self, record: "TrainRecord", now: float) -> str:
        assert self._began is not None
        rate = (record.step - self._began[1]) / max(now - self._began[0], 1e-9)
        if self._budget.kind == "steps":
            left = (self._budget.amount - record.step) / max(rate, 1e-9)
            place = f"step {record.step}/{self._budget.amount:.0f}"
        else:
            left = self._budget.amount - record.seconds
            place = f"step {record.step}"
        terms = "  ".join(f"{name} {values[-1]:.4g}" for name, values in record.values.items())
        return f"{place}  {terms}  {rate:.0f} steps/s  {max(left, 0):.0f} s left"


# -- the grammar ----------------------------------------------------------------------------------------------------


class _Parser(argparse.ArgumentParser):
    """Says one sentence where argparse would print its usage first."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="playground", description="Run generative models. Without a command: the window.")
    parser.add_argument("--version", action="version", version=f"generative-playground {__version__}")
    parser.add_argument("--open", type=str, metavar="PATH", help="open this run in the window")
    parser.add_argument("--panel", metavar="NAME", help="open the window on this panel")
    parser.set_defaults(action=open_window)
    commands = parser.add_subparsers(title="commands", parser_class=_Parser)

    def command(name: str, action: Any) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=action.__doc__, description=action.__doc__)
        sub.set_defaults(action=action)
        return sub

    sub = command("list", list_all)
    sub.add_argument("--json", action="store_true")

    sub = command("train", train)
    sub.add_argument("model", help="a model's name, or an experiment file (.json)")
    sub.add_argument("--data", metavar="NAME")
    sub.add_argument("--out", type=Path, required=True, metavar="DIR", help="the run folder to write")
    length = sub.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_positive(int), metavar="N", help="total steps")
    length.add_argument("--seconds", type=_positive(float), metavar="S", help="total seconds of training")
    sub.add_argument("--seed", type=_positive(int), metavar="K")
    sub.add_argument("--device", metavar="auto|cpu|cuda|mps")
    sub.add_argument("--preset", default="", metavar="P")
    sub.add_argument("--set", action="append", default=[], metavar="key=value", help="a setting, data.key or train.key")
    sub.add_argument("--resume", action="store_true", help="go on with the run in --out")

    sub = command("sample", sample)
    sub.add_argument("run", help="a run folder or a bundled run's name")
    sub.add_argument("--out", type=Path, required=True, metavar="FILE", help=".png, .gif or .npz")
    sub.add_argument("--count", type=_positive(int), default=64, metavar="N")
    sub.add_argument("--seed", type=_positive(int), default=0, metavar="K")
    sub.add_argument("--label", metavar="C", help="7, or shape=square,colour=red")
    sub.add_argument("--opt", action="append", default=[], metavar="key=value", help="a setting of the sampler")
    sub.add_argument("--device", metavar="D")

    sub = command("evaluate", evaluate)
    sub.add_argument("run")
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--count", type=_positive(int), metavar="N", help="samples to draw")
    sub.add_argument("--seed", type=_positive(int), default=0, metavar="K")

    sub = command("receipts", receipts)
    sub.add_argument("--retrain", action="store_true", help="train each run again first")
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--bundle", nargs=2, metavar=("NAME", "RUN"), help="first copy a finished run into resources/")

    sub = command("doctor", doctor)
    sub.add_argument("--json", action="store_true")

    sub = command("bench", bench)
    sub.add_argument("what", choices=("startup", "ui"))
    sub.add_argument("--panel", default="diffusion", metavar="NAME", help="which panel trains (ui)")
    sub.add_argument("--seconds", type=_positive(float), default=30.0, metavar="S", help="length of each window (ui)")
    sub.add_argument("--json", action="store_true")

    sub = command("tour", tour)
    sub.add_argument("--out", type=Path, required=True, metavar="DIR")
    sub.add_argument("--panel", metavar="NAME")
    sub.add_argument("--size", default="1280x800", metavar="WxH")
    sub.add_argument("--theme", choices=("light", "dark"), default="light")
    return parser


def _positive(kind: type) -> Any:
    """A converter for numbers from 0 on that fit the program."""

    def convert(text: str) -> Any:
        value = kind(text)
        if not 0 <= value < 2**62:
            raise argparse.ArgumentTypeError(f"{text} is not a number from 0 on")
        return value

    convert.__name__ = kind.__name__
    return convert
