"""Where words go: results and messages have a stream each."""

import sys


def say(text: str) -> None:
    """A message for people."""
    sys.stderr.write(text + "\n")


def write(text: str) -> None:
    """A result."""
    sys.stdout.write(text + "\n")
