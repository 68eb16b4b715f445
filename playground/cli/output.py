"""Where words go: results and messages have a stream each."""

import sys


def say(text: str) -> None:
    """A message for people."""
    sys.stderr.write(text + "\n")


def write(text: str) -> None:
    """A result."""
    sys.stdout.write(text + "\n")


def counted(number: int, thing: str) -> str:
    """A number of things: "1 step", "12 steps"."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
