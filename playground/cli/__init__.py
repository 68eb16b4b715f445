"""The command line: its words, and what becomes of a mistake. Every command imports what it needs when it runs, so that
``--help`` and ``list`` are instant.

Results go to standard output, progress and messages to standard error. Exit codes: 0 done, 1 the work failed,
2 wrong usage or environment.
"""

import argparse
import math
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from playground import __version__
from playground.cli import commands, failures
from playground.cli.output import say
from playground.core.errors import PlaygroundError, UsageError

_LONGEST = 999_999_999  # steps or seconds of training; a Budget takes no more
_LARGEST_SEED = 2**63 - 1
_MANY = 10**15  # beyond any --count; how many are possible, each command says


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
    except Exception as error:  # noqa: BLE001  (the last stop: nobody meets a traceback unasked)
        failures.report(error)
        return 1


class _Parser(argparse.ArgumentParser):
    """Says one sentence where argparse would print its usage first."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="playground", description="Run generative models. Without a command: the window.")
    parser.add_argument("--version", action="version", version=f"generative-playground {__version__}")
    parser.add_argument("--open", type=str, metavar="PATH", help="open this run in the window")
    parser.add_argument("--panel", metavar="NAME", help="open the window on this panel")
    parser.set_defaults(action=commands.open_window)
    subparsers = parser.add_subparsers(title="commands", parser_class=_Parser)

    def command(name: str, action: Any) -> argparse.ArgumentParser:
        sub = subparsers.add_parser(name, help=action.__doc__, description=action.__doc__)
        sub.set_defaults(action=action)
        return sub

    sub = command("list", commands.list_all)
    sub.add_argument("--json", action="store_true")

    sub = command("train", commands.train)
    sub.add_argument("model", help="a model's name, or an experiment file (.json)")
    sub.add_argument("--data", metavar="NAME")
    sub.add_argument("--out", type=_place, required=True, metavar="DIR", help="the run folder to write")
    length = sub.add_mutually_exclusive_group()
    length.add_argument("--steps", type=_whole(1, _LONGEST), metavar="N", help="total steps")
    length.add_argument("--seconds", type=_seconds(0.001, _LONGEST), metavar="S", help="total seconds of training")
    sub.add_argument("--seed", type=_whole(0, _LARGEST_SEED), metavar="K")
    sub.add_argument("--device", metavar="auto|cpu|cuda|mps")
    sub.add_argument("--preset", default="", metavar="P")
    sub.add_argument("--set", action="append", default=[], metavar="key=value", help="a setting, data.key or train.key")
    sub.add_argument("--resume", action="store_true", help="go on with the run in --out")

    sub = command("sample", commands.sample)
    sub.add_argument("run", help="a run folder or a bundled run's name")
    sub.add_argument("--out", type=_place, required=True, metavar="FILE", help=".png, .gif or .npz")
    sub.add_argument("--count", type=_whole(0, _MANY), default=64, metavar="N")
    sub.add_argument("--seed", type=_whole(0, _LARGEST_SEED), default=0, metavar="K")
    sub.add_argument("--label", metavar="C", help="7, or shape=square,colour=red, or none")
    sub.add_argument("--step", type=_whole(0, _LONGEST), metavar="N", help="weights of a stored step (default: newest)")
    sub.add_argument("--opt", action="append", default=[], metavar="key=value", help="a setting of the sampler")
    sub.add_argument("--device", metavar="D")

    sub = command("evaluate", commands.evaluate)
    sub.add_argument("run")
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--count", type=_whole(0, _MANY), metavar="N", help="samples to draw")
    sub.add_argument("--opt", action="append", default=[], metavar="key=value", help="a setting of the sampler")
    sub.add_argument("--seed", type=_whole(0, _LARGEST_SEED), default=0, metavar="K")

    sub = command("receipts", commands.receipts)
    sub.add_argument("--retrain", action="store_true", help="train each run again first")
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--bundle", nargs=2, metavar=("NAME", "RUN"), help="first copy a finished run into resources/")
    sub.add_argument("--prove", metavar="MODEL/DATA", help="train this preset and write what it reaches into it")
    sub.add_argument("--seeds", type=_whole(1, 100), default=5, metavar="N", help="how many seeds (--prove)")
    sub.add_argument("--opt", action="append", default=[], metavar="key=value", help="a sampler's setting (--prove)")

    sub = command("report", commands.report)
    sub.add_argument("run", help="a run folder, a bundled run's name, or a hand-in (.handin)")
    sub.add_argument("--json", action="store_true")
    sub.add_argument("--sheets", type=_place, metavar="DIR", help="write sheets of samples: handed in, and drawn anew")
    sub.add_argument("--count", type=_whole(0, _MANY), metavar="N", help="samples to draw of each run")
    sub.add_argument("--seed", type=_whole(0, _LARGEST_SEED), default=0, metavar="K", help="of the samples")

    sub = command("grade", commands.grade)
    sub.add_argument("folder", type=_place, metavar="DIR", help="a folder of hand-ins; folders in it count, too")
    sub.add_argument("--csv", type=_place, required=True, metavar="FILE", help="the table to write, a row a run")
    sub.add_argument("--count", type=_whole(0, _MANY), metavar="N", help="samples to draw of each run")
    sub.add_argument("--seed", type=_whole(0, _LARGEST_SEED), default=0, metavar="K", help="of the samples")

    sub = command("doctor", commands.doctor)
    form = sub.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--report", action="store_true", help="versions, log and last crash, to be passed on")

    sub = command("selftest", commands.selftest)
    sub.add_argument("--json", action="store_true")

    sub = command("bench", commands.bench)
    sub.add_argument("what", nargs="?", choices=commands.BENCHES)
    sub.add_argument("--panel", default="diffusion", metavar="NAME", help="which panel trains (ui, slider, cycles)")
    sub.add_argument("--data", default="", metavar="NAME", help="what it trains on; else what it opens with")
    sub.add_argument("--engine", choices=("auto", "thread", "process"), default="",
                     help="where it trains: beside the window in a thread, or in a process of its own")  # fmt: skip
    sub.add_argument(
        "--seconds",
        type=_seconds(0.1, 86_400),
        default=30.0,
        metavar="S",
        help="length of each window (ui, slider), about in all (soak, train, sample), at most to train each (quality)",
    )
    sub.add_argument("--cycles", type=_whole(2, 1_000_000), default=50, metavar="N", help="after 20 that do not count")
    sub.add_argument("--budget", action="store_true", help="print gates and goals beside what was measured last")
    sub.add_argument("--json", action="store_true")

    sub = command("tour", commands.tour)
    sub.add_argument("--out", type=_place, required=True, metavar="DIR")
    sub.add_argument("--panel", metavar="NAME")
    sub.add_argument("--lesson", metavar="NAME")
    sub.add_argument("--size", default="1280x800", metavar="WxH")
    sub.add_argument("--theme", choices=("light", "dark"), default="light")
    return parser


def _whole(low: int, high: int) -> Callable[[str], int]:
    """A converter for whole numbers in a range."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not a whole number from {low:,} to {high:,}")
        return value

    return convert


def _seconds(low: float, high: float) -> Callable[[str], float]:
    """A converter for lengths of time in a range."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text} is not a number of seconds from {low:g} to {high:,.0f}")
        return value

    return convert


def _place(text: str) -> Path:
    """A converter for files and folders to write; no name would mean the current folder."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it needs a name")
    return Path(text)
